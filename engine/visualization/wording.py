"""The sentences of the report on what was measured, and how far to trust it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from engine.visualization.labels import label
from engine.visualization.readable import counted, number, percent


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
    if share > 0.95:
        return " No gap parts them: at some border customers stand as close as in one crowd."
    return (
        f" Where segments meet most, {percent(share)} as many customers stand at a border as where "
        "one crowd without groups is cut."
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


NEAR_ALL = 0.05
"""Difference of a segment's silhouette from that of all below which it is about the same."""


def fit(value: float | None, whole: dict[str, Any]) -> str:
    """Say how well a segment's customers fit it, beside those of all segments.

    Examples
    --------
    >>> fit(0.312, {"value": 0.244})
    'Its customers fit it better than average (silhouette 0.31; of all customers 0.24).'
    >>> fit(-0.1, {"value": 0.244})[:60]
    'Most of its customers lie as near to another segment (silhou'
    """
    if not number(value):
        return ""
    everyone, text = whole.get("value"), f"silhouette {silhouette(value)}"
    if not number(everyone):
        return f"{text[0].upper()}{text[1:]}."
    gain = value - everyone
    how = "better than" if gain > 0 else "less well than"
    how = "about as well as" if abs(gain) < NEAR_ALL else how
    words = f"Its customers fit it {how} average"
    if value < 0:
        words = "Most of its customers lie as near to another segment"
    return f"{words} ({text}; of all customers {silhouette(everyone)})."


def borderline(found: dict[str, Any] | None) -> str:
    """Say how many customers stand nearly as close to another segment; empty where unknown.

    Examples
    --------
    >>> borderline({"customers": 120, "share": 0.032}), borderline({"customers": 0, "share": 0.0})
    ('120 of them (3.2%) are nearly as close to another segment.', 'Hardly anybody is at a border.')
    """
    many = (found or {}).get("customers")
    if not found or not number(many):
        return ""
    if not many:
        return "Hardly anybody is at a border."
    verb = "is" if many == 1 else "are"
    share = percent(found.get("share"))
    about = "About " if found.get("sample") else ""
    return f"{about}{many:,} of them ({share}) {verb} nearly as close to another segment."


def _digits(*values: float) -> int:
    """Two decimals, or three where two would hide a difference between the values."""
    ordered = sorted(values)
    apart = [b - a for a, b in pairwise(ordered)]
    return 3 if any(0 < gap < 0.02 for gap in apart) else 2


def component_words(
    loadings: dict[str, Any] | None,
    component: int,
    shown: int = 3,
    profiles: dict[str, Any] | None = None,
) -> str:
    """Name the features that a component mostly stands for, as people call them.

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
    called = [label(profiles or {}, feature) for feature in loadings["features"]]
    return ", ".join(f"{'more' if weights[i] > 0 else 'less'} {called[i]}" for i in named)
