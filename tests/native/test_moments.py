"""Kernels of rows by segment, against NumPy in float64."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering.representatives import Representatives
from engine.evaluation.scores import internal_scores
from engine.native.library import library
from engine.native.moments import Means, moments, own_distances
from engine.places.runtime import Runtime

pytestmark = pytest.mark.skipif(not library().instructions, reason=library().reason)

SHAPES = [(1, 1, 1), (3, 1, 2), (9, 3, 2), (16, 16, 8), (1_001, 7, 8), (500, 33, 70)]


def _given(n: int, d: int, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n + d + k)
    rows = (rng.normal(size=(n, d)) + 100).astype(np.float32)
    return rows, rng.integers(0, k, n).astype(np.int32), rng.normal(size=(k, d)) + 100


@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_moments_are_those_of_numpy(n, d, k, instructions):
    rows, labels, origin = _given(n, d, k)
    sums, squares = moments(rows, labels, origin)
    apart = rows - origin[labels]
    for s in range(k):
        np.testing.assert_allclose(sums[s], apart[labels == s].sum(axis=0), 1e-12, 1e-12)
        np.testing.assert_allclose(squares[s], (apart[labels == s] ** 2).sum(axis=0), 1e-12)
    assert library().instructions == instructions


@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_distances_are_those_of_numpy(n, d, k, instructions):
    rows, labels, centres = _given(n, d, k)
    out = np.empty(n, np.float32)
    assert own_distances(rows, labels, centres, out)
    expected = np.sqrt(((rows - centres[labels]) ** 2).sum(axis=1))
    np.testing.assert_allclose(out, expected, 1e-6)


def _silhouettes(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """By squared distances, from all pairs: slow and plain."""
    x, k = rows.astype(np.float64), labels.max() + 1
    squares = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    found = np.zeros(len(x))
    for i, own in enumerate(labels):
        means = [squares[i, labels == s].mean() if (labels == s).any() else np.inf
                 for s in range(k)]  # fmt: skip
        if (labels == own).sum() > 1:
            a = squares[i, labels == own].sum() / ((labels == own).sum() - 1)
            b = min(m for s, m in enumerate(means) if s != own)
            found[i] = (b - a) / max(a, b) if max(a, b) else 0.0
    return found


@pytest.mark.parametrize(("n", "d", "k"), [(9, 3, 2), (40, 5, 3), (301, 7, 8), (64, 33, 20)])
def test_scores_are_those_of_all_pairs(n, d, k, instructions):
    rows, labels, _ = _given(n, d, k)
    labels[:2] = k - 1, 0
    labels[labels == k // 2] = 0  # an empty segment, where there are three
    labels[-1] = k // 2  # and then one of one row
    found = internal_scores(rows, labels, runtime=Runtime(), k=k)
    value = _silhouettes(rows, labels)
    assert found.silhouette_squared == pytest.approx(value.mean(), abs=1e-9)
    own = [((rows[labels == s] - found.centres[s]) ** 2).sum() for s in range(k)]
    assert found.inertia == pytest.approx(np.nansum(own), rel=1e-9)


def test_scores_are_those_of_the_pass_of_numpy(request):
    rows, labels, _ = _given(1_001, 7, 8)
    labels[labels == 3] = 2  # empty
    found = internal_scores(rows, labels, runtime=Runtime(), k=8)
    request.getfixturevalue("without_kernels")
    assert moments(rows, labels, np.zeros((8, 7))) is None
    expected = internal_scores(rows, labels, runtime=Runtime(), k=8)
    for name in ("centres", "silhouette_squared_per_segment", "davies_bouldin", "inertia"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), 1e-10)


def test_rows_that_are_all_equal_have_no_scatter_and_one_segment_no_silhouette():
    rows = np.full((70, 3), 1e7 / 3, np.float32)
    found = internal_scores(rows, np.arange(70, dtype=np.int32) % 2, runtime=Runtime())
    assert found.inertia == 0
    assert found.silhouette_squared == 0
    alone = internal_scores(rows, np.zeros(70, np.int32), runtime=Runtime(), k=1)
    assert np.isnan(alone.silhouette_squared)


def test_threads_do_not_change_a_bit():
    rows, labels, _ = _given(140_000, 5, 4)
    one, two = (internal_scores(rows, labels, runtime=Runtime(threads=n)) for n in (1, 2))
    assert one.to_json() == two.to_json()


def test_what_kernels_do_not_read_is_left_to_numpy():
    rows, labels, centres = _given(40, 6, 3)
    out = np.empty(40, np.float32)
    assert moments(rows.astype(np.float64), labels, centres) is None
    assert moments(rows[:, ::2], labels, centres[:, ::2].copy()) is None
    assert moments(rows[:0], labels[:0], centres) is None
    assert moments(rows, labels, np.zeros((60_000, 6))) is None  # its tables are too large
    labels[7] = 3  # none of the segments
    assert moments(rows, labels, centres) is None
    assert Means.of(centres, np.full(3, 13), np.ones(3)).measure(rows, labels) is None
    assert not own_distances(rows, labels, centres, out)
    with pytest.raises(IndexError):
        Representatives(centres, np.arange(3), centres).distances(rows, labels, runtime=Runtime())
