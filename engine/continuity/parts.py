"""Which segments are parts of which: previous ones that split, and today's that merged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from engine.utilities.specks import is_speck

if TYPE_CHECKING:
    from engine.continuity.overlap import Overlap

PART = 0.25
"""Least share of a previous segment that counts as a part of it, where it splits."""

_DRIFT = 0.5
"""Radii that the mean of a split segment's customers may be from where it was. It stays where a
segment splits; a quarter of others among them, from far away, moves it by 0.58 or more."""


def shares(counts: np.ndarray, axis: int) -> np.ndarray:
    """Share of each pair in today's (axis 1) or in the previous segment (axis 0).

    Parameters
    ----------
    counts : int array of shape (k_now, k_before)
    axis : int

    Returns
    -------
    shares : float64 array of the same shape
    """
    totals = counts.sum(axis=axis, keepdims=True)
    found: np.ndarray = counts / np.maximum(totals, 1)
    return found


def split_parts(overlap: Overlap) -> np.ndarray:
    """Tell which of today's segments a previous one has split into.

    Returns
    -------
    parts : bool array of shape (k_now, k_before)
        In the column of each previous segment that split, two or more of today's, which hold
        little else.
    """
    counts, stayed = overlap.counts, overlap.drift <= _DRIFT
    parts = (shares(counts, 0) >= PART) & (shares(counts, 1) > 0.5) & stayed
    found: np.ndarray = parts & (parts.sum(axis=0) > 1)
    return found


def merged_parts(overlap: Overlap, continues: Sequence[int | None]) -> np.ndarray:
    """Tell which previous segments have merged into one of today's.

    Parameters
    ----------
    overlap : Overlap
    continues : sequence of k_now (int or None)
        The previous segment that each of today's continues.

    Returns
    -------
    parts : bool array of shape (k_now, k_before)
        In the row of each of today's segments that holds most of two or more previous ones, all
        of these, however small a part of it they are: but for those that go on elsewhere, and
        those of which next to nobody is left.
    """
    counts = overlap.counts
    parts = (shares(counts, 0) > 0.5) & ~is_speck(counts.sum(axis=0))
    for now, then in enumerate(continues):
        if then is not None:
            parts[np.arange(len(parts)) != now, then] = False
    found: np.ndarray = parts & (parts.sum(axis=1, keepdims=True) > 1)
    return found
