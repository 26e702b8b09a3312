"""What was found, in three plain sentences: how many, the largest, and what stands out most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.visualization.labels import label, two_values
from engine.visualization.readable import amount, number, part_of, percent

if TYPE_CHECKING:
    from engine.visualization.page.worth import Worth

MORE = 1.25
"""Times its share of customers that a segment's share of value is at least to be pointed out."""

LEAST_VALUE = 0.05
"""Share of value below which nobody points at it."""

LARGE = 0.8
"""Difference of two segments in standard deviations from which on a column sets them apart."""


def sentences(
    profiles: dict[str, Any], word: str, worth: Worth | None, customers: int
) -> list[str]:
    """Say what was found.

    Parameters
    ----------
    profiles : dict
        The profiles of the segments.
    word : str
        The verdict: what is no discovery is not told as one.
    worth : Worth or None
        What segments are worth.
    customers : int
        How many there are.

    Returns
    -------
    list of str
        Three, or fewer where there is less to tell.
    """
    told = [s for s in profiles["segments"] if not s.get("few") and not s.get("speck")]
    found = [opening(customers, len(profiles["segments"]), word), _sizes(told, profiles)]
    found.append((worth and _of_value(told, worth)) or _difference(told, profiles))
    return [sentence for sentence in found if sentence]


def opening(customers: int, segments: int, word: str) -> str:
    """Say how many customers and segments there are.

    Examples
    --------
    >>> opening(20000, 8, "clear")
    '20,000 customers fall into 8 segments.'
    >>> opening(20000, 5, "division")
    '20,000 customers are divided into 5 segments: useful parts of one crowd, not separate groups.'
    >>> opening(900, 2, "none")
    '900 customers are cut into 2 segments, but no groups stand out among them.'
    """
    groups = "1 segment" if segments == 1 else f"{segments:,} segments"
    one = customers == 1
    people, be = ("1 customer", "is") if one else (f"{customers:,} customers", "are")
    if word == "division":
        parts = "useful parts of one crowd, not separate groups"
        return f"{people} {be} divided into {groups}: {parts}."
    if word == "none":
        among = "" if one else " among them"
        return f"{people} {be} cut into {groups}, but no groups stand out{among}."
    return f"{people} {'falls' if one else 'fall'} into {groups}."


def _sizes(told: list[dict[str, Any]], profiles: dict[str, Any]) -> str:
    """Name the largest and the smallest segment that are told of."""
    if len(told) < 2:
        return ""
    least = profiles.get("smallest_group", 1)
    ordered = sorted(told, key=lambda s: (-int(s["customers"]), int(s["segment"])))
    first, last = ordered[0], ordered[-1]
    most = f"The largest, {quoted(first)}, holds {part_of(first['share'], first, least)} of them"
    if first["customers"] == last["customers"]:
        share = part_of(first["share"], first, least)
        return f"{'Both' if len(told) == 2 else 'All'} hold the same share of them: {share}."
    other = "the other" if len(told) == 2 else "the smallest"
    return f"{most}; {other}, {quoted(last)}, {part_of(last['share'], last, least)}."


def _of_value(told: list[dict[str, Any]], worth: Worth) -> str:
    """Point at the segment that is worth most beside its size, if any is."""
    known = [
        (share, share / float(s["share"]), s)
        for s in told
        if number(share := worth.of(int(s["segment"])).share) and s["share"]
    ]
    if len(known) < 2:
        return ""
    standing = [k for k in known if k[1] >= MORE and k[0] >= LEAST_VALUE]
    if not standing:
        if all(1 / MORE < ratio < MORE for _, ratio, _ in known):
            return f"Each segment’s share of {worth.label} is close to its share of customers."
        return ""
    # What brings in most beyond its size.
    share, ratio, segment = max(standing, key=lambda k: k[0] - float(k[2]["share"]))
    size = percent(segment["share"])
    return (
        f"{quoted(segment)} account for {size} of customers and {percent(share)} of "
        f"{worth.label}: {amount(round(ratio, 1))}× as much as their number would."
    )


def _difference(told: list[dict[str, Any]], profiles: dict[str, Any]) -> str:
    """Say in which column two segments differ most, with what is typical of them."""
    best: tuple[float, str, dict[str, Any], dict[str, Any]] | None = None
    for feature in profiles["features"]:
        known = [(z, s) for s in told if number(z := s["features"].get(feature, {}).get("z"))]
        if len(known) < 2:
            continue
        low, high = min(known, key=lambda k: k[0]), max(known, key=lambda k: k[0])
        apart = high[0] - low[0]
        if apart >= LARGE and (best is None or apart > best[0]):
            best = (apart, feature, high[1], low[1])
    if best is None:
        return "No single column sets them far apart." if len(told) > 1 else ""
    _, feature, high_one, low_one = best
    kind = (profiles["overall"].get(feature) or {}).get("kind")
    called = label(profiles, feature)
    for key, words in (("median", "typically "), ("mean", "on average ")):
        if kind in ("flag", "few") and key == "median":
            continue
        one, other = (s["features"][feature].get(key) for s in (high_one, low_one))
        if number(one) and number(other) and one > other:
            if kind == "flag":
                amounts, words = (percent(one), percent(other)), ""
            else:
                amounts = two_values(profiles, feature, one, other)
            return (
                f"They differ most in {called}: {words}{amounts[0]} in {quoted(high_one)}, "
                f"{amounts[1]} in {quoted(low_one)}."
            )
    return f"They differ most in {called}."


def quoted(segment: dict[str, Any]) -> str:
    """Put a segment's name in quotation marks."""
    return f"“{segment['name']}”"
