"""The sentences of the report: what a score means, what makes a segment different."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from engine.evaluation.choose_k import STRUCTURE as KAUFMAN_ROUSSEEUW
from engine.evaluation.choose_k import structure as kaufman_rousseeuw
from engine.evaluation.stability import CHANGES, RETURNS
from engine.visualization.readable import amount, number, percent

_LEAST = {word: least for least, word in KAUFMAN_ROUSSEEUW}

STRUCTURE = (
    (
        _LEAST["strong"],
        "clear",
        "The segments are well apart: most customers belong to theirs without doubt.",
    ),
    (
        _LEAST["reasonable"],
        "moderate",
        "The segments are real, and customers at their borders could also belong next door.",
    ),
    (
        _LEAST["weak"],
        "weak",
        "The segments overlap: they divide customers usefully, but many sit near a border. "
        "Check a segment against something you know before acting on it.",
    ),
    (
        -math.inf,
        "none",
        "The customers form no separate groups in these features: the segments are slices of one "
        "cloud, and another run or another number of segments would cut it elsewhere.",
    ),
)
"""Lowest silhouette, word and meaning, from the best down."""

_PARTED = "Gaps part the segments: the customers most like one are nearly all in the same segment."
_PARTLY = (
    "Gaps part the segments, though some customers stand between them: those most like one are "
    "mostly in the same segment."
)
_SAME_SLICES = (
    "The customers form no separate groups in these features: the segments are slices of one "
    "cloud. Other draws of customers give the same slices, so they can be used to divide customers."
)
_OTHER_SEGMENTS = (
    "Do not build on these segments: they stand out a little, but other draws of customers give "
    "others. Try fewer segments, other features or another method."
)

_WORDS = {"strong": "clear", "reasonable": "moderate", "weak": "weak", "none": "none"}
"""Plain words for those of :func:`engine.evaluation.choose_k.structure`."""

DISTINCTIVE_SHOWN = 5
LEVELS_SHOWN = 4


@dataclass(frozen=True)
class Structure:
    """How far to trust a segmentation, in words.

    Attributes
    ----------
    word : str
        ``clear``, ``moderate``, ``weak``, ``none`` or ``not measured``.
    meaning : str
        What that says about the customers.
    measured : str
        The silhouette and its interval in words, empty when not measured.
    """

    word: str
    meaning: str
    measured: str


def structure_word(
    value: float | None, chance: float | None = None, gaps: float | None = None
) -> str:
    """Name the strength of a silhouette after Kaufman and Rousseeuw.

    Where it is known what customers without groups would give (``chance``), that decides whether
    there is any: none if it is nearly as much, and otherwise at least weak. Segments parted by
    ``gaps`` are clear whatever their silhouette.

    Examples
    --------
    >>> [structure_word(v) for v in (0.71, 0.70, 0.51, 0.50, 0.26, 0.25, None)]
    ['clear', 'moderate', 'moderate', 'weak', 'weak', 'none', 'not measured']
    """
    if not number(value):
        return "not measured"
    return _WORDS[kaufman_rousseeuw(value, chance, gaps)]


def structure(
    scores: dict[str, Any], gaps: float | None = None, stability: float | None = None
) -> Structure:
    """Put a silhouette with its interval into words.

    Parameters
    ----------
    scores : dict
        ``{"value", "low", "high", "anchors"}``; any of them may be None.
    gaps : float or None
        How far the segments are from apart (:class:`engine.evaluation.gaps.Gaps`).
    stability : float or None
        How far they come back when customers are drawn anew.

    Returns
    -------
    Structure
    """
    value, low, high = (scores.get(key) for key in ("value", "low", "high"))
    word, chance = structure_word(value, scores.get("chance")), scores.get("chance")
    if not number(value):
        meaning = "The silhouette could not be measured, so nothing here says how far to trust it."
        return Structure(word, meaning, "")
    meaning = _meaning(word, stability)
    measured = _measured(value, low, high, scores.get("confidence") or 0.95, chance)
    if scores.get("exact"):
        measured = f"The silhouette is {silhouette(value)}, measured on every customer."
    if chance is not None:
        measured += f" Customers without any groups would give {silhouette(chance)}."
    by_gaps = structure_word(value, chance, gaps)
    if word != by_gaps:
        meaning = _PARTED if by_gaps == "clear" else _PARTLY
        return Structure(by_gaps, meaning, f"{measured} It does not see gaps.")
    return Structure(word, meaning, measured)


def _meaning(word: str, stability: float | None) -> str:
    """Say what a word means, also by whether the segments come back."""
    if number(stability) and stability is not None:
        if word == "none" and stability >= RETURNS:
            return _SAME_SLICES
        if word not in ("none", "clear") and stability < CHANGES:
            return _OTHER_SEGMENTS
    return next(text for _, name, text in STRUCTURE if name == word)


def _measured(
    value: float, low: float | None, high: float | None, confidence: float, chance: float | None
) -> str:
    if not (number(low) and number(high)):
        return f"The silhouette is {silhouette(value)}."
    digits = _digits(value, low, high)
    text = (
        f"The silhouette is {value:.{digits}f}; with {confidence:.0%} confidence the true value "
        "lies between "
        f"{low:.{digits}f} and {high:.{digits}f}"
    )
    word = structure_word(value, chance)
    others = [w for v in (low, high) if (w := structure_word(v, chance)) != word]
    return text + (f", which reaches into \u201c{others[0]}\u201d." if others else ".")


def silhouette(value: float) -> str:
    """Write one silhouette so that its rounding does not name another word.

    Examples
    --------
    >>> silhouette(0.312), silhouette(0.258)
    ('0.31', '0.258')
    """
    return f"{value:.{_digits(value)}f}"


def _digits(*values: float) -> int:
    """Two decimals, or three where two would hide the interval or name another word."""
    told = all(structure_word(round(v, 2)) == structure_word(v) for v in values)
    return 2 if told and (len(values) == 1 or max(values) - min(values) >= 0.02) else 3


def headline(customers: int, segments: int, word: str) -> str:
    """Write the sentence at the top of the page.

    Examples
    --------
    >>> headline(20000, 8, "weak")
    '20,000 customers fall into 8 segments; structure: weak.'
    """
    groups = "1 segment" if segments == 1 else f"{segments:,} segments"
    people = "1 customer falls" if customers == 1 else f"{customers:,} customers fall"
    return f"{people} into {groups}; structure: {word}."


@dataclass(frozen=True)
class Difference:
    """One thing that sets a segment apart.

    Attributes
    ----------
    what : str
        The feature, or the column and level.
    text : str
        The comparison with everyone, in original units.
    higher : bool
        Whether the segment lies above everyone.
    """

    what: str
    text: str
    higher: bool


def feature_differences(segment: dict[str, Any], profiles: dict[str, Any]) -> list[Difference]:
    """Say for each distinctive feature what this segment has and what everyone has.

    The median is named, unless it does not show the difference (two medians of 0, say): then
    the mean is.

    Parameters
    ----------
    segment : dict
        One of ``profiles["segments"]``.
    profiles : dict
        The profiles, for what everyone has.

    Returns
    -------
    list of Difference
        At most five, in the order given.
    """
    found = []
    for item in segment.get("distinctive", [])[:DISTINCTIVE_SHOWN]:
        feature, higher = item["feature"], item["direction"] == "high"
        own = segment["features"].get(feature, {})
        everyone = profiles["overall"].get(feature, {})
        statistic = "median" if _shows(own, everyone, "median", higher=higher) else "mean"
        mine, theirs = (amount(d.get(statistic), feature) for d in (own, everyone))
        text = f"{statistic} {mine} against {theirs} for everyone"
        found.append(Difference(str(feature), text, higher))
    return found


def _shows(own: dict[str, Any], everyone: dict[str, Any], key: str, *, higher: bool) -> bool:
    mine, theirs = own.get(key), everyone.get(key)
    if mine is None or theirs is None or amount(mine) == amount(theirs):
        return False
    return bool((mine > theirs) == higher)


def level_differences(segment: dict[str, Any]) -> list[Difference]:
    """Say for each distinctive category how common it is here and among everyone.

    Parameters
    ----------
    segment : dict
        One of ``profiles["segments"]``.

    Returns
    -------
    list of Difference
        At most four, in the order given.
    """
    found = []
    for item in segment.get("levels", [])[:LEVELS_SHOWN]:
        lift = item.get("lift")
        times = f" ({lift:.1f}\u00d7)" if number(lift) else ""
        unknown = item.get("missing") or 0
        of = f", of those known ({unknown:,} are not)" if unknown else ""
        text = f"{percent(item['share'])} against {percent(item['overall'])}{times}{of}"
        higher = (item["share"] or 0) >= (item["overall"] or 0)
        found.append(Difference(f"{item['column']} {item['level']}", text, higher))
    return found


def component_words(loadings: dict[str, Any] | None, component: int, shown: int = 3) -> str:
    """Name the features that a component mostly stands for, with their direction.

    Examples
    --------
    >>> loadings = {"features": ["spend", "age", "visits"], "components": [[0.9, 0.1, -0.4]]}
    >>> component_words(loadings, 0, shown=2)
    'more spend, less visits'
    """
    if not loadings or component >= len(loadings["components"]):
        return ""
    weights = [w if number(w) else 0.0 for w in loadings["components"][component]]
    order = sorted(range(len(weights)), key=lambda i: (-abs(weights[i]), i))[:shown]
    largest = abs(weights[order[0]]) if order else 0.0
    named = [i for i in order if largest > 0 and abs(weights[i]) >= 0.4 * largest]
    return ", ".join(
        f"{'more' if weights[i] > 0 else 'less'} {loadings['features'][i]}" for i in named
    )
