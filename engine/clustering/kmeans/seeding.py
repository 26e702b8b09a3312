"""Greedy k-means++: the first centres, each the best of a few rows drawn by squared distance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from engine.native.starts import seeds_drawn

if TYPE_CHECKING:
    from engine.clustering.kmeans.layout import Rows

_BLOCK = 512
"""Rows whose shares are added up first where rows are drawn."""


def seeds(rows: Rows, k: int, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Choose rows to start from.

    Parameters
    ----------
    rows : Rows
    k : int
    rng : numpy.random.Generator

    Returns
    -------
    centres : float64 array of shape (k, d)
    scatter : float
        Sum over rows of the squared distance to the nearest of them, times the weight.

    Notes
    -----
    Of 2 + ln(k) rows drawn for each centre, the one that leaves the least is taken; all of them
    are measured by one matrix product. O(n k d log k).

    References
    ----------
    Arthur and Vassilvitskii (2007), k-means++: the advantages of careful seeding, SODA, section 5.
    """
    weights, trials = rows.weights, 2 + int(math.log(k))
    first, at = rng.random(1), rng.random((k, trials))
    if not rows.apart and (known := seeds_drawn(rows.columns, weights, float(first[0]), at)):
        return rows.points[known[0]].astype(np.float64), known[1]
    chosen = np.empty(k, np.intp)
    chosen[0] = _drawn(np.ones(rows.n) if weights is None else weights, first)[0]
    left = np.maximum(rows.distances(chosen[:1])[0], 0)
    left[chosen[0]] = 0
    rooms = np.empty((2, trials, rows.n), rows.dtype)
    every = np.ones(rows.n, rows.dtype) if weights is None else weights
    for j in range(1, k):
        candidates = _drawn(left if weights is None else left * weights, at[j])
        after = rows.distances(candidates, rooms[j % 2])
        np.minimum(after, left, out=after)
        best = int((after @ every).argmin())
        chosen[j], left = candidates[best], np.maximum(after[best], 0, out=after[best])
    return rows.points[chosen].astype(np.float64), rows.total(left)


def _drawn(shares: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Rows at given places, from 0 to 1, of the shares laid end to end."""
    if len(shares) < 2 * _BLOCK:
        ends = shares.cumsum(dtype=np.float64)
        found: np.ndarray = ends.searchsorted(at * ends[-1], side="right")
        np.minimum(found, len(shares) - 1, out=found)
        return found
    # By blocks of rows, and then within those that are met: a fourth of the time.
    whole = len(shares) // _BLOCK * _BLOCK
    sums = shares[:whole].reshape(-1, _BLOCK).sum(axis=1, dtype=np.float64)
    ends = np.append(sums, shares[whole:].sum(dtype=np.float64)).cumsum()
    places = at * ends[-1]
    block = np.minimum(ends.searchsorted(places, side="right"), len(ends) - 1)
    found = np.empty(len(at), np.intp)
    for i, (number, place) in enumerate(zip(block.tolist(), places.tolist(), strict=True)):
        start = number * _BLOCK
        inner = shares[start : start + _BLOCK].cumsum(dtype=np.float64)
        before = ends[number - 1] if number else 0.0
        found[i] = start + min(inner.searchsorted(place - before, side="right"), len(inner) - 1)
    np.minimum(found, len(shares) - 1, out=found)
    return found
