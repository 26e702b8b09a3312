"""What the page says, worked out so that a template, or slides, only lay it out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.visualization import readable
from engine.visualization.page import compared, continued, cross_selling, found, purchases
from engine.visualization.page.cards import Card, cards_of
from engine.visualization.page.facts import facts
from engine.visualization.page.pictures import Picture, by_section, pictures
from engine.visualization.page.rfm import rfm_view
from engine.visualization.page.scores import scores_of
from engine.visualization.page.side_by_side import side_by_side
from engine.visualization.page.what_if import what_if_view
from engine.visualization.page.worth import Worth, worth_of
from engine.visualization.report_data import best_method
from engine.visualization.verdict import SCALE

if TYPE_CHECKING:
    from engine.visualization.report_data import ReportData


@dataclass(frozen=True)
class View:
    """Everything that is shown of a run.

    Attributes
    ----------
    title : str
        The run's name.
    made : str
        When it was made, as a date.
    verdict : compared.Trust
        How far to trust the segments: ``line`` says it in one line.
    sentences : list of str
        What was found, in at most three.
    comes_back : str
        Whether the segments come back when customers are drawn anew; empty where unknown.
    at_borders : str
        How many customers are nearly as close to another segment; empty where unknown.
    cards : list of Card
        One a segment, in their order.
    worth : Worth or None
        What segments are worth.
    beside : dict
        The table of the segments beside each other.
    pictures : dict of str to list of Picture
        Figures by the section that they stand in.
    what_if : dict or None
        Other numbers of segments beside this one.
    sales, continuity, compared : dict or None
        What sells, who moved, and methods beside each other.
    scores, facts : list
        Scores in plain words; the choices behind the run.
    scale : str
        What words of the verdict mean.
    warnings, notices : list of str
    summary, profiles : dict
        As they were saved.
    least : int
        Customers that a figure is of at least.
    """

    title: str
    made: str
    verdict: compared.Trust
    sentences: list[str]
    comes_back: str
    at_borders: str
    cards: list[Card]
    worth: Worth | None
    beside: dict[str, Any]
    pictures: dict[str, list[Picture]]
    what_if: dict[str, Any] | None
    sales: dict[str, Any]
    continuity: dict[str, Any] | None
    compared: dict[str, Any] | None
    scores: list[dict[str, Any]]
    facts: list[tuple[str, str]]
    scale: str
    warnings: list[str]
    notices: list[str]
    summary: dict[str, Any]
    profiles: dict[str, Any]
    least: int


def view(data: ReportData, figures: Path) -> View:
    """Work out what is shown of a run.

    Parameters
    ----------
    data : ReportData
        What the run saved; keys that earlier versions did not save may be missing.
    figures : Path
        The folder of its figures; what is not there is left out.

    Raises
    ------
    EngineError
        If a figure is not a PNG.
    """
    summary, profiles = data.summary, data.profiles
    best, worth = best_method(summary), worth_of(data)
    verdict = compared.structure(best, len(profiles["segments"]))
    sales = _sales(data)
    read = sales["facts"] or {}
    return View(
        title=str(summary["name"]),
        made=readable.run_date(str(summary["run_id"])),
        verdict=verdict,
        sentences=found.sentences(profiles, verdict.word, worth, int(summary["n_customers"])),
        comes_back=compared.comes_back(best),
        at_borders=at_borders(profiles),
        cards=cards_of(profiles, best, worth),
        worth=worth,
        beside=side_by_side(profiles, worth),
        pictures=by_section(pictures(figures)),
        what_if=what_if_view(summary, profiles.get("smallest_group", 1)),
        sales=sales,
        continuity=continued.continuity_view(summary),
        compared=compared.methods_view(summary),
        scores=scores_of(summary),
        facts=facts(data),
        scale=SCALE,
        warnings=_joined(summary.get("warnings"), read.get("warnings")),
        notices=_joined(summary.get("notices"), read.get("notices")),
        summary=summary,
        profiles=profiles,
        least=profiles.get("smallest_group", 1),
    )


def _sales(data: ReportData) -> dict[str, Any]:
    """Collect what the page says about purchases; every part is there, empty without any."""
    sales, profiles = data.sales or {}, data.profiles
    cross = sales.get("cross_sell") or {}
    return {
        "facts": purchases.facts_view(sales.get("facts")),
        "value": purchases.value_view(sales, profiles),
        "rfm": rfm_view(sales.get("rfm"), profiles, sales.get("facts")),
        "sellers": cross_selling.sellers_view(cross, profiles),
        "pairs": cross_selling.pairs_view(cross, profiles),
        "offers": cross_selling.offers_view(cross, profiles),
        "counting": cross_selling.counting_view(cross),
    }


def at_borders(profiles: dict[str, Any]) -> str:
    """Count the customers who are nearly as close to another segment.

    Examples
    --------
    >>> at_borders({"customers": 50, "segments": [{"borderline": {"customers": 2}}]})
    '2 customers are nearly as close to another segment as to their own (4% of all).'
    """
    known = [s.get("borderline") or {} for s in profiles["segments"]]
    # Of all only where of each: what one lacks could be had by subtracting.
    if not known or not all(known):
        return ""
    many = sum(int(b.get("customers") or 0) for b in known)
    share = readable.percent(many / profiles["customers"])
    who = "customer is" if many == 1 else "customers are"
    about = "About " if any(b.get("sample") for b in known) else ""
    near = "nearly as close to another segment as to their own"
    if not many:
        return f"Hardly any customer is {near}."
    return f"{about}{many:,} {who} {near} ({share} of all)."


def _joined(*lists: list[str] | None) -> list[str]:
    """Put lists of sentences together, each sentence once, in the order of the first."""
    return list(dict.fromkeys(str(text) for texts in lists for text in texts or []))
