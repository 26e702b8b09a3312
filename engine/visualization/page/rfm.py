"""The named RFM segments as the page shows them: beside the segments, and what they mean here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.visualization.page.purchases import who
from engine.visualization.readable import MISSING, amount, counted, money, number

if TYPE_CHECKING:
    from collections.abc import Callable

RFM_MEANING = {
    "champions": "among those who bought last and those who buy most often",
    "loyal": "among those who buy most often, the last time not among the latest",
    "potential loyalists": "among those who bought last, between in how often",
    "new": "among those who bought last, and seldom beside others",
    "promising": "bought later than most, and seldom beside others",
    "need attention": "in the middle, both in how lately and in how often",
    "about to sleep": "in the middle in how lately, and seldom beside others",
    "at risk": "among those whose last purchase is longest ago, and not seldom",
    "cannot lose": "among those who buy most often, with a last purchase longest ago",
    "hibernating": "among those whose last purchase is longest ago, and seldom beside others",
}
"""The usual named RFM segments, by their first words: as scores do, beside the other customers."""

HEAT = 0.6
"""Opacity behind the largest share; what is written on it stays legible in light and dark."""

_SCORES = ("5", "4", "3", "2", "1")

Limits = dict[str, list[float]]


def rfm_view(
    rfm: dict[str, Any] | None, profiles: dict[str, Any], facts: dict[str, Any] | None = None
) -> dict[str, Any] | None:
    """Lay the named RFM segments out beside the segments, with totals; None without any.

    Parameters
    ----------
    rfm : dict or None
        ``rows``, names, and ``counts``, for each row one count a segment. A total at the end
        of a row is not read: the totals are added up here.
    profiles : dict
        The profiles: their segments are the columns.
    facts : dict or None
        Of reading the transactions: ``rfm_limits`` and ``rfm_segments`` say what scores mean.

    Returns
    -------
    dict or None
        ``columns``, ``rows`` of name, meaning, cells ``(count, share, heat)`` and total,
        ``totals`` and ``all``; ``scores`` and ``limits``, rows of what each score means. The share
        is that of the column, so a column adds up to 100%. Counts of too few are None: ``few``
        says what of.
    """
    columns = [who(s["segment"], profiles) for s in profiles["segments"]]
    if not rfm or not rfm.get("rows") or not columns:
        return None
    least = profiles.get("smallest_group", 1)
    given = [list(row[: len(columns)]) for row in rfm["counts"]]
    untold = any(n is None for row in given for n in row)
    counts = [[int(n or 0) for n in row] for row in given]
    totals = [sum(column) for column in zip(*counts, strict=True)]
    shares = [[n / max(t, 1) for n, t in zip(row, totals, strict=True)] for row in counts]
    largest = max(map(max, shares)) or 1.0
    rows = [
        {
            "name": str(name),
            "meaning": rfm_meaning(str(name), facts or {}),
            "cells": [
                (n, s, round(HEAT * s / largest, 2)) for n, s in zip(line, part, strict=True)
            ],
            "total": sum(n or 0 for n in line),
        }
        for name, line, part in zip(rfm["rows"], given, shares, strict=True)
    ]
    found = {"columns": columns, "rows": rows, "totals": totals, "all": sum(totals)}
    found["few"] = least if untold else 0
    return found | {"scores": _SCORES, "limits": limits_view(facts or {})}


def limits_view(facts: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """List for recency, orders and money the limits of each score, 5 to 1.

    The outermost are open: the most that anybody spent is one customer's, and of no use.
    """
    limits = facts.get("rfm_limits") or {}
    written = (
        ("recency", "Recency (R), days since the last purchase", amount),
        ("frequency", "Frequency (F), orders", amount),
        ("monetary", "Money (M), net of returns", money),
    )
    return [
        (title, [_range(score, limits[key], write) for score in _SCORES])
        for key, title, write in written
        if limits.get(key)
    ]


def _range(score: str, limits: Limits, write: Callable[[float], str]) -> str:
    if score not in limits:
        return MISSING
    low, high = limits[score]
    if low == high:
        return write(low)
    least = low == min(ends[0] for ends in limits.values())
    most = high == max(ends[1] for ends in limits.values())
    if least and most:
        return "any"
    if least:
        return f"{write(high)} or less"
    return f"{write(low)} or more" if most else f"{write(low)} to {write(high)}"


def rfm_meaning(name: str, facts: dict[str, Any]) -> str:
    """Say what a named RFM segment is: in days and orders where the limits of scores are known.

    Examples
    --------
    >>> facts = {
    ...     "rfm_limits": {
    ...         "recency": {"5": [1, 9], "4": [10, 30], "1": [200, 400]},
    ...         "frequency": {"1": [1, 1], "4": [2, 3], "5": [4, 40]},
    ...     },
    ...     "rfm_segments": {"Champions": {"r": [5, 5], "f": [4, 5]}},
    ... }
    >>> rfm_meaning("Champions", facts), rfm_meaning("Friends", facts)
    ('last bought 9 days ago or less, 2 orders or more', '')
    >>> rfm_meaning("Champions", {})
    'among those who bought last and those who buy most often'
    """
    ranges, limits = facts.get("rfm_segments") or {}, facts.get("rfm_limits") or {}
    if name in ranges:
        days = _within(limits.get("recency") or {}, ranges[name]["r"])
        orders = _within(limits.get("frequency") or {}, ranges[name]["f"])
        if days and orders:
            return f"last bought {_days(*days)}, {_orders(*orders)}"
    plain = name.lower().replace("can't", "cannot").replace("_", " ")
    return next((words for start, words in RFM_MEANING.items() if plain.startswith(start)), "")


def _within(limits: Limits, scores: list[int]) -> tuple[float | None, float | None] | None:
    """Give the least and the most of scores; None for an end that nobody is beyond."""
    low, high = scores
    there = [limits[str(s)] for s in range(low, high + 1) if str(s) in limits]
    if not there or not all(number(v) for ends in limits.values() for v in ends):
        return None
    least, most = min(e[0] for e in there), max(e[1] for e in there)
    below = any(ends[0] < least for ends in limits.values())
    above = any(ends[1] > most for ends in limits.values())
    return (least if below else None), (most if above else None)


def _days(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "at any time"
    if low is None:
        return f"{counted(int(high), 'day')} ago or less" if high else "0 days ago"
    if high is None:
        return f"{counted(int(low), 'day')} ago or more"
    if low == high:
        return f"{counted(int(low), 'day')} ago"
    return f"{amount(low)} to {counted(int(high), 'day')} ago"


def _orders(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "any number of orders"
    if low is None:
        fewer = "" if high == 1 else " or fewer"
        return f"{counted(int(high or 0), 'order')}{fewer}"
    if high is None:
        return f"{counted(int(low), 'order')} or more"
    return counted(int(low), "order") if low == high else f"{amount(low)} to {amount(high)} orders"
