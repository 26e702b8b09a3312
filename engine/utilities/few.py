"""What may be said of few customers: amounts about right, counts of enough, no name."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

_DIGITS = 2
_YEARS = (1800, 2200)
_FEW_NAME = re.compile(r"(Outliers: f|F)ewer than [\d,]+ customers( \(\d+\))?")


def about(value: float | None) -> str:
    """Write an amount that may be one customer's with two digits that count; a year with three.

    Examples
    --------
    >>> [about(v) for v in (666_666, 4829.13, -0.01234, 0.0, 3.2e15, 1943)]
    ['670000', '4800', '-0.012', '0', '3.2e+15', '1940']
    """
    if value is None or not math.isfinite(value):
        return str(value)
    digits = _DIGITS + (_YEARS[0] <= abs(value) <= _YEARS[1])
    rounded = rough(value, digits)
    if rounded and not 1e-4 <= abs(rounded) < 1e15:
        return f"{rounded:.{digits}g}"
    places = max(0, digits - 1 - math.floor(math.log10(abs(rounded)))) if rounded else 0
    text = f"{rounded:.{places}f}"
    return text.rstrip("0").rstrip(".") if places else text


def rough(value: float, digits: int = _DIGITS) -> float:
    """Round to digits that count.

    Examples
    --------
    >>> rough(98765.43), rough(-0.01234), rough(0.0)
    (99000.0, -0.012, 0.0)
    """
    return float(f"{value:.{digits}g}") + 0.0


def beyond(value: float, *, up: bool) -> float:
    """Round to two digits that count, up or down: an end that nobody is at.

    Examples
    --------
    >>> beyond(373.0, up=True), beyond(-12.34, up=False), beyond(0.0, up=True)
    (380.0, -13.0, 0.0)
    """
    if not value or not math.isfinite(value):
        return value
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    whole = math.ceil(value / step) if up else math.floor(value / step)
    return float(f"{whole * step:.2g}")


def few_step(hidden: float) -> float:
    """Give a step of rounding that leaves a hidden amount uncertain by itself: 1, 2 or 5 times ten.

    Examples
    --------
    >>> [few_step(v) for v in (23.4, 0.5, 3000, 0.0)]
    [50.0, 1.0, 10000.0, 0.0]
    """
    if not hidden or not math.isfinite(hidden):
        return 0.0
    ten = 10.0 ** math.floor(math.log10(2 * abs(hidden)))
    return next(n * ten for n in (1, 2, 5, 10) if n * ten >= 2 * abs(hidden))


def enough(
    counts: Sequence[Sequence[int | None]], totals: Sequence[int], least: int
) -> list[list[int | None]]:
    """Give a table of counts without those of too few, and none that could be had from the others.

    Parameters
    ----------
    counts : sequence of rows
        Customers by row and column; a column is a group of customers.
    totals : sequence of int
        Of each row.
    least : int
        A count below, and every count of a column that adds up to less, is not told (None); if
        there is one, all others are to the nearest ``least``.

    Returns
    -------
    rows : list of rows
        Each with its total at the end.

    Examples
    --------
    >>> enough([[12, 2], [0, 7]], [14, 7], 5), enough([[12, 2]], [14], 1)
    ([[10, None, 15], [0, 5, 5]], [[12, 2, 14]])
    """
    sizes = [sum(n or 0 for n in column) for column in zip(*counts, strict=True)]
    told = [
        [None if n is None or 0 < n < least or 0 < size < least else n for n, size in cells]
        for cells in (zip(row, sizes, strict=True) for row in counts)
    ]
    every = [[*row, total] for row, total in zip(told, totals, strict=True)]
    if all(n is not None for row in told for n in row):
        return every
    return [[n if n is None else least * round(n / least) for n in row] for row in every]


def few_name(least: int) -> str:
    """Name a segment of fewer than ``least`` customers: by nothing that is theirs.

    Examples
    --------
    >>> few_name(5), is_few_name("Fewer than 5 customers (2)"), is_few_name("High spend")
    ('Fewer than 5 customers', True, False)
    """
    return f"Fewer than {least:,} customers"


def is_few_name(name: str) -> bool:
    """Tell whether a name is one that :func:`few_name` gives, numbered or not."""
    return bool(_FEW_NAME.fullmatch(name))


def rounded_to(tree: Mapping[str, Any]) -> int:
    """Give the number of customers to which profiles round some shares; 0 where none is.

    Examples
    --------
    >>> rounded_to({"overall": {"vip": {"mean": 0.1, "about": 5}, "age": {"mean": 40.0}}})
    5
    """
    levels = (level for rows in (tree.get("shares") or {}).values() for level in rows)
    return max((x.get("about", 0) for x in (*tree.get("overall", {}).values(), *levels)), default=0)


def rounded_note(least: int) -> str:
    """Say that shares are rounded, beside a table of them; empty where ``least`` is 0."""
    if not least:
        return ""
    return (
        f"Where fewer than {least:,} customers of a segment have something, or fewer than "
        f"{least:,} lack it, its shares in all segments are rounded to the nearest {least:,} "
        "customers, so that nobody is told of: none may be a few, and all may be nearly all."
    )
