"""Methods as on a GPU, with NumPy in CuPy's place: the same segments as on a CPU."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from engine.clustering import (
    AgglomerativeClustering,
    ANNClustering,
    KMeans,
    PCAClustering,
    SpectralClustering,
)
from engine.clustering.agglomerative.algorithm import AGGLOMERATIVE
from engine.clustering.agglomerative.params import AgglomerativeParams
from engine.clustering.algorithm import Fit, Task
from engine.clustering.ann_methods import gpu, index
from engine.clustering.ann_methods.algorithm import ANN_METHODS
from engine.clustering.ann_methods.index import Index, build
from engine.clustering.ann_methods.library import MOST_PROBES
from engine.clustering.ann_methods.params import AnnParams
from engine.clustering.kmeans import lloyd
from engine.clustering.pca_methods.algorithm import PCA_METHODS
from engine.clustering.pca_methods.params import PCAMethodsParams
from engine.clustering.spectral import eigen, graph
from engine.clustering.spectral.algorithm import SPECTRAL
from engine.clustering.spectral.params import SpectralParams
from engine.errors import DataError, EngineError
from engine.places.parts import ALONE, Part
from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.utilities.sampling import row_priority
from tests import cupy_by_numpy as stand_in
from tests.cupy_by_numpy import DeviceArray
from tests.fitting import task_of
from tests.standing_cupy import Csr, a_gpu

CPU = Runtime(threads=1)
FAISS = replace(ALONE, search=Part("Faiss", "a stand-in"))
POOLS = {"in memory": 1 << 30, "in blocks": 1 << 20, "by kernels": 1 << 30}


@pytest.fixture(
    params=["in memory", "in blocks", pytest.param("by kernels", marks=pytest.mark.long)]
)
def place(request, monkeypatch) -> Runtime:
    """Give a GPU that holds the rows, one that they pass through, or one that has kernels."""
    monkeypatch.setattr(gpu, "on_gpu", GpuIndex)
    monkeypatch.setattr(gpu, "_resources", Resources)
    return a_gpu(monkeypatch, POOLS[request.param], FAISS, kernels=request.param == "by kernels")


class Resources:
    """``faiss.StandardGpuResources``: notes when its stream is waited for."""

    def syncDefaultStreamCurrentDevice(self) -> None:
        stand_in.LOG.append(("synchronize", "faiss"))


class GpuIndex:
    """An index "on a GPU": Faiss's own, whose functions by address note that they were called."""

    def __init__(self, kind: str, n_columns: int, lists: int, seed: int) -> None:
        assert kind in ("flat", "ivf")
        self.made = index._on_cpu(kind, n_columns, lists, seed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.made, name)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self if name == "made" else self.made, name, value)

    def add_c(self, n: int, address: Any) -> None:
        stand_in.LOG.append(("add", n))
        self.made.add_c(n, address)

    def search_c(self, n: int, address: Any, k: int, squares: Any, found: Any) -> None:
        assert k <= MOST_PROBES
        stand_in.LOG.append(("search", n))
        self.made.search_c(n, address, k, squares, found)


def rows_of(place: Runtime, x: np.ndarray) -> Any:
    return place.put(x) if place.device_memory >= 1 << 30 else x


def both(row: Any, params: Any, x: np.ndarray, k: int, place: Runtime) -> tuple[Fit, Fit]:
    """Fit on the stand-in and on a CPU."""
    priority = row_priority(len(x), 0)
    return (
        row.runs[Place.GPU](Task(rows_of(place, x), k, priority, 0), params, place),
        row.runs[Place.CPU](Task(x, k, priority, 0), params, CPU),
    )


def check_alike(ours: Fit, theirs: Fit, x: np.ndarray) -> None:
    """Everything that leaves a fit lies in host memory, and says the same."""
    assert np.array_equal(ours.labels, theirs.labels)
    assert (ours.n_iter, ours.notes) == (theirs.n_iter, theirs.notes)
    for name, array in vars(theirs.representatives).items():
        if isinstance(array, np.ndarray):
            assert type(getattr(ours.representatives, name)) is np.ndarray
    assert ours.representatives.centres == pytest.approx(theirs.representatives.centres, rel=1e-9)
    assert np.array_equal(ours.representatives.assign(x, runtime=CPU), ours.labels)


@pytest.fixture(scope="module")
def groups() -> tuple[np.ndarray, np.ndarray]:
    x, segment = make_blobs(4_000, 6, centers=5, cluster_std=1.0, random_state=3)
    return x.astype(np.float32), segment


CROWD = np.random.default_rng(0).random((1_500, 6), np.float32)
TIES = np.random.default_rng(1).integers(0, 9, (1_500, 3)).astype(np.float32)


@pytest.mark.long_at("in memory-*")
@pytest.mark.parametrize("x", [CROWD, TIES], ids=["crowd", "ties"])
@pytest.mark.parametrize("linkage", ["ward", "single", "complete", "average"])
def test_exact_trees_are_the_same(place, linkage, x):
    ours, theirs = both(AGGLOMERATIVE, AgglomerativeParams(linkage=linkage), x, 6, place)
    check_alike(ours, theirs, x)
    assert np.array_equal(ours.tree.children, theirs.tree.children)
    assert ours.tree.heights == pytest.approx(theirs.tree.heights, rel=1e-12)


@pytest.mark.parametrize("linkage", ["ward", "single"])
def test_trees_of_micro_clusters_are_the_same(place, linkage, groups):
    params = AgglomerativeParams(linkage=linkage, exact_limit=500, micro_clusters=100)
    ours, theirs = both(AGGLOMERATIVE, params, groups[0], 5, place)
    check_alike(ours, theirs, groups[0])
    assert np.array_equal(ours.tree.children, theirs.tree.children)
    assert np.array_equal(ours.tree.weights, theirs.tree.weights)


def test_a_threshold_cuts_at_the_same_height(place, groups):
    params = AgglomerativeParams(exact_limit=500, micro_clusters=100, distance_threshold=100.0)
    ours, theirs = both(AGGLOMERATIVE, params, groups[0], 1, place)
    check_alike(ours, theirs, groups[0])
    assert ours.representatives.n_segments > 1


@pytest.mark.long_at("in memory-*", "*-exact-8", "*-exact-5")
@pytest.mark.parametrize("k", [1, 5, 8])
@pytest.mark.parametrize("road", [{}, {"exact_limit": 0, "landmarks": 200}], ids=["exact", "marks"])
def test_cuts_are_the_same(place, road, k, groups):
    check_alike(*both(SPECTRAL, SpectralParams(n_init=3, **road), groups[0], k, place), groups[0])


@pytest.mark.parametrize("columns", [2, 9])
def test_large_graphs_are_cut_on_the_device(place, columns, monkeypatch):
    """One in one part, whose cut is an eigenproblem, not only its parts."""
    monkeypatch.setattr(eigen, "DENSE_NODES", 300)
    rng = np.random.default_rng(3)
    segment = rng.integers(0, 3, 2_000)
    centres = np.array([[0, 0], [4, 0], [0, 5]]) @ np.eye(2, columns)
    x = (rng.normal(0, 1, (2_000, columns)) + centres[segment]).astype(np.float32)
    ours, theirs = both(SPECTRAL, SpectralParams(n_init=3), x, 3, place)
    assert Csr.made == 1
    assert adjusted_rand_score(ours.labels, theirs.labels) >= 0.99
    assert adjusted_rand_score(segment, ours.labels) > 0.8
    assert ours.notes == theirs.notes


def test_specks_and_parts_are_joined_alike(place):
    rng = np.random.default_rng(0)
    parts = [rng.normal(c, 0.05, (n, 3)) for c, n in ((0, 900), (3, 700), (4, 600), (9, 12))]
    x = np.concatenate(parts).astype(np.float32)
    ours, theirs = both(SPECTRAL, SpectralParams(n_init=3), x, 2, place)
    check_alike(ours, theirs, x)
    assert len(ours.notes) >= 1


def test_equal_rows_are_one_node(place):
    check_alike(*both(SPECTRAL, SpectralParams(n_init=3), TIES, 4, place), TIES)


def test_thinness_is_of_arrays_on_the_device(place):
    squares = np.array([0.0, 1.0, 4.0])
    found = graph.thinness(place.put(squares), 1.0)
    assert np.array_equal(place.get(found), graph.thinness(squares, 1.0))


def test_progress_is_told_of_all_rows(place, groups):
    seen: list[int] = []
    x, told = groups[0], replace(place, on_rows=seen.append)
    SPECTRAL.runs[Place.GPU](task_of(rows_of(place, x), 4), SpectralParams(n_init=2), told)
    assert seen == [len(x)]


@pytest.mark.parametrize(
    ("row", "params", "said"),
    [
        (AGGLOMERATIVE, AgglomerativeParams(), "distinct prepared rows"),
        (SPECTRAL, SpectralParams(), "distinct prepared rows"),
        (SPECTRAL, SpectralParams(exact_limit=0), "distinct prepared rows"),
        (AGGLOMERATIVE, AgglomerativeParams(linkage="average", exact_limit=2), "use ward"),
    ],
)
def test_refusals_are_the_same_sentences(place, row, params, said):
    x = np.repeat(np.eye(3, dtype=np.float32), 50, axis=0)
    told = []
    for runtime, rows in ((place, rows_of(place, x)), (CPU, x)):
        with pytest.raises(DataError) as caught:
            row.runs[runtime.place](task_of(rows, 4), params, runtime)
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert said in told[0]


@pytest.mark.long_at("in memory-*")
@pytest.mark.parametrize("road", [{}, {"exact_limit": 1_000, "graph_rows": 1_000}])
@pytest.mark.parametrize("k", [1, 5])
def test_communities_are_the_same(place, road, k, groups):
    ours, theirs = both(ANN_METHODS, AnnParams(recall=1.0, **road), groups[0], k, place)
    assert adjusted_rand_score(theirs.labels, ours.labels) == 1.0
    assert np.array_equal(ours.labels, theirs.labels)
    on_a_cpu = "The neighbours are exact: no index is needed for"
    assert all(note in ours.notes or note.startswith(on_a_cpu) for note in theirs.notes)
    assert any("Faiss index (flat), which finds 100.0%" in note for note in ours.notes)
    assert np.array_equal(ours.representatives.assign(groups[0], runtime=CPU), ours.labels)
    there = theirs.representatives.assign(rows_of(place, groups[0]), runtime=place)
    assert np.array_equal(there, theirs.labels)


@pytest.mark.parametrize("road", [{}, {"exact_limit": 1_000, "graph_rows": 1_000}])
def test_communities_without_faiss_are_the_same(place, road, groups):
    alone = replace(place, parts=ALONE)
    ours, theirs = both(ANN_METHODS, AnnParams(recall=0.9, **road), groups[0], 5, alone)
    check_alike(ours, theirs, groups[0])


@pytest.mark.long_at("in memory-*")
@pytest.mark.parametrize("kind", ["flat", "ivf"])
def test_an_index_over_rows_of_the_device_is_that_over_rows_of_the_host(place, kind, monkeypatch):
    monkeypatch.setattr(index, "CHUNK_ROWS", 3_000)
    x = np.random.default_rng(0).normal(7, 2, (8_000, 4)).astype(np.float32)
    ways = [(place, place.put(x)), (place, x), (CPU, x)]
    made = [build(rows, recall=0.9, k=6, seed=0, runtime=at, kind=kind) for at, rows in ways]
    assert [each.on_device for each in made] == [True, True, False]
    assert len({(each.recall, each.probes, len(each)) for each in made}) == 1
    asked = x[:4_000] + np.float32(0.5)
    theirs = made[2].search(asked, 6)
    for each, rows in ((made[0], place.put(asked)), (made[0], asked), (made[1], place.put(asked))):
        for found, wanted in zip(each.search(rows, 6), theirs, strict=True):
            assert type(found) is np.ndarray
            assert np.array_equal(found, wanted)


def test_faiss_and_cupy_wait_for_each_other(place, monkeypatch):
    """Rows must be written before Faiss reads them, and stay until it has."""
    monkeypatch.setattr(index, "CHUNK_ROWS", 3_000)
    x = place.put(np.random.default_rng(0).random((5_000, 3), np.float32))
    stand_in.LOG.clear()
    build(x, recall=1.0, k=5, seed=0, runtime=place, kind="flat").search(x[:300], 5)
    steps = [("add", 3_000), ("add", 2_000), ("search", 300)]
    before, after = ("synchronize", "work"), ("synchronize", "faiss")
    expected = [said for step in steps for said in (before, step, after)]
    assert expected == stand_in.LOG


def test_a_failure_is_waited_for_too(place, monkeypatch):
    def fails(*_: Any) -> None:
        message = "out of memory"
        raise RuntimeError(message)

    monkeypatch.setattr(GpuIndex, "add_c", fails)
    stand_in.LOG.clear()
    with pytest.raises(RuntimeError, match="out of memory"):
        gpu.add(GpuIndex("flat", 3, 0, 0), place.put(np.zeros((4, 3), np.float32)), place.xp)
    assert stand_in.LOG == [("synchronize", "work"), ("synchronize", "faiss")]


def test_only_float32_rows_in_order_are_read_by_their_address(place):
    made = GpuIndex("flat", 3, 0, 0)
    for wrong in (np.zeros((4, 3)), np.zeros((3, 4), np.float32).T, np.zeros((4, 6), "f4")[:, ::2]):
        with pytest.raises(TypeError, match="C-contiguous float32"):
            gpu.add(made, DeviceArray(wrong), place.xp)
    assert made.ntotal == 0
    moved = Index(made, "flat", np.ones(3, np.float32), 1, place.xp).moved(
        DeviceArray(np.zeros((3, 4), np.float32).T)
    )
    gpu.add(made, moved, place.xp)
    assert made.made.reconstruct_n(0, 4).tolist() == [[-1] * 3] * 4


def test_more_neighbours_than_a_gpu_gives_are_refused_first(place, groups):
    with pytest.raises(EngineError, match=r"^A GPU gives at most 2,048 neighbours .* not 2,049"):
        build(groups[0], recall=1.0, k=2_049, seed=0, runtime=place)
    made = build(groups[0], recall=1.0, k=10, seed=0, runtime=place)
    with pytest.raises(EngineError, match="not 3,000"):
        made.search(groups[0][:5], 3_000)
    assert made.search(groups[0][:5], 2_048)[0].shape == (5, 2_048)


INNER = {
    "kmeans": {"method": "kmeans", "settings": {"n_init": 2}},
    "graph": {"method": "spectral", "settings": {"n_init": 2}},
    "landmarks": {
        "method": "spectral",
        "settings": {"n_init": 2, "exact_limit": 500, "landmarks": 100},
    },
    "communities": {"method": "ann_methods", "settings": {"recall": 1.0}},
}


@pytest.mark.long_at("in memory-*")
@pytest.mark.parametrize("inner", INNER)
def test_segments_among_components_are_the_same(place, inner, groups):
    params = PCAMethodsParams(components=4, **INNER[inner])
    ours, theirs = both(PCA_METHODS, params, groups[0], 5, place)
    assert adjusted_rand_score(theirs.labels, ours.labels) >= 0.999
    assert ours.notes[0] == theirs.notes[0]
    for name, array in theirs.representatives.to_arrays().items():
        found = ours.representatives.to_arrays()[name]
        assert type(found) is np.ndarray
        assert found.dtype == array.dtype
    assert np.array_equal(ours.representatives.assign(groups[0], runtime=CPU), ours.labels)
    there = theirs.representatives.assign(rows_of(place, groups[0]), runtime=place)
    assert np.array_equal(there, theirs.labels)


ESTIMATORS = {
    "kmeans": (KMeans, {}),
    "k-means++ of old": (KMeans, {"n_init": 3}),
    "micro-clusters": (AgglomerativeClustering, {"exact_limit": 500, "micro_clusters": 300}),
    "few rows": (AgglomerativeClustering, {}),
    "graph": (SpectralClustering, {}),
    "landmarks": (SpectralClustering, {"exact_limit": 500, "landmarks": 200}),
    "kernel": (SpectralClustering, {"affinity": "rbf", "gamma": 0.1}),
    "communities": (ANNClustering, {}),
    "components": (PCAClustering, {"components": 3}),
}


@pytest.mark.parametrize("place", ["in memory"], indirect=True)
@pytest.mark.parametrize(
    ("name", "dtype"), [*((name, np.float32) for name in ESTIMATORS), ("kmeans", np.float64)]
)
def test_estimators_take_rows_that_lie_on_a_device(place, monkeypatch, groups, name, dtype):
    """The same clusters as of rows in host memory, and answers that lie there."""
    monkeypatch.setitem(sys.modules, "cupy", place.xp)
    (estimator, settings), x = ESTIMATORS[name], (groups[0][:1_500] + 1e3).astype(dtype)
    here = estimator(n_clusters=5, random_state=0, **settings).fit(x)
    there = estimator(n_clusters=5, random_state=0, **settings).fit(DeviceArray(x))
    assert type(there.labels_) is np.ndarray
    assert adjusted_rand_score(here.labels_, there.labels_) == 1
    assert np.array_equal(there.predict(DeviceArray(x)), there.labels_)
    assert np.array_equal(there.predict(x), there.labels_)


@pytest.mark.parametrize("place", ["in memory"], indirect=True)
def test_rows_on_a_device_are_worked_on_there(place, monkeypatch, groups):
    """Not brought to the host for good: the passes over all rows see those of the device."""
    monkeypatch.setitem(sys.modules, "cupy", place.xp)
    seen, refine = [], lloyd.refine
    monkeypatch.setattr(
        lloyd, "refine", lambda x, *a, **k: seen.append(type(x)) or refine(x, *a, **k)
    )
    KMeans(5, random_state=0, coarse_rows=1_000).fit(DeviceArray(groups[0]))
    assert set(seen) == {DeviceArray}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fewer_distinct_rows_on_a_device_than_clusters(place, monkeypatch, dtype):
    monkeypatch.setitem(sys.modules, "cupy", place.xp)
    x = np.repeat(np.array([[0, 1], [2, 3]], dtype), [20, 30], axis=0)
    with pytest.warns(ConvergenceWarning, match=r"^Number of distinct clusters \(2\)"):
        model = KMeans(3, random_state=0).fit(DeviceArray(x))
    assert model.labels_.tolist() == [1] * 20 + [0] * 30
    assert np.array_equal(model.predict(DeviceArray(x)), model.labels_)


def test_weights_of_rows_on_a_device(place, monkeypatch, groups):
    monkeypatch.setitem(sys.modules, "cupy", place.xp)
    x, weights = groups[0][:1_500], np.arange(1_500) % 3 + 0.0
    here = KMeans(5, random_state=0).fit(x, sample_weight=weights)
    there = KMeans(5, random_state=0).fit(DeviceArray(x), sample_weight=weights)
    assert np.array_equal(here.labels_, there.labels_)
    assert there.score(DeviceArray(x), sample_weight=weights) == pytest.approx(-here.inertia_)
