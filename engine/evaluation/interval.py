"""Normal confidence intervals: from a standard error to their width, and back."""

from __future__ import annotations

from statistics import NormalDist

CONFIDENCE = 0.95
"""Of intervals, unless another is asked for."""


def half_width(error: float, confidence: float = CONFIDENCE) -> float:
    """Give how far an interval reaches from its middle.

    Examples
    --------
    >>> round(half_width(0.05), 3)
    0.098
    """
    return NormalDist().inv_cdf((1 + confidence) / 2) * error


def standard_error(low: float, high: float, confidence: float = CONFIDENCE) -> float:
    """Give the standard error that an interval stands for.

    Examples
    --------
    >>> round(standard_error(0.402, 0.598), 3)
    0.05
    """
    # Rounding may turn an interval of nothing round.
    return max(high - low, 0.0) / 2 / half_width(1.0, confidence)
