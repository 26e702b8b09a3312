"""What clustering finds in customers without groups: what chance alone gives.

A silhouette says how compact segments are, and any cloud of points can be cut into compact pieces.
So it is held against those of clouds of the same extent that have no groups: one Gaussian, and
rows spread evenly over a box, both with the lumps of the columns that have them
(:mod:`engine.evaluation.clouds`). The idea is that of the gap statistic (Tibshirani, Walther and
Hastie 2001, J. R. Stat. Soc. B 63(2), doi:10.1111/1467-9868.00293), with the silhouette in the
place of the inertia.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import DataError
from engine.evaluation.clouds import Draw, Wide, box, gaussian
from engine.evaluation.neighbours import leaving, nearest
from engine.evaluation.silhouette import silhouette
from engine.places.runtime import one_blas_thread
from engine.places.side_by_side import side_by_side
from engine.utilities.sampling import row_priority

if TYPE_CHECKING:
    from engine.places.runtime import Runtime

ROWS = 4_000
"""Rows of a cloud: the silhouette of a cloud hardly depends on their number."""

DRAWS = 2
"""Clouds of each kind."""

LEAST_ROWS_A_SEGMENT = 3
"""With fewer rows a segment, clouds say nothing."""

STANDS_OUT = 0.05
"""What a silhouette must exceed chance by: those of one Gaussian, of a box and of a skewed cloud
came within 0.03 (4,000 rows, 1 to 6 columns, k 2 to 10), real groups above 0.06."""

_ANCHORS = 1_000

Fit = Callable[[Any, int], Any]
"""``fit(x, k)``: labels of shape (n,) from 0 to k - 1."""


@dataclass
class Chance:
    """Silhouettes and gaps of clouds without groups, computed when they are asked for.

    Parameters
    ----------
    sample : float32 array of shape (n, n_columns)
        Customers where they are clustered, on principal axes or not; of more than 4,000 the first
        are taken.
    fit : callable
    runtime : Runtime
    seed : int
    wide : Wide or None
        The same customers as they were prepared, which tells their lumpy columns; without it all
        columns are drawn smoothly.

    Notes
    -----
    O(rows x k x n_columns) a number of segments and cloud, and as many silhouettes of 1,000
    anchors.
    """

    sample: np.ndarray
    fit: Fit
    runtime: Runtime
    seed: int
    wide: Wide | None = field(default=None, repr=False)

    def silhouette(self, k: int) -> float | None:
        """Mean of the kind of cloud that gives more, for ``k`` segments; None for too few rows."""
        if self._too_few(k):
            return None
        self.know([k])
        return max(self._mean(kind, k) for kind in self._kinds)

    def know(self, ks: Iterable[int]) -> None:
        """Compute :meth:`silhouette` for several numbers at once."""
        missing = [k for k in ks if not self.knows(k)]
        if missing:
            side_by_side(lambda cloud: cloud.rows, self._clouds, self.runtime)
            each = list(product(missing, self._clouds))
            side_by_side(lambda pair: pair[1].silhouette(pair[0]), each, self.runtime)

    def knows(self, k: int) -> bool:
        """Whether :meth:`silhouette` for ``k`` takes no time: it is known, or there is none."""
        return self._too_few(k) or all(k in cloud.silhouettes for cloud in self._clouds)

    def exceeded(self, value: float, k: int, margin: float) -> bool:
        """Whether a silhouette of ``k`` segments exceeds chance, or 0 of too few rows, by a margin.

        No more clouds are cut than it takes to see that it does not.
        """
        if self._too_few(k):
            return value >= margin
        return all(value - self._mean(kind, k) >= margin for kind in reversed(self._kinds))

    def leaving(self, k: int) -> float | None:
        """Share of nearest others in another of ``k`` slices, in the worst of them.

        Of all clouds the least, as :func:`engine.evaluation.neighbours.leaving` gives it; None for
        too few rows.
        """
        if self._too_few(k):
            return None
        found = side_by_side(lambda cloud: cloud.leaving(k), self._clouds, self.runtime)
        return min((share for share in found if share is not None), default=None)

    def undercut(self, share: float, k: int, part: float) -> bool:
        """Whether a share is at most a part of :meth:`leaving`, or of 0 where that is None.

        No more clouds are cut than it takes to see that it is not.
        """
        known = False
        for cloud in () if self._too_few(k) else self._clouds:
            if (other := cloud.leaving(k)) is not None:
                known = True
                if share > part * other:
                    return False
        return known or share <= 0

    @property
    def error(self) -> float:
        """Standard error of such a mean, pooled over all that were computed."""
        spreads = [
            cloud.silhouettes[k] - self._mean(kind, k)
            for k in self._clouds[0].silhouettes if self.knows(k)
            for kind in self._kinds for cloud in kind
        ]  # fmt: skip
        degrees = len(spreads) - len(spreads) // DRAWS
        return float(np.sqrt(np.square(spreads).sum() / degrees / DRAWS)) if degrees else 0.0

    def _too_few(self, k: int) -> bool:
        return len(self.sample) < LEAST_ROWS_A_SEGMENT * k

    @cached_property
    def _kinds(self) -> list[list[_Cloud]]:
        """The clouds of each kind: the same for all numbers of segments."""
        few = np.ascontiguousarray(self.sample[:ROWS])
        wide = self.wide.of(slice(ROWS)) if self.wide else None
        return [
            [_Cloud(self, few, wide, kind, number) for number in range(DRAWS)]
            for kind in (gaussian, box)
        ]

    @property
    def _clouds(self) -> list[_Cloud]:
        return [cloud for kind in self._kinds for cloud in kind]

    def _mean(self, kind: list[_Cloud], k: int) -> float:
        return float(np.mean([cloud.silhouette(k) for cloud in kind]))


@dataclass(eq=False)
class _Cloud:
    """One cloud, with what was found in it so far."""

    of: Chance
    few: np.ndarray
    wide: Wide | None
    kind: Draw
    number: int
    silhouettes: dict[int, float] = field(default_factory=dict)
    _cuts: dict[int, Any] = field(default_factory=dict)
    _rows: Any = None
    _near: np.ndarray | None = None

    @property
    def rows(self) -> Any:
        """Its rows, in the place."""
        if self._rows is None:
            rng = np.random.default_rng([self.of.seed, self.number, len(self.few)])
            with one_blas_thread():
                if self.wide and self.wide.lumps:
                    drawn = self.wide.draw(self.kind, rng)
                else:
                    drawn = self.kind(self.few, rng).astype(np.float32)
            self._rows = self.of.runtime.put(drawn)
        return self._rows

    def silhouette(self, k: int) -> float:
        """Silhouette of ``k`` segments of it; 0 where it cannot be cut so."""
        if k not in self.silhouettes:
            self.silhouettes[k] = self._measured(k)
        return self.silhouettes[k]

    def leaving(self, k: int) -> float | None:
        """Share of nearest others that leave the worst of ``k`` segments; None for no cut."""
        if (cut := self._cut(k)) is None:
            return None
        if self._near is None:
            self._near = nearest(self.of.runtime.get(self.rows))
        return leaving(self._near, self.of.runtime.get(cut))

    def _measured(self, k: int) -> float:
        if (labels := self._cut(k)) is None:
            return 0.0
        value = silhouette(
            self.rows,
            labels,
            priority=row_priority(len(self.rows), self.of.seed + self.number),
            runtime=self.of.runtime,
            anchors=_ANCHORS,
            reference=ROWS,
        ).value
        # One segment only, where rows are equal: nothing stands out.
        return value if np.isfinite(value) else 0.0

    def _cut(self, k: int) -> Any | None:
        """Cut it; None where nearly all customers are equal, and so all rows of the cloud."""
        if k not in self._cuts:
            try:
                self._cuts[k] = self.of.fit(self.rows, k)
            except DataError:
                self._cuts[k] = None
        return self._cuts[k]
