"""What few customers shift by chance, from draws: the formulas of many are of no use to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.drifting import measures

MOST = 200
"""Customers now from which on the formulas hold."""

_DRAWS, _SEED = 2_000, 20_140
_SELDOM = 0.999


def index_and_moved(then: Sequence[int] | np.ndarray, m: int) -> tuple[float, float]:
    """Give what the index and the share in other bins of m customers seldom exceed by chance.

    Parameters
    ----------
    then : counts of shape (n_bins,)
        Customers of the fit in each, missing ones too.
    m : int
        Customers now.

    Returns
    -------
    index, moved : float
        Once in 1,000 times it is more, in draws of m customers from the shares of the fit. Where
        bins are joined, both are less: joining never adds to either.

    Notes
    -----
    Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 6.5: the parametric
    bootstrap. O(2,000 n_bins).

    Examples
    --------
    >>> few, many = index_and_moved([500, 500], 10), index_and_moved([500, 500], 100)
    >>> few[0] > many[0], few[1] > many[1]
    (True, True)
    """
    p = measures.shares(then)
    if not p.any() or not m:
        return 0.0, 0.0
    q = _draws(p, m) / m
    moved = np.abs(q - p).sum(axis=1) / 2
    p, q = np.maximum(p, measures.FLOOR), np.maximum(q, measures.FLOOR)
    return _seldom(((q - p) * np.log(q / p)).sum(axis=1)), _seldom(moved)


def effect(edges: Sequence[float], then: Sequence[int] | np.ndarray, m: int) -> float:
    """Give what the mean of m customers seldom differs by, in standard deviations.

    Parameters
    ----------
    edges : sequence of float
    then : counts, one more than edges
        Customers of the fit in each bin, which stand for its middle, the outer ones for its end.
    m : int
        Customers now.

    Examples
    --------
    >>> effect([0.0, 1.0], [0, 950, 50], 5) > 3 / 5**0.5  # of a rare flag a few are far
    True
    """
    ends, p = np.asarray(edges, np.float64), measures.shares(then)
    if not len(ends) or not p.any() or not m:
        return 0.0
    values = np.array([ends[0], *(ends[:-1] + np.diff(ends) / 2), ends[-1]])
    if len(ends) == 1:
        values = np.array([0.0, 1.0])
    elif len(ends) > 3:  # a long tail is in the outermost bin: its far end stands for it
        values[1], values[-2] = ends[0], ends[-1]
    mean = float(p @ values)
    spread = float(np.sqrt(p @ (values - mean) ** 2))
    return _seldom(np.abs(_draws(p, m) @ values / m - mean)) / spread if spread else 0.0


def _draws(p: np.ndarray, m: int) -> np.ndarray:
    found: np.ndarray = np.random.default_rng(_SEED).multinomial(m, p, size=_DRAWS)
    return found


def _seldom(found: np.ndarray) -> float:
    return float(np.quantile(found, _SELDOM))
