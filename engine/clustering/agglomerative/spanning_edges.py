"""Edges among which every minimum spanning tree of rows is, those of equal length included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from engine.clustering.agglomerative.neighbours import CLOSE, Neighbours, scaled
from engine.clustering.agglomerative.single import components
from engine.places.runtime import Runtime, one_blas_thread

_LISTED = 8
"""Neighbours that a k-d tree lists for each row."""

_TRIED = (64, 512)
"""Rows that are looked at first: where rows lie on a grid, those tell."""

_LEAST_ALONE = 0.997
"""Of those, so many have one nearest row where it is worth going on."""

_LEAST_ALONE_OF_ALL = 0.999
"""Of all rows, in many columns: each length that several edges have takes a round of its own."""

_MOST = 6
"""Edges a row; with more of them it is no less work to look at all distances."""


def spanning_edges(x: np.ndarray, runtime: Runtime, *, by_tree: bool) -> np.ndarray | None:
    """Find the edges of all minimum spanning trees, or that those are many.

    Groups of rows are joined by their shortest ways out (Boruvka). One that is shorter than all
    others out of its group lies in every such tree; a group that has two which rounding can hardly
    tell apart waits for others to find it, and so does the largest group. Where all wait, all
    equally short ways are taken between groups that have none shorter.

    Parameters
    ----------
    x : float64 array of shape (n, n_columns)
        At least 10 rows.
    runtime : Runtime
        Its threads; the rows are in host memory.
    by_tree : bool
        List neighbours by a k-d tree, for few columns, not by matrix products.

    Returns
    -------
    edges : int64 array of shape (n_edges, 2), or None
        Each once, and maybe some that are no shorter. None where many rows have no one nearest
        row: on a grid, or where rows are equal.

    Notes
    -----
    O(n^2 d) at worst, O(n log n) with a k-d tree for rows in one crowd; O(n d) memory.

    Examples
    --------
    >>> x = np.arange(10.0)[:, None] ** 2
    >>> spanning_edges(x, Runtime(), by_tree=True).tolist()[:3]
    [[0, 1], [1, 2], [2, 3]]
    """
    if x.shape[1] == 1:
        return _in_a_line(x[:, 0])
    n, on_host = len(x), Runtime(threads=runtime.threads)
    found = Neighbours(scaled(x)[0], None, np.arange(n), on_host)
    group, edges = np.arange(n, dtype=np.int32), np.empty((0, 2), np.int64)
    with one_blas_thread():
        for some in _TRIED:
            tried = np.unique(np.linspace(0, n - 1, some).astype(np.int64))
            if found.nearest_alone(tried)[2].mean() < _LEAST_ALONE:
                return None
        lists = _Lists.by_tree(found) if by_tree else _Lists.by_products(found)
        if not by_tree and lists.alone.mean() < _LEAST_ALONE_OF_ALL:
            return None
        while group.any():
            pairs = _shortest_ways(found, lists, group)
            if not len(pairs):
                pairs = _tied_ways(found, lists, group)
            # Two groups may have found the same.
            new = np.unique(np.sort(pairs, axis=1) @ np.array([n, 1]))
            edges = np.concatenate([edges, np.column_stack([new // n, new % n])])
            if len(edges) > _MOST * n:
                return None
            group = components(edges, n)
    return edges


def _in_a_line(x: np.ndarray) -> np.ndarray | None:
    """Edges between neighbours in the order of their values, where all differ."""
    order = np.argsort(x)
    values = x[order]
    gaps = np.diff(values)
    over_two = values[2:] - values[:-2]
    if gaps.min() <= 0 or (over_two <= np.maximum(gaps[1:], gaps[:-1]) * (1 + CLOSE)).any():
        return None
    return np.column_stack([order[:-1], order[1:]])


@dataclass
class _Lists:
    """Near rows of each row, nearest first.

    Attributes
    ----------
    near : int64 array of shape (n, most)
    squares : float64 array of shape (n, most)
    beyond : float64 array of shape (n,)
        All rows that are not listed, and in other groups, are at least as far.
    alone : bool array of shape (n,)
        The first that is listed is nearer than all others outside, listed or not.
    """

    near: np.ndarray
    squares: np.ndarray
    beyond: np.ndarray
    alone: np.ndarray

    @classmethod
    def by_tree(cls, found: Neighbours) -> Self:
        from scipy.spatial import KDTree

        n = len(found)
        rows = np.arange(n)
        near: np.ndarray = np.asarray(KDTree(found.points).query(found.points, _LISTED + 1)[1])
        # Among equal rows the row itself need not come first.
        own = near == rows[:, None]
        own[~own.any(axis=1), -1] = True
        near = near[~own].reshape(n, _LISTED)
        squares = found.distance(np.repeat(rows, _LISTED), near.ravel()).reshape(near.shape)
        order = np.argsort(squares, axis=1, kind="stable")
        near, squares = (np.take_along_axis(part, order, axis=1) for part in (near, squares))
        return cls(near, squares, squares[:, -1] * (1 - CLOSE), np.zeros(n, bool))

    @classmethod
    def by_products(cls, found: Neighbours) -> Self:
        near, squares, alone = found.nearest_alone(np.arange(len(found)))
        return cls(near[:, None], squares[:, None], squares.copy(), alone)

    def put(self, rows: np.ndarray, near: np.ndarray, squares: np.ndarray, alone: Any) -> None:
        """Replace the lists of some rows by their nearest row outside."""
        self.near[rows] = rows[:, None]  # which is never outside
        self.near[rows, 0], self.squares[rows, 0] = near, squares
        self.beyond[rows], self.alone[rows] = squares, alone

    def ways(self, rows: np.ndarray, group: np.ndarray) -> _Ways:
        """Give what is known of the shortest ways from rows out of their groups."""
        outside = group[self.near[rows]] != group[rows][:, None]
        first = outside.argmax(axis=1)
        any_known = outside[np.arange(len(rows)), first]
        known = np.where(any_known, self.squares[rows, first], np.inf)
        beyond, reach = self.beyond[rows], known * (1 + CLOSE)
        equals = (outside & (self.squares[rows] <= reach[:, None])).sum(axis=1)
        sure = any_known & ((beyond > reach) | (self.alone[rows] & (first == 0)))
        return _Ways(self.near[rows, first], known, np.minimum(known, beyond), sure, equals == 1)


@dataclass
class _Ways:
    """Shortest ways of some rows out of their groups: where to, the square, and how sure it is."""

    to: np.ndarray
    known: np.ndarray
    bound: np.ndarray
    sure: np.ndarray
    single: np.ndarray


def _shortest_ways(found: Neighbours, lists: _Lists, group: np.ndarray) -> np.ndarray:
    """Row inside and row outside, for each group but the largest that has one shortest way."""
    rows = np.flatnonzero(group != np.bincount(group).argmax())
    rows, starts, ways, reach = _looked(found, lists, group, rows)
    shortest = ways.known <= reach
    lone = shortest & ways.sure & ways.single
    alone = np.add.reduceat(shortest, starts, dtype=np.int64) == 1
    chosen = lone & np.repeat(alone, np.diff(starts, append=len(rows)))
    return np.column_stack([rows[chosen], ways.to[chosen]])


def _looked(
    found: Neighbours, lists: _Lists, group: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, _Ways, np.ndarray]:
    """Look where the shortest ways of the rows' groups may start.

    Returns rows by group, where each group starts among them, their ways and each one's reach: the
    square of its group's shortest way, and what rounding cannot tell from it.
    """
    rows = rows[np.argsort(group[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(group[rows], prepend=-1))
    sizes = np.diff(starts, append=len(rows))
    ways = lists.ways(rows, group)
    reach = np.repeat(np.minimum.reduceat(ways.known, starts), sizes) * (1 + CLOSE)
    unsure = np.flatnonzero(~ways.sure & (ways.bound <= reach))
    if len(unsure):
        lists.put(rows[unsure], *found.nearest_alone(rows[unsure], group))
        ways = lists.ways(rows, group)
        reach = np.repeat(np.minimum.reduceat(ways.known, starts), sizes) * (1 + CLOSE)
    return rows, starts, ways, reach


def _tied_ways(found: Neighbours, lists: _Lists, group: np.ndarray) -> np.ndarray:
    """All equally short ways between groups that have none shorter: (row, other), some twice.

    Between two groups that such ways join no edge of this length is left out, and any edge
    between them that lies in a minimum spanning tree has this length.
    """
    n = len(group)
    rows, starts, ways, reach = _looked(found, lists, group, np.arange(n))
    of_group = reach[starts]
    starting = np.flatnonzero(ways.known <= reach)
    all_listed = lists.beyond[rows[starting]] > reach[starting]
    listed = rows[starting[all_listed]]
    at = (group[lists.near[listed]] != group[listed][:, None]) & (
        lists.squares[listed] <= of_group[group[listed]][:, None]
    )
    row, other = np.repeat(listed, at.sum(axis=1)), lists.near[listed][at]
    if not all_listed.all():
        more = found.within(rows[starting[~all_listed]], group, of_group[group])
        row, other = (np.concatenate(parts) for parts in zip((row, other), more, strict=True))
    mutual = of_group[group[other]] >= of_group[group[row]] * (1 - 2 * CLOSE)
    return np.column_stack([row[mutual], other[mutual]])
