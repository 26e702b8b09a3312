"""Slides about the segments: what was found with their sizes, then one slide a segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.util import Inches, Pt

from engine.visualization.charts.canvas import ACCENT, MUTED
from engine.visualization.readable import number
from engine.visualization.slides.fitting import one_line, plain
from engine.visualization.slides.paper import BOTTOM, LEFT, TOP, WITHIN, Box, Paper, rgb

if TYPE_CHECKING:
    from engine.visualization.page.cards import Card
    from engine.visualization.page.view import View

MOST = 40
"""Segments that get a slide each; of more, those with the most customers."""

_BARS = 20
"""Segments whose sizes one chart shows."""

_CUSTOMERS, _WORTH = "#8a939c", ACCENT


def opening(paper: Paper, view: View) -> None:
    """Say what was found, beside the sizes of the segments."""
    paper.new(f"Customer segments: {view.title}", size=32)
    half = 5.3
    box = Box(LEFT, TOP, half, 0.35)
    paper.text([view.made], box, size=13, colour=MUTED, apart=0)
    below = TOP + 0.5
    paper.text(view.sentences, Box(LEFT, below, half, 3.4), size=20, least=13, apart=0.6)
    trust = [view.verdict.line]
    paper.text(trust, Box(LEFT, 5.5, half, BOTTOM - 5.5), size=15, least=11, colour=MUTED)
    _sizes(paper, view, Box(LEFT + half + 0.4, TOP, WITHIN - half - 0.4, BOTTOM - TOP))


def _sizes(paper: Paper, view: View, box: Box) -> None:
    """Draw the share of customers, and of value, of each segment: a chart that can be edited."""
    cards = _largest(view.cards, _BARS)
    untyped: Any = CategoryChartData
    data = untyped(number_format="0%")
    data.categories = [one_line(f"{c.number}  {c.name}", 2.3, 11) for c in cards]
    data.add_series("Share of customers", [c.part for c in cards])
    worth = view.worth
    if worth:
        shares = [c.worth.share if c.worth and number(c.worth.share) else None for c in cards]
        data.add_series(f"Share of {plain(worth.label)}", shares)
    place = [Inches(v) for v in (box.left, box.top, box.width, box.height)]
    shape = paper.slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *place, data)
    shape._element.nvGraphicFramePr.cNvPr.set("descr", _said(cards, len(view.cards)))
    chart = shape.chart
    chart.has_title, chart.has_legend = False, bool(worth)
    if worth:
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    chart.font.size = Pt(11)
    chart.category_axis.reverse_order = True
    chart.category_axis.format.line.fill.background()
    chart.value_axis.visible, chart.value_axis.has_major_gridlines = False, False
    chart.value_axis.minimum_scale = 0
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 55, -5
    plot.has_data_labels = True
    plot.data_labels.number_format, plot.data_labels.number_format_is_linked = "0%", False
    plot.data_labels.font.size = Pt(11)
    for series, fill in zip(plot.series, (_CUSTOMERS, _WORTH), strict=False):
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = rgb(fill)
    for point, card in enumerate(cards):
        if card.share.startswith("<"):  # as it is told: below that, not that
            label = plot.series[0].points[point].data_label
            label.text_frame.text, label.font.size = card.share, Pt(11)
    if not worth:
        for point, card in enumerate(cards):
            fill = plot.series[0].points[point].format.fill
            fill.solid()
            fill.fore_color.rgb = rgb(card.colour)
    if len(cards) < len(view.cards):
        paper.foot(f"The {len(cards)} largest of {len(view.cards):,} segments.")


def _said(cards: list[Card], every: int) -> str:
    told = ", ".join(f"{c.number} {c.name} {c.share}" for c in cards)
    return plain(f"Bar chart: shares of the {len(cards)} of {every} segments: {told}")


def _largest(cards: list[Card], most: int) -> list[Card]:
    """Give the segments with the most customers, in the order of their numbers."""
    if len(cards) <= most:
        return list(cards)
    kept = sorted(cards, key=lambda c: (-c.part, c.number))[:most]
    return sorted(kept, key=lambda c: c.number)


def segments(paper: Paper, view: View) -> None:
    """Give each segment a slide."""
    cards = _largest(view.cards, MOST)
    for card in cards:
        segment(paper, card)
        if len(cards) < len(view.cards):
            paper.foot(f"Slides of the {len(cards)} largest of {len(view.cards):,} segments.")


def segment(paper: Paper, card: Card) -> None:
    """Say who a segment's customers are, what sets them apart, what to do, and how sure it is."""
    paper.new(f"{card.number}  {card.name}", card.colour)
    size = ", ".join(filter(None, [card.size, card.value]))
    at = TOP
    at += paper.text([size], Box(LEFT, at, WITHIN, 0.4), size=18, least=12, bold=True, apart=0)
    told = [card.who, card.like, *card.notes]
    at += 0.12
    at += paper.text(told, Box(LEFT, at, WITHIN, 1.1), size=18, least=12) + 0.12
    sure = _sure_height(card)
    room = BOTTOM - sure - at - 0.2
    half = (WITHIN - 0.5) / 2
    # Without actions the differences have the whole width.
    wide = half if card.actions else WITHIN
    apart = [f"{_way(d.higher)} {d.what}: {d.text}" for d in card.differences]
    beside = [f"{_way(d.higher)} {d.what}: {d.text}" for d in card.describing]
    if beside:
        apart += ["Also, of what did not form the segments:", *beside]
    _list(paper, "What sets them apart", apart, Box(LEFT, at, wide, room))
    acts = [_act(a.action, a.text, a.reason) for a in card.actions]
    _list(paper, "What to do", acts, Box(LEFT + half + 0.5, at, half, room))
    paper.text(
        [" ".join(card.sure)], Box(LEFT, BOTTOM - sure, WITHIN, sure), size=13, least=10,
        colour=MUTED,
    )  # fmt: skip


def _sure_height(card: Card) -> float:
    """Give the room for how sure a segment is; none where nothing is known."""
    return 0.75 if card.sure else 0.0


def _way(higher: bool) -> str:  # noqa: FBT001
    return "\u25b2" if higher else "\u25bc"


def _act(action: str, text: str, reason: str) -> str:
    told = f"{action}: {text}" if action and text else action or text
    return f"{told} {reason}".strip()


def _list(paper: Paper, title: str, items: list[str], box: Box) -> None:
    if not items:
        return
    head = 0.42
    paper.text(
        [title], Box(box.left, box.top, box.width, head), size=15, bold=True, colour=MUTED, apart=0
    )
    below = Box(box.left, box.top + head, box.width, box.height - head)
    paper.text(items, below, size=18, least=10)
