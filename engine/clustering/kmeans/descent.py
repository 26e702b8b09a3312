"""Lloyd's iterations over rows in memory: only rows that may change are looked at again.

A row keeps by how much its second nearest centre is farther than its nearest. Each iteration takes
from that what its centre and the one that moved most moved by; as long as something is left, the
row cannot change (Hamerly 2010, with one bound for the two).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.clustering.kmeans.bounded import BoundedPasses, most_of_others
from engine.clustering.kmeans.few_descent import descend_few
from engine.clustering.kmeans.layout import moved_over
from engine.clustering.kmeans.pace import CONSTANTS, Pace
from engine.native.descent import descended

if TYPE_CHECKING:
    from engine.clustering.kmeans.layout import Rows

_MOST = 0.6
"""Share of rows beyond which all are looked at, without gathering them."""

_RECOUNTED = 0.3
"""Share of rows that change beyond which sums are made anew."""

_FEW = 1 << 15
"""Rows times centres up to which all are looked at in each iteration: bounds cost as much."""

_IN_ONE_CALL, _PRODUCTS = 1 << 16, 1 << 28
"""Rows, and products an iteration, up to which a kernel goes all the way on one thread, looking at
all of the rows in each iteration."""

_REFILLS = 10
"""Times that centres without rows are put elsewhere: there may be fewer distinct rows than k."""


def descend(
    rows: Rows, centres: np.ndarray, limit: float, max_iter: int, *, far: int = 0
) -> tuple[np.ndarray, int]:
    """Iterate until the centres move no more than ``limit``, or no row changes.

    Parameters
    ----------
    rows : Rows
    centres : float64 array of shape (k, d)
    limit : float
        On the sum of squared movements to the means.
    max_iter : int
    far : int
        First iterations that go almost twice as far as the mean.

    Returns
    -------
    centres : float64 array of shape (k, d)
    n_iter : int

    References
    ----------
    Hamerly (2010), Making k-means even faster, SDM, doi:10.1137/1.9781611972801.12.
    """
    n_iter, refills = 0, 0
    found = None
    at_once = rows.n <= _IN_ONE_CALL and rows.n * centres.size <= _PRODUCTS
    if at_once and not rows.apart:
        whole = rows.columns, rows.weighted
        found = descended(*whole, centres, limit, max_iter, far, CONSTANTS)
    if found is None and rows.n * len(centres) <= _FEW and not rows.apart:
        found = descend_few(rows, centres, limit, max_iter, far)
    if found is not None:
        centres, n_iter, done = found
        if done:
            return centres, n_iter
    kept = _ByKernel if not rows.apart and BoundedPasses.take(rows.points, rows.runtime) else _State
    state, pace = kept(rows, centres, bounded=not far), Pace(far, max_iter)
    while n_iter < max_iter:
        n_iter += 1
        if not state.all_held and refills < _REFILLS:
            state.refill()
            refills += 1
            continue
        step = state.means() - state.centres
        squares = np.einsum("ij,ij->i", step, step)
        moved = float(squares.sum())
        if moved <= limit:
            state.centres = state.centres + step
            break
        factor = pace.factor(n_iter, moved, state.changed / rows.n)
        state.move(step, squares, factor, bounded=n_iter >= pace.far)
        if not state.changed and factor == 1.0:
            break
    return state.centres, n_iter


class _State:
    """Centres, the rows of each, and what is left before a row has to be looked at."""

    def __init__(self, rows: Rows, centres: np.ndarray, *, bounded: bool) -> None:
        self.rows, self.k = rows, len(centres)
        self.centres = centres
        self._look_at_all(bounded=bounded)

    def _look_at_all(self, *, bounded: bool) -> None:
        near = self.rows.near(self.centres, second=bounded)
        self.labels = near.labels
        self.left = near.left if bounded else None
        self.changed = self.rows.n
        self._count()

    def _count(self) -> None:
        self.held = np.bincount(self.labels, minlength=self.k)
        self.all_held = np.count_nonzero(self.held) == self.k
        self.sums = self.rows.sums(self.labels, self.k)

    def means(self) -> np.ndarray:
        """Give the mean of each centre's rows; a centre without rows stays."""
        d = self.rows.d
        if self.all_held:
            return np.asarray(self.sums[:, :d] / self.sums[:, d, None])
        held = self.held[:, None] > 0
        weight = np.where(held, self.sums[:, d, None], 1.0)
        return np.where(held, self.sums[:, :d] / weight, self.centres)

    def refill(self) -> None:
        """Move centres that lost all their rows to the rows farthest from theirs."""
        self.centres = self.means()
        empty = self.held == 0
        away = self.rows.near(self.centres, second=False).nearest
        farthest = np.argsort(-away, kind="stable")[: np.count_nonzero(empty)]
        self.centres[empty] = self.rows.points[farthest]
        self._look_at_all(bounded=True)

    def move(self, step: np.ndarray, squares: np.ndarray, factor: float, *, bounded: bool) -> None:
        """Move the centres, and look at the rows that may have another nearest one."""
        self.centres = self.centres + factor * step
        if self.left is not None:
            active = self._active(self.left, factor * np.sqrt(squares))
            if len(active) <= _MOST * self.rows.n:
                near = self.rows.near(self.centres, active)
                self.left.put(active, near.left)
                other = np.flatnonzero(near.labels != self.labels.take(active))
                self._relabel(active[other], near.labels.take(other))
                return
        near = self.rows.near(self.centres, second=bounded)
        self.left = near.left if bounded else None
        other = np.flatnonzero(near.labels != self.labels)
        self._relabel(other, near.labels.take(other))

    def _active(self, left: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Rows that may have another nearest centre."""
        reach = (lengths + most_of_others(lengths)).astype(left.dtype)
        left -= reach.take(self.labels)
        return np.flatnonzero(left <= 0)

    def _relabel(self, which: np.ndarray, new: np.ndarray) -> None:
        """Give rows that change their new labels, and bring the sums up to date."""
        self.changed = len(which)
        if not self.changed:
            return
        old = self.labels.take(which)
        self.labels.put(which, new)
        if self.changed > _RECOUNTED * self.rows.n or self.left is None:
            self._count()
            return
        self.held += np.bincount(new, minlength=self.k) - np.bincount(old, minlength=self.k)
        self.all_held = np.count_nonzero(self.held) == self.k
        self.sums += moved_over(self.rows.weighted.take(which, axis=0), old, new, self.k)


class _ByKernel(_State):
    """The same by a kernel, which keeps bounds in every iteration."""

    def _look_at_all(self, *, bounded: bool) -> None:
        rows = self.rows
        self._passes = BoundedPasses(rows.points, rows.given_weights, self.k, rows.runtime)
        self._look()

    def _look(self) -> None:
        passes = self._passes
        self.changed, self.labels = passes.step(self.centres), passes.labels
        self.held = np.bincount(passes.labels, minlength=self.k)
        self.all_held = np.count_nonzero(self.held) == self.k
        self.sums = np.column_stack((passes.sums, passes.counts))

    def move(self, step: np.ndarray, squares: np.ndarray, factor: float, *, bounded: bool) -> None:
        self.centres = self.centres + factor * step
        self._look()
