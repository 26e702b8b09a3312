"""Single linkage of few rows: the tree that SciPy gives, in O(n) memory and less time."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np

from engine.clustering.agglomerative.lone_edges import lone_edges
from engine.clustering.agglomerative.single import nested
from engine.clustering.tree import Merges
from engine.places.runtime import Runtime

FEW = 1_200
"""Up to so many rows scikit-learn is done before anything else has begun."""

LOW, HIGH = 5, 14
"""Columns between which a row has no neighbours cheaply: a k-d tree looks at too many, and
scikit-learn's loop over all pairs takes no longer than matrix products."""

MANY = 4_000
"""Rows from which matrix products pay in many columns."""


def scipys_single(x: np.ndarray, runtime: Runtime) -> Merges:
    """Join rows by the shortest distance, ties as SciPy decides them.

    SciPy lets a tree of rows grow from the first row, always by the row that is nearest to it, of
    equals the first; its merges are those edges, shortest first, equal ones in the order in which
    they were found [1]_. Where no two ways out of a group of rows are equally short there is but
    one spanning tree, however it is found, and only edges of equal length are put in that order.

    Parameters
    ----------
    x : float64 array of shape (n, n_columns)
        In host memory; near zero, so that nothing overflows. Their order decides ties.
    runtime : Runtime

    Returns
    -------
    first, second : int64 array of shape (n - 1,)
    heights : float64 array of shape (n - 1,)
        Ascending; the bits that SciPy computes.

    Notes
    -----
    O(n^2 d) at worst, O(n log n) in few columns; O(n d) memory. Where there are ties all is left
    to scikit-learn's ``linkage_tree``, which keeps the same rule.

    References
    ----------
    .. [1] Muellner (2011), Modern hierarchical, agglomerative clustering algorithms,
       arXiv:1109.2378, figure 6.

    Examples
    --------
    >>> import numpy as np
    >>> scipys_single(np.array([[0.0], [1.0], [2.0]]), Runtime())
    (array([0, 2]), array([1, 3]), array([1., 1.]))
    """
    n, d = x.shape
    if n > FEW and (d <= LOW or (d >= HIGH and n > MANY)):
        edges = lone_edges(x, runtime, by_tree=d <= LOW)
        if edges is not None:
            return _in_order(edges, _lengths(x, edges), n)
    return _by_scikit_learn(x)


def _by_scikit_learn(x: np.ndarray) -> Merges:
    from sklearn.cluster import linkage_tree

    if len(x) == 1:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    children, *_, heights = linkage_tree(x, linkage="single", return_distance=True)
    children = np.sort(children, axis=1).astype(np.int64)
    return children[:, 0], children[:, 1], heights


def _lengths(x: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Lengths, column after column: another order of the sum would round otherwise."""
    squares = np.zeros(len(edges))
    for column in x.T:
        difference = column[edges[:, 0]] - column[edges[:, 1]]
        squares += difference * difference
    lengths: np.ndarray = np.sqrt(squares)
    return lengths


def _in_order(edges: np.ndarray, lengths: np.ndarray, n: int) -> Merges:
    """Turn the edges of the one spanning tree into merges."""
    order = np.argsort(lengths, kind="stable")
    ordered = lengths[order]
    if (ordered[1:] == ordered[:-1]).any():
        edges, lengths = _as_grown(edges, lengths, n)
        order = np.argsort(lengths, kind="stable")
    first, second = nested(edges[order], n)
    return np.minimum(first, second), np.maximum(first, second), lengths[order]


def _as_grown(edges: np.ndarray, lengths: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the edges in the order in which a tree that grows from row 0 takes them.

    Each is told as SciPy tells it: from the row that was taken before, which lies in the same
    group as the row that the edge starts from by then.
    """
    beside: list[list[tuple[float, int]]] = [[] for _ in range(n)]
    for (a, b), length in zip(edges.tolist(), lengths.tolist(), strict=True):
        beside[a].append((length, b))
        beside[b].append((length, a))
    ways: list[tuple[float, int]] = []
    taken, row, found = bytearray(n), 0, []
    for _ in range(n - 1):
        taken[row] = 1
        for way in beside[row]:
            heappush(ways, way)
        length, other = heappop(ways)
        while taken[other]:
            length, other = heappop(ways)
        found.append((row, other, length))
        row = other
    table = np.array(found)
    return table[:, :2].astype(np.int64), table[:, 2]
