"""The shortest ways between groups of points: from some of them, or a tree that joins all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.clustering.agglomerative.neighbours import (
    CELLS,
    KEYS,
    Neighbours,
    first_of_each,
    scaled,
)
from engine.clustering.agglomerative.ways_out import ways_out
from engine.places.runtime import Runtime, one_blas_thread

Ways = tuple[np.ndarray, np.ndarray]
"""Two points each, int64 of shape (n_ways, 2), and their squared distances in float64."""


MOST_THREADS = 4
"""Threads that look: each may hold 32 MB where many distances are equal."""


def shortest_ways(
    points: np.ndarray, group: np.ndarray, rows: np.ndarray, to: np.ndarray, runtime: Runtime
) -> Ways:
    """Find the shortest way from each group that ``rows`` are of to points of ``to``.

    Parameters
    ----------
    points : float64 array of shape (n, n_columns)
        Distinct; in host memory, as all arrays here.
    group : int array of shape (n,)
    rows : int64 array of shape (m,)
        Where ways start.
    to : bool array of shape (n,)
        Where they may end; none of ``rows``.
    runtime : Runtime

    Returns
    -------
    ends : int64 array of shape (n_groups, 2)
        By ascending group.
    squares : float64 array of shape (n_groups,)

    Notes
    -----
    One query: O(m n d), whatever the number of groups.

    Examples
    --------
    >>> points = np.array([[0.0], [1.0], [5.0], [7.0]])
    >>> to = np.array([True, True, False, False])
    >>> group, rows = np.array([0, 0, 1, 1]), np.array([2, 3])
    >>> ends, squares = shortest_ways(points, group, rows, to, Runtime())
    >>> ends.tolist(), squares.tolist()
    ([[2, 1]], [16.0])
    """
    found, unit = _neighbours(points, runtime)
    starts, xp = runtime.put(rows), runtime.xp
    with one_blas_thread():
        nearest, squares = found.nearest(starts, runtime.put(to.astype(np.int8)))
        tie = found.tie(starts, nearest)
        best = first_of_each(xp, runtime.put(group[rows]), squares, tie)
    ends = np.column_stack([runtime.get(starts[best]), runtime.get(nearest[best])])
    return ends, runtime.get(squares[best]) * unit**2


def looking_bytes(n: int, n_columns: int, threads: int) -> int:
    """Bound what both hold: points in float64 and two products, blocks of bounds or of ties.

    Examples
    --------
    >>> looking_bytes(20_000, 8, 2) >> 20
    73
    """
    wide = n_columns + KEYS
    bounds = max(min(CELLS, n**2), n) * 16
    tied = max(min(CELLS // 2, n**2 * wide), n * wide) * 32
    return n * (n_columns + 4) * 40 + min(threads, MOST_THREADS) * max(bounds, tied)


def joining_ways(points: np.ndarray, group: np.ndarray, runtime: Runtime) -> Ways:
    """Join all groups by the shortest ways: a minimum spanning tree of groups.

    Each looks for its shortest way to another, at most log2(groups) times (Boruvka 1926, see
    :func:`engine.clustering.agglomerative.single.single`).

    Parameters
    ----------
    points, group, runtime
        As for :func:`shortest_ways`; the groups are numbered from 0.

    Returns
    -------
    ends : int64 array of shape (n_groups - 1, 2)
        A point of one group, and one of the other.
    squares : float64 array of shape (n_groups - 1,)

    Notes
    -----
    O(n^2 d) for the first look; later only those look again whose way leads into what their
    group has become.

    Examples
    --------
    >>> points = np.array([[0.0], [1.0], [5.0], [7.0]])
    >>> ends, squares = joining_ways(points, np.array([0, 0, 1, 2]), Runtime())
    >>> sorted(np.sort(ends, axis=1).tolist()), sorted(squares.tolist())
    ([[1, 2], [2, 3]], [4.0, 16.0])
    """
    found, unit = _neighbours(points, runtime)
    xp, count, island = runtime.xp, int(group.max()) + 1, group
    ends = np.empty((0, 2), np.int64)
    with one_blas_thread():
        nearest, squares = found.nearest(xp.arange(len(points)), runtime.put(group))
        while len(ends) < count - 1:
            pairs = ways_out(found, island, nearest, squares, runtime, grown=len(ends) > 0)
            ends = _once(np.concatenate([ends, pairs]), group, count)
            island = _islands(ends, group, count)
        first, second = runtime.put(ends[:, 0]), runtime.put(ends[:, 1])
        return ends, runtime.get(found.distance(first, second)) * unit**2


def _neighbours(points: np.ndarray, runtime: Runtime) -> tuple[Neighbours, float]:
    moved, unit = scaled(points)
    few = replace(runtime, threads=min(runtime.threads, MOST_THREADS), on_rows=None)
    return Neighbours(few.put(moved), None, few.xp.arange(len(points)), few), unit


def _once(ends: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """Leave out what was found from both ends."""
    low, high = np.sort(group[ends], axis=1).astype(np.int64).T
    once: np.ndarray = ends[np.sort(np.unique(low * count + high, return_index=True)[1])]
    return once


def _islands(ends: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """Tell of each point which groups hang together by now."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    joined = coo_array((np.ones(len(ends), np.int8), group[ends].T), shape=(count, count))
    of_point: np.ndarray = connected_components(joined, directed=False)[1][group]
    return of_point
