"""Which values read like people's names: a table of common given names of the usual languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from engine.data_preparation.features.words import unaccented

_PARTS = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
_MOST_PARTS = 4


@cache
def given_names() -> frozenset[str]:
    """Read the table, once and when it is first needed; without accents and case."""
    text = files(__package__).joinpath("given_names.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return frozenset(unaccented(name).casefold() for line in lines for name in line.split())


def reads_like_a_name(value: str) -> bool:
    """Tell whether a value is a given name, alone or with others before or after it.

    Examples
    --------
    >>> [reads_like_a_name(v) for v in ("Dirk", "Müller, Anna", "José García", "Paris 7e")]
    [True, True, True, False]
    """
    parts = _PARTS.findall(unaccented(value).casefold())
    if not 0 < len(parts) <= _MOST_PARTS or any(c.isdigit() for c in value):
        return False
    known = given_names()
    family_first = "," in value
    return parts[-1 if family_first else 0] in known or (
        family_first and len(parts) > 1 and parts[1] in known
    )


def share_of_names(levels: Mapping[str, int]) -> tuple[float, float, int]:
    """Give the share of rows and of distinct values that read like names, and how many those are.

    Examples
    --------
    >>> share_of_names({"Anna": 3, "Paul": 1, "Basic": 4})
    (0.5, 0.6666666666666666, 2)
    """
    hits = [level for level in levels if reads_like_a_name(level)]
    rows = sum(levels.values())
    if not rows:
        return 0.0, 0.0, 0
    return sum(levels[h] for h in hits) / rows, len(hits) / len(levels), len(hits)
