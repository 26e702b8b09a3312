"""What sets a segment apart, in the reader's words and units: of numbers, flags and categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.visualization.labels import label, share_of, two_values
from engine.visualization.readable import counted, number, times, two_shares

DISTINCTIVE_SHOWN = 5
LEVELS_SHOWN = 3
FEW_CUSTOMERS = 100
"""Below as many, a share is told with the number of customers that it is of."""

_TYPICAL = {"median": "typically", "mean": "on average"}


@dataclass(frozen=True)
class Difference:
    """One thing that sets a segment apart.

    Attributes
    ----------
    what : str
        What people call the feature, or the column and its level.
    text : str
        The comparison with everyone, in original units.
    higher : bool
        Whether the segment lies above everyone.
    describes : bool
        Whether the column describes segments and did not form them.
    """

    what: str
    text: str
    higher: bool
    describes: bool = False


def feature_differences(segment: dict[str, Any], profiles: dict[str, Any]) -> list[Difference]:
    """Say for each distinctive feature what this segment has and what everyone has.

    Flags are told by the share that has them, few whole numbers by their mean. Of others the
    median is told ("typically"), unless it does not show the difference (two medians of 0, say):
    then the mean is ("on average"). What neither shows is not told.

    Parameters
    ----------
    segment : dict
        One of ``profiles["segments"]``.
    profiles : dict
        The profiles, for what everyone has and what columns are called.

    Returns
    -------
    list of Difference
        At most five of the columns that form segments and five of those that describe them, in
        the order given.
    """
    found: dict[bool, list[Difference]] = {False: [], True: []}
    for item in segment.get("distinctive", []):
        feature, higher = item["feature"], item["direction"] == "high"
        own = segment["features"].get(feature, {})
        if text := _compared(own, profiles, feature, higher=higher):
            describes = bool(item.get("describes"))
            told = Difference(label(profiles, str(feature)), text, higher, describes)
            found[describes].append(told)
    return found[False][:DISTINCTIVE_SHOWN] + found[True][:DISTINCTIVE_SHOWN]


def _compared(
    own: dict[str, Any], profiles: dict[str, Any], feature: str, *, higher: bool
) -> str | None:
    """Say what shows a difference; None where nothing does."""
    everyone = profiles["overall"].get(feature, {})
    kind = everyone.get("kind")
    told = ("mean",) if kind in ("flag", "few") else ("median", "mean")
    key = next((k for k in told if _shows(own.get(k), everyone.get(k), higher=higher)), None)
    if key is None:
        return None
    mine, theirs = own[key], everyone[key]
    if kind == "flag":
        shares = two_shares(mine, theirs)
        if everyone.get("about") and mine in (0.0, 1.0):
            shares = share_of(mine, everyone), shares[1]
        return f"{shares[0]} have it, against {shares[1]} of everyone"
    amounts = two_values(profiles, feature, mine, theirs)
    return f"{_TYPICAL[key]} {amounts[0]}, against {amounts[1]} for everyone"


def _shows(mine: float | None, theirs: float | None, *, higher: bool) -> bool:
    if not (number(mine) and number(theirs)) or mine == theirs:
        return False
    return (mine > theirs) == higher


def level_differences(segment: dict[str, Any], profiles: dict[str, Any]) -> list[Difference]:
    """Say for each distinctive category how common it is here and among everyone.

    Parameters
    ----------
    segment : dict
        One of ``profiles["segments"]``.
    profiles : dict
        The profiles, for what columns are called.

    Returns
    -------
    list of Difference
        At most three of the columns that form segments and three of those that describe them, in
        the order given.
    """
    found: dict[bool, list[Difference]] = {False: [], True: []}
    for item in segment.get("levels", []):
        share, overall = item["share"], item["overall"]
        known = number(item.get("lift"))
        mine, theirs = two_shares(share, overall)
        text = f"{_of_few(mine, segment)}, against {theirs} of everyone"
        text += f" ({times(item['lift'])})" if known else ""
        unknown = item.get("missing") or 0
        text += f", of those known ({unknown:,} are not)" if unknown else ""
        higher = (share or 0) >= (overall or 0)
        what = f"{label(profiles, item['column'])} {item['level']}"
        describes = bool(item.get("describes"))
        found[describes].append(Difference(what, text, higher, describes))
    return found[False][:LEVELS_SHOWN] + found[True][:LEVELS_SHOWN]


def _of_few(share: str, segment: dict[str, Any]) -> str:
    """Say of how many customers a share is, where they are few."""
    customers = segment.get("customers")
    if customers is None or customers >= FEW_CUSTOMERS:
        return share
    return f"{share} of its {counted(customers, 'customer')}"
