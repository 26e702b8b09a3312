"""Figures of a segment in words and units: about 8 months ago, once, about 120."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from engine.descriptive_stats.kinds import FEW, FLAG
from engine.descriptive_stats.meanings import DAYS, SHARE_OF, Meaning
from engine.descriptive_stats.vocabulary import Vocabulary
from engine.utilities.percentages import whole
from engine.utilities.units import cents, with_unit

_BRACKETS = re.compile(r"[(\[](.*?)[)\]]")
_WEEKS_FROM, _MONTHS_FROM, _YEARS_FROM = 14, 61, 730


def typical(figures: Mapping[str, Any], kind: str | None) -> float | None:
    """Give the figure that tells a column best: a mean of few values and flags, else a median."""
    found = figures.get("mean" if kind in (FEW, FLAG) else "median")
    return None if found is None else float(found)


def amount(value: float, column: str = "") -> str:
    """Write a number with three digits that count, and whole from 100 on; a year as it is.

    Examples
    --------
    >>> [amount(v) for v in (1240.4, 12.345, 2.0, 0.01234, -0.0, 3.2e9)]
    ['1,240', '12.3', '2', '0.0123', '0', '3.2 billion']
    >>> amount(1975.0, "Year_Birth")
    '1975'
    """
    if value < 0:
        return "\u2212" + amount(-value, column)
    if "year" in column.lower() and 1800 <= value <= 2200:
        return f"{value:.0f}"
    for unit, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= 0.9995 * unit:
            return f"{value / unit:.3g} {name}"
    if value >= 100 or value == 0:
        return f"{abs(value):,.0f}"
    digits = 1 if value >= 10 else 2 if value >= 1 else min(3 - math.ceil(math.log10(value)), 8)
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def share(value: float) -> str:
    """Write a share as a percentage.

    Examples
    --------
    >>> share(0.613), share(0.024), share(0.001)
    ('61%', '2.4%', '0.1%')
    """
    return f"{100 * value:.{0 if value >= 0.0995 or not value else 1}f}%".replace(".0%", "%")


def duration(value: float, unit: str) -> str:
    """Write a time in the unit in which people say it.

    Examples
    --------
    >>> [duration(v, "day") for v in (1, 9.5, 33, 246, 800)]
    ['1 day', '10 days', 'about 5 weeks', 'about 8 months', 'about 2.2 years']
    >>> duration(0.5, "day"), duration(14, "month")
    ('less than a day', 'about 14 months')
    """
    days = value * DAYS[unit]
    if days < 1:
        return "less than a day"
    if days < _WEEKS_FROM:
        n = math.floor(days + 0.5)
        return f"{n} day" if n == 1 else f"{n} days"
    if days < _MONTHS_FROM:
        return f"about {days / 7:.0f} weeks"
    if days < _YEARS_FROM:
        return f"about {days / DAYS['month']:.0f} months"
    return f"about {days / DAYS['year']:.1f}".removesuffix(".0") + " years"


def figure(column: str, value: float, vocabulary: Vocabulary) -> str:
    """Write a figure of a column in the column's own unit, by its label's format."""
    label = vocabulary.labels.get(column, {})
    unit, form, meaning = label.get("unit"), label.get("format"), vocabulary.meanings.get(column)
    kind = vocabulary.overall.get(column, {}).get("kind")
    if form == "percent" or (form is None and (kind == FLAG or _is_share(meaning))):
        return share(value / whole(vocabulary.overall.get(column, {})))
    if form in ("days", "date"):
        return duration(value, "day") if value >= 0 else amount(value)
    if meaning and form is None and not unit and value >= 0 and _is_time(meaning):
        return duration(value, meaning.unit)
    small = cents(value) if form == "money" else None
    written = small or amount(round(value) if form == "whole" else value, column)
    if unit:
        return with_unit(written, str(unit))
    bracket = None if label.get("label") else _BRACKETS.search(column)
    ranged = bracket and re.search(r"\d\s*[-\u2013]\s*\d", bracket.group(1))
    return f"{written} ({bracket.group(1)})" if bracket and not ranged else written


_COUNTS = ("children", "teens")


def _persons(mean: float) -> str:
    """Write a mean of persons as people say it.

    Examples
    --------
    >>> [_persons(m) for m in (0.0165, 0.983, 0.506, 1.0)]
    ['next to none', 'about 1', '0.5 on average', 'about 1']
    """
    if mean < 0.05:
        return "next to none"
    near = round(mean)
    return f"about {near}" if near and abs(mean - near) < 0.1 else f"{mean:.1f} on average"


def _is_time(meaning: Meaning) -> bool:
    return meaning.unit in DAYS and meaning.word not in ("age", "visits", "logins")


def _is_share(meaning: Meaning | None) -> bool:
    return meaning is not None and meaning.word == SHARE_OF


def beside_everyone(column: str, own: Mapping[str, Any], vocabulary: Vocabulary) -> str | None:
    """Write a column's figure of a segment, and everyone's behind it; None where one is unknown."""
    everyone = vocabulary.overall.get(column, {})
    two = [typical(f, everyone.get("kind")) for f in (own, everyone)]
    if two[0] is None or two[1] is None:
        return None
    here, there = (figure(column, v, vocabulary) for v in (two[0], two[1]))
    means = own.get("mean"), everyone.get("mean")
    meaning = vocabulary.meanings.get(column)
    if everyone.get("kind") == FEW and meaning and meaning.word in _COUNTS:
        persons = _persons(two[0]), _persons(two[1])
        if persons[0] != persons[1]:
            here, there = persons
    if here == there and None not in means:
        here, there = (figure(column, float(v), vocabulary) for v in means if v is not None)
        here = f"{here} on average"
    if here.removesuffix(" on average") == there:
        return None
    return f"{vocabulary.in_a_name(column)} {here} (everyone: {there})"
