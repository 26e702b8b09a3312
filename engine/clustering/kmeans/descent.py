"""Lloyd's iterations over rows in memory: only rows that may change are looked at again.

A row keeps by how much its second nearest centre is farther than its nearest. Each iteration takes
from that what its centre and the one that moved most moved by; as long as something is left, the
row cannot change (Hamerly 2010, with one bound for the two).

Centres go beyond the mean by a factor below 2, which cannot raise the inertia: at a fixed
assignment it is the scatter about the mean and ``n (c - mean)^2``. Almost twice as far in the first
iterations leads out of poor starts, and half as far again later saves a third of the iterations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.clustering.kmeans.rows import added_up

if TYPE_CHECKING:
    from engine.clustering.kmeans.rows import Rows

_FAR, _BEYOND = 1.95, 1.5
"""How far a centre goes towards the mean of its rows, in the first iterations and later."""

_SLOW = 0.6
"""Squared movement, as a share of the one before, above which centres go beyond the mean."""

_STILL = 0.005
"""Share of rows that change below which nothing is left of the first iterations."""

_MOST = 0.6
"""Share of rows beyond which all are looked at, without gathering them."""

_REFILLS = 10
"""Times that centres without rows are put elsewhere: there may be fewer distinct rows than k."""


@dataclass
class Descent:
    """Where iterations have come to.

    Attributes
    ----------
    centres : float64 array of shape (k, d)
    labels : int64 array of shape (n,)
        Nearest of them as far as they were looked at: of the last but one iteration's centres.
    n_iter : int
    """

    centres: np.ndarray
    labels: np.ndarray
    n_iter: int


def descend(
    rows: Rows, centres: np.ndarray, limit: float, max_iter: int, *, far: int = 0
) -> Descent:
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
    """
    state = _State(rows, centres)
    before, n_iter, refills = np.inf, 0, 0
    while n_iter < max_iter:
        n_iter += 1
        if refills < _REFILLS and not state.held.all():
            state.refill()
            refills += 1
            continue
        step = state.means() - state.centres
        moved = float((step * step).sum())
        if moved <= limit:
            state.centres = state.centres + step
            break
        if far and n_iter > 1 and state.changed <= _STILL * rows.n:
            far = 0
        factor = _FAR if n_iter <= far else _BEYOND if moved > _SLOW * before else 1.0
        before = moved
        state.move(step * factor if n_iter < max_iter else step)
        if not state.changed and factor == 1.0:
            break
    return Descent(state.centres, state.labels, n_iter)


class _State:
    """Centres, the rows of each, and what is left before a row has to be looked at."""

    def __init__(self, rows: Rows, centres: np.ndarray) -> None:
        self.rows, self.k = rows, len(centres)
        self.centres = centres
        self._look_at_all()

    def _look_at_all(self) -> None:
        near = self.rows.near(self.centres)
        self.labels, self.nearest = near.labels, near.nearest
        self.left = np.sqrt(near.second) - np.sqrt(near.nearest)
        self.changed = self.rows.n
        self._count()

    def _count(self) -> None:
        self.held = np.bincount(self.labels, minlength=self.k)
        self.sums = self.rows.sums(self.labels, self.k)

    def means(self) -> np.ndarray:
        """Give the mean of each centre's rows; a centre without rows stays."""
        d = self.rows.d
        weight = np.where(self.held > 0, self.sums[:, d], 1.0)[:, None]
        return np.where(self.held[:, None] > 0, self.sums[:, :d] / weight, self.centres)

    def refill(self) -> None:
        """Move centres that lost all their rows to the rows farthest from theirs."""
        self.centres = self.means()
        empty = self.held == 0
        away = self.rows.near(self.centres).nearest
        farthest = np.argsort(-away, kind="stable")[: np.count_nonzero(empty)]
        self.centres[empty] = self.rows.points[farthest]
        self._look_at_all()

    def move(self, step: np.ndarray) -> None:
        """Move the centres, and look at the rows that may have another nearest one."""
        self.centres = self.centres + step
        lengths = np.sqrt((step * step).sum(axis=1))
        self.left -= (lengths + _most_of_others(lengths)).astype(self.left.dtype)[self.labels]
        active = np.flatnonzero(self.left <= 0)
        if len(active) > _MOST * self.rows.n:
            self._all_again()
        elif len(active):
            self._some_again(active)
        else:
            self.changed = 0

    def _all_again(self) -> None:
        near = self.rows.near(self.centres)
        self.left = np.sqrt(near.second) - np.sqrt(near.nearest)
        self.changed = int(np.count_nonzero(near.labels != self.labels))
        self.labels = near.labels
        if self.changed:
            self._count()

    def _some_again(self, active: np.ndarray) -> None:
        near = self.rows.near(self.centres, active)
        self.left[active] = np.sqrt(near.second) - np.sqrt(near.nearest)
        old = self.labels[active]
        other = np.flatnonzero(near.labels != old)
        self.changed = len(other)
        if self.changed:
            which, old, new = active[other], old[other], near.labels[other]
            self.labels[which] = new
            self.held += np.bincount(new, minlength=self.k) - np.bincount(old, minlength=self.k)
            part = self.rows.weighted[which]
            self.sums += added_up(part, new, self.k)
            self.sums -= added_up(part, old, self.k)


def _most_of_others(lengths: np.ndarray) -> np.ndarray:
    """For each centre, how far the one that moved most of the others moved."""
    if len(lengths) == 1:
        return np.zeros(1)
    first = int(lengths.argmax())
    most = np.full(len(lengths), lengths[first])
    most[first] = max(lengths[:first].max(initial=0.0), lengths[first + 1 :].max(initial=0.0))
    return most
