"""Margins: the next best segment and how far it is, of every row as looking at all distances."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering.margins import BORDERLINE, borderline, margins
from engine.clustering.pca_methods.assigner import Projected
from engine.clustering.representatives import Representatives
from engine.dimensionality_reduction.pca import fit_pca
from engine.places.runtime import Runtime


def representatives(m: int, k: int, d: int = 4) -> Representatives:
    rng = np.random.default_rng(m)
    points = rng.normal(size=(m, d))
    segments = np.r_[np.arange(k), rng.integers(0, k, m - k)].astype(np.int32)
    centres = np.stack([points[segments == s].mean(axis=0) for s in range(k)])
    return Representatives(points, segments, centres)


def by_all_distances(of: Representatives, x: np.ndarray) -> tuple[np.ndarray, ...]:
    difference = x.astype(np.float64)[:, None] - of.points
    distances = np.sqrt((difference**2).sum(axis=2))
    to = np.stack([distances[:, of.segments == s].min(axis=1) for s in range(of.n_segments)])
    own, second = np.argsort(to, axis=0)[:2]
    each = np.arange(len(x))
    return own.astype(np.int32), second, 1 - to[own, each] / to[second, each]


@pytest.mark.parametrize(("m", "k"), [(2, 2), (5, 5), (300, 6), (3_000, 4)])
def test_they_are_those_of_all_distances(m: int, k: int):
    of = representatives(m, k)
    x = np.random.default_rng(1).normal(size=(500, 4)).astype(np.float32)
    own, second, margin = by_all_distances(of, x)
    for runtime in (Runtime(), Runtime(threads=2, chunk_rows=64)):
        found = margins(of, x, own, runtime=runtime)
        assert found[0].dtype == np.int32
        assert found[1].dtype == np.float32
        np.testing.assert_array_equal(found[0], second)
        np.testing.assert_allclose(found[1], margin, atol=1e-6)
        counts = borderline(of, x, own, runtime=runtime)
        np.testing.assert_array_equal(counts, np.bincount(own[margin < BORDERLINE], minlength=k))
    assert 0 < counts.sum() < len(x)


def test_a_row_on_a_point_is_as_clear_as_can_be_and_one_halfway_is_not():
    points = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 0.0]])
    of = Representatives(points[:2], np.arange(2, dtype=np.int32), points[:2])
    x = np.array([[0, 0], [1, 0], [1, 5]], np.float32)
    own = np.zeros(3, np.int32)
    assert margins(of, x, own, runtime=Runtime())[1].tolist() == [1, 0, 0]
    assert borderline(of, x, own, runtime=Runtime()).tolist() == [2, 0]
    same = Representatives(points[1:], np.arange(2, dtype=np.int32), points[1:])
    on_both = np.array([[2, 0]], np.float32)
    assert margins(same, on_both, own[:1], runtime=Runtime())[1].tolist() == [0]


def test_of_one_segment_there_is_no_other():
    of = representatives(3, 1)
    x = np.zeros((2, 4), np.float32)
    second, margin = margins(of, x, np.zeros(2, np.int32), runtime=Runtime())
    assert (second.tolist(), margin.tolist()) == ([-1, -1], [1, 1])


def test_rows_are_projected_first_where_components_decide():
    x = np.random.default_rng(2).normal(size=(400, 6)).astype(np.float32) * [5, 4, 1, 1, 1, 1]
    x = x.astype(np.float32)
    pca = fit_pca(x, 2, runtime=Runtime())
    inner = representatives(40, 3, 2)
    order = np.arange(3, dtype=np.int32)
    centres = np.zeros((3, 6))
    of = Projected(inner.points, inner.segments, centres, pca, inner, order)
    own = of.assign(x, runtime=Runtime())
    expected, second, margin = by_all_distances(inner, pca.transform(x))
    np.testing.assert_array_equal(own, expected)
    found = margins(of, x, own, runtime=Runtime())
    np.testing.assert_array_equal(found[0], second)
    np.testing.assert_allclose(found[1], margin, atol=1e-5)
