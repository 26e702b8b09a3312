"""The sentences of the report: what a score means, what makes a segment different."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from engine.visualization.readable import (
    counted,
    number,
    percent,
    times,
    two_amounts,
    two_shares,
)

DISTINCTIVE_SHOWN = 5
LEVELS_SHOWN = 4
FEW_CUSTOMERS = 100
"""Below as many, a share is told with the number of customers that it is of."""


def measured(scores: dict[str, Any]) -> str:
    """Put what a verdict goes by into words: the silhouette, chance and gaps.

    Parameters
    ----------
    scores : dict
        A method's entry in the summary; what is absent is left out.

    Returns
    -------
    words : str
        Empty where there is no silhouette.
    """
    found = scores.get("silhouette") or {}
    value, low, high, chance = (found.get(key) for key in ("value", "low", "high", "chance"))
    if not number(value):
        return ""
    known = [v for v in (value, low, high, chance) if number(v)]
    digits = _digits(*known)
    text = f"The silhouette is {value:.{digits}f}."
    if found.get("exact"):
        text = f"The silhouette is {value:.{digits}f}, measured on every customer."
    elif number(low) and number(high):
        text = (
            f"The silhouette is {value:.{digits}f}; with {found.get('confidence') or 0.95:.0%} "
            f"confidence the true value lies between {low:.{digits}f} and {high:.{digits}f}."
        )
    if number(chance):
        text += f" Customers without any groups would give {chance:.{digits}f}."
    return text + _but_for_specks(scores) + _gaps(scores.get("gaps"))


def _but_for_specks(scores: dict[str, Any]) -> str:
    """Give what segments are judged by where some are specks."""
    others = scores.get("without_specks") or {}
    value, chance = others.get("silhouette"), others.get("chance")
    if not number(value):
        return ""
    digits = _digits(value, chance) if number(chance) else _digits(value)
    text = (
        f" Without the {counted(others['specks'], 'customer')} of specks it is {value:.{digits}f}"
    )
    if number(chance):
        text += f", where customers without groups would give {chance:.{digits}f}"
    return f"{text}; that is what counts."


def _gaps(share: float | None) -> str:
    """Say how often those most like a customer are in another segment."""
    if not number(share):
        return ""
    if share < 0.005:
        return " Those most like a customer are hardly ever in another segment."
    return (
        " In the segment where it is most often so, those most like a customer are in another "
        f"segment {percent(share)} as often as where one cloud without groups is cut."
    )


def near_words(near: tuple[str, ...]) -> str:
    """Say that a verdict is near another; empty where it is near none.

    Examples
    --------
    >>> near_words(("weak",))[:48]
    'This is near the border of “weak”: a little more'
    """
    if not near:
        return ""
    words = " and ".join(f"\u201c{word}\u201d" for word in near)
    return (
        f"This is near the border of {words}: a little more or less of what is measured, as "
        "another year\u2019s customers may give, would be called so."
    )


def advice(word: str, segments: int, *, returns: bool = True) -> str:
    """Say what to do where segments are not to be trusted; empty where they are.

    Examples
    --------
    >>> advice("none", 2)
    'Use them to describe customers, not as a discovery; consider other features.'
    >>> advice("weak", 3, returns=False)
    'Try fewer segments, other features or another method.'
    """
    fewer = segments > 2
    if word == "none":
        or_fewer = " or fewer segments" if fewer else ""
        return (
            "Use them to describe customers, not as a discovery; consider other features"
            f"{or_fewer}."
        )
    if not returns:
        what = "fewer segments, other features" if fewer else "other features"
        return f"Try {what} or another method."
    return ""


def silhouette(value: float) -> str:
    """Write one silhouette.

    Examples
    --------
    >>> silhouette(0.312), silhouette(-0.001)
    ('0.31', '0.00')
    """
    return f"{value:.2f}".replace("-0.00", "0.00")


def fit(value: float | None, whole: dict[str, Any]) -> str:
    """Say how well a segment's customers fit it, beside those of all segments.

    Examples
    --------
    >>> fit(0.312, {"value": 0.244})
    'Silhouette of its customers: 0.31; of all customers: 0.24.'
    """
    if not number(value):
        return ""
    text = f"Silhouette of its customers: {silhouette(value)}"
    everyone = whole.get("value")
    return f"{text}; of all customers: {silhouette(everyone)}." if number(everyone) else f"{text}."


def _digits(*values: float) -> int:
    """Two decimals, or three where two would hide a difference between the values."""
    ordered = sorted(values)
    apart = [b - a for a, b in pairwise(ordered)]
    return 3 if any(0 < gap < 0.02 for gap in apart) else 2


def headline(customers: int, segments: int, word: str) -> str:
    """Write the sentence at the top of the page.

    Examples
    --------
    >>> headline(20000, 8, "weak")
    '20,000 customers fall into 8 segments; structure: weak.'
    >>> headline(20000, 5, "division")
    '20,000 customers are divided into 5 segments; structure: a division, not groups.'
    """
    groups = "1 segment" if segments == 1 else f"{segments:,} segments"
    one = customers == 1
    people = "1 customer" if one else f"{customers:,} customers"
    if word == "division":
        verb = "is" if one else "are"
        return f"{people} {verb} divided into {groups}; structure: a division, not groups."
    return f"{people} {'falls' if one else 'fall'} into {groups}; structure: {word}."


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

    Flags are told by the share that has them, few whole numbers by their mean. Of others the
    median is named, unless it does not show the difference (two medians of 0, say): then the mean
    is. What neither shows is not told.

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
    for item in segment.get("distinctive", []):
        feature, higher = item["feature"], item["direction"] == "high"
        own = segment["features"].get(feature, {})
        everyone = profiles["overall"].get(feature, {})
        if text := _compared(own, everyone, feature, higher=higher):
            found.append(Difference(str(feature), text, higher))
    return found[:DISTINCTIVE_SHOWN]


def _compared(
    own: dict[str, Any], everyone: dict[str, Any], feature: str, *, higher: bool
) -> str | None:
    """Say what shows a difference; None where nothing does."""
    kind = everyone.get("kind")
    told = ("mean",) if kind in ("flag", "few") else ("median", "mean")
    key = next((k for k in told if _shows(own.get(k), everyone.get(k), higher=higher)), None)
    if key is None:
        return None
    mine, theirs = own[key], everyone[key]
    if kind == "flag":
        shares = two_shares(mine, theirs)
        return f"{shares[0]} have it, of everyone {shares[1]}"
    amounts = two_amounts(mine, theirs, feature)
    return f"{key} {amounts[0]} against {amounts[1]} for everyone"


def _shows(mine: float | None, theirs: float | None, *, higher: bool) -> bool:
    if not (number(mine) and number(theirs)) or mine == theirs:
        return False
    return (mine > theirs) == higher


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
        share, overall = item["share"], item["overall"]
        known = number(item.get("lift"))
        mine, theirs = two_shares(share, overall)
        text = f"{_of_few(mine, segment)} against {theirs}"
        text += f" ({times(item['lift'])})" if known else ""
        unknown = item.get("missing") or 0
        text += f", of those known ({unknown:,} are not)" if unknown else ""
        higher = (share or 0) >= (overall or 0)
        found.append(Difference(f"{item['column']} {item['level']}", text, higher))
    return found


def _of_few(share: str, segment: dict[str, Any]) -> str:
    """Say of how many customers a share is, where they are few."""
    customers = segment.get("customers")
    if customers is None or customers >= FEW_CUSTOMERS:
        return share
    return f"{share} of its {counted(customers, 'customer')}"


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
