"""Both roads of spectral clustering: shapes, the noise trap, invariants, predict equals fit."""

from __future__ import annotations

import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import SpectralClustering as SklearnSpectral
from sklearn.metrics import adjusted_rand_score

from engine.clustering.algorithm import Task
from engine.clustering.spectral import bipartite, exact, graph, landmarks
from engine.clustering.spectral.algorithm import SPECTRAL
from engine.clustering.spectral.assigner import Landmarks
from engine.clustering.spectral.params import SpectralParams
from engine.places.place import Place
from engine.places.runtime import CHUNK_ROWS, Runtime
from engine.utilities.sampling import row_priority
from tests.examples import at_most

ROADS = {"exact": {}, "landmarks": {"exact_limit": 0}}
both_roads = pytest.mark.parametrize("road", ROADS)


@both_roads
@pytest.mark.parametrize("shape", ["moons", "circles"])
def test_shapes_are_found(shapes, fit, shape, road):
    x, segment = getattr(shapes, shape)(6_000, seed=1)
    found = fit(x, 2, **ROADS[road])
    assert adjusted_rand_score(segment, found.labels) == 1.0
    assert isinstance(found.representatives, Landmarks) == (road == "landmarks")
    assert found.n_iter == (2 if road == "landmarks" else 1)


@pytest.mark.parametrize("shape", ["moons", "circles"])
def test_as_scikit_learn(shapes, fit, shape):
    x, _ = getattr(shapes, shape)(1_500, seed=2)
    theirs = SklearnSpectral(2, affinity="nearest_neighbors", n_neighbors=10, random_state=0)
    assert adjusted_rand_score(theirs.fit_predict(x), fit(x, 2).labels) == 1.0


@both_roads
def test_without_thinning_noise_breaks_the_cut(shapes, fit, road, monkeypatch):
    """The trap is there: what keeps out of it is what the test above proves."""
    for module in (exact, bipartite):
        monkeypatch.setattr(module, "thinness", lambda squares, _: np.ones_like(squares))
    x, segment = shapes.mixture(10_000, 2, seed=4)
    found, real = fit(x, 6, **ROADS[road]), segment >= 0
    assert adjusted_rand_score(segment[real], found.labels[real]) < 0.9


def with_a_speck(shapes) -> tuple[np.ndarray, np.ndarray]:
    x, segment = shapes.moons(6_000, seed=1)
    far = np.random.default_rng(0).normal(8, 0.05, (40, 2)).astype(np.float32)
    return np.concatenate([x, far]), np.concatenate([segment, np.full(40, -1, np.int8)])


@both_roads
def test_a_speck_of_outliers_is_no_segment(shapes, fit, road):
    x, segment = with_a_speck(shapes)
    found, real = fit(x, 2, **ROADS[road]), segment >= 0
    assert adjusted_rand_score(segment[real], found.labels[real]) == 1.0
    assert found.notes[-1] == (
        "Small groups of customers apart from all others (noise or outliers): 1. They were joined "
        "to what lies nearest, so that none became a segment of its own."
    )


@both_roads
def test_an_untied_speck_takes_a_segment(shapes, fit, road, monkeypatch):
    monkeypatch.setattr(graph, "_specks", lambda rows, _: np.zeros(len(rows), bool))
    x, segment = with_a_speck(shapes)
    found, real = fit(x, 2, **ROADS[road]), segment >= 0
    assert adjusted_rand_score(segment[real], found.labels[real]) < 0.5


@pytest.mark.long_at("*")
@both_roads
def test_the_same_bits_at_any_number_of_threads(fit, road):
    n = 2 * CHUNK_ROWS + 11 if road == "landmarks" else 6_000
    x = np.random.default_rng(0).random((n, 5), np.float32)
    seen = set()
    for threads in (1, 3):
        found = fit(x, 4, runtime=Runtime(threads=threads), landmarks=100, **ROADS[road])
        kept = found.representatives
        seen.add((found.labels.tobytes(), kept.points.tobytes(), kept.centres.tobytes()))
    assert len(seen) == 1


@both_roads
@given(seed=st.integers(0, 50))
@at_most(4)
def test_row_order_does_not_matter(shapes, road, seed):
    x, _ = shapes.mixture(1_200, 3, seed=seed)
    priority, turn = row_priority(len(x), 0), np.random.default_rng(seed).permutation(len(x))
    params = SpectralParams(**ROADS[road])

    def labels(rows: np.ndarray, of: np.ndarray) -> np.ndarray:
        return SPECTRAL.runs[Place.CPU](Task(rows, 6, of, 0), params, Runtime()).labels

    assert adjusted_rand_score(labels(x, priority)[turn], labels(x[turn], priority[turn])) > 0.999


@given(seed=st.integers(0, 50), times=st.integers(2, 5))
@at_most(4)
def test_rows_repeated_change_nothing(shapes, fit, seed, times):
    x, _ = shapes.mixture(800, 3, seed=seed)
    once, often = fit(x, 6).labels, fit(np.repeat(x, times, axis=0), 6).labels
    assert np.array_equal(np.repeat(once, times), often)


def test_a_crowd_of_equal_rows_does_not_fall_out_of_the_graph(shapes, fit):
    x, segment = shapes.moons(3_000)
    x = np.concatenate([x, np.repeat(x[:5], 200, axis=0)])
    segment = np.concatenate([segment, np.repeat(segment[:5], 200)])
    assert adjusted_rand_score(segment, fit(x, 2).labels) == 1.0


def test_landmarks_take_two_passes(shapes, fit):
    x, _ = shapes.mixture(CHUNK_ROWS + 100, 4)
    seen = []
    fit(x, 6, runtime=Runtime(on_rows=seen.append), landmarks=200)
    assert seen == [CHUNK_ROWS, 100] * 2


@pytest.mark.long
def test_beyond_a_million_rows_one_pass_is_enough(shapes, fit, monkeypatch):
    x, segment = shapes.mixture(CHUNK_ROWS + 100, 4)
    both = fit(x, 6)
    monkeypatch.setattr(landmarks, "GRAPH_ROWS", 60_000)
    seen = []
    found = fit(x, 6, runtime=Runtime(on_rows=seen.append))
    assert seen == [CHUNK_ROWS, 100]
    assert (found.n_iter, both.n_iter) == (1, 2)
    assert adjusted_rand_score(both.labels, found.labels) > 0.99
    assert np.array_equal(found.representatives.assign(x, runtime=Runtime()), found.labels)
    real = segment >= 0
    assert adjusted_rand_score(segment[real], found.labels[real]) >= 0.999


def test_the_exact_road_tells_its_rows_once(shapes, fit):
    x, _ = shapes.moons(1_000)
    seen = []
    fit(x, 2, runtime=Runtime(on_rows=seen.append))
    assert seen == [1_000]


@pytest.mark.long_at("16-*", "2-landmarks")
@both_roads
@pytest.mark.parametrize("d", [2, 16])
def test_memory_stays_below_its_estimate(shapes, fit, d, road):
    x, _ = shapes.mixture(5_000 if road == "exact" else CHUNK_ROWS + 5_000, d)
    needed = SPECTRAL.memory(len(x), d, 6, SpectralParams())
    fit(x[:500], 2)  # what is imported on the way
    tracemalloc.start()
    fit(x, 6, **ROADS[road])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert needed / 50 < peak < needed  # the factorisation's own memory is not traced


@pytest.mark.long
def test_thousands_of_parts_stay_below_the_estimate(fit):
    x = np.random.default_rng(0).random((12_000, 8), np.float32)
    needed = SPECTRAL.memory(len(x), 8, 4, SpectralParams(n_neighbors=2))
    fit(x[:500], 2)
    tracemalloc.start()
    found = fit(x, 4, n_neighbors=2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "3,1" in found.notes[-1]  # some 3,100 parts: a dense matrix of them is 77 MB
    assert peak < min(needed, 100e6)


@pytest.mark.long_at("8-*")
@both_roads
@pytest.mark.parametrize("d", [2, 8])
def test_huge_values_are_a_matter_of_the_unit(shapes, fit, road, d):
    x, _ = shapes.mixture(1_200, d, seed=0)
    plain = fit(x, 6, **ROADS[road])
    for power in (-60, 64, 120):
        unit = np.float32(2.0**power)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = fit(x * unit, 6, **ROADS[road])
        assert np.array_equal(found.labels, plain.labels)
        assert found.notes == plain.notes
        if road == "landmarks":
            assert np.array_equal(
                found.representatives.assign(x * unit, runtime=Runtime()), plain.labels
            )
