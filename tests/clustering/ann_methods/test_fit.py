"""Both roads of communities: shapes, noise, invariants, predict equals fit, memory."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import DBSCAN
from sklearn.metrics import adjusted_rand_score

from engine.clustering.algorithm import Task
from engine.clustering.ann_methods import fit as fit_module
from engine.clustering.ann_methods import graph, index
from engine.clustering.ann_methods.algorithm import ANN_METHODS
from engine.clustering.ann_methods.params import AnnParams
from engine.places.place import Place
from engine.places.runtime import CHUNK_ROWS, Runtime
from engine.utilities.sampling import row_priority
from tests.examples import at_most

ROADS = {"exact": {}, "sample": {"exact_limit": 0, "graph_rows": 5_000, "representatives": 2_000}}
both_roads = pytest.mark.parametrize("road", ROADS)


@both_roads
@pytest.mark.parametrize("shape", ["moons", "circles"])
def test_shapes_are_found(shapes, fit, shape, road):
    x, segment = getattr(shapes, shape)(6_000, seed=1)
    found = fit(x, 2, **ROADS[road])
    assert adjusted_rand_score(segment, found.labels) == 1.0
    assert len(found.representatives.points) == (6_000 if road == "exact" else 2_000)


@pytest.mark.parametrize("shape", ["moons", "circles"])
def test_as_scikit_learns_dbscan(shapes, fit, shape):
    x, _ = getattr(shapes, shape)(1_500, seed=2)
    theirs = DBSCAN(eps=0.15, min_samples=3).fit_predict(x)
    core = theirs >= 0
    assert adjusted_rand_score(theirs[core], fit(x, 2).labels[core]) == 1.0


@pytest.mark.long
def test_a_graph_by_faiss_finds_the_same(shapes, fit, monkeypatch):
    x, segment = shapes.mixture(10_000, 8, seed=4)
    exact = fit(x, 6)
    assert exact.notes[0] == "The neighbours are exact: no index is needed for 10,000 customers."
    for module in (graph, index):
        monkeypatch.setattr(module, "FLAT_ROWS", 1_000)
    found, real = fit(x, 6), segment >= 0
    assert adjusted_rand_score(segment[real], found.labels[real]) >= 0.99
    assert adjusted_rand_score(exact.labels[real], found.labels[real]) >= 0.99
    assert found.notes[0].startswith(
        "Neighbours were looked up in a Faiss index (ivf), which finds"
    )
    assert len({fit(x, 6, runtime=Runtime(threads=t)).labels.tobytes() for t in (1, 2, 3)}) == 1


@both_roads
def test_a_speck_of_outliers_is_no_segment(shapes, fit, road):
    x, segment = shapes.moons(6_000, seed=1)
    far = np.random.default_rng(0).normal(8, 0.05, (40, 2)).astype(np.float32)
    found = fit(np.concatenate([x, far]), 2, **ROADS[road])
    assert adjusted_rand_score(segment, found.labels[:6_000]) == 1.0
    assert any(n.startswith("Small groups of customers apart from all") for n in found.notes)


@both_roads
def test_more_parts_than_segments_are_joined_by_their_centres(fit, road):
    rng = np.random.default_rng(0)
    middles = np.array([[0, 0], [0, 9], [100, 0], [100, 9.0]])
    part = rng.integers(0, 4, 4_000)
    x = (middles[part] + rng.normal(size=(4_000, 2))).astype(np.float32)
    found = fit(x, 2, **ROADS[road])
    assert adjusted_rand_score(part // 2, found.labels) == 1.0
    assert found.notes[-1] == (
        "The neighbour graph falls into 4 parts that nothing connects; communities were joined by "
        "ward's linkage on their centres until 2 were left."
    )
    assert not any("parts that nothing connects" in n for n in fit(x, 4, **ROADS[road]).notes)


def test_as_many_segments_as_distinct_rows(fit):
    x = np.repeat(np.arange(12, dtype=np.float32)[:, None] ** 2, 3, axis=0)
    found = fit(x, 12)
    assert sorted(np.bincount(found.labels).tolist()) == [3] * 12


@pytest.mark.long_at("*")
@both_roads
def test_the_same_bits_at_any_number_of_threads(fit, road):
    n = 2 * CHUNK_ROWS + 11 if road == "sample" else 6_000
    x = np.random.default_rng(0).random((n, 5), np.float32)
    seen = set()
    for threads in (1, 2, 3):
        found = fit(x, 4, runtime=Runtime(threads=threads), **ROADS[road])
        kept = found.representatives
        seen.add((found.labels.tobytes(), kept.points.tobytes(), kept.centres.tobytes()))
    assert len(seen) == 1


@both_roads
@given(seed=st.integers(0, 50))
@at_most(8)
def test_row_order_does_not_matter(shapes, road, seed):
    x, _ = shapes.mixture(6_000, 3, seed=seed)
    priority, turn = row_priority(len(x), 0), np.random.default_rng(seed).permutation(len(x))
    params = AnnParams(**ROADS[road])

    def labels(rows: np.ndarray, of: np.ndarray) -> np.ndarray:
        return ANN_METHODS.runs[Place.CPU](Task(rows, 6, of, 0), params, Runtime()).labels

    assert np.array_equal(labels(x, priority)[turn], labels(x[turn], priority[turn]))


@given(seed=st.integers(0, 50), times=st.integers(2, 5))
@at_most(8)
def test_rows_repeated_change_nothing(shapes, fit, seed, times):
    x, _ = shapes.mixture(800, 3, seed=seed)
    once, often = fit(x, 6).labels, fit(np.repeat(x, times, axis=0), 6).labels
    assert adjusted_rand_score(np.repeat(once, times), often) > 0.99


def test_many_segments_take_more_rows_into_the_graph(fit):
    x = np.random.default_rng(0).random((4_000, 3), np.float32)
    found = fit(x, 30, exact_limit=0, graph_rows=100, representatives=10)
    assert found.notes[0].startswith("The communities were found among 600 of 4,000 customers;")
    assert np.bincount(found.labels).min() > 0
    assert len(found.labels) == 4_000


@pytest.mark.long
def test_unequal_segments_are_found(fit):
    """From 60% to half a percent: the largest is not cut in two before the smallest is found."""
    rng = np.random.default_rng(0)
    shares = np.array([0.6, 0.2, 0.1, 0.05, 0.03, 0.01, 0.005, 0.005])
    part = rng.choice(8, 20_000, p=shares)
    x = (rng.normal(size=(8, 6))[part] * 8 + rng.normal(size=(20_000, 6))).astype(np.float32)
    for settings_ in ({}, {"exact_limit": 0}):
        assert adjusted_rand_score(part, fit(x, 8, **settings_).labels) > 0.99


def test_a_small_segment_keeps_representatives(fit, monkeypatch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8_000, 3)).astype(np.float32)
    x[:100] = 20 + x[:100] / 10
    few = {"exact_limit": 0, "graph_rows": 8_000, "representatives": 100}
    found = fit(x, 2, **few)
    assert np.bincount(found.labels).tolist() == [7_900, 100]
    assert np.bincount(found.representatives.segments).tolist()[1] == 50
    monkeypatch.setattr(fit_module, "_LEAST_A_SEGMENT", 1)
    assert np.bincount(fit(x, 2, **few).representatives.segments).tolist()[1] < 10


def test_rows_are_told_once(shapes, fit):
    x, _ = shapes.moons(CHUNK_ROWS + 100)
    seen = []
    fit(x[:1_000], 2, runtime=Runtime(on_rows=seen.append))
    assert seen == [1_000]
    seen.clear()
    fit(x, 2, runtime=Runtime(on_rows=seen.append))
    assert seen == [CHUNK_ROWS, 100]


@pytest.mark.long_at("16-*", "2-sample")
@both_roads
@pytest.mark.parametrize("d", [2, 16])
def test_memory_stays_below_its_estimate(shapes, fit, d, road):
    x, _ = shapes.mixture(8_000 if road == "exact" else 4 * CHUNK_ROWS, d)
    needed = ANN_METHODS.memory(len(x), d, 6, AnnParams())
    fit(x[:500], 2)  # what is imported on the way
    tracemalloc.start()
    fit(x, 6, exact_limit=20_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert needed / 50 < peak < needed


@both_roads
def test_one_graph_serves_every_k(shapes, road):
    x, _ = shapes.mixture(2_000, 3, seed=5)
    task = Task(x, 2, row_priority(len(x), 0), 0)
    settings = ROADS[road] | {"graph_rows": 700, "representatives": 300}
    params, rows = AnnParams(**settings), np.arange(0, 2_000, 3)
    at_once = ANN_METHODS.every_k(task, params, Runtime())
    for k in (2, 6, 4):
        ours, labels = at_once.fit(k), at_once.labels_of(rows, x[rows], k)
        one = ANN_METHODS.runs[Place.CPU](replace(task, k=k), params, Runtime())
        assert np.array_equal(ours.labels, one.labels)
        assert ours.representatives.centres.tobytes() == one.representatives.centres.tobytes()
        assert ours.notes == one.notes
        agreed = adjusted_rand_score(ours.labels[rows], labels)
        assert agreed == 1.0 if road == "exact" else agreed > 0.9


def test_more_segments_than_the_graph_has_rows_for_make_it_anew(shapes):
    x, _ = shapes.mixture(900, 2, seed=6)
    params = AnnParams(exact_limit=0, graph_rows=100)
    at_once = ANN_METHODS.every_k(Task(x, 2, row_priority(len(x), 0), 0), params, Runtime())
    assert "among 100 of 900" in at_once.fit(2).notes[0]
    found = at_once.fit(8)
    assert "among 160 of 900" in found.notes[0]
    assert found.representatives.n_segments == 8
