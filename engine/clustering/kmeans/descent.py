"""Lloyd's iterations over rows in memory: only rows that may change are looked at again.

A row keeps by how much its second nearest centre is farther than its nearest. Each iteration takes
from that what its centre and the one that moved most moved by; as long as something is left, the
row cannot change (Hamerly 2010, with one bound for the two).

Centres go beyond the mean by a factor below 2, which cannot raise the inertia: at a fixed
assignment it is the scatter about the mean and ``n (c - mean)^2``. Almost twice as far in the first
iterations leads out of poor starts, and half as far again later saves a third of the iterations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.clustering.kmeans.layout import moved_over

if TYPE_CHECKING:
    from engine.clustering.kmeans.layout import Rows

_FAR, _BEYOND = 1.95, 1.5
"""How far a centre goes towards the mean of its rows, in the first iterations and later."""

_SLOW = 0.6
"""Squared movement, as a share of the one before, above which centres go beyond the mean."""

_STILL = 0.005
"""Share of rows that change below which nothing is left of the first iterations."""

_STIRRED = 0.02
"""Share of rows that the first iteration must change for others to go far."""

_MOST = 0.6
"""Share of rows beyond which all are looked at, without gathering them."""

_RECOUNTED = 0.3
"""Share of rows that change beyond which sums are made anew."""

_FEW = 1 << 15
"""Rows times centres up to which all are looked at in each iteration: bounds cost as much."""

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
    few = rows.n * len(centres) <= _FEW
    state = _State(rows, centres, bounded=not far and not few)
    before, n_iter, refills = np.inf, 0, 0
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
        if far and n_iter > 1 and state.changed <= (_STILL if n_iter > 2 else _STIRRED) * rows.n:
            far = 0
        factor = _FAR if 1 < n_iter <= far else _BEYOND if moved > _SLOW * before else 1.0
        if n_iter == max_iter or not state.changed:
            factor = 1.0
        before = moved
        state.move(step, squares, factor, bounded=n_iter >= far and not few)
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
        reach = (lengths + _most_of_others(lengths)).astype(left.dtype)
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


def _most_of_others(lengths: np.ndarray) -> np.ndarray:
    """For each centre, how far the one that moved most of the others moved."""
    if len(lengths) == 1:
        return np.zeros(1)
    first = int(lengths.argmax())
    most = np.full(len(lengths), lengths[first])
    most[first] = max(lengths[:first].max(initial=0.0), lengths[first + 1 :].max(initial=0.0))
    return most
