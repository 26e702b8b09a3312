"""Bars beside each other and bands between them, as wide as customers go from one to the next."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.visualization.charts.canvas import INK, MUTED, WIDTH, new_figure, title
from engine.visualization.readable import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Flow = Sequence[Sequence[int | None]]
"""Customers of each bar (row) by bar of the next column; None where few go."""

BAR, _GAP = 0.13, 0.03
"""Width of a bar, and the room between two, as shares of a column and of all customers."""

MOST_DRAWN = 30
"""Bars of a column that are drawn; of more the page has a table."""

_SLOT = 0.075
"""Room from one bar to the next at least, so that what is written beside them never touches."""

_PITCH = 2.9
"""Inches from one column to the next: room for a name and a heading."""

_NAME, _HEADING = 34, 26
"""Letters for which there is room beside a bar, and in a line above a column."""

_MOST_COLUMNS = 12


@dataclass(frozen=True)
class Column:
    """The bars of a column: where each begins and ends, from the top down."""

    order: list[int]
    top: list[float]
    tall: list[float]


@dataclass(frozen=True)
class Period:
    """A column of customers at one time.

    Attributes
    ----------
    title : str
    under : str
        Said below it, smaller.
    labels, shades : sequence of str
        Of each bar.
    shares : sequence of float
        How tall each bar is.
    order : sequence of int
        The bars from the top down; the same segment stands at the same place in all columns.
    """

    title: str
    under: str
    labels: Sequence[str]
    shades: Sequence[str]
    shares: Sequence[float]
    order: Sequence[int] = ()


def drawable(periods: Sequence[Period]) -> bool:
    """Whether there are few enough columns and bars to be seen."""
    most = max(len(p.labels) for p in periods)
    return most <= MOST_DRAWN and 2 <= len(periods) <= _MOST_COLUMNS


def between(periods: Sequence[Period], flows: Sequence[Flow], what: str) -> Figure:
    """Draw where customers go from each period to the next."""
    most = max(len(p.labels) for p in periods)
    placed = [ordered(p.shares, p.order or range(len(p.shares))) for p in periods]
    wide, tall = len(periods) * _PITCH, size(len(periods), most)[1] + 0.4
    figure = new_figure(wide, tall)
    axes = figure.add_subplot()
    for i, flow in enumerate(flows):
        ribbons(axes, i, flow, (placed[i], placed[i + 1]), periods[i].shades)
    for i, period in enumerate(periods):
        told = [short(t, _NAME) for t in period.labels]
        shown = [t if s > 0 else "" for t, s in zip(told, period.shares, strict=True)]
        bars(axes, i, placed[i], period.shades, shown)
        lines = textwrap.wrap(period.title, _HEADING, max_lines=3, placeholder="\u2026")
        heading(axes, i, "\n".join(lines), period.under)
    frame(axes, placed, named=True)
    axes.set_xlim(-BAR, len(placed) - 1 + 0.95)
    axes.set_ylim(axes.get_ylim()[0], -0.26)
    title(figure, what)
    return figure


def size(many: int, most: int) -> tuple[float, float]:
    """Give the width and the height of a figure of so many columns, in inches."""
    return WIDTH if many < 3 else 7.4, min(2.6 + 0.36 * most, 10.0)


def ordered(shares: Sequence[float], order: Sequence[int]) -> Column:
    """Place the bars of a column in an order that is given."""
    tall = [max(float(share), 0.004) if share > 0 else 0.0 for share in shares]
    top, at = [0.0] * len(tall), 0.0
    for s in order:
        if tall[s]:
            room = max(tall[s] + _GAP, _SLOT)
            top[s] = at + (room - _GAP - tall[s]) / 2
            at += room
    return Column(list(order), top, tall)


def columns(
    shares: Sequence[Sequence[float]],
    flows: Sequence[Flow],
) -> list[Column]:
    """Place the bars of each column so that few bands cross.

    Parameters
    ----------
    shares : sequence of sequence of float
        For each column the heights of its bars.
    flows : sequence
        From each column to the next.
    """
    found: list[Column] = []
    for i, tall_of in enumerate(shares):
        k = len(tall_of)
        places = [0.0] * k
        if i:
            before, flow = found[-1], flows[i - 1]
            middle = [before.top[s] + before.tall[s] / 2 for s in range(len(flow))]
            places = [_middle([row[s] for row in flow], middle) for s in range(k)]
        order = sorted(range(k), key=lambda s: places[s])
        tall = [max(float(share), 0.004) if share > 0 else 0.0 for share in tall_of]
        top, at = [0.0] * k, 0.0
        for s in order:
            top[s] = at
            at += tall[s] + _GAP * (tall[s] > 0)
        found.append(Column(order, top, tall))
    return found


def _middle(counts: list[int | None], places: list[float]) -> float:
    weights = np.array([n or 0 for n in counts], float)
    return float(np.average(places, weights=weights)) if weights.sum() else 1.0


def ribbons(
    axes: Axes, at: int, flow: Flow, sides: tuple[Column, Column], shades: Sequence[str]
) -> None:
    """Draw each flow from its bar to the next one's, as wide as it has customers."""
    left, right = sides
    out, into = list(left.top), list(right.top)
    totals = [sum(n or 0 for n in row) for row in flow]
    arrived = [sum(n or 0 for n in column) for column in zip(*flow, strict=True)]
    way = np.linspace(0.0, 1.0, 40)
    bend = way * way * (3 - 2 * way)
    across = at + BAR / 2 + way * (1 - BAR)
    for s in left.order:
        for t in right.order:
            if not (many := flow[s][t]):
                continue
            here, there = left.tall[s] * many / totals[s], right.tall[t] * many / arrived[t]
            upper = out[s] + (into[t] - out[s]) * bend
            lower = out[s] + here + (into[t] + there - out[s] - here) * bend
            axes.fill_between(across, upper, lower, color=shades[s], alpha=0.38, linewidth=0)
            out[s], into[t] = out[s] + here, into[t] + there


def bars(axes: Axes, at: int, column: Column, shades: Sequence[str], labels: Sequence[str]) -> None:
    """Draw the bars of a column, each with what it is called beside it."""
    for s, label in enumerate(labels):
        top, tall = column.top[s], column.tall[s]
        axes.bar(at, tall, BAR, bottom=top, color=shades[s], linewidth=0)
        axes.text(
            at + BAR / 2 + 0.03, top + tall / 2, label, va="center", ha="left", fontsize=8.5,
            color=INK,
        )  # fmt: skip


def heading(axes: Axes, at: int, text: str, under: str, *, bold: bool = False) -> None:
    """Write what a column is, above it."""
    axes.text(
        at - BAR / 2, -0.1, text, ha="left", fontsize=10,
        fontweight="bold" if bold else "normal", color=INK,
    )  # fmt: skip
    axes.text(at - BAR / 2, -0.045, under, ha="left", fontsize=8.5, color=MUTED)


def frame(axes: Axes, placed: Sequence[Column], *, named: bool) -> None:
    """Leave room for names on the right, and for headings above."""
    axes.set_xlim(-BAR, len(placed) - 1 + BAR + (0.55 if named else 0.1))
    low = max(max(t + h for t, h in zip(c.top, c.tall, strict=True)) for c in placed)
    axes.set_ylim(low + 0.01, -0.16)
    axes.set_axis_off()
