"""The p nearest of fixed points, exactly and in any blocks.

A kernel finds them by a tree of balls. Without it few columns go through a k-d tree, and more by a
float32 product that proposes, as in :mod:`engine.clustering.nearest`. Float64 differences, added
up column by column, decide wherever rounding could matter, so the answer for a row is the same
bits whatever rows stand beside it, and with or without the kernel.
"""

from __future__ import annotations

from functools import cached_property
from threading import local
from typing import Any

import numpy as np

from engine.clustering.point_tree import TREE_COLUMNS, Proposals
from engine.native.ball_tree import MOST_NEIGHBORS, BallTree
from engine.places.runtime import Runtime

_CPU_CELLS = 1 << 20
"""Scores held at a time on a CPU: 4 MB. Smaller pieces fit a core's cache, but threads then wait
for each other in Python: a fifth more processor time at a quarter of it."""

_SPARE = 3
"""Candidates beyond p. With one, near ties would send many dense rows the slow way."""

_LARGE = 2.0**48
"""Sums of squares and products of what is smaller are far below the largest float32, 2^128."""

_EPS = float(np.finfo(np.float32).eps)
_TINY = float(np.finfo(np.float32).tiny)


class NearestFew:
    """Finds the p nearest of fixed points for rows of a chunk.

    Parameters
    ----------
    points : float64 array of shape (n_points, n_columns)
    p : int
        How many; capped at the number of points.
    runtime : Runtime
        Its place is where the rows are.
    """

    def __init__(self, points: np.ndarray, p: int, runtime: Runtime) -> None:
        self._made_of = points, p, runtime
        self._xp, self.p = runtime.xp, min(p, len(points))
        self._on_device = bool(runtime.device_memory)
        self._unit = far_unit(points)
        points = points if self._unit == 1 else points / self._unit
        self.points = runtime.put(points)
        self._columns = self._xp.ascontiguousarray(self.points.T)
        self._cells = runtime.cells(_CPU_CELLS)
        by_balls = self.p <= MOST_NEIGHBORS and not self._on_device
        self.balls = BallTree.of(points) if by_balls else None

    def __reduce__(self) -> Any:
        """Be made anew where it is sent, of that place's runtime."""
        return NearestFew, self._made_of

    def __call__(self, rows: Any) -> tuple[Any, Any]:
        """Find the nearest points, nearest first, of equals the first.

        Parameters
        ----------
        rows : float32 array of shape (n_rows, n_columns)

        Returns
        -------
        index : int64 array of shape (n_rows, p)
        squares : float64 array of shape (n_rows, p)
            Squared distances, from differences.

        Notes
        -----
        O(n_rows x n_points x n_columns), or O(n_rows x log n_points) by the tree.
        """
        rows = rows if self._unit == 1 else rows * (1 / self._unit)
        index, squares = self._found(rows)
        return index, squares if self._unit == 1 else squares * self._unit**2

    def _found(self, rows: Any) -> tuple[Any, Any]:
        if self.balls is not None and self.balls.takes(rows):
            index, squares, unsure = self.balls.few(rows, self.p)
            self._decide(rows, unsure, index, squares)
            return index, squares
        step = max(1, self._cells // len(self.points))
        few_columns = self.points.shape[1] <= TREE_COLUMNS and not self._on_device
        part = self._by_tree if few_columns else self._by_product
        parts = [part(rows[s : s + step]) for s in range(0, len(rows), step)]
        index, squares = (self._xp.concatenate(part) for part in zip(*parts, strict=True))
        return index, squares

    @cached_property
    def _tree(self) -> Proposals:
        return Proposals(self.points)

    @cached_property
    def _product(self) -> _Product:
        most = min(self.p + _SPARE, len(self.points))
        return _Product(self.points, most, self._xp, sort=not self._on_device)

    def _by_tree(self, rows: Any) -> tuple[Any, Any]:
        most = min(self.p + 1, len(self.points))
        index = self._tree(rows, most)
        chosen, squares = self._in_order(rows, index)
        if most > self.p:
            farthest = self._squared_distances(rows, index).max(axis=1)
            unsure = np.flatnonzero(~Proposals.suffice(squares[:, -1], farthest))
            self._decide(rows, unsure, chosen, squares)
        return chosen, squares

    def _by_product(self, rows: Any) -> tuple[Any, Any]:
        index, beyond, error = self._product.propose(rows)
        chosen, squares = self._in_order(rows, index)
        if beyond is not None:
            last = squares[:, -1]
            unsure = self._xp.flatnonzero(~(beyond - last > error(last)))
            self._decide(rows, unsure, chosen, squares)
        return chosen, squares

    def _in_order(self, rows: Any, index: Any) -> tuple[Any, Any]:
        xp, index = self._xp, self._xp.sort(index, axis=1)
        squares = self._squared_distances(rows, index)
        order = xp.argsort(squares, axis=1, kind="stable")[:, : self.p]
        return xp.take_along_axis(index, order, axis=1), xp.take_along_axis(squares, order, axis=1)

    def _squared_distances(self, rows: Any, index: Any) -> Any:
        total = self._xp.zeros(index.shape)
        for column in range(rows.shape[1]):
            difference = self._columns[column].take(index)
            difference -= rows[:, column, None]
            difference *= difference
            total += difference
        return total

    def _decide(self, rows: Any, unsure: Any, chosen: Any, squares: Any) -> None:
        """Decide rows by all distances in float64."""
        # An eighth: each of these cells is an index, a difference and a sum.
        xp, step = self._xp, max(1, self._cells // (8 * len(self.points)))
        every = xp.arange(len(self.points))
        for start in range(0, len(unsure), step):
            some = unsure[start : start + step]
            away = self._squared_distances(rows[some], xp.tile(every, (len(some), 1)))
            order = xp.argsort(away, axis=1, kind="stable")[:, : self.p]
            chosen[some] = order
            squares[some] = xp.take_along_axis(away, order, axis=1)


def far_unit(points: np.ndarray) -> float:
    """Give the power of two that brings the largest value to about 1, where squares would overflow.

    For all other points 1. Division by it is exact.

    Examples
    --------
    >>> far_unit(np.array([[3.0, -100.0]])), far_unit(np.array([[2.0**61]])) == 2.0**62
    (1.0, True)
    """
    largest = float(np.abs(points).max(initial=0.0))
    # A float32 row must bear the reciprocal.
    return 2.0 ** min(int(np.frexp(largest)[1]), 126) if largest > _LARGE else 1.0


class _Product:
    """Proposes near points by float32 scores, |y|^2 - 2 x.y, and bounds their error."""

    def __init__(self, points: Any, most: int, xp: Any, *, sort: bool) -> None:
        self._xp, self._n_points, self._most, self._kept = xp, len(points), most, local()
        self._sort = sort
        self._shift = points.mean(axis=0).astype(np.float32)
        self._wide = _group_width(len(points), most)
        # Filled up to whole groups by points that are infinitely far from every row.
        fill = -len(points) % self._wide
        shifted = points - self._shift
        squares = xp.concatenate([(shifted**2).sum(axis=1), xp.full(fill, xp.inf)])
        shifted = xp.concatenate([shifted, xp.zeros((fill, points.shape[1]))])
        # The last row meets a column of ones: adding |y|^2 costs nothing inside the product.
        self._factor = xp.concatenate([-2 * shifted.T, squares[None]]).astype(np.float32)

    def propose(self, rows: Any) -> tuple[Any, Any, Any]:
        """Columns of candidates, the least squared distance of all others, and its error.

        Returns
        -------
        index : int64 array of shape (n_rows, most)
        beyond : float64 array of shape (n_rows,), or None when all points are candidates
        error : callable
            From squared distances to the rounding that could hide a point as near as that.
        """
        xp = self._xp
        if self._most >= self._n_points:
            return xp.tile(xp.arange(self._n_points), (len(rows), 1)), None, None
        ones = xp.ones((len(rows), rows.shape[1] + 1), np.float32)
        shifted = xp.subtract(rows, self._shift, out=ones[:, :-1])
        scores = xp.dot(ones, self._factor, out=self._room(len(rows)))
        index, worst = self._smallest(scores)
        reach = self._squared_norms(shifted)
        return index, worst + reach, _rounding(reach, rows.shape[1], xp)

    def _room(self, n_rows: int) -> Any:
        """Scores of one thread, kept: memory asked for anew is handed out page by page.

        That takes four times as long as the product itself (2.3 microseconds a row against 0.4).
        """
        kept = getattr(self._kept, "scores", None)
        if kept is None or len(kept) < n_rows:
            kept = self._xp.empty((n_rows, self._factor.shape[1]), np.float32)
            self._kept.scores = kept
        return kept[:n_rows]

    def _smallest(self, scores: Any) -> tuple[Any, Any]:
        """Columns of the smallest scores: they lie in the groups of the smallest minima."""
        xp = self._xp
        least, n_groups = scores, scores.shape[1] // self._wide
        while least.shape[1] > n_groups:
            half = least.shape[1] // 2
            # From the second time on in place.
            out = None if least is scores else least[:, :half]
            least = xp.minimum(least[:, :half], least[:, half:], out=out)
        groups = self._lowest(least)
        members = xp.arange(self._wide) * n_groups
        index = (groups[:, :, None] + members).reshape(len(scores), -1)
        starts = xp.arange(len(scores))[:, None]
        inside = scores.ravel().take(index + starts * scores.shape[1])
        best = self._lowest(inside)
        best += starts * inside.shape[1]
        # What is not proposed scores at least as much as the worst that is.
        worst = inside.ravel().take(best).max(axis=1).astype(np.float64)
        return index.ravel().take(best), worst

    def _lowest(self, scores: Any) -> Any:
        """Columns of each row's smallest scores, as many as are proposed, in any order."""
        xp, most = self._xp, self._most
        if self._sort:
            return xp.argpartition(scores, most - 1, axis=1)[:, :most]
        # CuPy's argpartition sorts whole rows; a few passes over them take less.
        left, each = xp.array(scores), xp.arange(len(scores))
        found = xp.empty((len(scores), most), np.int64)
        for j in range(most):
            found[:, j] = lowest = left.argmin(axis=1)
            left[each, lowest] = xp.inf
        return found

    def _squared_norms(self, shifted: Any) -> Any:
        total = self._xp.zeros(len(shifted))
        for column in range(shifted.shape[1]):
            total += shifted[:, column].astype(np.float64) ** 2
        return total


def _rounding(reach: Any, n_columns: int, xp: Any) -> Any:
    """Bound the product's error (Higham 2002, section 3.1) for points that could be near.

    A point wrongly left out is nearer than the p-th, so its norm is at most the row's norm and
    that distance; the rounding of points farther out cannot bring them in.
    """
    norm = xp.sqrt(reach)

    def error(squares: Any) -> Any:
        other = norm + xp.sqrt(squares)
        lost = 4 * (n_columns + 5) * _TINY
        return 2 * (n_columns + 5) * _EPS * other * (2 * norm + other) + lost

    return error


def _group_width(n_points: int, most: int) -> int:
    """Points a group, a power of two: groups and their members are then about equally many.

    Examples
    --------
    >>> _group_width(1_000, 8), _group_width(20_000, 13), _group_width(50, 8)
    (8, 32, 2)
    """
    wide = 1
    while 3 * wide * wide * most <= n_points and 4 * wide * most <= n_points:
        wide *= 2
    return wide
