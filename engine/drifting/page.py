"""The page of a drift: the verdict, columns and segments then and now, what the words mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from engine.utilities.segment_numbers import on_page
from engine.visualization.charts import drift as charts
from engine.visualization.page.leaf import Cell, Figure, Leaf, Points, Section, Table
from engine.visualization.readable import MINUS, MISSING, amount, percent, two_amounts, two_shares

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.config.drift import DriftConfig
    from engine.drifting.columns import Part, Shift
    from engine.drifting.segments import Segments
    from engine.visualization.page.leaf import Tone

_TONES: dict[str, Tone] = {"none": "good", "slight": "good", "moderate": "mid", "large": "bad"}
_WORDS = {"none": "no shift", "slight": "slight", "moderate": "moderate", "large": "large"}
_SHADES = {"none": 0.0, "slight": 0.15, "moderate": 0.5, "large": 1.0}

_BARS = 25
"""Columns whose index is drawn."""

_DRAWN = 8
"""Columns of which it is drawn how they lie."""

_LEVELS = 12
"""Levels that are drawn."""


class Head(NamedTuple):
    """What stands above.

    Attributes
    ----------
    title, kicker, level, verdict : str
    reasons, lacks : sequence of str
    """

    title: str
    kicker: str
    level: str
    verdict: str
    reasons: Sequence[str]
    lacks: Sequence[str]


def leaf_of(
    head: Head, columns: Sequence[Shift], segments: Segments, settings: DriftConfig
) -> Leaf:
    """Put the page together, of summaries alone."""
    sections = [Section("Why", [Points(head.reasons), *head.lacks])]
    if columns:
        sections.append(Section("Columns", [*_columns(columns, settings)]))
        if drawn := [*_lying(columns)]:
            sections.append(Section("Then and now", drawn))
    sections.append(Section("Segments", [*_segments(segments)]))
    sections.append(Section("How to read this", [Points(_reading(settings))]))
    verdict = f"{head.verdict[:1].upper()}{head.verdict[1:]}."
    return Leaf(head.title, head.kicker, _TONES[head.level], verdict, [], sections)


def _columns(columns: Sequence[Shift], settings: DriftConfig) -> Iterator[Figure | Table]:
    some = [(c.column, c.psi, c.level) for c in columns[:_BARS]]
    most = ", ".join(f"{name} {value:.2f}" for name, value, _ in some[:5])
    yield Figure.drawn(
        lambda: charts.index_bars(some, settings.psi_moderate, settings.psi_large),
        "How much each column shifted",
        f"Bars of the population stability index of {len(some)} columns: {most}.",
        "A longer bar is a larger index; the colour says the level of the shift: grey little, "
        "orange moderate, red large.",
    )
    yield Table(
        ["Column", "Shift", "Index", "Effect", "Moved by", "Mean then", "Mean now", "Missing",
         "Strange"],
        [_row(c) for c in columns],
        title="All columns: by the level of their shift, then by their largest measure", wide=True,
    )  # fmt: skip


def _row(shift: Shift) -> list[Cell | str]:
    means = two_amounts(shift.mean_then, shift.mean_now, shift.column)
    number = shift.kind == "number"
    effect = MISSING if shift.effect is None else f"{shift.effect:+.2f}".replace("-", MINUS)
    return [
        shift.column,
        Cell(_WORDS[shift.level], shade=_SHADES[shift.level]),
        f"{shift.psi:.3f}",
        effect if number else f"{percent(shift.effect)} moved",
        amount(shift.distance, shift.column if shift.distance else "") if number else MISSING,
        *means,
        _both(shift.missing),
        _both(shift.strange),
    ]


def _both(part: Part | None) -> str:
    if part is None:
        return MISSING
    if part.few:
        return "few"
    then, now = two_shares(part.then, part.now)
    return then if part.then == part.now else f"{then} \u2192 {now}"


def _lying(columns: Sequence[Shift]) -> Iterator[Figure]:
    shifted = [c for c in columns if c.level != "none" and any(c.then) and any(c.now)]
    for shift in shifted[:_DRAWN]:
        if shift.kind == "category":
            yield _levels(shift)
        elif len(shift.edges) > 1:
            yield Figure.drawn(
                lambda shift=shift: charts.lying(  # type: ignore[misc]
                    shift.edges, shift.then, shift.now, shift.column
                ),
                shift.column,
                f"Two lines, the share of customers up to each value of {shift.column}: at the "
                "fit and now.",
                "Where the line of now lies to the right of the other, values have grown.",
            )


def _levels(shift: Shift) -> Figure:
    rows = list(zip((*shift.labels, "(other)"), shift.then, shift.now, shift.few, strict=True))
    rows = sorted(rows, key=lambda row: -abs(row[2] - row[1]))[:_LEVELS]
    now = [None if few else share for *_, share, few in rows]
    return Figure.drawn(
        lambda: charts.beside([str(row[0]) for row in rows], [row[1] for row in rows], now),
        shift.column,
        f"Pairs of bars, the share of each level of {shift.column} at the fit and now.",
        "Shares are of customers whose level is known; levels that moved most stand first.",
    )


def _segments(segments: Segments) -> Iterator[str | Figure | Table]:
    if segments.moved is not None:
        yield f"{percent(segments.moved)} of the customers are in other segments than at the fit."
        told = [s for s in segments.each if s.share]
        names = [f"{on_page(s.segment)} {s.name}" for s in told]
        then, now = ([_told(s.share, part) for s in told] for part in ("then", "now"))
        yield Figure.drawn(
            lambda: charts.beside(names, then, now, [s.segment for s in told]),
            "Shares of the segments",
            "Pairs of bars, the share of each segment at the fit and now.",
            "The pale bar is the fit, the other is now.",
        )
    if segments.nowhere and not segments.nowhere.few:
        yield (
            f"{percent(segments.nowhere.now)} of the customers belong nowhere "
            f"({percent(segments.nowhere.then)} at the fit)."
        )
    yield Table(
        ["Segment", "Share then", "Share now", "Belong nowhere then", "Belong nowhere now"],
        [
            [
                Cell(f"{on_page(s.segment)} {s.name}", segment=s.segment),
                *(_said(s.share, part) for part in ("then", "now")),
                *(_said(s.nowhere, part) for part in ("then", "now")),
            ]
            for s in segments.each
        ],
        title="Each segment",
    )


def _told(part: Part | None, which: str) -> float | None:
    return None if part is None or part.few else float(getattr(part, which))


def _said(part: Part | None, which: str) -> str:
    if part is None:
        return MISSING
    return "few" if part.few else percent(getattr(part, which))


def _reading(settings: DriftConfig) -> list[str]:
    return [
        "Index: the population stability index, over bins of as many customers each at the fit; "
        f"from {settings.psi_moderate:g} on a shift is moderate, from {settings.psi_large:g} on "
        "large, once what so few customers shift by chance is taken off.",
        "Effect: the change of the mean in standard deviations of the fit; of categories the "
        "share of customers in other levels. It does not grow with the number of customers, as "
        "the certainty of a test does.",
        "Order: columns stand by the level of their shift, and inside a level by the larger of "
        "index and effect, each divided by the threshold from which on it is moderate.",
        "A number's index alone is moderate at most: where the mean changed, and values moved, by "
        f"less than {settings.effect_moderate:g} standard deviations, and fewer than "
        f"{percent(settings.shares_moderate)} more or less of them are missing or strange, no "
        "index makes the shift large.",
        "Moved by: how far values have moved on average, in their own units, at least.",
        "Strange: values outside of what nearly all had at the fit, or levels that the model "
        "does not name.",
        "Belongs nowhere: farther from the centre of the segment than 99.9% of its customers "
        "were at the fit, or nearly all of a small segment.",
    ]
