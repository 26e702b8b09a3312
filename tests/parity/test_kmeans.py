"""k-means: one step from the same centres, and whole fits by all of its ways."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from engine.clustering.kmeans.algorithm import KMEANS
from engine.clustering.kmeans.params import KMeansParams
from engine.clustering.kmeans.passes import lloyd_step, refill, refine
from engine.errors import DataError
from engine.evaluation.scores import inertia
from engine.places.place import Place
from engine.places.runtime import Runtime
from tests.fitting import task_of

CPU = Runtime(Place.CPU, "to compare with", threads=1)


@pytest.fixture(scope="module")
def near() -> tuple[np.ndarray, np.ndarray]:
    """Rows in groups that touch, away from the origin, and centres that are not theirs."""
    x = make_blobs(20_000, 7, centers=6, cluster_std=2.5, random_state=8)[0] + 100.0
    x = x.astype(np.float32)
    return x, x[np.random.default_rng(0).choice(len(x), 6, replace=False)].astype(np.float64)


def moved_by_hand(x: np.ndarray, centres: np.ndarray) -> np.ndarray:
    wide = x.astype(np.float64)
    nearest = ((wide[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    return np.array([wide[nearest == c].mean(axis=0) for c in range(len(centres))])


def test_one_step_is_the_same(rows_of, near):
    runtime, where = rows_of
    x, centres = near
    counts, sums = lloyd_step(where(x), centres, runtime)
    assert counts.sum() == len(x)
    assert sums / counts[:, None] == pytest.approx(moved_by_hand(x, centres), rel=1e-6)


def test_steps_lead_to_the_same_centres(rows_of, near):
    runtime, where = rows_of
    x, centres = near
    ours, _ = refine(where(x), centres, 0.0, 5, runtime)
    theirs, _ = refine(x, centres, 0.0, 5, CPU)
    assert ours == pytest.approx(theirs, rel=1e-5)


def test_a_centre_without_rows_moves_to_the_same_row(rows_of, near):
    runtime, where = rows_of
    x, centres = near
    lost = np.vstack([centres, centres.mean(axis=0) + 1e4])
    empty = np.arange(7) == 6
    assert np.array_equal(refill(where(x), lost, empty, runtime)[6], refill(x, lost, empty, CPU)[6])


@pytest.mark.long_at("*-cpu-17-*")
@pytest.mark.parametrize("params", [KMeansParams(), KMeansParams(coarse_rows=2_000)])
@pytest.mark.parametrize("k", [1, 2, 17])
def test_whole_fits_are_as_good(rows_of, crowd, params, k):
    runtime, where = rows_of
    ours, theirs = (
        KMEANS.runs[place.place](task_of(x, k), params, place)
        for place, x in ((runtime, where(crowd)), (CPU, crowd))
    )
    worth = [
        inertia(crowd, f.representatives.points, f.labels, runtime=CPU) for f in (ours, theirs)
    ]
    assert worth[0] <= 1.01 * worth[1]
    assert ours.n_iter >= 1


@pytest.mark.parametrize("params", [KMeansParams(), KMeansParams(coarse_rows=2_000)])
def test_groups_far_apart(rows_of, separated, params):
    runtime, where = rows_of
    x, groups = separated
    task = task_of(where(x), 5)
    found = KMEANS.runs[runtime.place](task, params, runtime)
    assert adjusted_rand_score(groups, found.labels) >= 0.99
    assert np.array_equal(found.labels, found.representatives.assign(x, runtime=CPU))


def test_too_few_distinct_rows_are_refused_alike(rows_of):
    runtime, where = rows_of
    x = np.repeat(np.eye(3, dtype=np.float32), 1_000, axis=0)
    task = task_of(where(x), 4)
    with pytest.raises(DataError) as caught:
        KMEANS.runs[runtime.place](task, KMeansParams(), runtime)
    assert str(caught.value) == (
        "clustering.k is 4, but the customers have only 3 distinct prepared rows; "
        "ask for at most 3."
    )


@pytest.mark.parametrize("spread", [0.01, 1.0, 1_000.0])
def test_the_tolerance_means_the_same_at_any_scale(runtime, crowd, spread):
    """It is a share of the variance: a unit of measurement must not decide how long a fit runs."""
    params = KMeansParams(coarse_rows=2_000, tol=1e-3)
    x = crowd * np.float32(spread)
    ours, theirs = (
        KMEANS.runs[place.place](task_of(place.put(x), 6), params, place)
        for place in (runtime, CPU)
    )
    assert 0.2 <= ours.n_iter / theirs.n_iter <= 5


@pytest.mark.long_at("*-cpu-15000-*")
@pytest.mark.parametrize("scale", [0.001, 1.0, 1_000.0])
@pytest.mark.parametrize("n", [3_000, 15_000])
def test_few_rows_are_clustered_as_well_at_any_scale(rows_of, crowd, n, scale):
    """They are all in the sample, after which no pass goes over all rows."""
    runtime, where = rows_of
    params = KMeansParams(n_init=16)
    x = np.ascontiguousarray(crowd[:n]) * np.float32(scale)
    ours, theirs = (
        KMEANS.runs[place.place](task_of(rows, 8), params, place)
        for place, rows in ((runtime, where(x)), (CPU, x))
    )
    worth = [inertia(x, f.representatives.points, f.labels, runtime=CPU) for f in (ours, theirs)]
    assert worth[0] <= 1.01 * worth[1]


@pytest.mark.parametrize("offset", [1e3, 1e4])
def test_rows_far_from_zero_are_told_apart(rows_of, separated, offset):
    runtime, where = rows_of
    x = (separated[0] + offset).astype(np.float32)
    for params in (KMeansParams(), KMeansParams(coarse_rows=2_000)):
        task = task_of(where(x), 5)
        found = KMEANS.runs[runtime.place](task, params, runtime)
        assert adjusted_rand_score(separated[1], found.labels) >= 0.99


def test_one_step_of_cuml_is_ours(gpu, near):
    """Its number of iterations says nothing: the loop leaves one too many when it runs out."""
    pytest.importorskip("cuml", reason="CuPy is enough for all else")
    from engine.clustering.kmeans.gpu import _Cuml

    x, centres = near
    task = task_of(gpu.put(x), len(centres))
    once = _Cuml(task, KMeansParams(max_iter=1), 1e-9)
    moved, _ = once.fit(task.x, gpu.put(centres.astype(np.float32)), 1)
    assert moved == pytest.approx(moved_by_hand(x, centres), rel=1e-5)
