"""Agglomerative clustering: the same tree in both places, exact and of micro-clusters."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from engine.clustering.agglomerative.algorithm import AGGLOMERATIVE
from engine.clustering.agglomerative.params import AgglomerativeParams
from engine.clustering.agglomerative.single import single
from engine.clustering.agglomerative.ward import ward
from engine.errors import DataError
from engine.places.place import Place
from engine.places.runtime import Runtime
from tests.fitting import fitted as by_row

CPU = Runtime(Place.CPU, "to compare with", threads=2)
FEW = 4_000

ROADS = {
    "ward, exact": AgglomerativeParams(),
    "single, exact": AgglomerativeParams(linkage="single"),
    "average, exact": AgglomerativeParams(linkage="average"),
    "ward, micro-clusters": AgglomerativeParams(exact_limit=1_000, micro_clusters=300),
    "single, micro-clusters": AgglomerativeParams(
        linkage="single", exact_limit=1_000, micro_clusters=300
    ),
}


fitted = partial(by_row, AGGLOMERATIVE)


@pytest.mark.parametrize("road", ROADS)
def test_groups_far_apart_by_models_that_go_both_ways(rows_of, separated, road):
    runtime, where = rows_of
    x, groups = separated[0][:FEW], separated[1][:FEW]
    ours, theirs = fitted(where(x), 5, ROADS[road], runtime), fitted(x, 5, ROADS[road], CPU)
    assert adjusted_rand_score(groups, ours.labels) >= 0.99
    assert adjusted_rand_score(theirs.labels, ours.labels) >= 0.99
    assert ours.tree.heights[-5:] == pytest.approx(theirs.tree.heights[-5:], rel=0.05)
    assert ours.representatives.centres == pytest.approx(theirs.representatives.centres, abs=0.1)
    assert np.array_equal(ours.representatives.assign(x, runtime=CPU), ours.labels)
    there = theirs.representatives.assign(where(x), runtime=runtime)
    assert np.array_equal(there, theirs.labels)
    assert isinstance(ours.tree.heights, np.ndarray)


@pytest.mark.parametrize("linkage", [ward, single])
def test_trees_of_a_crowd_are_the_same(runtime, crowd, linkage):
    """Every distance is decided in float64, whatever the place's matrix products round to."""
    points, weights = crowd[:2_000].astype(np.float64), np.arange(2_000) % 7 + 1
    more = (weights,) if linkage is ward else ()
    heights = [np.sort(linkage(points, *more, place)[2]) for place in (runtime, CPU)]
    assert heights[0] == pytest.approx(heights[1], rel=1e-9)


def test_ties_are_decided_alike(runtime):
    grid = np.stack(np.meshgrid(*[np.arange(12)] * 3), axis=-1).reshape(-1, 3).astype(np.float32)
    for linkage in ("ward", "single"):
        params = AgglomerativeParams(linkage=linkage)
        ours, theirs = fitted(runtime.put(grid), 7, params, runtime), fitted(grid, 7, params, CPU)
        assert np.array_equal(ours.tree.children, theirs.tree.children)
        assert np.array_equal(ours.labels, theirs.labels)


def test_a_threshold_cuts_alike(runtime, separated):
    x = separated[0][:FEW]
    params = AgglomerativeParams(distance_threshold=100.0)
    found = [fitted(place.put(x), 1, params, place) for place in (runtime, CPU)]
    assert found[0].representatives.n_segments == found[1].representatives.n_segments > 1


def test_refusals_are_alike(rows_of, crowd):
    runtime, where = rows_of
    for params in (AgglomerativeParams(linkage="complete", exact_limit=100), AgglomerativeParams()):
        x, said = crowd[:500] if params.linkage == "complete" else np.zeros((500, 6), "f4"), []
        for place, rows in ((runtime, where(x)), (CPU, x)):
            with pytest.raises(DataError) as caught:
                fitted(rows, 4, params, place)
            said.append(str(caught.value))
        assert said[0] == said[1]


def test_single_linkage_of_cuml_is_ours(gpu, separated):
    """The only linkage it has; without heights, so that it can stand in for no tree of ours."""
    pytest.importorskip("cuml", reason="CuPy is enough for all else")
    from cuml.cluster import AgglomerativeClustering

    x = separated[0][:FEW]
    model = AgglomerativeClustering(
        n_clusters=5,
        metric="euclidean",
        connectivity="pairwise",
        linkage="single",
        output_type="numpy",
    )
    model.fit(gpu.put(x))
    assert not hasattr(model, "distances_")
    ours = fitted(gpu.put(x), 5, ROADS["single, exact"], gpu)
    assert adjusted_rand_score(model.labels_, ours.labels) >= 0.99
