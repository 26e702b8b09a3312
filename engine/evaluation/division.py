"""A division: as many segments as come back, where customers form no groups by themselves.

People want to treat their customers in a few different ways even where no gap parts them. What a
number of segments must then be is not compact but useful: found again when customers are drawn
anew, each large enough, and each different enough from every other one to act on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

FEWEST, MOST = 3, 8
"""Numbers of segments that a division may have: fewer say "low" and "high", more nobody holds in
mind."""

COMES_BACK = 0.75
"""Mean adjusted Rand index over resamples from which a division comes back. Pieces of a cloud that
is alike in all directions do not: 3 to 8 of a Gaussian of four columns have 0.3 to 0.6, of four
skewed ones 0.3 to 0.7. Those of an oblong one, and the eight corners of a box, have 0.8 to 0.9."""

LEAST_SHARE = 0.05
"""Share of the customers that each segment of a division holds at least."""

LARGE_EFFECT = 0.8
"""Standard deviations by which any two segments differ in at least one feature: a large effect
(Cohen, 1988, Statistical Power Analysis, section 2.2)."""

DOUBTFUL = 0.15
"""What a silhouette exceeds chance by up to which groups must come back to be taken for groups."""


@dataclass(frozen=True)
class Division:
    """A number of segments that divides customers, with what speaks for it.

    Attributes
    ----------
    k : int
    stability : float
        Mean agreement over resamples.
    smallest : float
        Share of the smallest segment.
    effect : float
        Standard deviations between the two most alike segments, in the feature that tells them
        apart best.
    groups : int
        Number that stands out by itself, or 0 where none does.
    groups_stability : float or None
        How far those come back, where that is why they were not taken.
    """

    k: int
    stability: float
    smallest: float
    effect: float
    groups: int = 0
    groups_stability: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Its entry in the summary."""
        return {
            "k": self.k,
            "stability": self.stability,
            "smallest_share": self.smallest,
            "least_effect": self.effect,
            "groups": self.groups,
            "groups_stability": self.groups_stability,
        }


@dataclass(frozen=True)
class Divider:
    """Looks for a division in the segments that a method gave a sample.

    Parameters
    ----------
    prepared : callable
        Gives the float32 array of shape (n, n_prepared) of the sample's prepared columns, by which
        segments differ.
    resampled : callable
        ``resampled(k, labels)``: mean agreement of segments with those of customers drawn anew, as
        far as it can reach :data:`COMES_BACK`; None where it is not known.
    least : float
        Share of the customers that a segment must hold, if that is more than a twentieth.
    rows : int array
        Positions of the sample's customers among those whose segments are tried.
    resamples : int
        How often customers are drawn anew; never, and there is no division.
    """

    prepared: Callable[[], np.ndarray]
    resampled: Callable[[int, np.ndarray], float | None]
    least: float
    rows: np.ndarray
    resamples: int = 1

    def find(self, found: Mapping[int, np.ndarray]) -> Division | None:
        """Give the largest number from 3 to 8 that is a division; None for none.

        Parameters
        ----------
        found : mapping of int to int array of shape (n,)
            For each number of segments those of the sample, from 0.
        """
        prepared = self.prepared()
        for k in sorted((k for k in found if FEWEST <= k <= MOST), reverse=True):
            labels = found[k]
            share = float(np.bincount(labels, minlength=k).min()) / len(labels)
            if share < max(LEAST_SHARE, self.least):
                continue
            if (effect := least_effect(prepared, labels, k)) < LARGE_EFFECT:
                continue
            stability = self.resampled(k, labels)
            if stability is not None and stability >= COMES_BACK:
                return Division(k, stability, share, effect)
        return None


def least_effect(x: np.ndarray, labels: np.ndarray, k: int) -> float:
    """Measure how different the two most alike segments are.

    Parameters
    ----------
    x : float32 array of shape (n, n_columns)
    labels : int array of shape (n,)
        Each of ``k`` segments has members.

    Returns
    -------
    effect : float
        For each two segments the largest difference of means over columns, in standard deviations
        of all; the least over pairs. O(n n_columns + k^2 n_columns).
    """
    spread = x.std(axis=0, dtype=np.float64)
    means = np.array([x[labels == s].mean(axis=0, dtype=np.float64) for s in range(k)])
    scaled = means[:, spread > 0] / spread[spread > 0]
    if not scaled.size:
        return 0.0
    apart = [np.abs(scaled[a] - scaled[b]).max() for a in range(k) for b in range(a)]
    return float(min(apart))
