"""Figures of a drift: how much each column shifted, how it lies then and now, segments' shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from engine.utilities.shown import cut
from engine.visualization.charts.canvas import ACCENT, INK, MARK, MUTED, colour, new_figure
from engine.visualization.readable import amount, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

THEN, NOW = MUTED, ACCENT
"""Colours of the fit and of now."""

_LEVELS = {"none": MUTED, "slight": MUTED, "moderate": "#c27c00", "large": MARK}
_NAME = 28


def index_bars(columns: Sequence[tuple[str, float, str]], moderate: float, large: float) -> Figure:
    """Draw the index of columns as bars, with both thresholds.

    Parameters
    ----------
    columns : sequence of (name, index, level)
    moderate, large : float
    """
    figure = new_figure(height=1.1 + 0.3 * len(columns))
    axes = figure.add_subplot()
    values = [value for _, value, _ in columns]
    axes.barh(range(len(columns)), values, color=[_LEVELS[level] for *_, level in columns])
    most = max([*values, large]) * 1.2  # numbers stand beyond bars and lines, at the edge
    for y, value in enumerate(values):
        axes.annotate(
            f"{value:.2f}" if value >= 0.005 else "<0.01" if value else "0", (most, y), (0, 0),
            textcoords="offset points", va="center", ha="right", fontsize=9.5,
        )  # fmt: skip
    for bound, word, aside, side in (
        (moderate, "moderate", -3, "right"), (large, "large", 3, "left")
    ):  # fmt: skip
        axes.axvline(bound, color=INK, linewidth=0.8, linestyle="--", zorder=0)
        axes.annotate(
            word, (bound, -0.6), (aside, 2), textcoords="offset points", ha=side, fontsize=8.5,
            color=MUTED,
        )  # fmt: skip
    axes.set_xlim(0, most)
    axes.set_ylim(len(columns) - 0.5, -1.1)
    _named(axes, [name for name, *_ in columns])
    axes.set_xlabel("population stability index")
    return figure


def _named(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [cut(name, _NAME) for name in names], fontsize=9.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)


def lying(
    edges: Sequence[float], then: Sequence[float], now: Sequence[float], column: str
) -> Figure:
    """Draw how the values of a column of numbers lie: the share up to each value, then and now.

    Parameters
    ----------
    edges : sequence of float
    then, now : sequence of float
        Share of each bin, one more than edges.
    column : str
    """
    figure = new_figure(height=2.7)
    axes = figure.add_subplot()
    n = len(edges)
    for shares, tint, word in ((then, THEN, "at the fit"), (now, NOW, "now")):
        axes.plot(edges, np.cumsum(shares)[:n], color=tint, linewidth=2, label=word)
    positive = n > 2 and edges[0] > 0 and edges[-1] / edges[0] > 1000
    if positive:
        axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: amount(float(value), column))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylim(0, 1.02)
    axes.set_xlabel(cut(column, 60))
    axes.set_ylabel("customers up to there")
    axes.legend(loc="best", fontsize=9.5)
    return figure


def beside(
    names: Sequence[str], then: Sequence[float | None], now: Sequence[float | None],
    segments: Sequence[int] | None = None,
) -> Figure:  # fmt: skip
    """Draw shares of levels, or of segments, then and now, as pairs of bars.

    Parameters
    ----------
    names : sequence of str
    then, now : sequence of float or None
        None is not told.
    segments : sequence of int, optional
        Their numbers, for their colours.
    """
    figure = new_figure(height=1.1 + 0.48 * len(names))
    axes = figure.add_subplot()
    tints = [colour(s) for s in segments] if segments is not None else [NOW] * len(names)
    for y, (before, after, tint) in enumerate(zip(then, now, tints, strict=True)):
        for share, at, shade, word in (
            (before, y - 0.19, THEN, "at the fit"), (after, y + 0.19, tint, "now")
        ):  # fmt: skip
            axes.barh(at, share or 0.0, 0.36, color=shade, alpha=0.55 if word != "now" else 1.0)
            said = "few" if share is None else percent(share)
            axes.annotate(
                f"{said} {word}" if y == 0 else said, (share or 0.0, at), (4, 0),
                textcoords="offset points", va="center", fontsize=9,
            )  # fmt: skip
    axes.set_xlim(0, 1.3 * max([0.01, *(s for s in (*then, *now) if s)]))
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    _named(axes, names)
    axes.set_xlabel("share of customers")
    return figure
