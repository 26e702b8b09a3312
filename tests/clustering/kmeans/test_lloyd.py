"""Lloyd's passes: one of scikit-learn's, by hand, and with centres that nobody is near."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning

from engine.clustering.algorithm import Task
from engine.clustering.kmeans.lloyd import fit, settle
from engine.clustering.kmeans.params import KMeansParams
from engine.clustering.kmeans.passes import lloyd_step, refill, refine
from engine.errors import DataError
from engine.places.runtime import CHUNK_ROWS, Runtime
from tests.fitting import task_of

RUNTIME = Runtime(threads=2)


def test_a_step_by_hand():
    x = np.array([[0, 0], [1, 0], [10, 10], [12, 10], [11, 13]], np.float32)
    counts, sums = lloyd_step(x, np.array([[0.0, 1], [9, 9]]), RUNTIME)
    assert counts.tolist() == [2, 3]
    assert sums.tolist() == [[1, 0], [33, 33]]


@pytest.mark.parametrize("offset", [0.0, 1_000.0])
def test_a_step_is_scikit_learns(offset):
    x, _ = make_blobs(CHUNK_ROWS + 5_000, 4, centers=6, cluster_std=3, random_state=1)
    x = (x + offset).astype(np.float32)
    start = x[np.random.default_rng(0).choice(len(x), 6, replace=False)].astype(np.float64)
    moved, n_iter = refine(x, start, 0.0, 1, RUNTIME)
    theirs = SklearnKMeans(6, init=start.astype(np.float32), n_init=1, max_iter=1, tol=0)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        theirs.fit(x)
    assert n_iter == 1
    assert moved == pytest.approx(theirs.cluster_centers_, rel=1e-5, abs=1e-4)


def test_steps_end_at_a_fixed_point():
    x, _ = make_blobs(3_000, 3, centers=4, random_state=0)
    x = x.astype(np.float32)
    centres, n_iter = refine(x, x[:4].astype(np.float64), 0.0, 300, RUNTIME)
    assert 1 < n_iter < 300
    labels = ((x[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    means = [x[labels == c].mean(axis=0, dtype=np.float64) for c in range(4)]
    assert centres == pytest.approx(np.array(means), rel=1e-12)


def test_centres_without_rows_move_to_the_farthest_ones():
    x = np.array([[0.0], [1], [10], [11], [40], [90]], np.float32)
    start = np.array([[0.0], [500], [10], [-500]])
    # 90 and 40 are the farthest from 0 and 10; the first step leaves 10, 11, 40, 90 together.
    assert refill(x, np.array([[0.5], [500], [37.75], [-500]]), start[:, 0] > 400, RUNTIME)[1] == 90
    centres, _ = refine(x, start, 0.0, 10, RUNTIME)
    assert sorted(centres[:, 0]) == [0.5, 10.5, 40, 90]
    found = settle(x, centres, 1, RUNTIME)
    assert found.labels.tolist() == [0, 0, 1, 1, 2, 3]
    assert found.representatives.centres[:, 0].tolist() == [0.5, 10.5, 40, 90]


def test_steps_are_the_same_bits_at_any_number_of_threads():
    x = np.random.default_rng(0).random((3 * CHUNK_ROWS + 7, 2), np.float32)
    seen = {
        tuple(a.tobytes() for a in lloyd_step(x, x[:5].astype(float), Runtime(threads=t)))
        for t in (1, 2, 3)
    }
    assert len(seen) == 1


@given(st.integers(0, 10_000), st.floats(0.5, 3))
def test_a_step_never_raises_inertia(seed, spread):
    x, _ = make_blobs(200, 2, centers=3, cluster_std=spread, random_state=seed)
    x = x.astype(np.float32)
    before = x[:3].astype(np.float64)
    after, _ = refine(x, before, 0.0, 1, Runtime())

    def inertia(centres: np.ndarray) -> float:
        return float(((x[:, None] - centres) ** 2).sum(axis=2).min(axis=1).sum())

    assert inertia(after) <= inertia(before) * (1 + 1e-12)


@pytest.mark.parametrize("coarse_rows", [1_000, 100_000])
def test_row_order_changes_nothing_but_the_order(coarse_rows):
    x, _ = make_blobs(3_000, 3, centers=4, random_state=4)
    task = task_of(x.astype(np.float32), 4)
    turn = np.random.default_rng(0).permutation(len(x))
    params = KMeansParams(n_init=2, coarse_rows=coarse_rows)
    first = fit(task, params, RUNTIME)
    second = fit(Task(task.x[turn], 4, task.priority[turn], 0), params, RUNTIME)
    assert np.array_equal(first.labels[turn], second.labels)


def test_a_memory_map_gives_the_same_bits(tmp_path):
    x, _ = make_blobs(4_000, 3, centers=4, random_state=4)
    x = x.astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    params = KMeansParams(n_init=2, coarse_rows=1_000)
    one = fit(task_of(x, 4), params, RUNTIME)
    other = fit(task_of(np.load(tmp_path / "x.npy", mmap_mode="r"), 4), params, RUNTIME)
    assert one.labels.tobytes() == other.labels.tobytes()
    assert one.representatives.points.tobytes() == other.representatives.points.tobytes()


def test_more_segments_than_customers():
    x = np.zeros((3, 2), np.float32)
    with pytest.raises(DataError) as caught:
        fit(task_of(x, 4), KMeansParams(), RUNTIME)
    assert str(caught.value) == "clustering.k is 4, but there are only 3 customers."


def test_more_segments_than_distinct_customers():
    x = np.repeat(np.eye(3, dtype=np.float32), 100, axis=0)
    with pytest.raises(DataError) as caught:
        fit(task_of(x, 4), KMeansParams(), RUNTIME)
    assert str(caught.value) == (
        "clustering.k is 4, but the customers have only 3 distinct prepared rows; "
        "ask for at most 3."
    )
    assert np.bincount(fit(task_of(x, 3), KMeansParams(), RUNTIME).labels).tolist() == [100] * 3


@pytest.mark.parametrize("coarse_rows", [1_000, 100_000])
def test_a_weight_of_a_row_is_so_many_rows(coarse_rows):
    x, _ = make_blobs(2_500, 3, centers=4, random_state=4)
    x, weights = x.astype(np.float32), np.random.default_rng(0).integers(0, 4, 2_500)
    params = KMeansParams(n_init="auto", tol=0, start_rows=1_000, coarse_rows=coarse_rows)
    found = fit(replace(task_of(x, 4), weights=weights.astype(float)), params, RUNTIME)
    other = fit(task_of(np.repeat(x, weights, axis=0), 4), params, RUNTIME)
    assert found.representatives.centres == pytest.approx(other.representatives.centres, abs=0.05)
    assert np.mean(np.repeat(found.labels, weights) == other.labels) > 0.99
