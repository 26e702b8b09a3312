"""Slides that put things beside each other: segments, figures, other numbers of segments."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from engine.visualization.charts.canvas import MUTED
from engine.visualization.slides.paper import BOTTOM, LEFT, TOP, WITHIN, Box, Paper

if TYPE_CHECKING:
    from engine.visualization.page.pictures import Picture
    from engine.visualization.page.side_by_side import Block
    from engine.visualization.page.view import View

ROWS = 15
"""Rows of a table on one slide."""

_BLOCKS = 4
"""Tables of ten segments each; the page holds all."""

_MARKS = ("share", "mean")
_TALL = 0.32
_SECTIONS = ("figures", "what_if", "value", "sellers")
_DRAWN_ALREADY = ("sizes.png",)
"""Figures that the slides hold as a chart of their own."""


def side_by_side(paper: Paper, view: View) -> None:
    """Put what is typical of each segment beside the others, in tables that fit."""
    pages = [
        (block, rows) for block in view.beside["blocks"][:_BLOCKS] for rows in _pages(_rows(block))
    ]
    for number, (block, rows) in enumerate(pages, 1):
        of = f", {number} of {len(pages)}" if len(pages) > 1 else ""
        _table(paper, block, f"Side by side{of}", rows)
    if view.beside["medians"]:
        paper.foot("Medians, in original units, where nothing else is said.")


def _rows(block: Block) -> list[list[str]]:
    """Give the rows of a table, with a row of its title before each group but the sizes."""
    rows: list[list[str]] = []
    for title, group in block.groups:
        if rows:
            rows.append([title, *[""] * len(group[0].cells)])
        rows += [
            [f"{row.label} ({row.mark})" if row.mark in _MARKS else row.label]
            + [cell.text for cell in row.cells]
            for row in group
        ]
    return rows


def _pages(rows: list[list[str]]) -> list[list[list[str]]]:
    """Part rows into those of a slide each, as many on each as on the others."""
    slides = -(-len(rows) // ROWS)
    each = -(-len(rows) // slides)
    return [rows[i : i + each] for i in range(0, len(rows), each)]


def _table(paper: Paper, block: Block, title: str, rows: list[list[str]]) -> None:
    heads = [f"{s['number']}  {s['name']}" for s in block.segments]
    paper.new(title)
    size = 12 if len(heads) <= 6 else 10
    first = 3.6 if len(heads) <= 6 else 2.6
    each = (WITHIN - first) / (len(heads) + 1)
    table = [["", *heads, "Everyone"], *rows]
    box = Box(LEFT, TOP, WITHIN, _TALL * len(table))
    paper.table(table, box, [first, *([each] * (len(heads) + 1))], size=size, heads=3, tall=_TALL)


def figures(paper: Paper, view: View) -> None:
    """Give each figure a slide, with how it is read."""
    for section in _SECTIONS:
        for picture in view.pictures.get(section, []):
            if picture.chart.file not in _DRAWN_ALREADY:
                _figure(paper, picture)


def _figure(paper: Paper, picture: Picture) -> None:
    paper.new(picture.chart.title)
    content = base64.b64decode(picture.uri.partition(",")[2])
    pixels = picture.width, picture.height
    if pixels[0] > 2.2 * pixels[1]:  # wide: how it is read stands below
        box = Box(LEFT, TOP, WITHIN, 4.8)
        reading = Box(LEFT, TOP + 4.95, WITHIN, BOTTOM - TOP - 4.95)
    else:
        box = Box(LEFT, TOP, 8.3, BOTTOM - TOP)
        reading = Box(LEFT + 8.7, TOP, WITHIN - 8.7, BOTTOM - TOP)
    paper.picture(content, box, pixels, picture.chart.alt)
    paper.text([picture.chart.reading], reading, size=15, colour=MUTED)


def numbers_beside(paper: Paper, view: View) -> None:
    """Put other numbers of segments beside the one that is described, where some were asked for."""
    found = view.what_if
    if not found:
        return
    paper.new(f"What if there were {found['others']} segments")
    head = ["Segments", "Structure", "Largest", "Smallest", "Silhouette", "Without groups",
            "Drawn anew"]  # fmt: skip
    rows = [
        [
            f"{row['k']}{' (described)' if row['described'] else ''}", row["word"], row["largest"],
            row["smallest"], row["silhouette"], row["chance"], row["stability"],
        ]
        for row in found["rows"]
    ]  # fmt: skip
    table = [head, *rows]
    paper.table(
        table, Box(LEFT, TOP, WITHIN, 0.4 * len(table)), [WITHIN / 7] * 7, size=14, tall=0.4
    )
    at = TOP + 0.4 * len(table) + 0.4
    rule = f"These slides describe {found['k']} segments. {found['rule']}"
    paper.text([rule], Box(LEFT, at, WITHIN, BOTTOM - at), size=16)
