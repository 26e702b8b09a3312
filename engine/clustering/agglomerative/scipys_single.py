"""Single linkage of few rows: the tree that SciPy gives, in O(n) memory and less time."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np

from engine.clustering.agglomerative.single import nested
from engine.clustering.agglomerative.spanning_edges import spanning_edges
from engine.clustering.tree import Merges
from engine.places.runtime import Runtime

FEW = 6_000
"""Up to so many rows libraries are done before anything else has begun."""

LOW, HIGH = 4, 16
"""Columns between which a row's neighbours are not had cheaply: a k-d tree looks at too many, and
scikit-learn's loop over all pairs takes no longer than matrix products."""

SCIPYS_ROWS, SCIPYS_COLUMNS = 1_400, 16
"""Up to so many rows of at least so many columns SciPy is quicker, with all distances at once."""


def scipys_single(x: np.ndarray, runtime: Runtime) -> Merges:
    """Join rows by the shortest distance, ties as SciPy decides them.

    SciPy lets a tree of rows grow from the first row, always by the row that is nearest to it, of
    equals the first; its merges are those edges, shortest first, equal ones in the order in which
    they were found [1]_. The same tree grows among the edges of all minimum spanning trees, which
    are few where few distances are equal.

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
    O(n^2 d) at worst, O(n log n) in few columns; O(n d) memory. Where many distances are equal,
    and up to 6,000 rows, scikit-learn's ``linkage_tree`` looks at all: it keeps the same rule.

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
    if n > FEW and (d <= LOW or d >= HIGH):
        edges = spanning_edges(x, runtime, by_tree=d <= LOW)
        if edges is not None:
            return _in_order(edges, _lengths(x, edges), n)
    return _by_libraries(x)


def _by_libraries(x: np.ndarray) -> Merges:
    n, d = x.shape
    if n == 1:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    if n <= SCIPYS_ROWS and d >= SCIPYS_COLUMNS:
        from scipy.cluster.hierarchy import linkage
        from scipy.spatial.distance import pdist

        matrix = linkage(pdist(x), "single")
        return matrix[:, 0].astype(np.int64), matrix[:, 1].astype(np.int64), matrix[:, 2]
    from sklearn.cluster import linkage_tree

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
    """Turn edges, among which the tree of rows finds its own, into merges."""
    order = np.argsort(lengths, kind="stable")
    ordered = lengths[order]
    if len(edges) > n - 1 or (ordered[1:] == ordered[:-1]).any():
        edges, lengths = _as_grown(edges, lengths, n)
        order = np.argsort(lengths, kind="stable")
    first, second = nested(edges[order], n)
    return np.minimum(first, second), np.maximum(first, second), lengths[order]


def _as_grown(edges: np.ndarray, lengths: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the edges in the order in which a tree that grows from row 0 takes them.

    Each is told as SciPy tells it: from the row that was taken before, which lies in the same
    group as the row that the edge starts from by then.
    """
    # Whole numbers in the order of (length, other row): of tuples so many would be collected.
    kinds, kind = np.unique(lengths, return_inverse=True)
    source, other = np.concatenate([edges, edges[:, ::-1]]).T
    order = np.argsort(source, kind="stable")
    starts = np.searchsorted(source[order], np.arange(n + 1)).tolist()
    leading = (np.concatenate([kind, kind]) * n + other)[order].tolist()
    ways: list[int] = []
    taken, row, rows, found = bytearray(n), 0, [], []
    for _ in range(n - 1):
        taken[row] = 1
        for way in leading[starts[row] : starts[row + 1]]:
            heappush(ways, way)
        way = heappop(ways)
        while taken[way % n]:
            way = heappop(ways)
        rows.append(row)
        found.append(way)
        row = way % n
    shortest, to = np.divmod(np.array(found), n)
    return np.column_stack([rows, to]), kinds[shortest]
