"""What columns and segments are called where people read them, and values in their units."""

from __future__ import annotations

from typing import Any

from engine.utilities.column_words import readable
from engine.utilities.percentages import whole
from engine.utilities.segment_numbers import on_page
from engine.utilities.units import cents, with_unit
from engine.visualization.readable import (
    MISSING,
    amount,
    number,
    percent,
    short,
    two_amounts,
    two_shares,
)


def label(profiles: dict[str, Any], column: str) -> str:
    """Give what people call a column: its own name, in the words of names, where nobody said.

    Examples
    --------
    >>> profiles = {"labels": {"amt": {"label": "Spend", "unit": "€", "format": "money"}}}
    >>> [label(profiles, c) for c in ("amt", "EMAIL_OPENS", "webVisits", "Income (k$)")]
    ['Spend', 'email opens', 'web visits', 'income (k$)']
    """
    return str(_known(profiles, column).get("label") or readable(column, units=True))


def value(profiles: dict[str, Any], column: str, figure: float | None) -> str:
    """Write a value of a column in its unit and format.

    Parameters
    ----------
    profiles : dict
        Its ``labels`` hold label, unit and format of columns; older runs have none.
    column : str
    figure : float or None
        A value, a mean or a median.

    Returns
    -------
    str

    Examples
    --------
    >>> labels = {
    ...     "amt": {"label": "Spend", "unit": "€", "format": "money"},
    ...     "gap": {"label": "Last order", "unit": None, "format": "days"},
    ...     "back": {"label": "Returned", "unit": None, "format": "percent"},
    ...     "km": {"label": "Distance", "unit": "km", "format": "number"},
    ... }
    >>> [value({"labels": labels}, c, 0.5) for c in labels]
    ['€0.50', '0.5 days', '50%', '0.5 km']
    >>> value({"labels": labels}, "amt", -1240.0), value({}, "age", 41.0), value({}, "age", None)
    ('−€1,240', '41', '–')
    """
    if not number(figure):
        return MISSING
    known = _known(profiles, column)
    if known.get("format") == "percent":
        return percent(figure / _whole(profiles, column))
    form = known.get("format")
    small = cents(figure) if form == "money" else None
    text = small or amount(round(figure) if form == "whole" else figure, column)
    return _with_unit(text, known)


def two_values(profiles: dict[str, Any], column: str, one: float, other: float) -> tuple[str, str]:
    """Write two values of a column beside each other: with more digits where they look the same.

    Examples
    --------
    >>> labels = {"amt": {"label": "Spend", "unit": "EUR", "format": "money"}}
    >>> two_values({"labels": labels}, "amt", 1241.2, 1240.9)
    ('1,241.2 EUR', '1,240.9 EUR')
    """
    found = value(profiles, column, one), value(profiles, column, other)
    if found[0] != found[1] or one == other:
        return found
    known = _known(profiles, column)
    if known.get("format") == "percent":
        whole = _whole(profiles, column)
        return two_shares(one / whole, other / whole)
    first, second = two_amounts(one, other, column)
    return _with_unit(first, known), _with_unit(second, known)


def share_of(figure: float | None, everyone: dict[str, Any]) -> str:
    """Write a share; one that is rounded (``about``) to nothing or to all may be neither.

    Examples
    --------
    >>> share_of(0.0, {"about": 5}), share_of(1.0, {"about": 5}), share_of(0.0, {})
    ('hardly any', 'nearly all', '0%')
    """
    if everyone.get("about") and figure in (0.0, 1.0):
        return "nearly all" if figure else "hardly any"
    return percent(figure)


def numbered(segment: int, names: dict[int, str], most: int = 22) -> str:
    """Write a segment as figures do: its number on the page, and its name cut to fit.

    Examples
    --------
    >>> numbered(0, {0: "Loyal, rising"}), numbered(1, {1: "New, one order"}, 8)
    ('1  Loyal, rising', '2  New, on…')
    """
    return f"{on_page(segment)}  {short(names.get(segment, ''), most)}"


def _known(profiles: dict[str, Any], column: str) -> dict[str, Any]:
    return (profiles.get("labels") or {}).get(column) or {}


def _whole(profiles: dict[str, Any], column: str) -> float:
    return whole((profiles.get("overall") or {}).get(column) or {})


def _with_unit(text: str, known: dict[str, Any]) -> str:
    # A number of days is one, whatever unit is said beside it.
    unit = "days" if known.get("format") in ("days", "date") else str(known.get("unit") or "")
    return with_unit(text, "day" if (text, unit) == ("1", "days") else unit)
