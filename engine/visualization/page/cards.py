"""A card a segment: who they are, what sets them apart, what to do, how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.utilities.effect_size import noticeable
from engine.utilities.segment_numbers import on_page
from engine.visualization import wording
from engine.visualization.charts.canvas import colour
from engine.visualization.differences import feature_differences, level_differences
from engine.visualization.readable import drawn_part, held, number, part_of

if TYPE_CHECKING:
    from engine.visualization.differences import Difference
    from engine.visualization.page.worth import Part, Worth


@dataclass(frozen=True)
class Action:
    """What to do about a segment: in short, in a sentence, and why."""

    action: str
    text: str
    reason: str


@dataclass(frozen=True)
class Card:
    """What the page says of a segment.

    Attributes
    ----------
    segment, number : int
        Its number in files, which count from 0, and on the page.
    name, who : str
        What it is called, and one sentence on who they are (empty where nobody says).
    colour : str
        ``#rrggbb``.
    customers, share, size : str
        How many, which part of all, and both in words.
    part : float
        That share, 0 to 1, to be drawn; of a few what it is below, as it is told.
    worth : Part or None
        Its part of what all are worth.
    value : str
        That share in words; empty where it is not known.
    differences, describing : list of Difference
        What sets them apart: of the columns that formed the segments, and of the others.
    like : str
        What is said where nothing does.
    actions : list of Action
    sure : list of str
        Sentences on how well customers fit.
    notes : list of str
        What is odd about it: outliers, too few to tell of.
    """

    segment: int
    number: int
    name: str
    who: str
    colour: str
    customers: str
    share: str
    size: str
    part: float
    worth: Part | None
    value: str
    differences: list[Difference]
    describing: list[Difference]
    like: str
    actions: list[Action]
    sure: list[str]
    notes: list[str]


def cards_of(
    profiles: dict[str, Any], best: dict[str, Any], worth: Worth | None = None
) -> list[Card]:
    """Make a card for each segment, in the order of their numbers.

    Parameters
    ----------
    profiles : dict
    best : dict
        The scores of the method that is shown.
    worth : Worth or None
        What segments are worth.
    """
    return [_card(segment, profiles, best, worth) for segment in profiles["segments"]]


def _card(
    segment: dict[str, Any], profiles: dict[str, Any], best: dict[str, Any], worth: Worth | None
) -> Card:
    least, ident = profiles.get("smallest_group", 1), int(segment["segment"])
    # Runs of earlier versions saved every feature as distinctive.
    told = {**segment, "distinctive": noticeable(segment.get("distinctive", []))}
    found = feature_differences(told, profiles)
    levels = level_differences(segment, profiles)
    part = worth.of(ident) if worth else None
    value = f"{part.percent} of {worth.label}" if worth and part and number(part.share) else ""
    customers = held(segment, least)
    one = segment["customers"] == 1 and not segment.get("few")
    share = part_of(segment["share"], segment, least)
    return Card(
        segment=ident,
        number=on_page(ident),
        name=str(segment["name"]),
        who=str(segment.get("who") or ""),
        colour=colour(ident),
        customers=customers,
        share=share,
        size=f"{customers} {'customer' if one else 'customers'}, {share} of all",
        part=float(drawn_part(segment["share"], segment, least) or 0.0),
        worth=part,
        value=value,
        differences=[d for d in [*found, *levels] if not d.describes],
        describing=[d for d in [*found, *levels] if d.describes],
        like=_like(segment, profiles, numbers=bool(found), levels=bool(levels)),
        actions=[_action(item) for item in segment.get("actions") or []],
        sure=_sure(segment, best),
        notes=_notes(segment),
    )


def _action(item: dict[str, Any]) -> Action:
    return Action(*(str(item.get(key) or "") for key in ("action", "text", "reason")))


def _sure(segment: dict[str, Any], best: dict[str, Any]) -> list[str]:
    said = (
        wording.fit(segment.get("silhouette"), best.get("silhouette") or {}),
        wording.borderline(segment.get("borderline")),
    )
    return [sentence for sentence in said if sentence]


def _like(segment: dict[str, Any], profiles: dict[str, Any], *, numbers: bool, levels: bool) -> str:
    """Say that a segment is like everyone, as far as it is."""
    if segment.get("few") or numbers:
        return ""
    if profiles["features"]:
        return f"On average much like everyone in each number{'; what differs:' if levels else '.'}"
    return "" if levels else "Much like everyone in everything measured."


def _notes(segment: dict[str, Any]) -> list[str]:
    found = []
    if segment.get("speck"):
        found.append("Outlying customers, too few to be a segment of their own.")
    if segment.get("few"):
        found.append("Nothing else of them is told: it would be somebody’s own.")
    return found
