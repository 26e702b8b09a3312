"""A run's segments as the sheets of a workbook: who they are, their figures, their customers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from engine.descriptive_stats.profiles import Profiles
from engine.utilities.few import rounded_note, rounded_to
from engine.utilities.segment_numbers import on_page
from engine.utilities.workbooks import MOST_ROWS, Sheet

CUSTOMERS, PROFILES, SEGMENTS = "customers", "profiles", "segments"

MOST_CUSTOMERS = MOST_ROWS - 1
"""Customers of a sheet, under its header."""

_SHARES = {"share": "0.0%", "value share": "0.0%"}


def segments_sheet(
    tree: Mapping[str, Any], names: Sequence[str], above: Sequence[str] = ()
) -> Sheet:
    """Give the sheet with a row a segment: its numbers, name, size, worth and what to do.

    Parameters
    ----------
    tree : mapping
        Of the run's profiles.
    names : sequence of str
        Of its segments today.
    above : sequence of str
        Sentences over it.
    """
    value = tree.get("value")
    segments = tree["segments"]
    rows: dict[str, list[Any]] = {
        "number": [on_page(s["segment"]) for s in segments],
        "segment": [s["segment"] for s in segments],
        "name": list(names),
        "customers": [s["customers"] for s in segments],
        "share": [s["share"] for s in segments],
    }
    if value:
        label = str(value.get("label") or value["column"])
        worth = [s.get("value") or {} for s in segments]
        for column, key in ((label, "total"), ("value share", "share"), (f"mean {label}", "mean")):
            name = column if column not in rows else f"{column} (value)"
            rows[name] = [_number(w.get(key)) for w in worth]
    if any(s.get("who") for s in segments):
        rows["who"] = [s.get("who") for s in segments]
    if any(s.get("actions") for s in segments):
        rows["what to do"] = [_actions(s.get("actions") or []) for s in segments]
    frame = pl.DataFrame(rows, strict=False)
    return Sheet(SEGMENTS, frame.schema, [frame], above, _SHARES)


def _actions(actions: Sequence[Mapping[str, Any]]) -> str | None:
    return "\n".join(f"{a['action']}: {a['text']}" for a in actions) or None


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def profiles_sheet(tree: Mapping[str, Any], names: Sequence[str]) -> Sheet:
    """Give the sheet with the figures of each segment, as in ``profiles.csv``."""
    frame = Profiles(dict(tree), list(names)).table()
    frame = frame.with_columns(segment_name=pl.Series(list(names), dtype=pl.String))
    above = [note] if (note := rounded_note(rounded_to(tree))) else []
    return Sheet(PROFILES, *_numbered(frame.schema, [frame]), above, {"share": "0.0%"})


def customers_sheet(schema: pl.Schema, frames: Iterable[pl.DataFrame]) -> Sheet:
    """Give the sheet with a row a customer, who has the page's number of the segment, too."""
    return Sheet(CUSTOMERS, *_numbered(schema, frames))


def _numbered(
    schema: pl.Schema, frames: Iterable[pl.DataFrame]
) -> tuple[pl.Schema, Iterator[pl.DataFrame]]:
    """Let the numbers that people see stand before the segments' numbers in files."""
    second = schema.get("second_segment_name") == pl.String and "segment" in schema
    before = schema.get("previous_segment_name") == pl.String and "segment" in schema
    beside = {"segment": "number"} | ({"second_segment": "second_number"} if second else {})
    beside |= {"previous_segment": "previous_number"} if before else {}
    names: dict[str, str] = {}
    for column, name in beside.items():
        if schema.get(column) == pl.Int32:
            while name in schema:
                name += "_"
            names[column] = name
    order = [n for c in schema for n in ((names[c], c) if c in names else (c,))]
    numbers = [(pl.col(c) + on_page(0)).cast(pl.Int32).alias(n) for c, n in names.items()]
    kinds = {**schema, **dict.fromkeys(names.values(), pl.Int32())}
    return pl.Schema({c: kinds[c] for c in order}), (
        frame.with_columns(numbers).select(order) for frame in frames
    )
