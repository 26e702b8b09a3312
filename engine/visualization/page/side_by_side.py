"""The table of the segments beside each other: what is typical of each, by the kind of number."""

from __future__ import annotations

from typing import Any

from engine.visualization.readable import amount, percent

_MARKS = {"flag": "share", "few": "mean"}
"""How a column is told that is not by its median."""


def side_by_side(profiles: dict[str, Any]) -> dict[str, Any]:
    """Lay out what is typical of each segment and of everyone.

    Parameters
    ----------
    profiles : dict
        ``features``, ``overall`` with the ``kind`` of each, and ``segments``.

    Returns
    -------
    dict
        ``columns``, pairs of a feature and a mark ("" for medians); ``rows``, the values of each
        segment in that order; ``everyone``; ``marked`` and ``medians``, whether there are columns
        with a mark, and without.
    """
    features, overall = profiles["features"], profiles["overall"]
    kinds = {f: overall.get(f, {}).get("kind", "many") for f in features}

    def row(figures: dict[str, Any]) -> list[str]:
        return [_typical(figures.get(f, {}), f, kinds[f]) for f in features]

    marks = [_MARKS.get(kinds[f], "") for f in features]
    return {
        "columns": list(zip(features, marks, strict=True)),
        "rows": [row(s["features"]) for s in profiles["segments"]],
        "everyone": row(overall),
        "marked": any(marks),
        "medians": not all(marks),
    }


def _typical(figures: dict[str, Any], feature: str, kind: str) -> str:
    if kind == "flag":
        return percent(figures.get("mean"))
    return amount(figures.get("mean" if kind == "few" else "median"), feature)
