"""What is read off the ascending values of a column: median, quantiles, counts; sorted once."""

from __future__ import annotations

import numpy as np


def median(ordered: np.ndarray) -> float:
    """Give the median of ascending values, to the last bit that of NumPy.

    Examples
    --------
    >>> median(np.array([1.0, 2.0, 6.0])), median(np.array([1.0, 2.0, 6.0, 8.0]))
    (2.0, 4.0)
    """
    half = len(ordered) // 2
    return float(ordered[half] if len(ordered) % 2 else ordered[half - 1 : half + 1].mean())


def quantile(ordered: np.ndarray, share: float) -> float:
    """Give a quantile of ascending values, to the last bit that of NumPy.

    Examples
    --------
    >>> quantile(np.array([1.0, 2.0, 4.0]), 0.75)
    3.0
    """
    at = np.float64(share) * (len(ordered) - 1)
    below = int(at)
    a, b, part = ordered[below], ordered[min(below + 1, len(ordered) - 1)], at - below
    return float(b - (b - a) * (1 - part) if part >= 0.5 else a + (b - a) * part)


def with_more(ordered: np.ndarray, value: float, times: int) -> np.ndarray:
    """Give ascending values with one more of them, so many times.

    Examples
    --------
    >>> with_more(np.array([1.0, 4.0]), 2.0, 3).tolist()
    [1.0, 2.0, 2.0, 2.0, 4.0]
    """
    if not times:
        return ordered
    place = int(np.searchsorted(ordered, value))
    return np.concatenate([ordered[:place], np.full(times, value), ordered[place:]])


def counts(ordered: np.ndarray) -> np.ndarray:
    """Count each different value of ascending ones.

    Examples
    --------
    >>> counts(np.array([1.0, 1.0, 7.0])).tolist()
    [2, 1]
    """
    ends = np.flatnonzero(ordered[1:] != ordered[:-1])
    return np.diff(ends, prepend=-1, append=len(ordered) - 1)
