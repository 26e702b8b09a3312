"""What kind of number a feature is, which decides what tells it best: a share, a mean, a median."""

from __future__ import annotations

import re

import numpy as np

FLAG, FEW, MANY = "flag", "few", "many"
"""0 or 1, told by a share; few whole numbers, such as household sizes and codes, told by a mean;
any others, told by a median."""

_SHARES = {"share", "rate", "ratio", "pct", "percent", "percentage", "fraction", "proportion"}
"""Words, the first or the last of a column's name, that tell a share where values are."""

_FEW_VALUES = 10
_SMALL = 20


def kind_of(values: np.ndarray, low: float, high: float) -> str:
    """Say what kind of number a feature is.

    Parameters
    ----------
    values : float64 array of shape (n,)
        Known values of a sample of the customers.
    low, high : float
        The least and the most among all customers.

    Returns
    -------
    kind : str
        ``flag``, ``few`` or ``many``. A median of few values hides what differs: half of a
        segment may have a flag that nobody else has, and both medians be 0.

    Examples
    --------
    >>> kind_of(np.array([0.0, 1.0, 1.0]), 0, 1), kind_of(np.array([1.0, 2.0, 4.0]), 1, 6)
    ('flag', 'few')
    >>> kind_of(np.array([2019.0, 2021.0]), 2019, 2021), kind_of(np.array([0.5, 1.0]), 0, 1)
    ('many', 'many')
    """
    if not len(values) or low < -_SMALL or high > _SMALL:
        return MANY
    distinct = np.unique(values)
    if len(distinct) > _FEW_VALUES or (distinct != np.round(distinct)).any():
        return MANY
    return FLAG if low >= 0 and high <= 1 else FEW


def is_share(column: str, low: float, high: float) -> bool:
    """Whether a column holds shares of 1 by its name and its ends, to be told in percent.

    Examples
    --------
    >>> is_share("weekend_share", 0.0, 0.98), is_share("DiscountRate", 0.0, 15.0)
    (True, False)
    >>> is_share("sharers", 0.0, 1.0), is_share("Avg_Utilization_Ratio", 0.0, 1.0)
    (False, True)
    """
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", column).lower()
    words = re.findall(r"[^\W_]+", spaced)
    named = bool(words) and bool(_SHARES & {words[0], words[-1]})
    return named and 0 <= low <= high <= 1
