"""Figures about purchases: size against revenue share, the products that stand out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import NullLocator, PercentFormatter

from engine.visualization.charts.canvas import INK, MUTED, colour, new_figure, title
from engine.visualization.labels import numbered
from engine.visualization.products import product
from engine.visualization.readable import number, percent, short
from engine.visualization.report_data import segment_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from engine.visualization.report_data import ReportData

LIFT_SEGMENTS = 12
"""Segments of the figure of lifts; more of them would make it longer than a page."""
LIFT_ROWS = 36
"""Products of that figure, over all segments."""
LEAST_LIFT = 0.05
"""Left end of that figure: an interval may reach to 0, a logarithmic axis does not."""


def value_shares(data: ReportData) -> Figure | None:
    """Draw each segment's share of customers against its share of revenue; None without any."""
    rows = [
        s
        for s in (data.sales or {}).get("segments") or []
        if number(s.get("customer_share")) and number(s.get("gross_share"))
    ]
    if not rows:
        return None
    figure = new_figure(height=1.9 + 0.42 * len(rows))
    axes = figure.add_subplot()
    for y, row in enumerate(rows):
        _dumbbell(axes, y, row)
    names = segment_names(data.profiles)
    labels = [numbered(int(s["segment"]), names) for s in rows]
    axes.set_yticks(range(len(rows)), labels, fontsize=9.5)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.5, -0.6)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    _room_for_numbers(axes, rows)
    axes.set_xlabel("share of all segments together")
    _share_legend(axes, figure, net=any(number(s.get("net_share")) for s in rows))
    title(figure, "Size against revenue share")
    return figure


def _dumbbell(axes: Axes, y: int, row: dict[str, Any]) -> None:
    """Draw one segment: hollow its customers, full its gross revenue, a stroke its net one."""
    size, gross, net = float(row["customer_share"]), float(row["gross_share"]), row.get("net_share")
    fill = colour(int(row["segment"]))
    axes.plot([size, gross], [y, y], color=fill, linewidth=3, alpha=0.45, zorder=1)
    axes.plot([size], [y], "o", markersize=9, markerfacecolor="white", color=fill, mew=2)
    axes.plot([gross], [y], "o", markersize=9, color=fill)
    if number(net):
        axes.plot([net], [y], "|", markersize=17, color=INK, mew=1.6)
    left, right = sorted((size, gross))
    stroke = float(net) if number(net) else left
    ends = (left, min(left, stroke), -9, "right"), (right, max(right, stroke), 9, "left")
    for share, at, aside, side in ends:
        axes.annotate(
            percent(share), (at, y), (aside, 0), textcoords="offset points", ha=side, va="center",
            fontsize=9,
        )  # fmt: skip


def _room_for_numbers(axes: Axes, rows: list[dict[str, Any]]) -> None:
    shares = [s.get(k) for s in rows for k in ("customer_share", "gross_share", "net_share")]
    there = [0.0, *(float(share) for share in shares if number(share))]
    span = (max(there) - min(there)) or 1.0
    axes.set_xlim(min(there) - 0.17 * span, max(there) + 0.17 * span)


def _share_legend(axes: Axes, figure: Figure, *, net: bool) -> None:
    plot: dict[str, Any] = {"linestyle": "", "markersize": 8, "color": MUTED}
    handles = [
        *axes.plot([], [], marker="o", markerfacecolor="white", mew=2, label="customers", **plot),
        *axes.plot([], [], marker="o", label="gross revenue", **plot),
    ]
    if net:
        stroke = plot | {"color": INK, "markersize": 13}
        handles += axes.plot([], [], marker="|", mew=1.6, label="net of returns", **stroke)
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=9)


def top_lifts(data: ReportData) -> Figure | None:
    """Draw the products that stand out in each segment, with intervals; None without any."""
    groups = _lift_groups(data.sales or {})
    if not groups:
        return None
    names = segment_names(data.profiles)
    height = sum(len(rows) + 1 for _, rows in groups)
    figure = new_figure(height=1.5 + 0.27 * height)
    axes = figure.add_subplot()
    labels: list[str] = []
    headers: list[int] = []
    for segment, rows in groups:
        headers.append(len(labels))
        labels.append(numbered(segment, names, 33))
        for row in rows:
            _whisker(axes, len(labels), row, colour(segment))
            labels.append(short(product(row.get("name"), row.get("product_id"))[0], 34))
    axes.set_yticks(range(len(labels)), labels, fontsize=9)
    for at in headers:
        axes.get_yticklabels()[at].set_fontweight("bold")
        axes.axhline(at - 0.5, color=MUTED, linewidth=0.6)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    _lift_axis(axes, [row for _, rows in groups for row in rows])
    title(figure, "Products that stand out in each segment")
    return figure


def _lift_groups(sales: dict[str, Any]) -> list[tuple[int, list[dict[str, Any]]]]:
    """Take as many products of each segment as keep the figure readable."""
    sellers = (sales.get("cross_sell") or {}).get("best_sellers") or []
    ranked = [
        (int(group["segment"]), [r for r in group.get("by_lift") or [] if _above(r.get("lift"))])
        for group in sellers
        if group.get("segment") is not None
    ]
    there = sorted((pair for pair in ranked if pair[1]), key=lambda pair: pair[0])[:LIFT_SEGMENTS]
    each = min(5, max(3, LIFT_ROWS // max(len(there), 1)))
    return [(segment, rows[:each]) for segment, rows in there]


def _above(lift: float | None) -> bool:
    # What is rarer here than among everyone does not stand out, whatever its rank.
    return number(lift) and lift > 1


def _whisker(axes: Axes, y: int, row: dict[str, Any], fill: str) -> None:
    lift = float(row["lift"])
    low, high = row.get("lift_low"), row.get("lift_high")
    if number(low) and number(high):
        axes.plot([max(low, LEAST_LIFT), high], [y, y], color=fill, linewidth=2, alpha=0.6)
    axes.plot([lift], [y], "o", markersize=6, color=fill)


def _lift_axis(axes: Axes, rows: list[dict[str, Any]]) -> None:
    """Scale the axis so that twice as often is the same step everywhere."""
    ends = [
        float(r[k]) for r in rows for k in ("lift", "lift_low", "lift_high") if number(r.get(k))
    ]
    low = min(0.9, *(max(end, LEAST_LIFT) for end in ends)) / 1.08
    high = max(2.3, *ends) * 1.08
    axes.set_xscale("log", base=2)
    axes.set_xlim(low, high)
    # At most six ticks, at powers of 2, 4, 8 ... so that 1 is always one of them.
    step = math.ceil(math.log2(high / low) / 6)
    first, last = math.ceil(math.log2(low) / step), math.floor(math.log2(high) / step)
    ticks = [2.0 ** (step * i) for i in range(first, last + 1)]
    axes.set_xticks(ticks, [f"{tick:,.4g}\u00d7" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.axvline(1.0, color=INK, linestyle="--", linewidth=1.3)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("times as common as among everyone", fontsize=10)
