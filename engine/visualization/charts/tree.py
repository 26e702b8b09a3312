"""The figure of a tree: which segments would become one next, and at what height."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.visualization.charts.canvas import MEAN, NO_SEGMENT, WIDTH, colour, new_figure, title
from engine.visualization.labels import numbered
from engine.visualization.readable import amount
from engine.visualization.report_data import ReportData, segment_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def dendrogram(data: ReportData) -> Figure | None:
    """Draw the last merges of the tree and where it was cut; None without a tree."""
    tree = data.tree
    if not tree or not tree["children"]:
        return None
    children, heights = tree["children"], [0.0] * len(tree["segments"]) + tree["heights"]
    order = _order(children, len(tree["segments"]))
    places = _places(children, order)
    shades = _shades(children, tree["segments"])
    figure = new_figure(WIDTH, min(1.8 + 0.22 * len(order), 11.0))
    axes = figure.add_subplot()
    for node, (first, second) in enumerate(children, len(order)):
        for child in (first, second):
            across = [heights[child], heights[node], heights[node]]
            down = [places[child], places[child], places[node]]
            axes.plot(across, down, color=shades[child], linewidth=1.5, solid_joinstyle="miter")
    _name_leaves(axes, data, tree, order)
    _draw_cut(axes, tree["cut"])
    axes.set_xlim(0, heights[-1] * 1.04)
    axes.xaxis.set_major_formatter(lambda value, _: amount(value))
    axes.set_xlabel("height at which two branches become one")
    title(figure, "How the segments would join")
    return figure


def _order(children: list[list[int]], n_leaves: int) -> list[int]:
    """Leaves from top to bottom, so that no branches cross."""
    order, waiting = [], [n_leaves + len(children) - 1]
    while waiting:
        node = waiting.pop()
        if node < n_leaves:
            order.append(node)
        else:
            waiting.extend(reversed(children[node - n_leaves]))
    return order


def _places(children: list[list[int]], order: list[int]) -> list[float]:
    """Height on the page of each node: a leaf's rank, else the middle of its two branches."""
    places = [float(rank) for rank in np.argsort(order)]
    for first, second in children:
        places.append((places[first] + places[second]) / 2)
    return places


def _shades(children: list[list[int]], segments: list[int]) -> list[str]:
    """Colour of the branch above each node: its segment's, or grey where it holds several."""
    held: list[int | None] = [*segments]
    for first, second in children:
        held.append(held[first] if held[first] == held[second] else None)
    return [NO_SEGMENT if segment is None else colour(segment) for segment in held]


def _name_leaves(axes: Axes, data: ReportData, tree: dict[str, Any], order: list[int]) -> None:
    """Put customers beside each branch, and a segment's name beside its first one."""
    names, labels, before = segment_names(data.profiles), [], None
    least = data.profiles.get("smallest_group", 1)
    for leaf in order:
        segment = tree["segments"][leaf]
        name = f"{numbered(segment, names, 20)}   " if segment != before else ""
        many = tree["customers"][leaf]
        labels.append(f"{name}{f'<{least}' if many < least else f'{many:,}'}")
        before = segment
    axes.set_yticks(range(len(order)), labels, fontsize=8.5)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)


def _draw_cut(axes: Axes, cut: list[float | None]) -> None:
    low, high = cut
    if high is not None:
        at = ((low or 0.0) + high) / 2
        axes.axvline(at, color=MEAN, linestyle="--", linewidth=1.5)
