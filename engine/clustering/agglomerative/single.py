"""Single linkage, exact, in O(n) memory: the minimum spanning tree by components."""

from __future__ import annotations

import numpy as np

from engine.clustering.agglomerative.neighbours import Neighbours, scaled
from engine.clustering.agglomerative.ways_out import ways_out
from engine.clustering.tree import Merges
from engine.places.runtime import Runtime, one_blas_thread


def single(points: np.ndarray, runtime: Runtime) -> Merges:
    """Join points by the shortest distance: the minimum spanning tree, shortest edge first.

    Each component looks for its shortest edge to another, at most log2(n) times [1]_. A point
    whose last neighbour was no farther than its component's shortest known edge looks again.

    Parameters
    ----------
    points : float64 array of shape (n, n_columns)
        Distinct.
    runtime : Runtime

    Returns
    -------
    first, second : int64 array of shape (n - 1,)
    heights : float64 array of shape (n - 1,)

    Notes
    -----
    O(n^2 d log n) at worst; O(n d) memory.

    References
    ----------
    .. [1] Boruvka (1926); see Nesetril, Milkova and Nesetrilova (2001), Discrete Mathematics 233,
       doi:10.1016/S0012-365X(00)00224-7.

    Examples
    --------
    >>> import numpy as np
    >>> single(np.array([[0.0], [1.0], [4.0]]), Runtime())[2].tolist()
    [1.0, 3.0]
    """
    moved, unit = scaled(points)
    found = Neighbours(runtime.put(moved), None, runtime.xp.arange(len(points)), runtime)
    with one_blas_thread():
        edges = _spanning_edges(found, runtime)
    first, second = runtime.put(edges[:, 0]), runtime.put(edges[:, 1])
    squared, tie = runtime.get(found.distance(first, second)), runtime.get(found.tie(first, second))
    order = np.lexsort([tie, squared])
    return (*nested(edges[order], len(points)), np.sqrt(squared[order]) * unit)


def _spanning_edges(found: Neighbours, runtime: Runtime) -> np.ndarray:
    xp, n = runtime.xp, len(found)
    rows, edges = xp.arange(n), np.empty((0, 2), np.int64)
    group = np.arange(n, dtype=np.int32)
    if n > 1:
        nearest, distance = found.nearest(rows)
    while len(edges) < n - 1:
        pairs = ways_out(found, group, nearest, distance, runtime, grown=len(edges) > 0)
        edges = np.unique(np.concatenate([edges, np.sort(pairs, axis=1)]), axis=0)
        group = components(edges, n)
    return edges


def components(edges: np.ndarray, n: int) -> np.ndarray:
    """Component of each point: int32, numbered from 0."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(edges), np.int8), edges.T), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int32)


def nested(edges: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Turn edges, shortest first, into the nodes that each of them joins: union and find."""
    above, merges = list(range(2 * n - 1)), []

    def top(node: int) -> int:
        while above[node] != node:
            above[node] = above[above[node]]
            node = above[node]
        return node

    for number, (a, b) in enumerate(edges.tolist()):
        pair = top(a), top(b)
        above[pair[0]] = above[pair[1]] = n + number
        merges.append(pair)
    joined = np.array(merges, np.int64).reshape(-1, 2)
    return joined[:, 0], joined[:, 1]
