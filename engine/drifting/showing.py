"""How a drift shows itself: a few lines, or in a notebook a small table."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from engine.visualization.readable import MISSING, amount

if TYPE_CHECKING:
    from engine.drifting.columns import Shift

_MOST = 20
"""Columns, and sentences, that are listed."""


def in_text(head: str, reasons: Sequence[str], lacks: Sequence[str]) -> str:
    """Describe it in lines."""
    rest = len(reasons) - _MOST
    more = [f"and {rest:,} more"] if rest > 0 else []
    return "\n".join([head, *(f"  {r}" for r in (*reasons[:_MOST], *more, *lacks))])


def in_html(
    head: str, reasons: Sequence[str], lacks: Sequence[str], columns: Sequence[Shift]
) -> str:
    """Describe it as a table without scripts; what is named by the data is escaped."""
    cells = "".join(
        f"<tr><td style='text-align:left'>{escape(c.column)}</td><td>{c.level}</td>"
        f"<td>{c.psi:.3f}</td><td>{MISSING if c.effect is None else f'{c.effect:+.2f}'}</td>"
        f"<td>{amount(c.mean_then)}</td><td>{amount(c.mean_now)}</td></tr>"
        for c in columns[:_MOST]
    )
    said = "".join(f"<li>{escape(r)}</li>" for r in (*reasons[:_MOST], *lacks))
    return (
        f"<div><p><b>{escape(head)}</b></p><ul>{said}</ul><table><thead><tr>"
        "<th style='text-align:left'>column</th><th>shift</th><th>index</th><th>effect</th>"
        f"<th>mean then</th><th>mean now</th></tr></thead><tbody>{cells}</tbody></table></div>"
    )
