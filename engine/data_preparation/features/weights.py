"""What a flag or a category weighs beside numbers: not more for being lumpy, or rare.

Cutting customers in two explains all of a flag's variance and 2/pi of a Gaussian number's. So at
equal variance a flag decides segments before any number does; flags and categories are scaled so
that a cut along one explains as much as a cut through a number. Measured on three groups in two
numbers beside two flags that say nothing of them (1,500 customers, k-means at k = 3): adjusted Rand
index 0.32 at equal variance, 1.00 so.

A value that few customers have weighs less the fewer they are: those few are too small for a
segment, and standardised they would lie so far off that they became one.
"""

from __future__ import annotations

import math

import numpy as np

LUMP = math.sqrt(2 / math.pi)
"""Standard deviation of a flag, or of all columns of a category together."""

RARE = 0.02
"""Share of the customers below which a value weighs less: a segment's least share by default."""


def lump_scale(spread: float, rare: float) -> float:
    """Give what to divide by, instead of the standard deviation.

    Parameters
    ----------
    spread : float
        Standard deviation, of a category over all of its columns.
    rare : float
        Share of the customers without the most frequent value.

    Examples
    --------
    >>> round(lump_scale(0.5, 0.5), 3), round(lump_scale(0.0447, 0.002), 3)
    (0.627, 0.177)
    """
    return spread / LUMP * few_scale(rare)


def few_scale(rare: float) -> float:
    """Give by what a column is divided besides, where few customers have another value.

    Examples
    --------
    >>> few_scale(0.3), few_scale(0.005)
    (1.0, 2.0)
    """
    return math.sqrt(max(1.0, RARE / rare)) if rare > 0 else 1.0


def weighed(scale: float, rare: float, *, flag: bool) -> float:
    """Give the scale of a column of numbers, of which ``rare`` is the share without the usual."""
    return lump_scale(scale, rare) if flag else scale * few_scale(rare)


def without_the_usual(counts: np.ndarray) -> float:
    """Give the share of values that are not the most frequent one, from how many there are of each.

    Examples
    --------
    >>> without_the_usual(np.array([1, 3]))
    0.25
    """
    return 1 - float(counts.max()) / int(counts.sum())
