"""k-means as on a GPU: NumPy in CuPy's place, in cuML's the loop that cuVS's source has."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from sklearn.datasets import make_blobs

from engine.clustering.kmeans import gpu, lloyd
from engine.clustering.kmeans.algorithm import KMEANS
from engine.clustering.kmeans.params import KMeansParams
from engine.errors import PlaceError
from engine.evaluation.scores import inertia
from engine.places.place import Place
from engine.places.runtime import Runtime
from tests import cupy_by_numpy as stand_in
from tests.fitting import task_of

CPU = Runtime(threads=1)


class CuvsLoop:
    """``kmeans_fit`` of cuVS: expanded distances in float32, one ``tol`` for two criteria."""

    seen: ClassVar[list[CuvsLoop]] = []
    room = 1 << 60

    def __init__(self, *, n_clusters, init, n_init, max_iter, tol, random_state, output_type):
        self.k, self.init, self.n_init = n_clusters, init, n_init
        self.max_iter, self.tol, self.seed = max_iter, tol, random_state
        assert output_type == "numpy"
        assert tol > 0

    def fit(self, x):
        assert isinstance(x, stand_in.DeviceArray), "cuML copies host rows whole"
        CuvsLoop.seen.append(self)
        self.x = x.held
        if len(self.x) > self.room:
            raise MemoryError
        rng = np.random.default_rng(self.seed)
        runs = [self._run(self._start(rng)) for _ in range(self.n_init)]
        _, self.cluster_centers_, self.n_iter_ = min(runs, key=lambda run: run[0])

    def _start(self, rng):
        if not isinstance(self.init, str):
            return self.init.get()
        return self.x[rng.choice(len(self.x), self.k, replace=False)]

    def _nearest(self, centres):
        norms = np.einsum("ij,ij->i", self.x, self.x)[:, None]
        away = norms + np.einsum("ij,ij->i", centres, centres) - np.float32(2) * self.x @ centres.T
        return away.argmin(axis=1), np.maximum(away.min(axis=1), 0)

    def _run(self, centres):
        prior = 0.0
        for n_iter in range(1, self.max_iter + 1):
            labels, away = self._nearest(centres)
            moved = centres.copy()
            for c in range(self.k):
                if (labels == c).any():
                    moved[c] = self.x[labels == c].mean(axis=0)
            movement = float(((moved - centres) ** 2).sum())
            centres, cost = moved, float(away.sum())
            done = n_iter > 1 and (cost == 0 or cost / prior > 1 - self.tol)
            prior = cost
            if done or movement < self.tol:
                break
        else:
            n_iter = self.max_iter + 1
        return cost, centres, n_iter


@pytest.fixture(autouse=True)
def cuml(monkeypatch):
    monkeypatch.setattr(gpu, "why_no", lambda _: None)
    monkeypatch.setitem(sys.modules, "cuml", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "cuml.cluster", SimpleNamespace(KMeans=CuvsLoop))
    monkeypatch.setattr(CuvsLoop, "room", 1 << 60)
    CuvsLoop.seen.clear()


@pytest.fixture
def place() -> Runtime:
    return Runtime(Place.GPU, device_memory=1 << 30, xp=stand_in.made())


def both(place, x, k, params):
    """Fit on the stand-in, rows "on the device", and on the CPU; give the fits and inertias."""
    on_device = stand_in.DeviceArray(x)
    ours = gpu.fit(task_of(on_device, k), params, place)
    theirs = lloyd.fit(task_of(x, k), params, CPU)
    return [
        (f, inertia(x, f.representatives.points, f.labels, runtime=CPU)) for f in (ours, theirs)
    ]


def test_cuml_that_is_not_there_is_refused_with_the_remedy(place, monkeypatch):
    monkeypatch.setattr(gpu, "why_no", lambda _: "cuML is not installed")
    x = stand_in.DeviceArray(np.eye(4, dtype=np.float32))
    with pytest.raises(PlaceError) as caught:
        KMEANS.runs[Place.GPU](task_of(x, 2), KMeansParams(solver="cuml"), place)
    assert str(caught.value) == (
        "clustering.kmeans.solver is cuml, but cuML is not installed; install it (pip install "
        "'engine-segments[gpu]'), or set the solver to engine."
    )


@pytest.mark.parametrize("offset", [0.0, 1e4])
@pytest.mark.parametrize("k", [1, 5])
def test_the_engines_own_fit_is_the_cpus(place, monkeypatch, k, offset):
    """Its search runs in host memory on the same sample, its passes on the device."""
    monkeypatch.setattr(gpu, "fit", None)
    x = (make_blobs(6_000, 4, centers=5, random_state=2)[0] + offset).astype(np.float32)
    for params in ({}, {"start_rows": 1_000, "coarse_rows": 2_000}):
        asked = KMeansParams(n_init=4, **params)
        ours = KMEANS.runs[Place.GPU](task_of(stand_in.DeviceArray(x), k), asked, place)
        theirs = KMEANS.runs[Place.CPU](task_of(x, k), asked, CPU)
        assert np.array_equal(ours.labels, theirs.labels)
        assert ours.n_iter == theirs.n_iter
        centres = theirs.representatives.centres
        assert ours.representatives.centres == pytest.approx(centres, rel=1e-12)


WAYS = {
    "the start alone": KMeansParams(n_init=4),
    "start and sample": KMeansParams(n_init=4, start_rows=1_000),
    "start, sample and all rows": KMeansParams(n_init=4, start_rows=1_000, coarse_rows=2_000),
}


@pytest.mark.long_at("*-1000.0", "*-0.001")
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1_000.0])
@pytest.mark.parametrize("way", WAYS)
def test_a_fit_is_as_good_as_the_cpus_at_any_scale(place, way, scale):
    x = np.random.default_rng(11).random((6_000, 6), np.float32) * np.float32(scale)
    (ours, worth), (theirs, other) = both(place, x, 8, WAYS[way])
    assert worth <= 1.01 * other
    assert 0.2 <= ours.n_iter / theirs.n_iter <= 10  # the CPU goes beyond the means, cuVS does not
    assert {fit.tol <= WAYS[way].tol for fit in CuvsLoop.seen} == {True}


@pytest.mark.parametrize("way", WAYS)
def test_centres_are_float64_means_of_their_rows(place, way):
    x = make_blobs(6_000, 5, centers=4, cluster_std=0.4, random_state=2)[0].astype(np.float32)
    (ours, _), _ = both(place, x, 4, WAYS[way])
    for segment, centre in enumerate(ours.representatives.centres):
        mean = x[ours.labels == segment].mean(axis=0, dtype=np.float64)
        assert centre == pytest.approx(mean, rel=1e-12)


def test_a_centre_that_lost_its_rows_is_filled_on_a_sample(place, monkeypatch):
    x = make_blobs(3_000, 3, centers=5, cluster_std=0.2, random_state=2)[0].astype(np.float32)

    def lost(self, rng):
        start = self.x[rng.choice(len(self.x), self.k, replace=False)].copy()
        start[0] = 1e4
        return start

    monkeypatch.setattr(CuvsLoop, "_start", lost)
    (ours, worth), (_, other) = both(place, x, 5, KMeansParams(n_init=8))
    assert np.bincount(ours.labels, minlength=5).min() > 0
    assert worth <= 1.01 * other


@pytest.mark.parametrize("offset", [1e3, 1e4, 1e5])
@pytest.mark.parametrize("way", WAYS)
def test_rows_far_from_zero_are_told_apart(place, way, offset):
    x = make_blobs(6_000, 4, centers=5, cluster_std=1.0, random_state=2)[0] + offset
    x = x.astype(np.float32)
    (_, worth), (_, other) = both(place, x, 5, WAYS[way])
    assert worth <= 1.01 * other
    for fit in CuvsLoop.seen:
        spread = fit.x.std(axis=0, dtype=np.float64)
        assert (np.abs(fit.x.mean(axis=0, dtype=np.float64)) < 100 * spread).all()


def test_all_rows_near_zero_are_cumls(place):
    x = np.random.default_rng(1).random((6_000, 6), np.float32)
    both(place, x, 4, WAYS["start, sample and all rows"])
    assert [len(fit.x) for fit in CuvsLoop.seen] == [1_000, 2_000, 6_000]


def test_without_room_for_cumls_figures_passes_of_ours_do(place, monkeypatch):
    monkeypatch.setattr(CuvsLoop, "room", 2_000)
    x = np.random.default_rng(1).random((6_000, 6), np.float32)
    (_, worth), (_, other) = both(place, x, 4, WAYS["start, sample and all rows"])
    assert len(CuvsLoop.seen) == 3
    assert worth <= 1.01 * other


def test_progress_is_told_of_passes_over_all_rows_alone(place):
    seen: list[int] = []
    x = np.random.default_rng(1).random((6_000, 6), np.float32)
    told = replace(place, on_rows=seen.append)
    gpu.fit(task_of(stand_in.DeviceArray(x), 4), WAYS["start, sample and all rows"], told)
    assert seen
    assert set(seen) == {6_000}


@pytest.mark.parametrize(
    ("shape", "k", "bytes_needed"),
    [
        ((1_000, 16), 8, 20 * 1_000 + 1_000 * 8 * 4),
        ((10**8, 16), 8, 20 * 10**8 + 32_768 * 8 * 4),
        ((2 * 10**8, 16), 8, 32 * 2 * 10**8 + 32_768 * 8 * 4),
    ],
)
def test_bytes_beside_the_rows(shape, k, bytes_needed):
    assert gpu.cuml_bytes(*shape, k) == bytes_needed


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("offset", [0.0, 1e5])
def test_the_previous_segments_are_a_start_as_on_the_cpu(place, way, offset):
    x, kind = make_blobs(6_000, 4, centers=4, cluster_std=0.5, random_state=2)
    x = (x + offset).astype(np.float32)
    good = np.array([x[kind == s].mean(axis=0, dtype=float) for s in range(4)])
    # Three within one group, and one for the three others.
    bad = np.array([good[0] - 0.3, good[0], good[0] + 0.3, good[1:].mean(axis=0)])
    for start, told in ((good, "starts from the segments"), (bad, "another start is")):
        task = replace(task_of(x, 4), start=start)
        ours = gpu.fit(replace(task, x=stand_in.DeviceArray(x)), WAYS[way], place)
        theirs = lloyd.fit(task, WAYS[way], CPU)
        assert ours.notes[0].startswith(told)
        assert theirs.notes[0].startswith(told)
        if start is good:
            assert np.array_equal(ours.labels, theirs.labels)
