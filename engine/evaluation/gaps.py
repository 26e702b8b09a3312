"""Gaps between segments: how often the customers most like one belong to another segment.

A silhouette rewards round segments. Half moons and rings have a low one, however wide the gap
between them; but there the nearest others of a customer are in the same segment. Where a cloud is
merely sliced, those along every cut are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from engine.evaluation.chance import ROWS, Chance, Fit
from engine.evaluation.clouds import FEW_VALUES, Wide
from engine.evaluation.neighbours import leaving, nearest
from engine.evaluation.slices import beside_slices

if TYPE_CHECKING:
    from engine.places.runtime import Runtime

APART = 0.05
"""Share of what chance gives up to which segments are apart. Half moons, rings and blobs 6 standard
deviations apart have 0 to 0.04 of it; moons and rings cut once too often 0.13 to 0.3, slices of
clouds without groups 0.8 to 2, segments of four real tables 0.1 and more (4,000 rows, 1 to 16
columns)."""

CUT = 0.12
"""Share above which segments are not apart; in between, the silhouette decides (the eight
groups of generated customers, of which two touch, have 0.07 to 0.11)."""

PARTLY = 0.25
"""Share up to which there are groups, though some customers stand between them."""


def numbers(x: np.ndarray) -> np.ndarray:
    """Give the columns of a sample that are numbers rather than flags and codes; maybe none."""
    many = [j for j in range(x.shape[1]) if len(np.unique(x[:, j])) > FEW_VALUES]
    return np.ascontiguousarray(x[:, many])


@dataclass
class Gaps:
    """What parts segments, on a sample of customers.

    Parameters
    ----------
    sample : float32 array of shape (n, n_columns)
        In host memory; of more than 4,000 rows the first are taken.
    fit : callable
        ``fit(x, k)`` cuts clouds without groups.
    runtime : Runtime
    seed : int
    """

    sample: np.ndarray
    fit: Fit
    runtime: Runtime
    seed: int

    @cached_property
    def _chance(self) -> Chance:
        few = self.sample[:ROWS]
        return Chance(few, self.fit, self.runtime, self.seed, Wide(few, lambda x: x))

    @cached_property
    def _near(self) -> np.ndarray:
        return nearest(self.sample[:ROWS])

    def leaving(self, labels: np.ndarray) -> float:
        """Give the share of the worst segment's nearest others that belong to another segment.

        Parameters
        ----------
        labels : int array of shape (n,) or longer
            Segments of the sample; what is beyond it is not looked at.
        """
        return leaving(self._near, labels[: len(self._near)])

    def chance(self, k: int) -> float | None:
        """Give what ``k`` slices of customers without groups have; None for too few rows."""
        return self._chance.leaving(k)

    def share(self, labels: np.ndarray, k: int) -> float | None:
        """Give :meth:`leaving` as a share of :meth:`chance`; None where that is not known."""
        chance = self.chance(k)
        # One crossing in all is the least that can be told from none.
        least = 1 / max(self._near.size, 1)
        return None if chance is None else self.leaving(labels) / max(chance, least)

    def beside_slices(self, fine: np.ndarray, coarse: np.ndarray) -> float | None:
        """Give the links that finer segments of the sample cross beside random cells of coarser."""
        few, n = self.sample[:ROWS], len(self._near)
        return beside_slices(few, self._near, fine[:n], coarse[:n], self.seed)
