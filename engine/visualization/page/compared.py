"""Methods side by side, and how far to trust the one that is shown, as the page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.evaluation.division import COMES_BACK
from engine.evaluation.gaps import APART, CUT
from engine.evaluation.stability import CHANGES, RETURNS
from engine.visualization import readable, wording
from engine.visualization.verdict import verdict_of


def methods_view(summary: dict[str, Any]) -> dict[str, Any] | None:
    """Collect the comparison of methods; None where one ran and none was left out."""
    methods, left = summary.get("methods") or {}, summary.get("left_out") or {}
    if len(methods) < 2 and not left:
        return None
    agreement = summary.get("agreement") or {}
    names = list(methods)
    return {
        "rule": summary.get("best_rule"),
        "rows": [_row(name, methods[name], summary.get("best")) for name in names],
        "names": names,
        "agreement": [
            (one, [_two(agreement.get(one, {}).get(other)) for other in names]) for one in names
        ]
        if len(names) > 1
        else [],
        "left_out": list(left.items()),
    }


def _row(name: str, scores: dict[str, Any], best: Any) -> dict[str, Any]:
    silhouette, sizes = scores.get("silhouette") or {}, scores.get("sizes") or []
    total = sum(sizes)
    return {
        "name": name,
        "best": name == best,
        "k": scores.get("k"),
        "silhouette": _two(silhouette.get("value")),
        "chance": _two(silhouette.get("chance")),
        "gaps": _gaps(scores.get("gaps")),
        "word": verdict_of(scores).word,
        "stability": stability(scores.get("stability")),
        "smallest": readable.percent(min(sizes) / total) if total else readable.MISSING,
        # Runs of earlier versions told the clustering alone.
        "seconds": readable.seconds(scores.get("seconds_in_all", scores.get("seconds"))),
    }


def _gaps(share: float | None) -> str:
    """Say whether gaps part the segments."""
    if not readable.number(share) or share is None:
        return readable.MISSING
    return "yes" if share <= APART else "nearly" if share <= CUT else "no"


def stability(found: dict[str, Any] | None) -> str:
    """Write the agreement over resamples, such as ``0.97 \u00b1 0.01``."""
    if not found or not readable.number(found.get("mean")):
        return readable.MISSING
    return f"{found['mean']:.2f} \u00b1 {found['spread']:.2f}"


def stability_sentence(scores: dict[str, Any]) -> str:
    """Say whether the segments come back when customers are drawn anew; empty if unknown."""
    found = scores.get("stability")
    if not found or not readable.number(found.get("mean")):
        return ""
    word = _how_far_back(found["mean"])
    return (
        f"When customers are drawn anew, the segments {word}: over {found['resamples']} draws of "
        f"{found['rows']:,} customers the agreement is {stability(found)}, where 1 is the same "
        "segments and 0 is what chance gives (adjusted Rand index)."
    )


def comes_back(scores: dict[str, Any]) -> str:
    """Say the same in one short sentence, for the segments; empty if unknown.

    Examples
    --------
    >>> comes_back({"stability": {"mean": 0.97}})
    'When customers are drawn anew, the segments come back (agreement 0.97 of 1).'
    """
    mean = (scores.get("stability") or {}).get("mean")
    if not readable.number(mean):
        return ""
    return (
        f"When customers are drawn anew, the segments {_how_far_back(mean)} "
        f"(agreement {mean:.2f} of 1)."
    )


def _how_far_back(mean: float) -> str:
    return next(word for least, word in _COMES_BACK if mean >= least)


_COMES_BACK = (
    (RETURNS, "come back"),
    (COMES_BACK, "mostly come back"),
    (CHANGES, "come back in part"),
    (-1.0, "do not come back: they depend on which customers happen to be there"),
)
"""Least mean agreement, and what it says."""


def _two(value: Any) -> str:
    return f"{value:.2f}" if readable.number(value) else readable.MISSING


@dataclass(frozen=True)
class Trust:
    """How far to trust the segments, as the page says it.

    Attributes
    ----------
    word, meaning : str
        Of :func:`engine.visualization.verdict.verdict_of`.
    measured : str
        What it goes by, and whether it is near another word; empty where nothing is known.
    advice : str
        What to do, where the segments are not to be trusted.
    line : str
        Word and meaning in one line.
    """

    word: str
    meaning: str
    measured: str
    advice: str
    line: str


def structure(best: dict[str, Any], segments: int) -> Trust:
    """Put into words how far to trust the segments of the method that is shown."""
    found, mean = verdict_of(best), (best.get("stability") or {}).get("mean")
    sentences = wording.measured(best), stability_sentence(best), wording.near_words(found.near)
    returns = not readable.number(mean) or mean >= CHANGES
    advice = wording.advice(found.word, segments, returns=returns)
    measured = " ".join(filter(None, sentences))
    return Trust(found.word, found.meaning, measured, advice, found.line)
