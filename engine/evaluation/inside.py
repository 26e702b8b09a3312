"""What is inside a segment: whether it is two groups, or anything that chance does not give.

Where columns have lumps, cutting true groups along them as well is compact too. So a larger number
of segments must stand out within the segments of a smaller one, held against customers without
groups that have the lumps of these very customers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import DataError
from engine.evaluation.chance import STANDS_OUT, Chance, Fit
from engine.evaluation.clouds import Wide
from engine.evaluation.neighbours import leaving, nearest
from engine.evaluation.silhouette import silhouette
from engine.utilities.sampling import row_priority

if TYPE_CHECKING:
    from engine.places.runtime import Runtime

_TWO_GROUPS = 0.2
"""Share of what slices have up to which gaps part two groups within one segment, of fewer rows and
among noise: those were 0 to 0.13 at 6 standard deviations and more, a half moon's halves 0.3 to
0.5."""

_LEAST_ROWS, _FEWEST_ROWS = 100, 30
_MOST_ROWS, _SOME_ROWS = 1_000, 500
"""Rows of a segment by which it is judged; by some, or the fewest, whether it may hold more."""

_NOISE = 0.4
"""What a silhouette exceeds chance by where there is nothing, times the square root of the rows:
40 customers without groups came to 0.05 (pieces 2 to 5, flags and numbers)."""

_PIECES = (2, 3, 4, 5)
"""Numbers of pieces that a segment is cut into in search of anything that stands out."""


@dataclass(frozen=True)
class Segment:
    """Customers of one segment, and how they are looked at.

    Parameters
    ----------
    x : float32 array of shape (n, n_columns)
        Where they are clustered, in host memory; of more than 1,000 the first are taken. Fewer than
        100 say nothing.
    fit : callable
        ``fit(x, k)`` for x in the place: labels of shape (n,).
    runtime : Runtime
    seed : int
    least : float
        Share of them that the smallest piece must hold.
    wide : Wide or None
        The same customers as they were prepared.

    Notes
    -----
    O(n^2 n_columns) for n of at most 1,000.
    """

    x: np.ndarray
    fit: Fit
    runtime: Runtime
    seed: int
    least: float = 0.0
    wide: Wide | None = None

    def falls_apart(self) -> bool:
        """Say whether they are two groups.

        They are if two pieces of them stand out from chance by their silhouette, and their nearest
        others hardly ever lie in the other piece.
        """
        if self._alike:
            return False
        few, labels = self._cut(2)
        if self._too_small(labels):
            return False
        chance = self._chance()
        beyond = leaving(nearest(self._few), labels)
        # Cheap first: what crosses more than slices ever do needs no clouds.
        if beyond >= 0.5 or not chance.undercut(beyond, 2, _TWO_GROUPS):
            return False
        least = self._margin if self.wide and self.wide.lumps else STANDS_OUT
        return chance.exceeded(self._silhouette(few, labels), 2, least)

    def may_hold_more(self, pieces: Sequence[int] = _PIECES) -> bool:
        """Say whether any number of pieces of them stands out; too few customers may hold more.

        Where columns are lumpy the others are asked alone as well: lumps hide groups in numbers.
        """
        if len(self.x) < _FEWEST_ROWS:
            return True
        if (self._few == self._few[0]).all():
            return False
        some = slice(_SOME_ROWS)
        few = replace(self, x=self.x[some], wide=self.wide.of(some) if self.wide else None)
        numbers = few._smooth_alone()
        return few._any_stands_out(pieces) or bool(numbers and numbers._any_stands_out(pieces))

    def _any_stands_out(self, pieces: Sequence[int]) -> bool:
        chance = self._chance()
        for k in pieces:
            try:
                few, labels = self._cut(k)
            except DataError:  # fewer distinct rows than pieces
                return False
            if self._too_small(labels):
                continue
            if chance.exceeded(self._silhouette(few, labels), k, self._margin):
                return True
        return False

    def _smooth_alone(self) -> Segment | None:
        """Give the same customers by the columns that are not lumpy; None without both kinds."""
        if self.wide is None or not (lumpy := self.wide.lumps):
            return None
        others = sorted({*range(self.wide.x.shape[1])} - {j for group in lumpy for j in group})
        x = np.ascontiguousarray(self.wide.x[:, others])
        if not others or (x == x[0]).all():
            return None
        return replace(self, x=x, wide=None)

    @property
    def _margin(self) -> float:
        """What must be exceeded: more where few customers, or lumps, make chance vary."""
        return STANDS_OUT + _NOISE / math.sqrt(len(self._few))

    @property
    def _few(self) -> np.ndarray:
        return np.ascontiguousarray(self.x[:_MOST_ROWS])

    @property
    def _alike(self) -> bool:
        return len(self.x) < _LEAST_ROWS or bool((self._few == self._few[0]).all())

    def _cut(self, k: int) -> tuple[Any, np.ndarray]:
        few = self.runtime.put(self._few)
        return few, self.runtime.get(self.fit(few, k))

    def _too_small(self, labels: np.ndarray) -> bool:
        sizes = np.bincount(labels, minlength=2)
        return bool(sizes.min() <= self.least * len(labels))

    def _chance(self) -> Chance:
        wide = self.wide.of(slice(_MOST_ROWS)) if self.wide else None
        return Chance(self._few, self.fit, self.runtime, self.seed, wide)

    def _silhouette(self, few: Any, labels: np.ndarray) -> float:
        return silhouette(
            few,
            labels,
            priority=row_priority(len(labels), self.seed),
            runtime=self.runtime,
            anchors=len(labels),
            reference=len(labels),
        ).value
