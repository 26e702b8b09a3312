"""Who went where, as the page shows it: a figure of the flows, and matrices that add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.comparing.steps import LEFT
from engine.comparing.tables import NEW, NO_SEGMENT
from engine.comparing.told import SEGMENT, is_there
from engine.utilities.segment_numbers import on_page
from engine.visualization.charts import flows
from engine.visualization.charts.canvas import NO_SEGMENT as GREY
from engine.visualization.charts.canvas import colour
from engine.visualization.few import roughly
from engine.visualization.page.leaf import Cell, Figure, Table
from engine.visualization.readable import MISSING, count, money, percent

_KINDS = {NEW: "New", LEFT: "Left", NO_SEGMENT: "Without a segment"}


def moves_of(tree: dict[str, Any]) -> list[Any]:
    """Give the part of the page on who went where.

    Parameters
    ----------
    tree : dict
        As of :func:`engine.comparing.told.told`.
    """
    parts: list[Any] = _matched(tree["steps"])
    figure = _figure(tree)
    parts += [figure] if figure else []
    several = len(tree["steps"]) > 1
    for step in tree["steps"]:
        title = f"{step['from']} to {step['to']}"
        parts.append(_matrix(tree, step, f"Customers, {title}", folded=several))
        if "money" in step:
            parts.append(_money(tree, step, title))
    if any(None in row for step in tree["steps"] for row in step["counts"]):
        least = tree["smallest_group"]
        parts.append(
            f"A dot stands for counts of fewer than {least:,} customers, and for others that keep "
            "these from being had by subtraction; larger ones of these are rounded, with ≈. "
            "What all of them come to is under not exact."
        )
    return parts


def _matched(steps: Sequence[Mapping[str, Any]]) -> list[Any]:
    if len(steps) > 1 and all(step["matched"]["by"] == "numbers" for step in steps):
        return [
            "Each run continues one before it (clustering.continue_from), so that segments with "
            "one number are the same."
        ]
    return [*dict.fromkeys(step["matched"]["sentence"] for step in steps)]


def _tracks(tree: dict[str, Any], label: str) -> dict[int, int]:
    """Give for each segment of a period the number whose colour it has in all periods."""
    period = next(p for p in tree["periods"] if p["label"] == label)
    return {s["segment"]: s["track"] for s in period["segments"]}


def _side(side: Mapping[str, Any], tracks: Mapping[int, int]) -> Cell:
    if side["kind"] != SEGMENT:
        return Cell(_KINDS[side["kind"]])
    number = side["segment"]
    return Cell(f"{on_page(number)}\u2002{side['name']}", segment=tracks.get(number, number))


def _columns(step: Mapping[str, Any], tracks: Mapping[int, int]) -> list[int]:
    """Give the columns that are shown, in the order in which the figure has them."""
    shown = [j for j, side in enumerate(step["columns"]) if is_there(side)]
    return sorted(shown, key=lambda j: tracks.get(step["columns"][j]["segment"], len(shown) + 999))


def _head(side: Mapping[str, Any]) -> str:
    if side["kind"] != SEGMENT:
        return _KINDS[side["kind"]]
    return f"{on_page(side['segment'])} {side['name']}"


def _matrix(tree: dict[str, Any], step: dict[str, Any], title: str, *, folded: bool) -> Table:
    """Show customers by both segments, with the share of the row, and what both come to."""
    shown = _columns(step, _tracks(tree, step["to"]))
    few = any(side["pooled"] for side in step["rows"])
    tracks = _tracks(tree, step["from"])
    same = {(pair["from"], pair["to"]) for pair in step["matched"]["segments"]}
    rows = []
    for i, side in enumerate(step["rows"]):
        if not is_there(side):
            continue
        cells = [
            _counted(
                step["counts"][i][j], side, (side, step["columns"][j]), same, step["rough"][i][j]
            )
            for j in shown
        ]
        rest = [Cell(count(side["pooled"]))] if few else []
        rows.append([_side(side, tracks), *cells, *rest, Cell(count(side["customers"]))])
    foot = [Cell("All"), *(Cell(count(step["columns"][j]["customers"])) for j in shown)]
    foot += [Cell("")] * (2 if few else 1)
    heads = [_head(step["columns"][j]) for j in shown]
    head = ["From, to", *heads, *(["Not exact"] if few else []), "All"]
    return Table(head, rows, title=title, foot=foot, wide=True, folded=folded)


def _counted(
    n: int | None,
    side: Mapping[str, Any],
    ends: tuple[Any, Any],
    same: set[tuple[int, int]],
    rough: int | None,
) -> Cell:
    if ends[0]["kind"] == NEW and ends[1]["kind"] == LEFT:
        return Cell("")
    stays = (ends[0]["segment"], ends[1]["segment"]) in same
    if n is None:
        share = rough / side["customers"] if rough else 0.0
        text = roughly(rough) if rough else "\u00b7"
        return Cell(text, shade=(-1 if stays else 1) * share)
    share = n / side["customers"] if side["customers"] else 0.0
    note = percent(share) if n else ""
    return Cell(count(n), note, shade=(-1 if stays else 1) * share)


def _money(tree: dict[str, Any], step: dict[str, Any], title: str) -> Table:
    shown, tracks = _columns(step, _tracks(tree, step["to"])), _tracks(tree, step["from"])
    found = step["money"]
    rows = []
    for i, side in enumerate(step["rows"]):
        if not is_there(side):
            continue
        cells = [
            Cell(money(found["after"][i][j]), f"was {money(found['before'][i][j])}")
            if found["after"][i][j] is not None
            else Cell("\u00b7")
            for j in shown
        ]
        rows.append([_side(side, tracks), *cells, _worth(side)])
    foot = [Cell("All"), *(_worth(step["columns"][j]) for j in shown), Cell("")]
    head = ["From, to", *(_head(step["columns"][j]) for j in shown), "All"]
    name = f"{str(found['label'])[:1].upper()}{str(found['label'])[1:]}, {title}"
    return Table(head, rows, title=name, foot=foot, wide=True, folded=True)


def _worth(side: Mapping[str, Any]) -> Cell:
    if side["money_after"] is None:
        return Cell(MISSING)
    return Cell(money(side["money_after"]), f"was {money(side['money_before'])}")


def _figure(tree: dict[str, Any]) -> Figure | None:
    """Draw where customers go; None where that is more than can be seen."""
    periods, between = _bars(tree), [_flow(step) for step in tree["steps"]]
    if not flows.drawable(periods):
        return None
    return Figure.drawn(
        lambda: flows.between(periods, between, "Customers from period to period"),
        "From period to period",
        "Flow diagram: a column of bars for each period, each bar as tall as it has customers, "
        "with bands from one column to the next.",
        "Each column is a period. A band is customers who are in the segment at its left end, "
        "and later in the one at its right end; none is drawn of too few. Grey, below the "
        "segments: customers without a segment, those who have left since the period before, and "
        "those who are not there yet and come by the next one. On a phone it scrolls sideways.",
        wide=True,
    )


def _bars(tree: dict[str, Any]) -> list[flows.Period]:
    """Give the columns: the segments, then who has none, has left, or is yet to come."""
    steps, found = tree["steps"], []
    most = max(p["customers"] for p in tree["periods"])
    for i, period in enumerate(tree["periods"]):
        step = steps[i] if i < len(steps) else None
        sides = step["rows"] if step else steps[-1]["columns"]
        counts = [side["customers"] or 0 for side in sides[:-1]]
        left = steps[i - 1]["columns"][-1]["customers"] or 0 if i else 0
        came = sides[-1]["customers"] or 0 if step else 0
        own = _tracks(tree, period["label"])
        segments = [side for side in sides if side["kind"] == SEGMENT]
        labels = [f"{on_page(s['segment'])}  {s['name']}" for s in segments]
        shades = [colour(own[s["segment"]]) for s in segments]
        k = len(segments)
        found.append(
            flows.Period(
                period["label"],
                f"{period['customers']:,} customers",
                [*labels, "customers in no segment", "have left", "not there yet"],
                [*shades, GREY, GREY, GREY],
                [n / most for n in (*counts, left, came)],
                [*sorted(range(k), key=lambda j: own[segments[j]["segment"]]), k, k + 1, k + 2],
            )
        )
    return found


def _flow(step: dict[str, Any]) -> list[list[int | None]]:
    """Give the flows between the bars of two columns, each with its three last ones."""
    both = zip(step["counts"], step["rough"], strict=True)
    counts = [[r if n is None else n for n, r in zip(*row, strict=True)] for row in both]
    width = len(step["columns"]) + 1
    rows = [[*row, 0] for row in counts[:-1]]  # segments, and none: left stands next to last
    return [*rows, [0] * width, [*counts[-1][:-1], 0, 0]]
