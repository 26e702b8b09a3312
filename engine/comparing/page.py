"""The page of a comparison, made from what is told of it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.comparing.changes import MEAN
from engine.comparing.flow_page import moves_of
from engine.comparing.told import (
    merged,
    rounding,
    sentences,
    share_not_merged,
    share_stayed,
)
from engine.utilities.segment_numbers import on_page
from engine.visualization.labels import label, two_values
from engine.visualization.page.leaf import Cell, Leaf, Points, Section, Table, Tone
from engine.visualization.readable import (
    MINUS,
    MISSING,
    count,
    percent,
    two_shares,
)

_VERDICTS: tuple[tuple[float, Tone, str], ...] = (
    (0.8, "good", "Most customers are in the segment they were in"),
    (0.5, "mid", "Many customers changed their segment"),
    (-1.0, "mid", "Most customers changed their segment"),
)
"""Least share who stayed, and what is said."""

_LEAST = 0.2
"""Effect size from which on a change stands in the open (Cohen, 1988: small)."""

_ROUNDED = 0.1
"""Most by which a share may be off that is said."""

_OPEN = 12
"""Changes of a step that stand in the open."""

_RULES = {
    True: "how much more or less they were worth than before; who left counts with all of it",
    False: "how clearly they belong to their new segment",
}


def page_of(tree: dict[str, Any], moves: int) -> str:
    """Write the page.

    Parameters
    ----------
    tree : dict
        As of :func:`engine.comparing.told.told`.
    moves : int
        Customers that are listed in the file of moves.
    """
    periods = tree["periods"]
    first, last = periods[0], periods[-1]
    share = share_stayed(tree)
    tone, said = next((t, s) for least, t, s in _VERDICTS if share >= least)
    about = "about " * any(step["about"] or step["about_both"] for step in tree["steps"])
    part = _nearly(share, rounding(tree)) or f"{about}{percent(share)}"
    verdict = f"{said}: {part} of those with a segment in both periods stayed."
    others = share_not_merged(tree)
    if others is not None:
        many = len([one for step in tree["steps"] for one in merged(step)])
        head = f"{many} segments merged" if many > 1 else "A segment merged"
        part = _nearly(others, rounding(tree)) or f"{about}{percent(others)}"
        verdict = f"{head} into others; of all other customers {part} stayed."
    if rounding(tree) > _ROUNDED:
        tone, verdict = "mid", "Too few customers to say how many stayed in their segment."
    if not any(step["matched"]["segments"] for step in tree["steps"]):
        tone, verdict = "bad", "No segment is one of before, so nobody stayed in one."
    leaf = Leaf(
        title=f"{last['name']}: {first['label']} to {last['label']}",
        kicker=f"Segments compared, {len(periods)} periods",
        tone=tone,
        verdict=verdict,
        sentences=sentences(tree),
        sections=[
            Section("Who went where", moves_of(tree)),
            Section("Sizes over time", _sizes(tree)),
            Section("What changed", _changes(tree)),
            Section("Whose move matters", [_listed(tree, moves)]),
            Section("What was compared", _compared(tree)),
        ],
    )
    return leaf.html()


def _nearly(share: float, off: float) -> str:
    """Say a rounded share of nearly none or nearly all."""
    if off and share - off <= 0:
        return "few"
    return "nearly all" if off and share + off >= 1 else ""


def _sizes(tree: dict[str, Any]) -> list[Any]:
    """Show the segments' customers in each period."""
    names: dict[int, Cell] = {}
    cells: dict[int, dict[int, Cell]] = {}
    for i, period in enumerate(tree["periods"]):
        for s in period["segments"]:
            called = f"{on_page(s['segment'])}\u2002{s['name']}"
            names[s["track"]] = Cell(called, segment=s["track"])
            few = f"fewer than {tree['smallest_group']:,}"
            told = few if s["customers"] is None else count(s["customers"])
            note = "" if s["share"] is None else percent(s["share"])
            cells.setdefault(s["track"], {})[i] = Cell(told, note)
    many = range(len(tree["periods"]))
    rows = [[names[t], *(cells[t].get(i, Cell(MISSING)) for i in many)] for t in sorted(names)]
    foot = [Cell("All"), *(Cell(count(p["customers"])) for p in tree["periods"])]
    head = ["Segment", *(p["label"] for p in tree["periods"])]
    said = "A segment has the name of the last period it was in; a dash: it was not there."
    return [said, Table(head, rows, foot=foot, wide=True)]


def _changes(tree: dict[str, Any]) -> list[Any]:
    parts: list[Any] = [
        "Means of segments that are the same, in the columns\u2019 own units. The effect size of a "
        "mean is its difference in standard deviations of the customers of both periods, that of "
        "a share Cohen\u2019s h: below 0.2 none to speak of, from 0.8 on large. Nothing is "
        "tested: of many customers every difference would be significant."
    ]
    for step in tree["steps"]:
        title = f"{step['from']} to {step['to']}"
        rows = sorted(step["changes"], key=lambda c: -abs(c["effect"] or 0.0))
        large = [c for c in rows if abs(c["effect"] or 0.0) >= _LEAST]
        if not large:
            parts.append(f"{title}: no mean of a segment changed by an effect of {_LEAST} or more.")
        else:
            parts.append(_changed(step, large[:_OPEN], title, folded=False))
        if len(rows) > len(large[:_OPEN]):
            parts.append(_changed(step, rows, f"All changes, {title}", folded=True))
    return parts


def _changed(
    step: dict[str, Any], rows: Sequence[Mapping[str, Any]], title: str, *, folded: bool
) -> Table:
    names = {s["segment"]: s["name"] for s in step["columns"]}
    cells: list[list[Cell | str]] = []
    for c in rows:
        then, now = _two(c, step)
        what = label(step, c["column"])
        what = what if c["level"] is None else f"{what}: {c['level']}"
        effect = MISSING if c["effect"] is None else f"{c['effect']:+.2f}".replace("-", MINUS)
        segment = f"{on_page(c['to'])}\u2002{names[c['to']]}"
        cells.append([segment, f"{what} ({c['of']})", then, now, Cell(effect, c["size"])])
    head = ["Segment", "What", "Before", "Now", "Effect size"]
    return Table(head, cells, numbers=[2, 3, 4], title=title, folded=folded)


def _two(change: Mapping[str, Any], step: Mapping[str, Any]) -> tuple[str, str]:
    if change["of"] == MEAN:
        return two_values(dict(step), change["column"], change["before"], change["after"])
    return two_shares(change["before"], change["after"])


def _listed(tree: dict[str, Any], moves: int) -> str:
    worth = any("money" in step for step in tree["steps"])
    # All who moved, less all who could, would tell of few.
    how_many = f" {moves:,}" * (not any(step["about"] for step in tree["steps"]))
    each = " of each step" * (len(tree["steps"]) > 1)
    return (
        f"moves.csv beside this page lists{how_many} customers who moved, those{each} first whose "
        f"move matters most, by {_RULES[worth]}. It holds identifiers, and this page none."
    )


def _compared(tree: dict[str, Any]) -> list[Any]:
    rows = [
        [
            p["label"], ("data " if p["data"] else "run ") + p["run"], p["input"],
            count(p["customers"]), str(len(p["segments"])),
        ]
        for p in tree["periods"]
    ]  # fmt: skip
    head = ["Period", "What", "Data", "Customers", "Segments"]
    parts: list[Any] = [Table(head, rows, numbers=[3, 4])]
    return [*parts, Points(tree["notes"])] if tree["notes"] else parts
