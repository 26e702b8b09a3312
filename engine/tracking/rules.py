"""Whether a model may take the place of the one in use: stated rules, each with its outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.tracking.facts import KEPT, RUN_ID, STABILITY, STRUCTURE
from engine.visualization.verdict import WORDS

STABILITY_MARGIN = 0.05
"""How much lower the agreement of resamples may be: it differs by about that from draw to draw."""

KEPT_LEAST = 0.5
"""Least share of the previous segments that must go on."""


@dataclass(frozen=True)
class Rule:
    """A rule and what came of it.

    Attributes
    ----------
    name : str
    holds : bool
    said : str
        The outcome, for people.
    """

    name: str
    holds: bool
    said: str


def judged(new: Mapping[str, str], champion: Mapping[str, str]) -> tuple[Rule, ...]:
    """Hold a model against the one in use, by what both runs said of themselves.

    Parameters
    ----------
    new, champion : mapping of str to str
        Tags of their versions in the registry.

    Examples
    --------
    >>> before = {"engine.structure": "weak", "engine.stability": "0.9"}
    >>> after = {"engine.structure": "clear", "engine.stability": "0.8", "engine.kept": "1"}
    >>> before["engine.run_id"], after["engine.run_id"] = "20260101T000000", "20260108T000000"
    >>> [(rule.name, rule.holds) for rule in judged(after, before)]
    [('newer', True), ('structure', True), ('stability', False), ('kept', True)]
    """
    return _newer(new, champion), _structure(new, champion), _stability(new, champion), _kept(new)


def _newer(new: Mapping[str, str], champion: Mapping[str, str]) -> Rule:
    one, other = new.get(RUN_ID, ""), champion.get(RUN_ID, "")
    if one > other:
        return Rule("newer", holds=True, said="it is newer")
    return Rule("newer", holds=False, said=f"it is not newer than the one in use ({other})")


def _structure(new: Mapping[str, str], champion: Mapping[str, str]) -> Rule:
    words = [tags.get(STRUCTURE) or WORDS[-1] for tags in (new, champion)]
    place = [WORDS.index(w) if w in WORDS else len(WORDS) for w in words]
    holds = place[0] <= place[1]
    beside = "not weaker" if holds else "weaker"
    return Rule(
        "structure", holds=holds, said=f"structure is {words[0]}, {beside} than before ({words[1]})"
    )


def _stability(new: Mapping[str, str], champion: Mapping[str, str]) -> Rule:
    now, before = _number(new, STABILITY), _number(champion, STABILITY)
    if before is None:
        return Rule("stability", holds=True, said="how stable the one in use is was not measured")
    if now is None:
        return Rule("stability", holds=False, said="how stable it is was not measured")
    holds = now >= before - STABILITY_MARGIN
    said = f"drawn anew, segments agree by {now:.2f}, before by {before:.2f}"
    allowed = f"{'within' if holds else 'beyond'} the {STABILITY_MARGIN} that it may be lower"
    return Rule("stability", holds=holds, said=said if now >= before else f"{said}: {allowed}")


def _kept(new: Mapping[str, str]) -> Rule:
    kept = _number(new, KEPT)
    if kept is None:
        said = (
            "it continues no model, so its numbers and names are of other segments than those in "
            "use (clustering.continue_from)"
        )
        return Rule("kept", holds=False, said=said)
    holds = kept >= KEPT_LEAST
    least = "" if holds else f", fewer than {KEPT_LEAST:.0%}"
    return Rule("kept", holds=holds, said=f"{kept:.0%} of the previous segments go on{least}")


def _number(tags: Mapping[str, str], name: str) -> float | None:
    try:
        return float(tags[name])
    except (KeyError, ValueError):
        return None
