"""Names of segments, made from what is distinctive about them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import count
from typing import Any

from engine.utilities.few import few_name

_NOTABLE = 0.4
_VERY = 1.5
_MOST = 0.5
_AVERAGE = "Average customers"
_FEW = "Outliers"
_LENGTHS = (2, 3, 4)
"""Things that stand out in a name: as few as part it from the others'."""
_SAID = {("recency", "high"): "bought {very}long ago", ("recency", "low"): "bought {very}lately"}
"""What would be read the wrong way round: high recency is many days since a purchase."""


def name_segments(segments: Sequence[dict[str, Any]]) -> list[str]:
    """Give each segment a unique name.

    Parameters
    ----------
    segments : sequence of dict
        Each with ``distinctive`` (feature, z, direction; most distinctive first; ``flag``, and
        ``plain`` unless means or medians contradict it) and ``levels`` (column, level, share,
        overall), ``speck`` where it is no more than noise, and ``few``, the least number of
        customers that are told anything of, where it holds fewer.

    Returns
    -------
    names : list of str
        The two features or categories that stand out most, a third and a fourth where two segments
        would share a name, and a number where that does not part them either. Specks are called
        outliers, and nothing of a few customers names their segment.

    Examples
    --------
    >>> name_segments([
    ...     {"distinctive": [{"feature": "spend", "z": 1.9, "direction": "high"}], "levels": []},
    ...     {"distinctive": [{"feature": "spend", "z": -0.2, "direction": "low"}], "levels": []},
    ... ])
    ['Very high spend', 'Average customers']
    """
    phrases = [_phrases(s) for s in segments]
    specks = [s.get("speck", False) for s in segments]
    few = [s.get("few", 0) for s in segments]
    shortest, *longer = _LENGTHS
    names = [_join(p[:shortest]) for p in phrases]
    for length in longer:
        clashing = {n for n in names if names.count(n) > 1}
        names = [
            _join(p[:length]) if n in clashing else n for n, p in zip(names, phrases, strict=True)
        ]
    names = [few_name(least) if least else n for n, least in zip(names, few, strict=True)]
    told = zip(names, specks, strict=True)
    return _numbered([_of_few(name) if speck else name for name, speck in told])


def names_of(segment: dict[str, Any], first: str) -> list[str]:
    """Give what one segment may be called, the shortest first.

    Parameters
    ----------
    segment : dict
        As :func:`name_segments` takes it.
    first : str
        What it is called among others. It leads, unless a number was needed to part it from them.

    Returns
    -------
    names : list of str
        Of two, three and four of the things that stand out.

    Examples
    --------
    >>> high = [{"feature": f, "z": 1.0, "direction": "high"} for f in ("spend", "age", "visits")]
    >>> names_of({"distinctive": high, "levels": []}, "High spend, high age (2)")
    ['High spend, high age', 'High spend, high age, high visits']
    """
    if segment.get("few"):
        return [first]
    phrases = _phrases(segment)
    names = dict.fromkeys(_join(phrases[:length]) for length in _LENGTHS)
    found = [_of_few(n) if segment.get("speck", False) else n for n in names]
    return list(dict.fromkeys([first, *found])) if first in found else found


def _of_few(name: str) -> str:
    return f"{_FEW}: {name[0].lower()}{name[1:]}"


def _phrases(segment: dict[str, Any]) -> list[str]:
    """Say what stands out, most first; of two things in the same words only the first."""
    said: set[str] = set()
    phrases = []
    for _, subject, phrase in sorted(_candidates(segment), key=lambda c: -c[0]):
        words = {w for w in subject.split() if len(w) > 3}
        if not words & said:
            said |= words
            phrases.append(phrase)
    return phrases


_DAYS_AGO = " (days ago)"
"""What the name of a date ends with, as the days before the snapshot: many are early."""


def _candidates(segment: dict[str, Any]) -> list[tuple[float, str, str]]:
    """Strength, subject and phrase of each notable feature and category.

    A category's strength is that of its indicator: the difference of its shares in standard
    deviations, which compares with the z-score of a number.
    """
    found = []
    for item in segment["distinctive"]:
        # A name stands beside means and medians: it says nothing that either contradicts.
        if (size := abs(item["z"])) >= _NOTABLE and item.get("plain", True):
            subject = readable(item["feature"])
            found.append((size, subject, _phrase(item, subject)))
    for level in segment["levels"]:
        spread = math.sqrt(level["overall"] * (1 - level["overall"]))
        strength = (level["share"] - level["overall"]) / spread if spread else 0.0
        # A few whose value is known name nobody: the others are as everyone is, as far as we know.
        strength *= level.get("known", 1.0)
        if strength >= _NOTABLE:
            subject = readable(level["column"])
            # Of less than half of them it is not what they are.
            often = " more often" if level["share"] < _MOST else ""
            found.append((strength, subject, f"{subject} {level['level']}{often}"))
    return found


def _phrase(item: dict[str, Any], subject: str) -> str:
    """Say of a number that it is high or low, and of a flag how often it is there."""
    very, high = abs(item["z"]) >= _VERY, item["direction"] == "high"
    if item.get("flag"):
        return f"{subject} {'far ' if very else ''}{'more' if high else 'less'} often"
    direction = item["direction"]
    if item["feature"].endswith(_DAYS_AGO):
        direction = "early" if high else "late"
    strength = "very " if very else ""
    said = _SAID.get((subject, item["direction"]))
    # A column's own name may hold braces.
    return said.format(very=strength) if said else f"{strength}{direction} {subject}"


def _join(phrases: list[str]) -> str:
    if not phrases:
        return _AVERAGE
    name = ", ".join(phrases)
    return name[0].upper() + name[1:]


def _numbered(names: list[str]) -> list[str]:
    result: list[str] = []
    for name in names:
        choices = (f"{name} ({i})" if i > 1 else name for i in count(1))
        result.append(next(c for c in choices if c not in result))
    return result


def readable(column: str) -> str:
    """Write a column's name as words.

    Examples
    --------
    >>> readable("Annual Income (k$)"), readable("PURCHASES_TRX"), readable("averageBasket")
    ('annual income', 'purchases trx', 'average basket')
    """
    without_units = re.sub(r"\s*[(\[].*?[)\]]", "", column) or column
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", without_units)
    return re.sub(r"[\s_\-.]+", " ", spaced).strip().lower() or column
