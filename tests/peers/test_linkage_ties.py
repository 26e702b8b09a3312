"""Single linkage among ties, on grids, of equal rows and far from zero: SciPy's own tree.

SciPy starts at the first row, takes the nearest row that is not yet in its tree, of equals the
first, and does its merges shortest first, equal ones as they were found. Ours are compared with
its own in every number: children, heights, counts and the order of merges. Of the other linkages
the trees of few rows are its own too; above, ward's joins a closest pair, but not always its.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import (
    cut_tree,
    fcluster,
    is_isomorphic,
    is_monotonic,
    is_valid_linkage,
    linkage,
)
from scipy.spatial.distance import pdist

from engine.clustering import AgglomerativeClustering

Rng = np.random.Generator
ROWS: dict[str, Callable[[Rng, int, int], np.ndarray]] = {
    "a grid": lambda rng, n, d: rng.permutation(lattice(n, d)),
    "a grid of tenths": lambda rng, n, d: rng.permutation(lattice(n, d)) * 0.1,
    "integers": lambda rng, n, d: rng.integers(0, 5, (n, d)).astype(float),
    "integers of one byte": lambda rng, n, d: rng.integers(0, 255, (n, d), np.uint8),
    "few distinct rows": lambda rng, n, d: rng.normal(size=(4, d))[rng.integers(0, 4, n)],
    "all equal": lambda _, n, d: np.full((n, d), 0.3),
    "one hot": lambda rng, n, d: np.eye(d + 1)[rng.integers(0, d + 1, n)],
    "a regular polygon": lambda _, n, d: np.stack(
        [f(2 * np.pi * np.arange(n) / n) for f in (np.cos, np.sin)], axis=1
    ),
    "cents": lambda rng, n, d: rng.normal(size=(n, d)).round(2),
    "no ties": lambda rng, n, d: rng.normal(size=(n, d)),
}


def lattice(n: int, d: int) -> np.ndarray:
    """Give the first of the points of a grid in their order."""
    side = int(np.ceil(n ** (1 / d)))
    axes = np.meshgrid(*[np.arange(float(side))] * d, indexing="ij")
    return np.stack(axes, axis=-1).reshape(-1, d)[:n]


def theirs(x: np.ndarray, method: str) -> np.ndarray:
    """SciPy's, of distances: square rows it may take for such."""
    return linkage(pdist(x.astype(float)), method)


def ours(x: np.ndarray, method: str) -> np.ndarray:
    model = AgglomerativeClustering(1, linkage=method, compute_distances=True).fit(x)
    matrix = model.linkage_matrix()
    assert np.array_equal(model.children_, matrix[:, :2])
    assert np.array_equal(model.distances_, matrix[:, 2])
    return matrix


@pytest.mark.parametrize("kind", ROWS)
@given(
    st.integers(2, 90),
    st.integers(1, 5),
    st.sampled_from([0.0, -3.0, 0.7, 1e6, 1e12]),
    st.integers(0, 10_000),
)
def test_single_linkage_is_scipys_in_every_number(kind, n, d, offset, seed):
    x = ROWS[kind](np.random.default_rng(seed), n, d) + offset
    assert np.array_equal(ours(x, "single"), theirs(x, "single"))


@pytest.mark.long
@pytest.mark.parametrize(("d", "n"), [(1, 1_500), (2, 7_000), (3, 1_500), (16, 7_000)])
@pytest.mark.parametrize("kind", ["a grid", "integers of one byte", "few distinct rows", "cents"])
def test_so_it_is_with_many_rows(kind, d, n):
    x = ROWS[kind](np.random.default_rng(0), n, d) + 1e6
    assert np.array_equal(ours(x, "single"), theirs(x, "single"))


@pytest.mark.parametrize("method", ["ward", "complete", "average"])
@pytest.mark.parametrize("kind", ROWS)
@given(st.integers(2, 60), st.integers(1, 4), st.integers(0, 10_000))
def test_other_trees_of_few_rows_are_scipys(kind, method, n, d, seed):
    x = ROWS[kind](np.random.default_rng(seed), n, d)
    assert np.array_equal(ours(x, method), theirs(x, method))


@pytest.mark.parametrize("method", ["ward", "complete", "average", "single"])
def test_scipys_functions_take_ours_for_theirs(method):
    x = ROWS["integers"](np.random.default_rng(0), 80, 3) + 1e9
    matrix, his = ours(x, method), theirs(x, method)
    assert is_valid_linkage(matrix)
    assert is_monotonic(matrix)
    for k in (1, 2, 7, 80):
        flat = [cut_tree(m, k)[:, 0] for m in (matrix, his)]
        assert is_isomorphic(*flat)
    for height in np.unique(his[:, 2])[:-1]:
        flat = [fcluster(m, height, "distance") for m in (matrix, his)]
        assert is_isomorphic(*flat)


def test_the_order_of_rows_decides_ties_as_in_scipy():
    """Three in a row, as far from each other: whichever comes first is joined first."""
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]):
        x = np.array([[0.0], [1.0], [2.0]])[order]
        assert np.array_equal(ours(x, "single"), theirs(x, "single"))
        labels = AgglomerativeClustering(2, linkage="single").fit(x).labels_
        assert is_isomorphic(labels, cut_tree(theirs(x, "single"), 2)[:, 0])
