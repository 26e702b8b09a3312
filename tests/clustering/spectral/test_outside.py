"""Shortest ways between groups, against all distances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from engine.clustering.spectral.outside import joining_ways, shortest_ways
from engine.clustering.spectral.tree import slowest
from engine.places.runtime import Runtime


@st.composite
def grouped(draw) -> tuple[np.ndarray, np.ndarray]:
    """Distinct points, on a grid or not, of groups that are numbered from 0 without a gap."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    d, n = draw(st.integers(1, 9)), draw(st.integers(2, 120))
    grid, scale = draw(st.sampled_from([3, 10_000])), draw(st.sampled_from([1e-20, 1.0, 2.0**80]))
    points = np.unique(rng.integers(-grid, grid, (n, d)) * scale, axis=0)
    points = points[rng.permutation(len(points))]
    group = rng.integers(0, draw(st.integers(1, 40)), len(points))
    return points, np.unique(group, return_inverse=True)[1].ravel()


def squared(points: np.ndarray) -> np.ndarray:
    return ((points[:, None] - points[None]) ** 2).sum(axis=2)


@given(grouped())
def test_each_way_is_the_shortest(case):
    points, group = case
    to = group % 2 == 0
    rows = np.flatnonzero(~to)
    if not len(rows):
        return
    ends, squares = shortest_ways(points, group, rows, to, Runtime())
    away = squared(points)
    for one, (a, b), square in zip(np.unique(group[rows]), ends, squares, strict=True):
        assert group[a] == one
        assert to[b]
        assert away[a, b] == pytest.approx(square, rel=1e-12)
        assert square == pytest.approx(away[group == one][:, to].min(), rel=1e-12)


@given(grouped())
def test_ways_are_a_shortest_tree(case):
    points, group = case
    ends, squares = joining_ways(points, group, Runtime())
    away, count = squared(points), int(group.max()) + 1
    between = np.full((count, count), np.inf)
    np.minimum.at(between, (group[:, None], group[None]), away)
    pairs = np.triu_indices(count, 1)
    # As a sparse array: of a dense one, small distances would be taken for none.
    shortest = minimum_spanning_tree(coo_array((between[pairs], pairs), shape=between.shape)).data
    assert sorted(squares) == pytest.approx(sorted(shortest), rel=1e-12)
    assert away[tuple(ends.T)] == pytest.approx(squares, rel=1e-12)
    joined = coo_array((np.ones(len(ends)), tuple(group[ends].T)), shape=(count, count))
    assert minimum_spanning_tree(joined).nnz == count - 1


@pytest.mark.parametrize("strength", ["equal", "of all sizes"])
def test_a_large_tree_is_cut_as_a_dense_matrix(strength, monkeypatch):
    rng = np.random.default_rng(0)
    n, k = 400, 6
    weights = np.ones(n - 1) if strength == "equal" else 10.0 ** rng.uniform(-6, 0, n - 1)
    above = [int(rng.integers(max(0, i - 5), i)) for i in range(1, n)]
    half = coo_array((weights, (np.arange(1, n), above)), shape=(n, n))
    links, mass = (half + half.T).tocsr(), rng.integers(1, 30, n).astype(float)
    mass /= mass.mean()
    dense = slowest(links, mass, k, seed=0)
    monkeypatch.setattr("engine.clustering.spectral.tree._FEW_PARTS", 10)
    sparse = slowest(links, mass, k, seed=0)
    spans = [np.linalg.qr(found * np.sqrt(mass)[:, None])[0] for found in (dense, sparse)]
    assert np.linalg.svd(spans[0].T @ spans[1])[1] == pytest.approx(np.ones(k), abs=1e-6)
    assert sparse[:, 0] == pytest.approx(np.full(n, 1 / np.sqrt(n)), rel=1e-9)
    assert sparse == pytest.approx(dense, abs=1e-5)
