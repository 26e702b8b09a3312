"""What clustering finds in customers without groups: what chance alone gives.

A silhouette says how compact segments are, and any cloud of points can be cut into compact pieces.
So it is held against those of clouds of the same extent that have no groups: one Gaussian, and
rows spread evenly over a box, both with the lumps of the columns that have them
(:mod:`engine.evaluation.clouds`). The idea is that of the gap statistic (Tibshirani, Walther and
Hastie 2001, J. R. Stat. Soc. B 63(2), doi:10.1111/1467-9868.00293), with the silhouette in the
place of the inertia.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import DataError
from engine.evaluation.clouds import Wide, box, gaussian
from engine.evaluation.neighbours import leaving, nearest
from engine.evaluation.silhouette import silhouette
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
    _found: dict[int, tuple[float, list[float]]] = field(default_factory=dict)
    _cuts: dict[int, list[list[Any]]] = field(default_factory=dict, repr=False)

    def silhouette(self, k: int) -> float | None:
        """Mean of the kind of cloud that gives more, for ``k`` segments; None for too few rows."""
        if len(self.sample) < LEAST_ROWS_A_SEGMENT * k:
            return None
        if k not in self._found:
            clouds = zip(self._clouds, self._cut(k), strict=True)
            kinds = [
                [self._one(x, cut, i) for i, (x, cut) in enumerate(zip(*kind, strict=True))]
                for kind in clouds
            ]
            spreads = [value - float(np.mean(values)) for values in kinds for value in values]
            self._found[k] = max(float(np.mean(values)) for values in kinds), spreads
        return self._found[k][0]

    def knows(self, k: int) -> bool:
        """Whether :meth:`silhouette` for ``k`` takes no time: it is known, or there is none."""
        return k in self._found or len(self.sample) < LEAST_ROWS_A_SEGMENT * k

    def leaving(self, k: int) -> float | None:
        """Share of nearest others in another of ``k`` slices, in the worst of them.

        Of all clouds the least, as :func:`engine.evaluation.neighbours.leaving` gives it; None for
        too few rows.
        """
        if len(self.sample) < LEAST_ROWS_A_SEGMENT * k:
            return None
        cuts = (cut for kind in self._cut(k) for cut in kind)
        near = (near for kind in self._near for near in kind)
        found = (
            leaving(others, self.runtime.get(cut))
            for others, cut in zip(near, cuts, strict=True)
            if cut is not None
        )
        return min(found, default=None)

    @property
    def error(self) -> float:
        """Standard error of such a mean, pooled over all that were computed."""
        spreads = [s for _, found in self._found.values() for s in found]
        degrees = len(spreads) - len(spreads) // DRAWS
        return float(np.sqrt(np.square(spreads).sum() / degrees / DRAWS)) if degrees else 0.0

    @cached_property
    def _clouds(self) -> list[list[Any]]:
        """The clouds of each kind, in the place: the same for all numbers of segments."""
        few = self.sample[:ROWS]

        wide = self.wide.of(slice(ROWS)) if self.wide else None

        def cloud(kind: Callable[..., np.ndarray], number: int) -> Any:
            rng = np.random.default_rng([self.seed, number, len(few)])
            if wide and wide.lumps:
                return self.runtime.put(wide.draw(kind, rng))
            return self.runtime.put(kind(few, rng).astype(np.float32))

        return [[cloud(kind, i) for i in range(DRAWS)] for kind in (gaussian, box)]

    @cached_property
    def _near(self) -> list[list[np.ndarray]]:
        return [[nearest(self.runtime.get(x)) for x in kind] for kind in self._clouds]

    def _cut(self, k: int) -> list[list[Any]]:
        if k not in self._cuts:
            self._cuts[k] = [[self._cut_of(x, k) for x in kind] for kind in self._clouds]
        return self._cuts[k]

    def _cut_of(self, cloud: Any, k: int) -> Any | None:
        """Cut a cloud; None where nearly all customers are equal, and so all rows of the cloud."""
        try:
            return self.fit(cloud, k)
        except DataError:
            return None

    def _one(self, cloud: Any, labels: Any | None, number: int) -> float:
        if labels is None:
            return 0.0
        value = silhouette(
            cloud,
            labels,
            priority=row_priority(len(cloud), self.seed + number),
            runtime=self.runtime,
            anchors=_ANCHORS,
            reference=ROWS,
        ).value
        # One segment only, where rows are equal: nothing stands out.
        return value if np.isfinite(value) else 0.0
