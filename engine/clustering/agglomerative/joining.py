"""Exact agglomerative clustering of few rows: ward and single in O(n) memory, the rest by SciPy."""

from __future__ import annotations

from typing import Literal

import numpy as np

from engine.clustering.agglomerative.single import single
from engine.clustering.agglomerative.ward import ward
from engine.clustering.tree import Merges, Tree, grown
from engine.places.runtime import Runtime

Linkage = Literal["ward", "complete", "average", "single"]


def joined(x: np.ndarray, linkage: Linkage, runtime: Runtime) -> Tree:
    """Join rows until one cluster is left.

    Parameters
    ----------
    x : float32 array of shape (n, n_columns)
        In host memory.
    linkage : {"ward", "complete", "average", "single"}
    runtime : Runtime

    Returns
    -------
    tree : Tree
        One leaf a row.

    Notes
    -----
    Equal rows are joined first, at height 0, and then count by their number. The distinct rows are
    taken in lexicographic order, so that the order of the rows decides no tie.

    Ward and single: O(n) memory. Complete and average: two arrays of n (n - 1) / 2 float64.
    """
    n, means = len(x), x.astype(np.float64)
    if linkage in ("complete", "average"):
        order = np.lexsort(x.T[::-1])
        merges = _renamed(_by_scipy(means[order], linkage), order, n)
        return grown(*merges, weights=np.ones(n, np.int64), means=means)
    leaf, counts, equal = _equal_rows(x)
    points = means[leaf]
    merges = ward(points, counts, runtime) if linkage == "ward" else single(points, runtime)
    node = leaf.copy()
    repeated = counts > 1
    node[repeated] = n + np.cumsum(counts - 1)[repeated] - 1
    first, second, heights = (
        np.concatenate([a, b])
        for a, b in zip(equal, _renamed(merges, node, n + len(equal[0])), strict=True)
    )
    return grown(first, second, heights, weights=np.ones(n, np.int64), means=means)


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


def _by_scipy(x: np.ndarray, linkage: Literal["complete", "average"]) -> Merges:
    from scipy.cluster.hierarchy import linkage as scipy_linkage
    from scipy.spatial.distance import pdist

    if len(x) == 1:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    matrix = scipy_linkage(pdist(x), linkage)
    return matrix[:, 0].astype(np.int64), matrix[:, 1].astype(np.int64), matrix[:, 2]
