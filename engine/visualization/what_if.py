"""Several numbers of segments beside each other, as figure and page show them."""

from __future__ import annotations

from typing import Any

from engine.utilities.few import enough

Views = list[dict[str, Any]]
"""What a run saved of them: see :func:`engine.run.what_if.beside`."""


def views_of(summary: dict[str, Any]) -> Views:
    """Give the numbers of segments that a run put beside each other; empty for a run of one."""
    return summary.get("what_if") or []


def owners(views: Views) -> list[list[int]]:
    """Say of which described segment each segment holds most customers: its number.

    Parameters
    ----------
    views : list of dict

    Returns
    -------
    owners : list of list of int
        For each number of segments one a segment; -1 where nobody is told of. Over several numbers
        by the next one: whose colour a segment has, that it came from, or goes into.
    """
    shown = next(i for i, view in enumerate(views) if view["described"])
    found: list[list[int]] = [[] for _ in views]
    found[shown] = [int(s["segment"]) for s in views[shown]["segments"]]
    for i in range(shown - 1, -1, -1):
        found[i] = [_most(row, found[i + 1]) for row in views[i]["flows"]]
    for i in range(shown + 1, len(views)):
        columns = zip(*views[i - 1]["flows"], strict=True)
        found[i] = [_most(column, found[i - 1]) for column in columns]
    return found


def _most(counts: Any, owned: list[int]) -> int:
    largest = max(range(len(owned)), key=lambda i: counts[i] or 0)
    return owned[largest] if counts[largest] else -1


def moved_of_enough(views: Views, least: int) -> Views:
    """Leave out what is of fewer than ``least`` customers, as a run with that setting does."""
    found = []
    for view in views:
        segments = [
            {**s, "few": least if int(s["customers"]) < least else 0} for s in view["segments"]
        ]
        flows = view["flows"]
        if flows:
            told = enough(flows, [0] * len(flows), least)
            flows = [row[:-1] for row in told]
        found.append({**view, "segments": segments, "flows": flows})
    return found
