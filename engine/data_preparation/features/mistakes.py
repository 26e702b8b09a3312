"""Numbers that look like mistakes: a few far from all others, or below zero where none else are."""

from __future__ import annotations

import numpy as np

from engine.data_preparation.features.ordered import median, quantile
from engine.utilities.few import about
from engine.utilities.shown import FEW

_FENCE = 3.0
"""Interquartile ranges beyond the quartiles: what Tukey (1977) calls far out."""

_GAP, _LOG_GAP = 2.0, 1.0
"""Interquartile ranges without any value between the far ones and the others, on either scale."""

_OF_WAY, _OF_SIZE = 0.2, 0.1
"""Shares that the gap must be of the way from the middle to the far value, and of the larger of the
two values beside it: 29 is next to 30, however close together all others are."""

_YEARS = (1800, 2200)
"""Values that are calendar years have no size: 1893 is far from 1942."""

_RARE = 0.002
_RARE_NEGATIVE = 0.01
_LEAST_ROWS = 50
_OF_TYPICAL = 0.2


def unlikely(values: np.ndarray, *, complete: bool, least: int = FEW) -> list[str]:
    """Describe values that look like mistakes; nothing is changed.

    Parameters
    ----------
    values : float64 array of shape (n,)
        Finite values of one column, with its lowest and highest.
    complete : bool
        Whether they are all values of the column, rather than a sample and its two ends.
    least : int
        A value of fewer rows is somebody's own, and told with two digits that count.

    Returns
    -------
    phrases : list of str
        To stand after the column's name.

    Notes
    -----
    Far values are at most 0.2% of all, beyond three interquartile ranges from the quartiles, and
    apart from the others by two more (one on a logarithmic scale); all of it in the column's units
    and on a logarithmic scale, so that the long tail of a skewed column is none. The gap is also a
    fifth of their way from the median, and a tenth of the size of the values beside it (unless
    they are years): a value next to its neighbour is not far. O(n log n).

    Examples
    --------
    >>> import numpy as np
    >>> incomes = np.append(np.linspace(20_000, 90_000, 999), 666_666)
    >>> unlikely(incomes, complete=True)
    ['holds one value far above all others (about 670000; the next is about 90000)']
    """
    if len(values) < _LEAST_ROWS:
        return []
    ordered = np.sort(values)
    if ordered[0] >= 0 and ordered[-1] <= 1:
        return []  # A share is one whatever the others are.
    below, above = _far(ordered), _far(-ordered[::-1])
    phrases = []
    if above:
        far, nearest = ordered[-above:], _told(ordered, ordered[-above - 1], least)
        phrases.append(_phrase(far, "above", nearest, least, complete=complete))
    negative = _negative(ordered, least, complete=complete)
    if negative:
        phrases.append(negative)
    elif below:
        nearest = _told(ordered, ordered[below], least)
        phrases.append(_phrase(ordered[:below], "below", nearest, least, complete=complete))
    return phrases


def _far(ordered: np.ndarray) -> int:
    """Count the isolated values at the low end of ascending ones."""
    most = max(1, int(_RARE * len(ordered)))
    count = _far_on(ordered, most, _GAP)
    if count:
        logs = np.sign(ordered) * np.log1p(np.abs(ordered))
        count = min(count, _far_on(logs, most, _LOG_GAP))
    return count if count and _apart(ordered, count) else 0


def _apart(ordered: np.ndarray, count: int) -> bool:
    """Whether the gap after the first ``count`` values is wide beside what it parts."""
    last, following = ordered[count - 1], ordered[count]
    gap, middle = following - last, ordered[len(ordered) // 2]
    if gap < _OF_WAY * abs(middle - last):
        return False
    ends = sorted((abs(last), abs(following)))
    return bool(gap >= _OF_SIZE * ends[1] or _YEARS[0] <= ends[0] <= ends[1] <= _YEARS[1])


def _far_on(ordered: np.ndarray, most: int, gap: float) -> int:
    low, high = quantile(ordered, 0.25), quantile(ordered, 0.75)
    spread = high - low
    if spread <= 0:
        return 0
    count = int(np.searchsorted(ordered, low - _FENCE * spread))
    gaps = np.diff(ordered[: min(count, most) + 1])
    wide = np.flatnonzero(gaps >= gap * spread)
    # Further in, the values hang together with the others again.
    return int(wide[-1]) + 1 if count > 0 and len(wide) else 0


def _negative(ordered: np.ndarray, least: int, *, complete: bool) -> str | None:
    count = int(np.searchsorted(ordered, 0.0))
    if not 0 < count <= _RARE_NEGATIVE * len(ordered):
        return None
    # Just below zero is where the tail of a symmetric column may end.
    if abs(median(ordered[:count])) < _OF_TYPICAL * median(ordered[count:]):
        return None
    number = "one value" if count == 1 else f"{count:,} values"
    number = number if complete else f"values ({count:,} of {len(ordered):,} looked at)"
    down = _told(ordered, ordered[0], least)
    return f"holds {number} below zero where all others are not (down to {down})"


def _phrase(far: np.ndarray, side: str, nearest: str, least: int, *, complete: bool) -> str:
    shown = ", ".join(dict.fromkeys(_told(far, v, least) for v in np.unique(far)[:5]))
    number = "one value" if len(far) == 1 else f"{len(far):,} values"
    number = number if complete else "values"
    return f"holds {number} far {side} all others ({shown}; the next is {nearest})"


def _told(values: np.ndarray, value: float, least: int) -> str:
    """Write a value that many rows hold, and about how much it is of the few."""
    if np.count_nonzero(values == value) >= least:
        return f"{value:.10g}"
    return f"about {about(value)}"
