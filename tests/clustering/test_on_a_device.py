"""Both methods as on a GPU, with NumPy in CuPy's place: the same segments as on a CPU."""

from __future__ import annotations

import operator
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from engine.clustering.agglomerative.algorithm import AGGLOMERATIVE, AgglomerativeParams
from engine.clustering.algorithm import Fit, Task
from engine.clustering.spectral import eigen, graph
from engine.clustering.spectral.algorithm import SPECTRAL, SpectralParams
from engine.errors import DataError
from engine.runtime import Place, Runtime
from engine.utilities.sampling import row_priority
from tests import cupy_by_numpy as stand_in
from tests.cupy_by_numpy import DeviceArray

CPU = Runtime(threads=1)
POOLS = {"in memory": 1 << 30, "in blocks": 1 << 20}


def held(array: Any) -> Any:
    """Give the bare array, and refuse one in host memory."""
    assert not isinstance(array, np.ndarray)
    return array.held if isinstance(array, DeviceArray) else array


def on_device(fn: Any) -> Any:
    """Let a function of NumPy's that gives one array or several run on the stand-in."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        found = fn(*map(held, arguments), **keywords)
        return tuple(map(DeviceArray, found)) if isinstance(found, tuple) else DeviceArray(found)

    return call


def _shift(name: str) -> Any:
    return lambda self, other: DeviceArray(getattr(operator, name)(self.held, held(other)))


class Csr:
    """``cupyx.scipy.sparse.csr_array``: arrays of the device alone, 32-bit indices, products."""

    made = 0

    def __init__(self, arrays: tuple[Any, Any, Any], shape: tuple[int, int]) -> None:
        data, indices, starts = map(held, arrays)
        assert indices.dtype == starts.dtype == np.int32
        self.matrix = csr_array((data, indices, starts), shape=shape)
        Csr.made += 1

    def __matmul__(self, other: Any) -> DeviceArray:
        return DeviceArray(self.matrix @ held(other))


@pytest.fixture(params=POOLS)
def place(request, monkeypatch) -> Runtime:
    """Give a GPU that holds the rows, or one that they pass through."""
    for name in ("lshift", "rshift"):
        monkeypatch.setattr(DeviceArray, f"__{name}__", _shift(name), raising=False)
    sparse = SimpleNamespace(csr_array=Csr)
    for name in ("cupyx", "cupyx.scipy"):
        monkeypatch.setitem(sys.modules, name, SimpleNamespace())
    monkeypatch.setitem(sys.modules, "cupyx.scipy.sparse", sparse)
    Csr.made = 0
    xp = stand_in.made()
    xp.nonzero = on_device(np.nonzero)
    xp.linalg = SimpleNamespace(**{n: on_device(getattr(np.linalg, n)) for n in LINALG})
    return Runtime(Place.GPU, device_memory=POOLS[request.param], xp=xp)


LINALG = ("qr", "eigh", "norm")


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


@pytest.mark.parametrize("k", [1, 3, 5, 8])
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
    SPECTRAL.runs[Place.GPU](
        Task(rows_of(place, x), 4, row_priority(len(x), 0), 0), SpectralParams(n_init=2), told
    )
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
            row.runs[runtime.place](Task(rows, 4, row_priority(len(x), 0), 0), params, runtime)
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert said in told[0]
