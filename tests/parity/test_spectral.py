"""Spectral clustering: the same cut in both places, exact and by landmarks; cuML's beside it."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from sklearn.datasets import make_circles, make_moons
from sklearn.metrics import adjusted_rand_score

from engine.clustering.spectral.algorithm import SPECTRAL
from engine.clustering.spectral.eigen import DENSE_NODES, leading
from engine.clustering.spectral.exact import neighbour_graph
from engine.clustering.spectral.graph import Graph
from engine.clustering.spectral.params import SpectralParams
from engine.errors import DataError
from engine.places.place import Place
from engine.places.runtime import Runtime
from tests.fitting import fitted as by_row

CPU = Runtime(Place.CPU, "to compare with", threads=2)
FEW, ROWS = 4_000, 8_000

ROADS = {
    "exact": SpectralParams(),
    "landmarks": SpectralParams(exact_limit=0),
    "few landmarks": SpectralParams(exact_limit=0, landmarks=DENSE_NODES - 50),
}
roads = pytest.mark.parametrize("road", ROADS)


fitted = partial(by_row, SPECTRAL)


def touching(columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Three groups in one part of the graph, and which is whose."""
    rng = np.random.default_rng(3)
    groups = rng.integers(0, 3, FEW)
    centres = np.array([[0, 0], [4, 0], [0, 5]]) @ np.eye(2, columns)
    return (rng.normal(0, 1, (FEW, columns)) + centres[groups]).astype(np.float32), groups


def graph_of(x: np.ndarray, place: Runtime) -> Graph:
    return neighbour_graph(x, np.ones(len(x), np.int64), 10, place)[0]


@roads
def test_groups_far_apart_by_models_that_go_both_ways(rows_of, separated, road):
    runtime, where = rows_of
    x, groups = separated[0][:ROWS], separated[1][:ROWS]
    ours, theirs = fitted(where(x), 5, ROADS[road], runtime), fitted(x, 5, ROADS[road], CPU)
    assert adjusted_rand_score(groups, ours.labels) >= 0.99
    assert adjusted_rand_score(theirs.labels, ours.labels) >= 0.99
    assert ours.notes == theirs.notes
    assert np.array_equal(ours.representatives.assign(x, runtime=CPU), ours.labels)
    there = theirs.representatives.assign(where(x), runtime=runtime)
    assert np.array_equal(there, theirs.labels)


@roads
@pytest.mark.parametrize("make", [make_moons, make_circles])
def test_shapes(rows_of, make, road):
    runtime, where = rows_of
    settings = {"factor": 0.5} if make is make_circles else {}
    x, groups = make(FEW, noise=0.04, random_state=1, **settings)
    found = fitted(where(x.astype(np.float32)), 2, ROADS[road], runtime)
    assert adjusted_rand_score(groups, found.labels) >= 0.99


@pytest.mark.long_at("*-9-*")
@roads
@pytest.mark.parametrize("columns", [2, 9])
def test_groups_that_touch(rows_of, columns, road):
    """One part, whose cut is an eigenproblem: on a GPU of this size solved there."""
    runtime, where = rows_of
    x, groups = touching(columns)
    ours, theirs = fitted(where(x), 3, ROADS[road], runtime), fitted(x, 3, ROADS[road], CPU)
    assert adjusted_rand_score(theirs.labels, ours.labels) >= 0.99
    assert adjusted_rand_score(groups, ours.labels) > 0.8


@pytest.mark.parametrize("columns", [2, 9])
def test_graphs_are_the_same(runtime, columns):
    x, _ = touching(columns)
    ours, theirs = graph_of(x, runtime), graph_of(x, CPU)
    assert abs(ours.weights - theirs.weights).max() <= 1e-12
    assert isinstance(ours.points, np.ndarray)


@pytest.mark.parametrize("columns", [2, 9])
def test_eigenvectors_span_the_same(runtime, columns):
    weights = graph_of(touching(columns)[0], CPU).weights
    root = np.sqrt(np.asarray(weights.sum(axis=1)).ravel())[:, None]
    found = [leading(weights, 3, columns, seed=0, runtime=place) for place in (runtime, CPU)]
    assert found[0][0] == pytest.approx(found[1][0], abs=1e-9)
    spans = [np.linalg.qr(coordinates * root)[0] for _, coordinates in found]
    assert np.linalg.svd(spans[0].T @ spans[1])[1] == pytest.approx(np.ones(3), abs=1e-4)


def test_refusals_are_alike(rows_of):
    runtime, where = rows_of
    x = np.repeat(np.eye(3, dtype=np.float32), 1_000, axis=0)
    for params in (ROADS["exact"], ROADS["landmarks"]):
        said = []
        for place, rows in ((runtime, where(x)), (CPU, x)):
            with pytest.raises(DataError) as caught:
                fitted(rows, 4, params, place)
            said.append(str(caught.value))
        assert said[0] == said[1]


def test_the_cut_of_cuml_is_ours(gpu):
    """Where its float32 tells eigenvalues apart: one part, many columns."""
    pytest.importorskip("cuml", reason="CuPy is enough for all else")
    from cuml.cluster import SpectralClustering

    x, _ = touching(9)
    model = SpectralClustering(
        n_clusters=3,
        affinity="precomputed",
        eigen_tol=1e-5,
        n_init=10,
        random_state=0,
        output_type="numpy",
    )
    model.fit(graph_of(x, gpu).weights.astype(np.float32).tocoo())
    ours = fitted(gpu.put(x), 3, ROADS["exact"], gpu)
    assert adjusted_rand_score(model.labels_, ours.labels) >= 0.95
