"""The nearest neighbour of points that are merged as one goes: by matrix products, yet exact.

A float32 matrix product gives a lower bound of every distance. Where the second smallest bound is
above the exact distance of the smallest, the neighbour is certain; the other rows are looked at
again in float64, and those that are still tied are decided by differences and a fixed hash of the
pair. So the answer depends neither on the block, nor on the threads, nor on the BLAS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.clustering.agglomerative.bounds import Bounds
from engine.places.runtime import Runtime
from engine.utilities.sampling import mix

CELLS = 1 << 21
"""Bounds that one thread of a CPU holds at a time: 8 MB, with as much beside it. Of pairs that are
tied half as many are held, which takes as much."""

KEYS = 16
"""Numbers held for each tied pair beside its differences."""

CLOSE = 1e-12
"""Distances that differ by less, relative to them, may be equal when they are rounded otherwise."""

_LEAST_BLOCKS = 4
"""Fewer blocks than this are not worth starting threads for."""


class Neighbours:
    """Points with weights, of which the nearest is asked for again and again.

    The distance is squared and Euclidean; with weights it is ward's, ``a b / (a + b)`` times that.

    Parameters
    ----------
    points : float64 array of shape (n, n_columns)
        In the place; of magnitude 1 (see :func:`scaled`).
    weights : float64 array of shape (n,), optional
    names : int64 array of shape (n,)
        Below 2^32 and distinct: equal distances are decided by them.
    runtime : Runtime

    Attributes
    ----------
    alive : bool array of shape (n,)
    """

    def __init__(self, points: Any, weights: Any | None, names: Any, runtime: Runtime) -> None:
        self._runtime, self._xp = runtime, runtime.xp
        self._cells = runtime.cells(CELLS)
        self.points, self.names = points, names
        self.weights: Any = weights
        self.alive = self._xp.ones(len(points), bool)
        self._shift = self._xp.median(points, axis=0)
        self._prepare()

    def __len__(self) -> int:
        """Give the number of points, those that are gone included until they are forgotten."""
        return len(self.points)

    def _prepare(self) -> None:
        self._quick = Bounds(self._xp, self.points, self.weights, self._shift, np.float32)
        self._careful: Bounds | None = None

    def merge(self, first: Any, second: Any, names: Any) -> None:
        """Replace each ``first`` by its weighted mean with ``second``, which is gone."""
        a, b = self.weights[first], self.weights[second]
        total = a + b
        mean = (
            self.points[first] * (a / total)[:, None] + self.points[second] * (b / total)[:, None]
        )
        self.points[first], self.weights[first], self.names[first] = mean, total, names
        self.alive[second] = False
        for bounds in (self._quick, self._careful):
            if bounds is not None:
                bounds.weigh(first, total)
                bounds.move(first, mean)
                bounds.drop(second)

    def compact(self) -> Any:
        """Forget what is gone: int64 array of those that are left, by their old numbers."""
        keep = self._xp.flatnonzero(self.alive)
        self.points, self.names, self.alive = self.points[keep], self.names[keep], self.alive[keep]
        if self.weights is not None:
            self.weights = self.weights[keep]
        self._prepare()
        return keep

    def distance(self, first: Any, second: Any) -> Any:
        """Exact distances of pairs: float64, the same for (a, b) as for (b, a)."""
        difference = self.points[first] - self.points[second]
        squared = self._xp.einsum("ij,ij->i", difference, difference)
        if self.weights is None:
            return squared
        return squared / (1 / self.weights[first] + 1 / self.weights[second])

    def tie(self, first: Any, second: Any) -> Any:
        """Hash unordered pairs to uint64: the order among equal distances."""
        xp = self._xp
        a, b = self.names[first].astype(np.uint64), self.names[second].astype(np.uint64)
        return mix((xp.minimum(a, b) << np.uint64(32)) | xp.maximum(a, b))

    def nearest(self, rows: Any, group: Any | None = None) -> tuple[Any, Any]:
        """Find the nearest other point of each row.

        Parameters
        ----------
        rows : int64 array of shape (m,)
        group : int array of shape (n,), optional
            Points of the row's own group do not count; without it, only the row itself.

        Returns
        -------
        neighbour : int64 array of shape (m,)
        distance : float64 array of shape (m,)

        Notes
        -----
        O(m n d), the more so the more rows are tied; memory O(threads x ``CELLS``).
        """
        best, found, _ = self._nearest(rows, group, 0.0)
        return best, found

    def nearest_alone(self, rows: Any, group: Any | None = None) -> tuple[Any, Any, Any]:
        """Find the nearest as :meth:`nearest` does, and tell which have no equal.

        Returns
        -------
        neighbour : int64 array of shape (m,)
        distance : float64 array of shape (m,)
        alone : bool array of shape (m,)
            All others are farther by more than ``CLOSE`` of the distance.
        """
        return self._nearest(rows, group, CLOSE)

    def _nearest(self, rows: Any, group: Any | None, close: float) -> tuple[Any, Any, Any]:
        xp = self._xp
        block = max(1, self._cells // len(self))
        parts = self._each(lambda some: self._glance(some, group), rows, block)
        best, second = (xp.concatenate(p) for p in zip(*parts, strict=True))
        found, alone = self.distance(rows, best), xp.ones(len(rows), bool)
        unsure = xp.flatnonzero(~(second > found * (1 + close)))
        if len(unsure):
            best[unsure], alone[unsure] = self._look(rows[unsure], group, close)
            found[unsure] = self.distance(rows[unsure], best[unsure])
        return best, found, alone

    def _each(self, fn: Callable[[Any], Any], rows: Any, block: int) -> list[Any]:
        parts = [rows[s : s + block] for s in range(0, len(rows), block)]
        if self._runtime.device_memory or len(parts) < _LEAST_BLOCKS:
            return [fn(part) for part in parts]
        return self._runtime.map(fn, parts)

    def _bounds(self, bounds: Bounds, rows: Any, group: Any | None) -> Any:
        scores = bounds.of(rows)
        if group is None:
            scores[self._xp.arange(len(rows)), rows] = np.inf
        else:
            scores[group[rows][:, None] == group] = np.inf
        return scores

    def _glance(self, rows: Any, group: Any | None) -> tuple[Any, Any]:
        """Smallest bound's point, and the second smallest bound."""
        scores = self._bounds(self._quick, rows, group)
        best = scores.argmin(axis=1)
        scores[self._xp.arange(len(rows)), best] = np.inf
        return best, scores.min(axis=1)

    def within(self, rows: Any, group: Any, reach: Any) -> tuple[Any, Any]:
        """List all ways from rows out of their groups that are not longer than a reach.

        Parameters
        ----------
        rows : int64 array of shape (m,)
        group : int array of shape (n,)
        reach : float64 array of shape (n,)
            Squared distance, for each point as a row.

        Returns
        -------
        row, other : int64 array of shape (n_ways,)
        """

        def some_of(some: Any) -> tuple[Any, Any]:
            scores = self._bounds(self._careful, some, group)  # type: ignore[arg-type]
            place, other = self._xp.nonzero(scores <= reach[some][:, None])
            row = some[place]
            near = self.distance(row, other) <= reach[row]
            return row[near], other[near]

        parts = self._each(some_of, rows, self._careful_block())
        row, other = (self._xp.concatenate(p) for p in zip(*parts, strict=True))
        return row, other

    def _careful_block(self) -> int:
        """Prepare for looking in float64, and tell at how many rows at a time."""
        if self._careful is None:
            self._careful = Bounds(self._xp, self.points, self.weights, self._shift, np.float64)
            self._careful.drop(self._xp.flatnonzero(~self.alive))
        # All points may be tied: then the differences of a whole block are held, and their keys.
        cells: int = self._cells // 2
        return max(1, cells // (len(self) * (int(self.points.shape[1]) + KEYS)))

    def _look(self, rows: Any, group: Any | None, close: float) -> tuple[Any, Any]:
        block = self._careful_block()
        parts = self._each(lambda some: self._decide(some, group, close), rows, block)
        best, alone = (self._xp.concatenate(p) for p in zip(*parts, strict=True))
        return best, alone

    def _decide(self, rows: Any, group: Any | None, close: float) -> tuple[Any, Any]:
        xp = self._xp
        scores = self._bounds(self._careful, rows, group)  # type: ignore[arg-type]
        reach = self.distance(rows, scores.argmin(axis=1))
        place, candidate = xp.nonzero(scores <= (reach * (1 + close))[:, None])
        distance = self.distance(rows[place], candidate)
        chosen = first_of_each(xp, place, distance, self.tie(rows[place], candidate))
        least = distance[chosen] * (1 + close)
        equals = xp.bincount(place[distance <= least[place]], minlength=len(rows))
        return candidate[chosen], equals == 1


def first_of_each(xp: Any, group: Any, distance: Any, tie: Any) -> Any:
    """Position of the least (distance, tie) in each group that occurs, by ascending group.

    Floats that are not negative are in the order of their bits, so that one array holds all keys.
    """
    keys = xp.stack([tie, (distance + 0.0).view(np.uint64), group.astype(np.uint64)])
    order = xp.lexsort(keys)
    ordered = group[order]
    start = xp.concatenate([xp.ones(1, bool), ordered[1:] != ordered[:-1]])
    return order[start]


def scaled(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Divide by the power of two that makes the largest value about 1, which is exact."""
    largest = float(np.abs(points).max(initial=0.0))
    unit = float(2.0 ** np.ceil(np.log2(largest))) if largest > 0 else 1.0
    return points / unit, unit
