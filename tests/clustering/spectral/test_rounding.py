"""From coordinates to segments: marks by hand, turned ones, lines that cross, k-means instead."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ortho_group
from sklearn.metrics import adjusted_rand_score

from engine.clustering.representatives import Representatives
from engine.clustering.spectral.rounding import Rounding, marks_of_pivots, turned
from engine.errors import DataError
from engine.places.runtime import Runtime
from tests.examples import at_most


def rounded(coordinates: np.ndarray, k: int, assign: str, n_components: int | None = None):
    marks = Rounding(assign, 3, 0, Runtime(), n_components).marks_in(coordinates, k)
    nearest = Representatives(marks, np.arange(len(marks), dtype=np.int32), marks)
    return nearest.assign(coordinates.astype(np.float32), runtime=Runtime())


def arms(n: int, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Two lines that cross."""
    rng = np.random.default_rng(0)
    along, flat = rng.uniform(-1, 1, n), rng.random(n) < 0.5
    x = np.stack([np.where(flat, along, 0), np.where(flat, 0, along)], axis=1)
    return (x + rng.normal(0, spread, x.shape)).astype(np.float32), 2 * flat + (along > 0)


def test_marks_by_hand():
    # The longest row is (0, 2), the longest of what is left of the others without it (1, 0): they
    # are at right angles already, so that their directions are the marks.
    marks = marks_of_pivots(np.array([[1.0, 0.0], [0.0, 2.0], [0.6, 0.5]]))
    assert marks == pytest.approx(np.array([[0.0, 1.0], [1.0, 0.0]]))


@given(seed=st.integers(0, 1_000), k=st.integers(2, 6))
@at_most(20)
def test_turning_the_coordinates_turns_the_marks(seed, k):
    rng = np.random.default_rng(seed)
    groups, turn = rng.integers(0, k, 200), ortho_group.rvs(k, random_state=seed)
    groups[:k] = np.arange(k)
    coordinates = np.eye(k)[groups] @ turn + rng.normal(0, 0.02, (200, k))
    for assign in ("cluster_qr", "discretize"):
        assert adjusted_rand_score(groups, rounded(coordinates, k, assign)) == 1


def test_turned_marks_fit_no_worse():
    coordinates = np.random.default_rng(1).normal(size=(300, 4))
    lengths = np.linalg.norm(coordinates, axis=1, keepdims=True)

    def fits(marks: np.ndarray) -> float:
        return float(((coordinates / lengths) @ marks.T).max(axis=1).sum())

    first = marks_of_pivots(coordinates)
    better = turned(coordinates, first)
    assert fits(better) > fits(first)
    assert better @ better.T == pytest.approx(np.eye(4), abs=1e-12)


@pytest.mark.parametrize("spread", [0.005, 0.03])
def test_lines_that_cross(fit, spread):
    x, groups = arms(2_000, spread)
    by_pivots = adjusted_rand_score(groups, fit(x, 4).labels)
    assert by_pivots >= 0.87
    if spread == 0.03:  # the trap is there: k-means on the same coordinates
        assert adjusted_rand_score(groups, fit(x, 4, assign_labels="kmeans").labels) < 0.8
    turned_so = adjusted_rand_score(groups, fit(x, 4, assign_labels="discretize").labels)
    assert turned_so >= 0.78


def test_lines_that_cross_by_landmarks(fit):
    x, groups = arms(6_000, 0.03)
    assert adjusted_rand_score(groups, fit(x, 4, exact_limit=0).labels) >= 0.87


def test_no_segment_is_left_without_rows():
    # A row in between leans to no mark of its own: k-means decides.
    coordinates = np.array([[1.0, 0.0], [1.0, 1e-3]] * 5)
    assert np.bincount(rounded(coordinates, 2, "cluster_qr")).tolist() == [5, 5]


def test_fewer_distinct_coordinates_than_segments():
    coordinates = np.repeat(np.eye(2), 4, axis=0)
    with pytest.raises(DataError, match=r"can tell only 2 groups of customers apart; ask for at"):
        rounded(coordinates, 3, "kmeans")
    assert np.bincount(rounded(coordinates, 3, "kmeans", n_components=2)).tolist() == [4, 4]
