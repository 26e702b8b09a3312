"""The figure of several numbers of segments: where customers go from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.utilities.segment_numbers import on_page
from engine.visualization.charts import flows
from engine.visualization.charts.canvas import colour, new_figure, title
from engine.visualization.readable import short
from engine.visualization.what_if import Views, owners, views_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from engine.visualization.report_data import ReportData

_NAMED = 4
"""Numbers of segments beside each other up to which there is room for names."""

MOST_DRAWN = flows.MOST_DRAWN
"""Segments of a number that are drawn; of more the page has a table."""


def what_if(data: ReportData) -> Figure | None:
    """Draw who goes where from one number of segments to the next; None for a run of one."""
    views = views_of(data.summary)
    if len(views) < 2 or max(view["k"] for view in views) > MOST_DRAWN:
        return None
    between, shades = [view["flows"] for view in views[:-1]], _shades(views)
    shares = [[float(s["share"]) for s in view["segments"]] for view in views]
    columns = flows.columns([[max(s, 0.004) for s in some] for some in shares], between)
    named = len(views) <= _NAMED
    figure = new_figure(*flows.size(len(views), max(view["k"] for view in views)))
    axes = figure.add_subplot()
    for i, flow in enumerate(between):
        flows.ribbons(axes, i, flow, (columns[i], columns[i + 1]), shades[i])
    for i, view in enumerate(views):
        labels = _labels(view, named=named, last=i == len(views) - 1)
        flows.bars(axes, i, columns[i], shades[i], labels)
        _heading(axes, i, view, named=named)
    flows.frame(axes, columns, named=named)
    what = "What if there were more segments, or fewer"
    shown = next(view["k"] for view in views if view["described"])
    title(figure, what if named else f"{what}: {shown} are described")
    return figure


def _shades(views: Views) -> list[list[str]]:
    return [[colour(owner) for owner in owned] for owned in owners(views)]


def _labels(view: dict[str, Any], *, named: bool, last: bool) -> list[str]:
    """Give the segments' numbers and, where there is room, their names."""
    names = [f"  {short(s['name'], 30 if last else 20)}" * named for s in view["segments"]]
    numbers = (on_page(int(s["segment"])) for s in view["segments"])
    return [f"{number}{name}" for number, name in zip(numbers, names, strict=True)]


def _heading(axes: Axes, at: int, view: dict[str, Any], *, named: bool) -> None:
    shown = view["described"]
    many = f"{view['k']} segments" if named else str(view["k"])
    word = view["structure"]["word"]
    word = f"{word}, described here" if shown and named else word
    flows.heading(axes, at, many, word, bold=shown)
