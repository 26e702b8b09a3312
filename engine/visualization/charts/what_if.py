"""The figure of several numbers of segments: where customers go from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.utilities.segment_numbers import on_page
from engine.visualization.charts.canvas import INK, MUTED, WIDTH, colour, new_figure, title
from engine.visualization.readable import short
from engine.visualization.what_if import Views, owners, views_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from engine.visualization.report_data import ReportData

_BAR, _GAP = 0.13, 0.03
"""Width of a bar, and the room between two, as shares of a column and of all customers."""

_NAMED = 4
"""Numbers of segments beside each other up to which there is room for names."""

MOST_DRAWN = 30
"""Segments of a number that are drawn; of more the page has a table."""


@dataclass(frozen=True)
class Column:
    """The segments of one number: where each begins and ends, from the top down."""

    order: list[int]
    top: list[float]
    tall: list[float]


def what_if(data: ReportData) -> Figure | None:
    """Draw who goes where from one number of segments to the next; None for a run of one."""
    views = views_of(data.summary)
    if len(views) < 2 or max(view["k"] for view in views) > MOST_DRAWN:
        return None
    columns, shades = _columns(views), _shades(views)
    named = len(views) <= _NAMED
    most = max(view["k"] for view in views)
    figure = new_figure(WIDTH if len(views) < 3 else 7.4, min(2.6 + 0.36 * most, 10.0))
    axes = figure.add_subplot()
    for i, view in enumerate(views[:-1]):
        _ribbons(axes, i, view["flows"], (columns[i], columns[i + 1]), shades[i])
    for i, view in enumerate(views):
        _bars(axes, i, view, columns[i], shades[i], named=named, last=i == len(views) - 1)
    room = 0.55 if named else 0.1
    axes.set_xlim(-_BAR, len(views) - 1 + _BAR + room)
    low = max(c.top[c.order[-1]] + c.tall[c.order[-1]] for c in columns)
    axes.set_ylim(low + 0.01, -0.16)
    axes.set_axis_off()
    what = "What if there were more segments, or fewer"
    shown = next(view["k"] for view in views if view["described"])
    title(figure, what if named else f"{what}: {shown} are described")
    return figure


def _columns(views: Views) -> list[Column]:
    """Place the segments of each number so that few flows cross."""
    found: list[Column] = []
    for i, view in enumerate(views):
        k, order = view["k"], list(range(view["k"]))
        if i:
            before, flows = found[-1], views[i - 1]["flows"]
            middle = [before.top[s] + before.tall[s] / 2 for s in range(len(flows))]
            places = [_middle([row[s] for row in flows], middle) for s in range(k)]
            order.sort(key=places.__getitem__)
        tall = [max(float(s["share"]), 0.004) for s in view["segments"]]
        top, at = [0.0] * k, 0.0
        for s in order:
            top[s] = at
            at += tall[s] + _GAP
        found.append(Column(order, top, tall))
    return found


def _middle(counts: list[int | None], places: list[float]) -> float:
    weights = np.array([n or 0 for n in counts], float)
    return float(np.average(places, weights=weights)) if weights.sum() else 1.0


def _shades(views: Views) -> list[list[str]]:
    return [[colour(owner) for owner in owned] for owned in owners(views)]


def _ribbons(
    axes: Axes,
    at: int,
    flows: list[list[int | None]],
    columns: tuple[Column, Column],
    shades: list[str],
) -> None:
    """Draw each flow from its bar to the next one's, as wide as it has customers."""
    left, right = columns
    out, into = list(left.top), list(right.top)
    totals = [sum(n or 0 for n in row) for row in flows]
    arrived = [sum(n or 0 for n in column) for column in zip(*flows, strict=True)]
    way = np.linspace(0.0, 1.0, 40)
    bend = way * way * (3 - 2 * way)
    across = at + _BAR / 2 + way * (1 - _BAR)
    for s in left.order:
        for t in right.order:
            if not (many := flows[s][t]):
                continue
            here, there = left.tall[s] * many / totals[s], right.tall[t] * many / arrived[t]
            upper = out[s] + (into[t] - out[s]) * bend
            lower = out[s] + here + (into[t] + there - out[s] - here) * bend
            axes.fill_between(across, upper, lower, color=shades[s], alpha=0.38, linewidth=0)
            out[s], into[t] = out[s] + here, into[t] + there


def _bars(
    axes: Axes,
    at: int,
    view: dict[str, Any],
    column: Column,
    shades: list[str],
    *,
    named: bool,
    last: bool,
) -> None:
    """Draw a number's segments with their numbers and, where there is room, their names."""
    for s, segment in enumerate(view["segments"]):
        top, tall = column.top[s], column.tall[s]
        axes.bar(at, tall, _BAR, bottom=top, color=shades[s], linewidth=0)
        told = str(on_page(int(segment["segment"])))
        if named:
            told += f"  {short(segment['name'], 30 if last else 20)}"
        axes.text(
            at + _BAR / 2 + 0.03, top + tall / 2, told, va="center", ha="left", fontsize=8.5,
            color=INK,
        )  # fmt: skip
    shown = view["described"]
    many = f"{view['k']} segments" if named else str(view["k"])
    axes.text(
        at - _BAR / 2, -0.1, many, ha="left", fontsize=10,
        fontweight="bold" if shown else "normal", color=INK,
    )  # fmt: skip
    word = view["structure"]["word"]
    word = f"{word}, described here" if shown and named else word
    axes.text(at - _BAR / 2, -0.045, word, ha="left", fontsize=8.5, color=MUTED)
