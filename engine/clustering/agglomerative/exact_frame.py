"""Rows moved near zero without rounding any, so that all their distances keep every bit."""

from __future__ import annotations

import numpy as np

from engine.clustering.frame import Frame

_SAMPLE = 64
"""Rows that tell where the bulk lies and how wide it is."""

FARTHEST = 1e15
"""Largest value inside, up to which new rows can be compared with those of a fit in this frame."""

_LARGEST = 1e148
"""Largest value inside: squares of differences, added up over columns, are float64."""

_LEAST_EXPONENT = -1_000
"""Of the scale: its inverse is a float64 too."""


def exact_frame(x: np.ndarray) -> Frame:
    """Find a frame in which differences of rows are what they were, up to its scale.

    Parameters
    ----------
    x : float64 or float32 array of shape (n_rows, n_columns)
        Finite.

    Returns
    -------
    frame : Frame
        The shift of a column is one of its values near the middle, where taking that off rounds
        none of them (they lie far from zero, beside how wide they are), and otherwise 0. Its scale
        is a power of two near the width of the bulk, or larger where squares of what lies farthest
        would be no float64. O(n_rows x n_columns).

    Examples
    --------
    >>> frame = exact_frame(np.array([[1e12 + 0.5, -0.1], [1e12 + 1.5, 0.7], [1e12 + 3, 5.3]]))
    >>> frame.shift.tolist(), frame.scale
    ([1000000000001.5, 0.0], 2.0)
    """
    sample = x[:: max(1, len(x) // _SAMPLE)].astype(np.float64)
    middle = np.partition(sample, len(sample) // 2, axis=0)[len(sample) // 2]
    apart = np.abs(sample - middle)
    width = float(np.partition(apart, len(apart) // 2, axis=0)[len(apart) // 2].max())
    width = width or float(apart.mean(axis=0).max()) or float(np.abs(x - middle).max()) or 1.0
    shift = np.where(_lost(x, middle) == 0, middle, 0.0)
    away = float(np.maximum(x.max(axis=0) - shift, shift - x.min(axis=0)).max())
    exponents = [int(np.frexp(size)[1]) for size in (width, away / _LARGEST)]
    return Frame(shift, float(np.ldexp(1.0, max(*exponents, _LEAST_EXPONENT))))


def _lost(x: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Give the most that rounding takes from a value of each column when a shift is taken off.

    What a sum loses is itself a float64, from five more sums (Knuth, The Art of Computer
    Programming 2, section 4.2.2).
    """
    wide = x.astype(np.float64, copy=False)
    moved = wide - shift
    back = moved - wide
    lost: np.ndarray = np.abs((wide - (moved - back)) - (shift + back))
    return np.asarray(lost.max(axis=0))
