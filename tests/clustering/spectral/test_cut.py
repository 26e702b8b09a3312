"""The normalised cut: hand-computed graphs, close eigenvalues, components and specks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, diags_array

from engine.clustering.spectral import eigen
from engine.clustering.spectral.cut import normalised_cut
from engine.clustering.spectral.eigen import leading
from engine.clustering.spectral.graph import Graph, join_components, specks_among, tied
from engine.places.runtime import Runtime


def path(weights: list[float]) -> csr_array:
    """Make a path with the given weights between neighbours."""
    side = np.array(weights)
    return diags_array([side, side], offsets=[-1, 1]).tocsr()


def graph_of(weights: csr_array, points: list[float] | np.ndarray) -> Graph:
    points = np.asarray(points, float).reshape(weights.shape[0], -1)
    return Graph(weights, points, np.ones(len(points)))


def test_a_path_of_three_by_hand():
    # D = (1, 2, 1): N = [[0, r, 0], [r, 0, r], [0, r, 0]] with r = 1/sqrt(2): values 1, 0, -1 and
    # vectors (1, sqrt 2, 1)/2, (1, 0, -1)/sqrt 2, (1, -sqrt 2, 1)/2, each by sqrt D.
    values, coordinates = leading(path([1.0, 1.0]), 3, 2, seed=0, runtime=Runtime())
    root = np.sqrt(0.5)
    expected = np.array([[0.5, root, -0.5], [0.5, 0, 0.5], [0.5, -root, -0.5]])
    assert values == pytest.approx([1, 0, -1], abs=1e-12)
    for found, wanted in zip(coordinates.T, expected.T, strict=True):
        assert found * np.sign(found[0]) == pytest.approx(wanted * np.sign(wanted[0]), abs=1e-12)


def test_the_weakest_link_is_cut():
    cut = normalised_cut(
        graph_of(path([3.0, 3.0, 0.1, 3.0, 3.0]), np.arange(6)), 2, seed=0, runtime=Runtime()
    )
    side = np.sign(cut.coordinates[:, 1])
    assert (side[:3] == side[0]).all()
    assert (side[3:] == -side[0]).all()
    assert cut.notes == ()


def close_together(n_groups: int, size: int) -> csr_array:
    """Make groups in a ring, tied so weakly that their eigenvalues nearly coincide."""
    rng = np.random.default_rng(0)
    n = n_groups * size
    rows, columns = np.repeat(np.arange(n), 8), np.empty(8 * n, np.int64)
    for g in range(n_groups):
        inside = slice(8 * g * size, 8 * (g + 1) * size)
        columns[inside] = g * size + rng.integers(0, size, 8 * size)
    ends = np.arange(n_groups) * size
    rows, columns = np.append(rows, ends), np.append(columns, np.roll(ends, 1))
    half = csr_array((np.append(np.ones(8 * n), np.full(n_groups, 0.1)), (rows, columns)), (n, n))
    return (half + half.T).tocsr()


@pytest.mark.parametrize("solver", ["_inverse", "_filtered"])
def test_close_eigenvalues_are_all_found(solver):
    weights = close_together(5, 100)
    degree = weights.sum(axis=1)
    scale = diags_array(1 / np.sqrt(degree))
    normal = (scale @ weights @ scale).tocsr()
    exact = np.linalg.eigvalsh(normal.toarray())[::-1][:5]
    assert exact.min() > 1 - 1e-3
    solve = getattr(eigen, solver)
    values, vectors = solve(normal, 5, np.sqrt(degree), np.random.default_rng(0))
    assert values == pytest.approx(exact, abs=1e-9)
    assert np.linalg.norm(normal @ vectors - vectors * values, axis=0).max() < 1e-5


@pytest.mark.parametrize("n_columns", [2, 9])
def test_large_graphs_take_another_road_to_the_same(n_columns, monkeypatch):
    weights = close_together(4, 100)
    dense = leading(weights, 4, n_columns, seed=0, runtime=Runtime())
    monkeypatch.setattr(eigen, "DENSE_NODES", 10)
    sparse = leading(weights, 4, n_columns, seed=0, runtime=Runtime())
    assert sparse[0] == pytest.approx(dense[0], abs=1e-9)
    # The same subspace: nearly coinciding vectors may be turned within it.
    spans = [np.linalg.qr(found[1])[0] for found in (dense, sparse)]
    assert np.linalg.svd(spans[0].T @ spans[1])[1] == pytest.approx(np.ones(4), abs=1e-4)


def test_components_are_told_apart_exactly():
    blocks = np.kron(np.eye(3), np.ones((4, 4)))
    cut = normalised_cut(graph_of(csr_array(blocks), np.arange(12)), 3, seed=0, runtime=Runtime())
    assert (np.abs(cut.coordinates) > 0).sum(axis=1).tolist() == [1] * 12
    assert len(np.unique(cut.coordinates, axis=0)) == 3


def test_more_components_than_segments_are_joined_by_distance():
    # Four pairs at 0, 1, 10 and 11: two segments are left of 5 and right of it.
    blocks = csr_array(np.kron(np.eye(4), np.ones((2, 2))))
    points = [0, 0.1, 1, 1.1, 10, 10.1, 11, 11.1]
    cut = normalised_cut(graph_of(blocks, points), 2, seed=0, runtime=Runtime())
    side = np.sign(cut.coordinates[:, 1])
    assert (side == side[0]).tolist() == [True] * 4 + [False] * 4
    assert cut.notes == (
        "The neighbour graph has 4 unconnected parts, more than the 2 segments asked for: parts "
        "near each other were put together.",
    )


def test_links_between_components_by_hand():
    # From 0.1 to 1: 0.9; from 1.1 to 10: 8.9; from 10.1 to 11: 0.9.
    blocks = csr_array(np.kron(np.eye(4), np.ones((2, 2))))
    points = [0, 0.1, 1, 1.1, 10, 10.1, 11, 11.1]
    between = join_components(graph_of(blocks, points), Runtime()).toarray()
    far = (0.9 / 8.9) ** 2
    expected = [[0, 1, 0, 0], [1, 0, far, 0], [0, far, 0, 1], [0, 0, 1, 0]]
    assert between == pytest.approx(np.array(expected), rel=1e-5)


def test_specks_are_tied_to_the_nearest_that_is_none():
    blocks = np.zeros((1002, 1002))
    blocks[:500, :500] = blocks[500:1000, 500:1000] = 1
    blocks[1000, 1000] = blocks[1001, 1001] = 3  # two lone rows, nearest to each other
    points = np.concatenate([np.linspace(0, 1, 500), np.linspace(5, 6, 500), [7.0, 7.1]])
    whole = graph_of(csr_array(blocks), points)
    specks = specks_among(whole, 2)
    assert specks.tolist() == [False, False, True, True]
    graph = tied(whole, specks, Runtime())
    assert graph.components()[0] == 2
    assert graph.weights[1000, 999] == graph.weights[999, 1000] == 3
    assert graph.weights[1001, 999] == 3
    assert graph.weights[1000, 1001] == 0


def test_many_small_components_are_no_specks():
    blocks = csr_array(np.eye(300))
    assert not specks_among(graph_of(blocks, np.arange(300)), 2).any()


def test_one_segment_needs_no_cut():
    blocks = csr_array(np.kron(np.eye(2), np.ones((2, 2))))
    cut = normalised_cut(graph_of(blocks, np.arange(4)), 1, seed=0, runtime=Runtime())
    assert cut.notes == ()
    assert len(np.unique(cut.coordinates)) == 1
