"""How skewed a column is, and the logarithm that helps it."""

from __future__ import annotations

from typing import Any

import numpy as np

_NEARLY_STRAIGHT = 1.1
"""Of 1 + x, highest to lowest: the logarithm of years is nearly a straight line."""

_TINY = 1e-6
"""Of 1 + x likewise, for x up to this; its digits would be lost beside the 1."""

_UNIT = 3.0
"""Medians of abs(x): two standard deviations of a normal column, which keeps its shape so."""


def skewness(values: np.ndarray) -> float:
    """Give the third standardised moment; 0 for a constant.

    Examples
    --------
    >>> import numpy as np
    >>> round(skewness(np.array([0.0, 0.0, 0.0, 1.0])), 4)
    1.1547
    """
    largest = float(np.abs(values).max())
    if largest == 0:
        return 0.0
    values = values / largest  # Cubes of large numbers overflow, those of tiny ones vanish.
    spread = values.std()
    # A constant's spread is rounding, at most n eps |x|; its third moment means nothing.
    if spread <= 1e-12:
        return 0.0
    values -= values.mean()
    values /= spread
    return float((values * values * values).mean())  # a tenth of the time of values**3


def logged(values: Any, unit: float | None) -> np.ndarray:
    """Take the logarithm that a feature takes.

    Parameters
    ----------
    values : float64 array
    unit : float or None
        None for sign(x) log(1 + abs(x)), which suits values of one sign. Otherwise asinh(x / unit),
        which is a straight line up to about one unit on both sides of zero, and a logarithm beyond.

    Examples
    --------
    >>> import numpy as np
    >>> logged(np.array([-1.0, 0.0, 1.0]), None).round(4).tolist()
    [-0.6931, 0.0, 0.6931]
    >>> logged(np.array([-3.0, 0.0, 300.0]), 3.0).round(4).tolist()
    [-0.8814, 0.0, 5.2983]
    """
    if unit is None:
        return np.asarray(np.sign(values) * np.log(np.abs(values) + 1.0))
    return np.asarray(np.arcsinh(values / unit))


def log_of(values: np.ndarray, threshold: float) -> tuple[bool, float | None]:
    """Decide whether a column's logarithm is taken, and by which unit.

    Parameters
    ----------
    values : float64 array of shape (n_sample,)
        After filling and clipping.
    threshold : float
        Absolute skewness above which a column counts as skewed.

    Returns
    -------
    log : bool
        Whether a logarithm makes it less skewed.
    unit : float or None
        Three times the median of abs(x) over values other than 0, for columns on both sides of
        zero: log(1 + abs(x)) knows no scale but 1, and would part what lies around zero at zero.
    """
    before = abs(skewness(values))
    low, high = float(values.min()), float(values.max())
    far = low > 0 and 1 + high <= _NEARLY_STRAIGHT * (1 + low)
    tiny = not low < 0 < high and max(-low, high) <= _TINY
    if before <= threshold or far or tiny:
        return False, None
    unit = None
    if low < 0 < high:
        unit = _UNIT * float(np.median(np.abs(values[values != 0])))
    helps = abs(skewness(logged(values, unit))) < before
    return helps, unit if helps else None
