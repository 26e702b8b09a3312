"""Assignment: the same segment for every row, ties and far-away origins included."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering.representatives import Representatives
from engine.places.place import Place
from engine.places.runtime import Runtime

CPU = Runtime(Place.CPU, "to compare with", threads=1)


def representatives(points: np.ndarray, k: int) -> Representatives:
    """Points with segments dealt out in turn; a segment's centre is the mean of its points."""
    segments = (np.arange(len(points)) % k).astype(np.int32)
    centres = np.array([points[segments == s].mean(axis=0) for s in range(k)])
    return Representatives(points.astype(np.float64), segments, centres)


def by_hand(x: np.ndarray, found: Representatives) -> np.ndarray:
    nearest = [((row.astype(np.float64) - found.points) ** 2).sum(axis=1).argmin() for row in x]
    return found.segments[nearest]


@pytest.mark.parametrize("n_points", [1, 7, 300])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_every_label_is_the_same(rows_of, crowd, n_points, offset):
    runtime, where = rows_of
    x = (crowd[:8_000] + offset).astype(np.float32)
    points = np.random.default_rng(5).random((n_points, x.shape[1])) + offset
    found = representatives(points, min(4, n_points))
    labels = found.assign(where(x), runtime=runtime)
    assert isinstance(labels, np.ndarray)
    assert labels.dtype == np.int32
    assert np.array_equal(labels, by_hand(x, found))


def test_the_first_of_equals(rows_of):
    """Rows exactly between their nearest points, where rounding would decide."""
    runtime, where = rows_of
    grid = np.stack(np.meshgrid(*[np.arange(0, 21)] * 3), axis=-1).reshape(-1, 3) / 2
    x = grid.astype(np.float32)
    points = np.stack(np.meshgrid(*[np.arange(0, 11)] * 3), axis=-1).reshape(-1, 3)
    found = representatives(np.random.default_rng(2).permutation(points.astype(float)), 5)
    assert np.array_equal(found.assign(where(x), runtime=runtime), by_hand(x, found))


def test_extreme_rows(rows_of):
    """Products that overflow or vanish in single precision are decided in double."""
    runtime, where = rows_of
    x = np.array([[1e25, 0], [-1e25, 1], [1e-25, -1e-25], [0, 0], [3, 4]], np.float32)
    x = np.tile(x, (1_000, 1))
    found = representatives(np.array([[1e20, 0], [-1e20, 0], [0.0, 0], [1e-25, 1e-25]]), 4)
    with np.errstate(over="ignore", invalid="ignore"):
        assert np.array_equal(found.assign(where(x), runtime=runtime), by_hand(x, found))


def test_distances(rows_of, crowd):
    runtime, where = rows_of
    found = representatives(crowd[:40].astype(np.float64), 4)
    labels = found.assign(crowd, runtime=CPU)
    away = found.distances(where(crowd), labels, runtime=runtime)
    by_difference = np.linalg.norm(crowd.astype(np.float64) - found.centres[labels], axis=1)
    assert away.dtype == np.float32
    np.testing.assert_allclose(away, by_difference, rtol=1e-6)
