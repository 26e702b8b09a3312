"""Bars beside each other and bands between them, as wide as customers go from one to the next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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

_NAMED = 4
"""Columns up to which there is room for names."""

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
    last : collection of int
        Bars that stand at the bottom, such as those who left.
    """

    title: str
    under: str
    labels: Sequence[str]
    shades: Sequence[str]
    shares: Sequence[float]
    last: Collection[int] = ()


def drawable(periods: Sequence[Period]) -> bool:
    """Whether there are few enough columns and bars to be seen."""
    most = max(len(p.labels) for p in periods)
    return most <= MOST_DRAWN and 2 <= len(periods) <= _MOST_COLUMNS


def between(periods: Sequence[Period], flows: Sequence[Flow], what: str) -> Figure:
    """Draw where customers go from each period to the next."""
    most = max(len(p.labels) for p in periods)
    placed = columns([p.shares for p in periods], flows, [p.last for p in periods])
    named = len(periods) <= _NAMED
    figure = new_figure(*size(len(periods), most))
    axes = figure.add_subplot()
    for i, flow in enumerate(flows):
        ribbons(axes, i, flow, (placed[i], placed[i + 1]), periods[i].shades)
    for i, period in enumerate(periods):
        longest = 30 if i == len(periods) - 1 else 20
        told = [short(t, longest) if named else t.split(" ")[0] for t in period.labels]
        shown = [t if s > 0 else "" for t, s in zip(told, period.shares, strict=True)]
        bars(axes, i, placed[i], period.shades, shown)
        heading(axes, i, short(period.title, 24 if named else 12), period.under if named else "")
    frame(axes, placed, named=named)
    title(figure, what)
    return figure


def size(many: int, most: int) -> tuple[float, float]:
    """Give the width and the height of a figure of so many columns, in inches."""
    return WIDTH if many < 3 else 7.4, min(2.6 + 0.36 * most, 10.0)


def columns(
    shares: Sequence[Sequence[float]],
    flows: Sequence[Flow],
    last: Sequence[Collection[int]] | None = None,
) -> list[Column]:
    """Place the bars of each column so that few bands cross.

    Parameters
    ----------
    shares : sequence of sequence of float
        For each column the heights of its bars.
    flows : sequence
        From each column to the next.
    last : sequence of collection of int, optional
        For each column the bars that stand at its bottom, whatever goes to them.
    """
    found: list[Column] = []
    for i, tall_of in enumerate(shares):
        k, bottom = len(tall_of), last[i] if last else ()
        places = [0.0] * k
        if i:
            before, flow = found[-1], flows[i - 1]
            middle = [before.top[s] + before.tall[s] / 2 for s in range(len(flow))]
            places = [_middle([row[s] for row in flow], middle) for s in range(k)]
        order = sorted(range(k), key=lambda s: (s in bottom, places[s]))
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
