"""What list and history print: all names at a glance, and one name's runs over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polars import DataFrame
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from engine.command_line.console import size, terminal
from engine.utilities.segment_numbers import on_page
from engine.utilities.shown import cut

_MOST = 8
"""Runs whose sizes stand beside each other."""

_LONGEST = 200
"""Letters of a note."""


def print_names(table: DataFrame) -> None:
    """Print a line a name."""
    heads = "name", "date (UTC)", "segments", "customers", "method", "structure", "runs", "on disk"
    shown = Table(*heads, box=None, header_style="bold")
    for row in table.iter_rows(named=True):
        counts = _count(row["k"]), _count(row["customers"])
        words = row["method"] or "?", row["structure"] or "?", f"{row['runs']}"
        shown.add_row(Text(row["name"]), _date(row), *counts, *map(Text, words), size(row["bytes"]))
    terminal().print(shown)


def print_history(table: DataFrame) -> None:
    """Print the runs in their order, sizes of segments over time, and what runs noted."""
    heads = ("date (UTC)", "run", "method", "segments", "customers", "structure", "silhouette",
             "stayed", "new", "left", "")  # fmt: skip
    shown, rows = Table(*heads, box=None, header_style="bold"), list(table.iter_rows(named=True))
    date = _dates(rows)
    for row in rows:
        both, stayed = row["both"], row["stayed"]
        share = f"{stayed / both:.0%}" if both and stayed is not None else ""
        score = "?" if row["silhouette"] is None else f"{row['silhouette']:.2f}"
        moved = (share, *(_count(row[key], "") for key in ("new", "left")))
        counts = _count(row["k"]), _count(row["customers"])
        words = row["run"], row["method"] or "?", *counts, row["structure"] or "?", score
        shown.add_row(date(row), *map(Text, words), *moved, _about(row))
    terminal().print(shown)
    terminal().print(_sizes(rows[-_MOST:], date))
    said: list[str] = []
    for row in rows:  # what the run before warned of as well is not said again
        warnings = list(row["warnings"] or ())
        for warning in (w for w in warnings if w not in said):
            terminal().print(Text(f"{date(row)}  {cut(warning, _LONGEST)}"))
        said = warnings


def _about(row: dict[str, Any]) -> str:
    told = (
        (row["in_use"], "in use"),
        (row["cut_of"], f"a cut of {row['cut_of']}"),
        (row["continues"], f"continues {row['continues']}"),
        (not row["kept"], "removed"),
    )
    return ", ".join(words for there, words in told if there)


def _sizes(rows: list[dict[str, Any]], date: Callable[[dict[str, Any]], str]) -> Table:
    """Give a line a segment: those that go on over several runs have one."""
    lines: dict[tuple[str, int], dict[str, int]] = {}
    names: dict[tuple[str, int], str] = {}
    first: dict[str, str] = {}
    for row in rows:
        run = row["run"]
        first[run] = first.get(row["continues"], run)
        for segment in row["segments"] or ():
            key = first[run], segment["segment"]
            lines.setdefault(key, {})[run] = segment["customers"]
            names[key] = segment["name"]
    heads = ("segment", *(date(row) for row in rows))
    table = Table(*heads, box=None, header_style="bold", title="customers", title_justify="left")
    for key, sizes in lines.items():
        cells = (_count(sizes.get(row["run"]), "") for row in rows)
        table.add_row(escape(f"{on_page(key[1])} {names[key]}"), *cells)
    return table


def _date(row: dict[str, Any]) -> str:
    return f"{row['date']:%Y-%m-%d %H:%M}" if row["date"] else "?"


def _dates(rows: list[dict[str, Any]]) -> Callable[[dict[str, Any]], str]:
    """Give what writes the date of a run; with seconds where two runs share a minute."""
    if len({_date(row) for row in rows}) == len(rows):
        return _date
    return lambda row: f"{row['date']:%Y-%m-%d %H:%M:%S}" if row["date"] else "?"


def _count(n: int | None, unknown: str = "?") -> str:
    return unknown if n is None else f"{n:,}"
