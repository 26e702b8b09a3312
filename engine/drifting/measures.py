"""Measures of a shift between two sets of counts, and what so few customers shift by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

FLOOR = 0.001
"""What a smaller share counts as in the index: an empty bin would make it infinite."""

_SIGMAS = 3.0
"""Standard deviations of chance that are taken off."""

_SELDOM, _MANY = 0.999, 10.0
"""Of fewer than so many who are expected, how surely they stay within what is taken off."""

Counts = Sequence[float] | np.ndarray


def shares(counts: Counts) -> np.ndarray:
    """Give the share of each bin; zeros where there is nobody.

    Examples
    --------
    >>> shares([1, 3]).tolist(), shares([0, 0]).tolist()
    ([0.25, 0.75], [0.0, 0.0])
    """
    values = np.asarray(counts, np.float64)
    total = values.sum()
    return values / total if total else values


def psi(then: Counts, now: Counts) -> float:
    """Give the population stability index: the sum of (q - p) ln(q / p) over the bins.

    Shares p of then and q of now count as :data:`FLOOR` where they are smaller.

    Examples
    --------
    >>> psi([10, 20, 70], [20, 40, 140]), round(psi([50, 50], [80, 20]), 3)
    (0.0, 0.416)
    """
    p, q = (np.maximum(shares(counts), FLOOR) for counts in (then, now))
    return float(((q - p) * np.log(q / p)).sum())


def psi_by_chance(then: Counts, now: Counts) -> float:
    """Give what the index of customers drawn from the same seldom exceeds.

    It is then near (1/n + 1/m) times a chi-squared of one less than the bins.

    Examples
    --------
    >>> psi_by_chance([500, 500], [50, 50]) > psi_by_chance([500, 500], [5000, 5000])
    True
    """
    sizes = float(np.sum(then)), float(np.sum(now))
    free = max(int(((np.asarray(then) > 0) | (np.asarray(now) > 0)).sum()) - 1, 0)
    return (free + _SIGMAS * math.sqrt(2 * free)) * _parts(*sizes)


def moved(then: Counts, now: Counts) -> float:
    """Give the share of customers that lie in other bins: half the sum of all differences.

    Examples
    --------
    >>> moved([50, 50], [8, 2])
    0.30000000000000004
    """
    return float(np.abs(shares(then) - shares(now)).sum() / 2)


def moved_by_chance(then: Counts, now: Counts) -> float:
    """Give what that share seldom exceeds for customers drawn from the same."""
    p = shares(np.asarray(then, np.float64) + np.asarray(now, np.float64))
    spread = p * (1 - p) * _parts(float(np.sum(then)), float(np.sum(now)))
    mean = np.sqrt(2 / math.pi * spread).sum() / 2
    return float(mean + _SIGMAS * math.sqrt(spread.sum()) / 2)


def effect_by_chance(n: float, m: float) -> float:
    """Give what the means of n and m customers seldom differ by, in standard deviations."""
    return _SIGMAS * math.sqrt(_parts(n, m))


def share_by_chance(share: float, n: float) -> float:
    """Give what the share of n customers seldom exceeds a known one by."""
    if not n:
        return 1.0
    expected = n * max(share, 1e-4)
    usual, at = _SIGMAS * math.sqrt(expected) / n, 0
    likely = found = math.exp(-min(expected, _MANY))
    while expected < _MANY and found < _SELDOM:  # of few they are whole customers: Poisson's law
        at += 1
        likely *= expected / at
        found += likely
    return max(usual, at / n - share)


def distance(edges: Sequence[float], then: Counts, now: Counts) -> float:
    """Give how far values have moved on average, in their own units, as far as bins can tell.

    The Wasserstein distance between the bounds of the bins: the area between the two cumulated
    shares, which are straight lines inside a bin.

    Parameters
    ----------
    edges : sequence of float
    then, now : counts, one more than edges
        The first is of what is not above the first edge, the last of what is above the last.

    Examples
    --------
    >>> distance([0.0, 10.0, 20.0], [0, 50, 50, 0], [0, 0, 100, 0])
    5.0
    """
    apart = (np.cumsum(shares(now)) - np.cumsum(shares(then)))[: len(edges)]
    if len(edges) < 2:
        return 0.0
    left, right, widths = apart[:-1], apart[1:], np.diff(np.asarray(edges, np.float64))
    size = np.abs(left) + np.abs(right)
    crossing = left * right < 0
    squares = np.divide(left**2 + right**2, size, out=np.zeros_like(size), where=crossing)
    return float((np.where(crossing, squares, size) / 2 * widths).sum())


def _parts(n: float, m: float) -> float:
    return (1 / n if n else 0.0) + (1 / m if m else 0.0)
