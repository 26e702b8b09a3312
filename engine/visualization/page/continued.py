"""How today's segments continue those of a previous model, as the page shows it."""

from __future__ import annotations

from typing import Any

from engine.utilities.segment_numbers import on_page
from engine.visualization import readable
from engine.visualization.few import roughly

_STATUS = {"kept": "kept", "moved": "kept, moved", "new": "new"}
_GONE = {"merged": "merged into others", "split": "split into others", "gone": "gone"}


def continuity_view(summary: dict[str, Any]) -> dict[str, Any] | None:
    """Collect how segments continue those of a previous model; None where there is none.

    Parameters
    ----------
    summary : dict
        Its ``continuity`` is what :func:`engine.continuity.told.tell` told.

    Returns
    -------
    dict or None
        ``rows``, one for each of today's segments, and ``gone``, one for each previous segment
        that none of them continues; ``migration``, customers by both segments; ``run``, ``ari``,
        ``n_kept``, ``n_before``, ``sentences``.
    """
    told = summary.get("continuity")
    if not told:
        return None
    return {
        "run": readable.run_date(told["run"]),
        "ari": _two(told["ari"]),
        "n_kept": told["n_kept"],
        "n_before": told["n_before"],
        "rows": [_today(segment, told) for segment in told["segments"]],
        "gone": [_gone(segment, told) for segment in told["gone"]],
        "migration": _migration(told.get("migration")),
        "sentences": told["sentences"][1:],  # the first one is the paragraph above them
    }


def _today(segment: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    return {
        "segment": segment["segment"],
        "name": segment["name"],
        "status": _status(segment, told),
        "from": _parts(segment["from"]) or readable.MISSING,
        "moved": _two(segment["moved"]),
    }


def _status(segment: dict[str, Any], told: dict[str, Any]) -> str:
    """Say what a segment is to the previous ones, and which of them are parts of it."""
    number, before = segment["segment"], segment["before"]
    made_of = [part for m in told["merged"] if m["segment"] == number for part in m["of"]]
    parts_of = [s for s in told["split"] if number in {part["segment"] for part in s["into"]}]
    if before is None:
        if made_of:
            return f"merged from {_called(made_of)}"
        return f"split from {_called(parts_of)}" if parts_of else "new"
    said = _STATUS[segment["status"]]
    if joined := [part for part in made_of if part["segment"] != before]:
        said += f"; took in {_called(joined)}"
    if any(s["segment"] == before for s in parts_of):
        said += "; parts of it are segments of their own"
    return said


def _gone(segment: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    number = segment["segment"]
    heirs = [m for m in told["merged"] if number in {part["segment"] for part in m["of"]}]
    status = segment.get("status", "gone")  # not said by runs of before
    return {
        "segment": number,
        "name": segment["name"],
        "status": f"merged into {_called(heirs)}" if heirs else _GONE[status],
        "to": _parts(segment["to"]) or readable.MISSING,
        "customers": readable.count(segment["customers"]),
    }


def _migration(told: dict[str, Any] | None) -> dict[str, Any] | None:
    """Give who went where as a table of words; None for runs that did not say so yet."""
    if not told:
        return None
    rows = [{**row, "cells": [*_counts(row), _count(row["customers"])]} for row in told["before"]]
    now = told["now"]
    every = [c["customers"] for c in now]
    return {
        "now": now,
        "rows": rows,
        "totals": [_count(n) for n in (*every, sum(every))],
        "few": any(n is None for row in told["before"] for n in row["counts"]),
        "by_model": told["by"] == "model",
        "why": told["why"],
    }


def _counts(row: dict[str, Any]) -> list[str]:
    counts = row["counts"]
    rough = row.get("rough") or [None] * len(counts)  # earlier runs told none
    return [
        roughly(r) if n is None and r else _count(n) for n, r in zip(counts, rough, strict=True)
    ]


def _count(n: int | None) -> str:
    return "few" if n is None else readable.count(n)


def _called(segments: list[dict[str, Any]]) -> str:
    words = [f"{on_page(s['segment'])} {s['name']}" for s in segments]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _parts(parts: list[dict[str, Any]]) -> str:
    return "; ".join(
        f"{on_page(p['segment'])} {p['name']} ({readable.percent(p['share'])})" for p in parts
    )


def _two(value: Any) -> str:
    return f"{value:.2f}" if readable.number(value) else readable.MISSING
