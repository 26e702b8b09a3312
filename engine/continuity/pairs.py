"""Which segment of today may continue which previous one, and which one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.continuity.overlap import agreement
from engine.continuity.parts import shares

if TYPE_CHECKING:
    from engine.continuity.overlap import Overlap

KEPT = 0.5
"""Least agreement beyond chance (Cohen's kappa) of a segment with the previous one it continues.

Half of what could be. Measured at 3 to 8 segments: 1.00 where there are groups, refitted on 90% of
the customers or on others; at most 0.07 for unrelated segments; anything between where there are no
groups. Distance cannot tell there: in 8 columns, centres 0.4 radii apart stood for segments with
nothing in common, and in 2 columns centres 0.8 radii apart for those that agree by 0.6.
"""

REACH = 1.5
"""Most radii that a centre may be from the previous one it continues, unless both are the SAME.

Segments that agree by :data:`KEPT` were up to 1.04 apart where there are no groups. Customers of
another kind, who took a segment's place by outnumbering its own, are 2 or more from its centre.
"""

SAME = 0.9
"""Agreement from which on two segments have the same customers, however far these have moved.

They may be of another kind even so: the previous model gives those to the nearest segment. They
are taken for others where someone else stands at its place, or where they are farther from it than
the next previous segment is. Three of another kind for each of its own agree with it by 0.73.
"""


def matches(overlap: Overlap) -> dict[int, int]:
    """Give the previous segment of each that continues one, by the Hungarian method; O(k^3)."""
    # Not "beyond reach", so that where nobody is there is nothing to continue.
    allowed = (agreement(overlap.counts) >= KEPT) & ((overlap.moves <= REACH) | _same(overlap))
    return _paired(allowed, overlap.squares)


def in_common(counts: np.ndarray) -> dict[int, int]:
    """Give the previous segment that has the customers of each of today's, by them alone; O(k^3).

    Parameters
    ----------
    counts : int array of shape (k_now, k_before)
        Customers in each pair.

    Returns
    -------
    pairs : dict of int to int
        Today's segments with the previous ones that agree with them on who is in, beyond chance,
        by :data:`KEPT` or more: as many as can be, and then those that agree most.

    Examples
    --------
    >>> in_common(np.array([[5, 90, 0], [80, 2, 20], [10, 10, 9]]))
    {0: 1, 1: 0}
    """
    kappa = agreement(counts)
    return _paired(kappa >= KEPT, 1 - kappa)


def _paired(allowed: np.ndarray, cost: np.ndarray) -> dict[int, int]:
    from scipy.optimize import linear_sum_assignment

    # Dearer than all that is allowed together: as many pairs as there can be.
    cost = np.where(allowed, cost, 1 + cost.sum())
    now, then = linear_sum_assignment(cost)
    return {int(i): int(j) for i, j in zip(now, then, strict=True) if allowed[i, j]}


def _same(overlap: Overlap) -> np.ndarray:
    """Tell which pairs have the same customers, who went nowhere else: bool (k_now, k_before)."""
    stands = (overlap.moves <= REACH) & (shares(overlap.counts, 1) > 0.5)
    others = stands.sum(axis=0) - stands > 0
    difference = overlap.before[:, None] - overlap.before
    gaps = np.einsum("ijk,ijk->ij", difference, difference)
    np.fill_diagonal(gaps, np.inf)
    found: np.ndarray = (
        (agreement(overlap.counts) >= SAME) & ~others & (overlap.squares < gaps.min(axis=0))
    )
    return found
