"""How a result shows itself: a few lines, or in a notebook a small table."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl

from engine.utilities.segment_numbers import on_page
from engine.utilities.shown import cut
from engine.visualization.readable import held, part_of, percent

_MOST = 30
"""Segments that are listed."""

_NAME = 80


def in_text(summary: dict[str, Any], profiles: pl.DataFrame, report: Path | None) -> str:
    """Describe a run in lines."""
    rows = list(_rows(summary, profiles))
    width = max((len(name) for _, name, _, _ in rows), default=0)
    size = max((len(customers) for _, _, customers, _ in rows), default=0)
    lines = [
        f"  {n:>3}  {name:<{width}}  {customers:>{size}}  {share}"
        for n, name, customers, share in rows
    ]
    where = "  no files were left; .report_html is the page" if report is None else f"  {report}"
    return "\n".join([_head(summary), *lines, *_rest(profiles), where])


def in_html(summary: dict[str, Any], profiles: pl.DataFrame, report: Path | None) -> str:
    """Describe a run as a table without scripts; names hold words of the data, and are escaped."""
    cells = "".join(
        f"<tr><td>{n}</td><td style='text-align:left'>{escape(name)}</td>"
        f"<td>{customers}</td><td>{escape(share)}</td></tr>"
        for n, name, customers, share in _rows(summary, profiles)
    )
    meaning = escape(str((summary.get("structure") or {}).get("meaning", "")))
    where = "" if report is None else f"<p>{_link(report)}</p>"
    more = "".join(f"<p>{line.strip()}</p>" for line in _rest(profiles))
    return (
        f"<div><p><b>{escape(_head(summary))}</b></p><table><thead><tr><th>number</th>"
        "<th style='text-align:left'>segment</th><th>customers</th><th>share</th></tr></thead>"
        f"<tbody>{cells}</tbody></table>{more}<p>{meaning}</p>{where}</div>"
    )


def _link(report: Path) -> str:
    """Name the report by a link; notebooks open those of their own folder by relative paths."""
    here, full = Path.cwd(), report.absolute()
    near = full.is_relative_to(here)
    target = quote(full.relative_to(here).as_posix()) if near else full.as_uri()
    return f"<a href='{escape(target)}' target='_blank'>Report</a>: {escape(str(report))}"


def _head(summary: dict[str, Any]) -> str:
    word = (summary.get("structure") or {}).get("word", "not measured")
    k = summary["methods"][summary["best"]]["k"]
    customers = f"{summary['n_customers']:,} customers"
    return f"{summary['name']}: {customers} in {k:,} segments, structure: {word}"


def _rows(summary: dict[str, Any], profiles: pl.DataFrame) -> Iterator[tuple[int, str, str, str]]:
    least = summary["config"]["output"]["smallest_group"]
    for row in profiles.head(_MOST).iter_rows(named=True):
        few = row["customers"] < least
        share = part_of(row["share"], row, least) if few else percent(row["share"])
        number, name = on_page(row["segment"]), cut(str(row["segment_name"]), _NAME)
        yield number, name, held(row, least), share


def _rest(profiles: pl.DataFrame) -> list[str]:
    rest = profiles.height - _MOST
    return [f"  and {rest:,} more segments"] if rest > 0 else []
