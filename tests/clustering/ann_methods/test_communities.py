"""Communities: oracles by hand, exactly k of them, and what scikit-network's own finds."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array, csr_matrix, random_array
from scipy.sparse.csgraph import connected_components
from sknetwork.clustering import Louvain, get_modularity

from engine.clustering.ann_methods import communities
from engine.clustering.ann_methods.communities import Cuts, into
from engine.clustering.ann_methods.leiden import leiden
from engine.clustering.spectral.graph import Graph
from engine.errors import EngineError
from engine.places.runtime import Runtime
from tests.examples import at_most


def ring_of_cliques(n_cliques: int, size: int) -> np.ndarray:
    weights = np.kron(np.eye(n_cliques), 1 - np.eye(size))
    for i in range(n_cliques):
        a, b = i * size, ((i + 1) % n_cliques) * size + 1
        weights[a, b] = weights[b, a] = 1
    return weights


def graph_of(weights: np.ndarray, points: np.ndarray | None = None) -> Graph:
    n = len(weights)
    where = np.arange(n, dtype=float)[:, None] if points is None else points
    return Graph(csr_array(weights), where, np.ones(n))


def modularity(weights: np.ndarray, labels: np.ndarray, resolution: float) -> float:
    """Newman and Girvan's, from its definition."""
    total, degrees = weights.sum(), weights.sum(axis=1)
    same = labels[:, None] == labels
    return float((weights / total - resolution * np.outer(degrees, degrees) / total**2)[same].sum())


@pytest.mark.parametrize("seed", range(5))
def test_cliques_are_communities(seed):
    labels = leiden(csr_array(ring_of_cliques(8, 5)), 1.0, seed)
    assert len(np.unique(labels)) == 8
    assert all(len(np.unique(labels[i * 5 : i * 5 + 5])) == 1 for i in range(8))


def test_the_resolution_limit_joins_small_cliques_in_pairs():
    """Fortunato and Barthelemy (2007): 30 cliques of 5 gain by pairs at resolution 1."""
    weights = ring_of_cliques(30, 5)
    alone, pairs = np.arange(150) // 5, np.arange(150) // 10
    assert modularity(weights, pairs, 1.0) > modularity(weights, alone, 1.0)
    found = leiden(csr_array(weights), 1.0, 0)
    assert modularity(weights, found, 1.0) > modularity(weights, alone, 1.0)
    at_two = leiden(csr_array(weights), 3.0, 0)
    assert len(np.unique(at_two)) == 30


@given(seed=st.integers(0, 10_000), n=st.integers(2, 60), density=st.floats(0.02, 0.5))
@at_most(60)
def test_communities_are_connected_and_no_worse_than_louvains(seed, n, density):
    rng = np.random.default_rng(seed)
    half = random_array((n, n), density=density, rng=rng).toarray()
    weights = np.triu(half, 1)
    weights += weights.T
    labels = leiden(csr_array(weights), 1.0, seed)
    assert np.array_equal(np.unique(labels), np.arange(labels.max() + 1))
    for label in range(labels.max() + 1):
        inside = np.flatnonzero(labels == label)
        part = csr_array(weights[np.ix_(inside, inside)])
        assert connected_components(part, directed=False)[0] == 1
    if weights.any():
        louvain = Louvain(modularity="newman", random_state=0).fit_predict(csr_matrix(weights))
        ours, theirs = (modularity(weights, part, 1.0) for part in (labels, louvain))
        assert ours >= theirs - 0.05
        assert ours == pytest.approx(get_modularity(csr_matrix(weights), labels), abs=1e-6)


def test_the_graph_on_which_scikit_networks_own_may_not_end():
    """Weights as alike as in its issue 592: many near ties in float32."""
    rng = np.random.default_rng(0)
    for _ in range(30):
        n = int(rng.integers(8, 40))
        half = np.triu(rng.choice([0, 0.23956523, 0.0591344, 0.07031047], (n, n)), 1)
        for resolution in (1e-6, 0.3, 1.0, 50.0):
            assert len(leiden(csr_array(half + half.T), resolution, 0)) == n


def test_one_seed_one_answer_and_the_seed_counts():
    weights = csr_array(np.triu(np.random.default_rng(0).random((80, 80)) < 0.1, 1) * 1.0)
    weights = weights + weights.T
    assert np.array_equal(leiden(weights, 1.0, 3), leiden(weights, 1.0, 3))
    assert len({leiden(weights, 1.0, seed).tobytes() for seed in range(8)}) > 1


@pytest.mark.parametrize("k", [1, 2, 3, 7, 8, 9, 20, 39, 40])
def test_exactly_as_many_as_asked_for(k):
    found = into(graph_of(ring_of_cliques(8, 5)), k, seed=0, runtime=Runtime())
    assert found.count == k
    assert np.array_equal(np.unique(found.labels), np.arange(k))
    assert found.joined == 0
    if k <= 8:  # no clique is split
        assert all(len(np.unique(found.labels[i * 5 : i * 5 + 5])) == 1 for i in range(8))


def test_parts_that_nothing_connects_are_joined_by_their_centres():
    weights = np.kron(np.eye(4), 1 - np.eye(5))
    middles = np.array([0.0, 10.0, 1.0, 11.5])
    points = np.repeat(middles, 5)[:, None] + np.tile(np.arange(5) / 100, 4)[:, None]
    found = into(graph_of(weights, points), 2, seed=0, runtime=Runtime())
    assert (found.count, found.joined) == (2, 2)
    of_part = found.labels[::5]
    assert of_part[0] == of_part[2] != of_part[1] == of_part[3]


def test_what_is_connected_is_joined_before_what_is_not(monkeypatch):
    """Two parts of two cliques each: two segments are the parts, not the nearest cliques."""
    weights = np.kron(np.eye(4), 1 - np.eye(5))
    weights[0, 19] = weights[19, 0] = weights[5, 14] = weights[14, 5] = 1
    cliques = communities.Communities(np.repeat(np.arange(4, dtype=np.int32), 5), 4, 1.0)
    monkeypatch.setattr(communities, "_bisected", lambda *_: cliques)
    found = into(graph_of(weights), 2, seed=0, runtime=Runtime())
    of_clique = found.labels[::5]
    assert of_clique[0] == of_clique[3] != of_clique[1] == of_clique[2]
    assert found.joined == 0


def test_without_edges_every_node_is_alone():
    assert sorted(leiden(csr_array((4, 4)), 1.0, 0).tolist()) == [0, 1, 2, 3]
    found = into(graph_of(np.zeros((4, 4))), 2, seed=0, runtime=Runtime()).labels
    assert found[0] == found[1] != found[2] == found[3]


def test_scikit_network_missing_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "sknetwork.clustering.louvain_core", None)
    with pytest.raises(EngineError, match=r"^scikit-network is not installed"):
        leiden(csr_array(np.ones((2, 2))), 1.0, 0)


def test_cuts_do_not_depend_on_what_was_asked_before():
    graph = graph_of(ring_of_cliques(12, 5))
    cuts = Cuts(graph, seed=0, runtime=Runtime())
    for k in (2, 6, 3):
        assert np.array_equal(cuts.into(k).labels, into(graph, k, seed=0, runtime=Runtime()).labels)
    assert cuts.at(1.0, 10).count == 12
