"""Days far from all others: few lines that set the snapshot, and dates that stand for none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

_FEW = 0.01
"""Share of lines up to which days at an end may be strays."""

_FEW_LINES, _ENOUGH = 5, 50
"""So many lines may be strays whatever their share, where there are enough of them."""

_LATE, _EARLY = 90, 365
"""Days without a line from which on what lies beyond may be stray; shops begin slowly."""

_TIMES = 3
"""A gap is long if it is longer than so many times the longest between other days."""

_OF_SPAN = {"late": 0.1, "early": 0.5}
"""And longer than this share of the days between the first and the last of the others."""

DEFAULTS = frozenset(
    date(*d)
    for d in (
        (1, 1, 1), (1753, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1), (1900, 1, 2),
        (1901, 1, 1), (1904, 1, 1), (1970, 1, 1), (1980, 1, 1), (2049, 12, 31), (2050, 12, 31),
        (2079, 6, 6), (2099, 12, 31), (2100, 1, 1), (2199, 12, 31), (2999, 12, 31),
    )
)  # fmt: skip
"""Days that programs write where they know none."""


@dataclass(frozen=True)
class Strays:
    """Days far from all others.

    Attributes
    ----------
    early, late : dict of date to int
        Lines by day.
    first, last : date
        Of all other days.
    lines : int
        Of all days.
    """

    early: Mapping[date, int]
    late: Mapping[date, int]
    first: date
    last: date
    lines: int


def find_strays(days: Mapping[date, int]) -> Strays | None:
    """Find days at either end that few lines have, behind a gap as no other.

    Parameters
    ----------
    days : mapping of date to int
        Lines by day.

    Returns
    -------
    strays : Strays or None
        None where there are no others. O(d log d) in the days.
    """
    ordered = sorted(days)
    usual = [d for d in ordered if not _default(d, ordered)]
    lines = sum(days.values())
    if not usual or sum(days[d] for d in usual) * 2 < lines:
        return None
    few = max(_FEW * lines, _FEW_LINES if lines >= _ENOUGH else 0)
    low = _core(usual, days, few)
    high = len(usual) - 1 - _core(usual[::-1], days, few)
    if low > high:
        return None
    gaps = [(b - a).days for a, b in pairwise(usual)]
    longest, span = max(gaps[low:high], default=0), (usual[high] - usual[low]).days
    while high < len(gaps) and not _long(gaps[high], longest, span, "late"):
        high += 1
    while low > 0 and not _long(gaps[low - 1], longest, span, "early"):
        low -= 1
    first, last = usual[low], usual[high]
    return Strays(
        {d: days[d] for d in ordered if d < first},
        {d: days[d] for d in ordered if d > last},
        first,
        last,
        lines,
    )


def _default(day: date, ordered: list[date]) -> bool:
    """Tell whether a day stands for none: a program's default, a year from all real ones."""
    if day not in DEFAULTS:
        return False
    return all(abs((other - day).days) > _EARLY for other in ordered if other not in DEFAULTS)


def _core(ordered: list[date], days: Mapping[date, int], few: float) -> int:
    """Give the first place up to which there are more than few lines."""
    seen = 0
    for place, day in enumerate(ordered):
        seen += days[day]
        if seen > few:
            return place
    return len(ordered)


def _long(gap: int, longest: int, span: int, end: str) -> bool:
    least = _LATE if end == "late" else _EARLY
    return gap > max(least, _TIMES * longest, _OF_SPAN[end] * span)


def date_warnings(
    days: Mapping[date, int], *, today: date, snapshot: date, automatic: bool
) -> list[str]:
    """Say which lines set the snapshot though they lie far from the rest, and what else is odd.

    Parameters
    ----------
    days : mapping of date to int
        Lines by day.
    today : date
    snapshot : date
        The day that recency is counted to.
    automatic : bool
        The last line sets it.
    """
    found, warnings = find_strays(days), []
    late = found.late if found and automatic else {}
    if found and late:
        count, more = sum(late.values()), (snapshot - found.last).days - 1
        ahead = ", in the future" if min(late) > today else ""
        warnings.append(
            f"{count:,} of {found.lines:,} lines, dated {_from_to(late)}{ahead}, lie long after "
            f"all others, which end on {found.last}: they set the day that recency is counted to "
            f"and make everybody's recency {more:,} days longer; if their dates are wrong, "
            f"transactions.snapshot: {found.last + timedelta(days=1)} leaves them out"
        )
    if found and found.early:
        count = sum(found.early.values())
        default = ", which programs write where no date is known" * bool(
            DEFAULTS & set(found.early)
        )
        warnings.append(
            f"{count:,} of {found.lines:,} lines, dated {_from_to(found.early)}{default}, lie long "
            f"before all others, which begin on {found.first}: they make first purchases and the "
            "time between purchases wrong; correct them, or leave such dates empty, so that their "
            "rows are dropped (transactions.missing_dates; input.read.null_values for a CSV)"
        )
    future = {d: n for d, n in days.items() if d > today and d not in late}
    if future:
        warnings.append(
            f"{sum(future.values()):,} lines are dated in the future, {_from_to(future)}: the last "
            f"date, {max(days)}, lies in the future; recency counts from it unless "
            "transactions.snapshot is set"
        )
    return warnings


def _from_to(days: Mapping[date, int]) -> str:
    first, last = min(days), max(days)
    return str(first) if first == last else f"{first} to {last}"
