"""Ward's criterion on weighted points, exact, in rounds of reciprocal nearest neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.clustering.agglomerative.neighbours import Neighbours, scaled
from engine.clustering.tree import Merges
from engine.places.runtime import Runtime, one_blas_thread

_COMPACT = 0.9
"""Points that are gone still cost; they are dropped when a tenth of all are."""


def ward(points: np.ndarray, weights: np.ndarray, runtime: Runtime) -> Merges:
    """Join weighted points by ward's criterion, all reciprocal nearest neighbours at a time.

    Ward's distance is reducible: what two clusters become is no nearer to a third than the nearer
    of the two was. So two clusters that are each other's nearest will be joined whatever else is,
    and only those whose neighbour was joined look for another [1]_ [2]_.

    Parameters
    ----------
    points : float64 array of shape (n, n_columns)
    weights : int or float array of shape (n,)
        Rows that each point stands for: the merges are those of that many equal rows.
    runtime : Runtime

    Returns
    -------
    first, second : int64 array of shape (n - 1,)
    heights : float64 array of shape (n - 1,)
        In the order of finding; no merge is lower than those below it.

    Notes
    -----
    About 3 n^2 d multiplications on data with structure, O(n^2 d) on chains; O(n d) memory.

    References
    ----------
    .. [1] Bruynooghe (1977), Methodes nouvelles en classification automatique, Statistique et
       Analyse des Donnees 2(3).
    .. [2] Murtagh (1983), A survey of recent advances in hierarchical clustering algorithms, The
       Computer Journal 26(4), doi:10.1093/comjnl/26.4.354.

    Examples
    --------
    >>> import numpy as np
    >>> ward(np.array([[0.0], [1.0], [4.0]]), np.ones(3), Runtime())[2].round(6).tolist()
    [1.0, 4.041452]
    """
    moved, unit = scaled(points)
    rounds, found = _Rounds(moved, weights, runtime), []
    with one_blas_thread():
        while rounds.left > 1:
            found.append(rounds.step())
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    first, second, squared = (
        np.concatenate([runtime.get(part) for part in parts]) for parts in zip(*found, strict=True)
    )
    return first, second, np.sqrt(2 * squared) * unit


class _Rounds:
    """The clusters that are left, each with its nearest neighbour."""

    def __init__(self, points: np.ndarray, weights: np.ndarray, runtime: Runtime) -> None:
        xp = self._xp = runtime.xp
        n = len(points)
        self._found = Neighbours(
            runtime.put(points), runtime.put(weights.astype(np.float64)), xp.arange(n), runtime
        )
        self._nearest = xp.zeros(n, np.int64)
        self._distance = xp.zeros(n)
        self._height = xp.zeros(n)
        self._stale = xp.ones(n, bool)
        self._next, self.left = n, n

    def step(self) -> tuple[Any, Any, Any]:
        """Find the neighbours that are not known and merge all reciprocal pairs."""
        xp, found = self._xp, self._found
        rows = xp.flatnonzero(self._stale)
        self._nearest[rows], self._distance[rows] = found.nearest(rows)
        first = self._pairs(rows)
        second = self._nearest[first]
        # Rounding alone could put a merge below those it joins.
        lower = xp.maximum(self._height[first], self._height[second])
        height = xp.maximum(self._distance[first], lower)
        names = self._next + xp.arange(len(first))
        merged = (found.names[first], found.names[second], height)
        found.merge(first, second, names)
        self._height[first] = height
        self._next, self.left = self._next + len(first), self.left - len(first)
        self._forget(first, second)
        return merged

    def _pairs(self, rows: Any) -> Any:
        """Smaller number of each reciprocal pair; only those just looked at can be new."""
        back = self._nearest[self._nearest[rows]]
        mutual = rows[back == rows]
        if len(mutual):
            return self._xp.unique(self._xp.minimum(mutual, self._nearest[mutual]))
        # Only ties can lead in a circle: then the closest of all pairs is as good as any.
        distance = self._xp.where(self._found.alive, self._distance, np.inf)
        return distance.argmin()[None]

    def _forget(self, first: Any, second: Any) -> None:
        gone = self._xp.zeros(len(self._found), bool)
        gone[first], gone[second] = True, True
        self._stale = self._found.alive & (gone | gone[self._nearest])
        if self.left < _COMPACT * len(self._found):
            keep = self._found.compact()
            number = self._xp.zeros(len(gone), np.int64)
            number[keep] = self._xp.arange(len(keep))
            self._nearest = number[self._nearest[keep]]
            self._distance, self._height = self._distance[keep], self._height[keep]
            self._stale = self._stale[keep]
