"""The table of the segments beside each other: features down, segments across."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.utilities.few import rounded_note, rounded_to
from engine.utilities.segment_numbers import on_page
from engine.visualization.labels import label, share_of, value
from engine.visualization.readable import MISSING, held, number, part_of, percent

if TYPE_CHECKING:
    from engine.visualization.page.worth import Worth

ACROSS = 10
"""Segments of one table: more of them stand in tables below each other, which paper holds."""

LEVELS = 6
"""Levels of a column that describes segments, the most common first."""

_MARKS = {"flag": "share", "few": "mean"}
"""How a column is told that is not by its median."""

_FULL, _SLIGHT = 1.5, 0.4
"""Standard deviations from everyone at which a cell is tinted fully, and from which on at all."""

_TINT = 0.34
"""Opacity of a full tint; what is written on it stays legible in light and dark."""


@dataclass(frozen=True)
class Cell:
    """A value, and how it is tinted: ``above`` or ``below`` everyone, so strongly; or not.

    A level of a category has its share of the segment beside it.
    """

    text: str
    way: str = ""
    tint: float = 0.0
    share: str = ""


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes
    ----------
    label, mark : str
        What it shows, and how where that is not the median.
    cells : list of Cell
        One a segment of the table, then one of everyone.
    """

    label: str
    mark: str
    cells: list[Cell]


@dataclass(frozen=True)
class Block:
    """A table: its segments, and groups of rows, each with a title ("" for the first)."""

    segments: list[dict[str, Any]]
    groups: list[tuple[str, list[Row]]]


def side_by_side(profiles: dict[str, Any], worth: Worth | None = None) -> dict[str, Any]:
    """Lay out what is typical of each segment and of everyone.

    Parameters
    ----------
    profiles : dict
        ``features``, ``overall`` with the ``kind`` of each, ``segments``; ``describing`` names
        the columns that formed no segment, which stand in a group of their own.
    worth : Worth or None
        What segments are worth, which stands below their sizes.

    Returns
    -------
    dict
        ``blocks``, tables of at most ten segments; ``marked`` and ``medians``, whether there are
        rows with a mark, and without; ``levels``, whether there are rows of categories,
        ``tinted``, whether cells are, and ``rounded``, that shares are, in words.
    """
    segments = profiles["segments"]
    # As many tables as are needed, of about as many segments each.
    each = -(-len(segments) // max(-(-len(segments) // ACROSS), 1)) or 1
    parts = [segments[i : i + each] for i in range(0, len(segments), each)]
    blocks = [_block(part, profiles, worth) for part in parts]
    rows = [row for block in blocks for _, group in block.groups[1:] for row in group]
    return {
        "blocks": blocks,
        "marked": any(row.mark in ("share", "mean") for row in rows),
        "medians": any(not row.mark for row in rows),
        "levels": any(row.mark == "level" for row in rows),
        "tinted": any(cell.tint for row in rows for cell in row.cells),
        "rounded": rounded_note(rounded_to(profiles)),
    }


def _block(part: list[dict[str, Any]], profiles: dict[str, Any], worth: Worth | None) -> Block:
    describing = [str(c) for c in profiles.get("describing") or []]
    forming = [f for f in profiles["features"] if f not in describing]
    categories = [c for c in profiles.get("categories") or [] if c not in describing]
    called = [
        {"segment": int(s["segment"]), "number": on_page(int(s["segment"])), "name": s["name"]}
        for s in part
    ]
    groups = [("Size", _of_sizes(part, profiles, worth))]
    groups.append(("What formed the segments", _rows([*forming, *categories], part, profiles)))
    groups.append(("What describes them, and did not form them", _rows(describing, part, profiles)))
    kept = [(title, rows) for title, rows in groups if rows]
    return Block(called, kept)


def _of_sizes(
    part: list[dict[str, Any]], profiles: dict[str, Any], worth: Worth | None
) -> list[Row]:
    least = profiles.get("smallest_group", 1)
    everyone = f"{profiles['customers']:,}"
    rows = [
        Row("Customers", "size", [*(Cell(held(s, least)) for s in part), Cell(everyone)]),
        Row(
            "Share of customers",
            "size",
            [*(Cell(part_of(s["share"], s, least)) for s in part), Cell("100%")],
        ),
    ]
    if worth:
        own = [worth.of(int(s["segment"])) for s in part]
        # Of a total that is not above nothing nobody has a share.
        every = "100%" if any(number(p.share) for p in worth.parts.values()) else MISSING
        rows += [
            Row(f"Share of {worth.label}", "size", [*(Cell(p.percent) for p in own), Cell(every)]),
            Row(
                f"{worth.label[0].upper()}{worth.label[1:]} per customer",
                "mean",
                [*(Cell(p.mean) for p in own), Cell(worth.mean)],
            ),
        ]
    return rows


def _rows(columns: list[str], part: list[dict[str, Any]], profiles: dict[str, Any]) -> list[Row]:
    """Give a row a column; none for a category of which no level stands out anywhere."""
    found = []
    for column in columns:
        if column in profiles["overall"]:
            found.append(_of_number(column, part, profiles))
        elif levels := (profiles.get("shares") or {}).get(column):
            found += [_of_level(column, x, part, profiles) for x in levels[:LEVELS]]
        elif any(x["column"] == column for s in profiles["segments"] for x in s.get("levels", [])):
            found.append(_of_category(column, part, profiles))
    return found


def _of_number(column: str, part: list[dict[str, Any]], profiles: dict[str, Any]) -> Row:
    everyone = profiles["overall"][column]
    kind = everyone.get("kind", "many")
    cells = []
    for segment in part:
        figures = segment["features"].get(column, {})
        z = figures.get("z")
        text = _typical(figures, column, kind, profiles)
        way = "" if not number(z) or abs(z) < _SLIGHT else "above" if z > 0 else "below"
        tint = round(_TINT * min(abs(z or 0.0), _FULL) / _FULL, 2) if way else 0.0
        cells.append(Cell(text, way, tint))
    cells.append(Cell(_typical(everyone, column, kind, profiles)))
    return Row(label(profiles, column), _MARKS.get(kind, ""), cells)


def _typical(figures: dict[str, Any], column: str, kind: str, profiles: dict[str, Any]) -> str:
    if kind == "flag":
        return share_of(figures.get("mean"), profiles["overall"][column])
    return value(profiles, column, figures.get("mean" if kind == "few" else "median"))


def _of_level(
    column: str, everyone: dict[str, Any], part: list[dict[str, Any]], profiles: dict[str, Any]
) -> Row:
    """Give the share of a level in each segment, of a column that describes them."""
    cells = []
    for segment in part:
        own = (segment.get("shares") or {}).get(column) or []
        shares = [x["share"] for x in own if x["level"] == everyone["level"]]
        cells.append(Cell(share_of(shares[0] if shares else None, everyone)))
    text = f"{label(profiles, column)} {everyone['level']}"
    return Row(text, "share", [*cells, Cell(percent(everyone["share"]))])


def _of_category(column: str, part: list[dict[str, Any]], profiles: dict[str, Any]) -> Row:
    """Name the level that stands out most in each segment."""
    cells = []
    for segment in part:
        own = [x for x in segment.get("levels", []) if x["column"] == column]
        first = own[0] if own else None
        cells.append(
            Cell(str(first["level"]), share=percent(first["share"])) if first else Cell("")
        )
    return Row(label(profiles, column), "level", [*cells, Cell("")])
