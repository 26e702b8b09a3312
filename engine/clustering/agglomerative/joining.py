"""Exact agglomerative clustering of few rows: ward and single in O(n) memory, the rest by SciPy."""

from __future__ import annotations

from typing import Literal

import numpy as np

from engine.clustering.agglomerative.scipys_single import scipys_single
from engine.clustering.agglomerative.ward import ward
from engine.clustering.tree import Merges, Tree, grown
from engine.places.runtime import Runtime

Linkage = Literal["ward", "complete", "average", "single"]

FEW, FEW_A_COLUMN = 500, 16
"""Up to so many rows, and so many more a column, SciPy joins by ward before matrix products do."""


def joined(x: np.ndarray, linkage: Linkage, runtime: Runtime, *, in_order: bool = False) -> Tree:
    """Join rows until one cluster is left.

    Parameters
    ----------
    x : float32 or float64 array of shape (n, n_columns)
        In host memory.
    linkage : {"ward", "complete", "average", "single"}
    runtime : Runtime
    in_order : bool
        Let the order of the rows decide ties, as it does in SciPy. Otherwise the rows are taken in
        lexicographic order, so that theirs decides none.

    Returns
    -------
    tree : Tree
        One leaf a row. Of single, complete and average linkage, and of ward up to 500 rows, the
        one that SciPy gives for rows in this order; ward's of more rows is SciPy's where no
        heights are tied.

    Notes
    -----
    Equal rows are joined first, at height 0, and then count by their number. Ward and single:
    O(n) memory. Complete and average: two arrays of n (n - 1) / 2 float64.
    """
    n, means = len(x), x.astype(np.float64, copy=False)
    weights = np.ones(n, np.int64)
    if linkage == "ward" and n > FEW + FEW_A_COLUMN * x.shape[1]:
        return grown(*_by_ward(x, means, runtime), weights=weights, means=means)
    order = None if in_order else np.lexsort(x.T[::-1])
    rows = means if order is None else means[order]
    merges = scipys_single(rows, runtime) if linkage == "single" else _by_scipy(rows, linkage)
    if order is None:  # in the order and numbering of a tree already
        return Tree(np.column_stack(merges[:2]), merges[2], weights, means)
    return grown(*_renamed(merges, order, n), weights=weights, means=means)


def _by_ward(x: np.ndarray, means: np.ndarray, runtime: Runtime) -> Merges:
    """Join equal rows, and then the distinct ones in lexicographic order, by their number."""
    n, (leaf, counts, equal) = len(x), _equal_rows(x)
    merges = ward(means[leaf], counts, runtime)
    node = leaf.copy()
    repeated = counts > 1
    node[repeated] = n + np.cumsum(counts - 1)[repeated] - 1
    both = zip(equal, _renamed(merges, node, n + len(equal[0])), strict=True)
    first, second, heights = (np.concatenate([a, b]) for a, b in both)
    return first, second, heights


def _equal_rows(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, Merges]:
    """First of each set of equal rows, how many there are, and the merges that join them."""
    order = np.lexsort(x.T[::-1])
    new = np.ones(len(x), bool)
    new[1:] = (x[order[1:]] != x[order[:-1]]).any(axis=1)
    start = np.flatnonzero(new)
    repeat = np.flatnonzero(~new)
    # A chain: the second of its kind joins the first, each further one what that made.
    before = np.where(new[repeat - 1], order[repeat - 1], len(x) + np.arange(len(repeat)) - 1)
    counts = np.diff(start, append=len(x))
    return order[start], counts, (before, order[repeat], np.zeros(len(repeat)))


def _renamed(merges: Merges, leaves: np.ndarray, first_merge: int) -> Merges:
    """Give other numbers to the leaves, and let merges start at ``first_merge``."""
    first, second, heights = merges
    names = np.concatenate([leaves, first_merge + np.arange(len(heights))])
    return names[first], names[second], heights


def _by_scipy(x: np.ndarray, linkage: Literal["ward", "complete", "average"]) -> Merges:
    from scipy.cluster.hierarchy import linkage as scipy_linkage
    from scipy.spatial.distance import pdist

    if len(x) == 1:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    matrix = scipy_linkage(pdist(x), linkage)
    return matrix[:, 0].astype(np.int64), matrix[:, 1].astype(np.int64), matrix[:, 2]
