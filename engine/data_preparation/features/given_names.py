"""Which values read like people's names: tables of given names and surnames."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from engine.data_preparation.features.words import unaccented

_PARTS = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
_MOST_PARTS = 4
_TITLES = {
    "mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "m", "mme", "mlle", "sr", "sra",
    "dott", "sig", "dhr", "mevr",
}  # fmt: skip
_BEFORE_A_NAME = {
    "mr", "mrs", "ms", "miss", "dr", "prof", "herr", "herrn", "frau", "mme", "mlle", "madame",
    "monsieur", "familie", "family", "fam", "famille", "familia", "famiglia", "dear", "liebe",
    "lieber", "geehrte", "geehrter", "cher", "chere", "estimado", "estimada", "querido", "querida",
    "caro", "cara", "gentile", "beste", "geachte", "signor", "signora", "senor", "senora", "sig",
    "dott", "dhr", "mevr", "pan", "pani",
}  # fmt: skip
"""Titles and greetings: what follows is a name, if no table has it."""

_SHORTEST = 3
_HAN, _HANGUL = ("\u4e00", "\u9fff"), ("\uac00", "\ud7a3")
_LETTERS_OF_A_NAME = {_HAN: (2, 3, 4), _HANGUL: (3,)}


def given_names() -> frozenset[str]:
    """Read the table, once and when it is first needed; without accents and case."""
    return _table("given_names.txt")


def surnames() -> frozenset[str]:
    """Read the table, once and when it is first needed; without accents and case."""
    return _table("surnames.txt")


@cache
def _table(file: str) -> frozenset[str]:
    text = files(__package__).joinpath(file).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return frozenset(unaccented(name).casefold() for line in lines for name in line.split())


def reads_like_a_name(value: str) -> bool:
    """Tell whether a value is a given name, with others before or after it, or a surname alone.

    Examples
    --------
    >>> [reads_like_a_name(v) for v in ("Dirk", "Müller, Anna", "José García", "Paris 7e")]
    [True, True, True, False]
    >>> [reads_like_a_name(v) for v in ("Kowalczyk", "王伟", "김민준", "Prof. Nguyen", "Basic")]
    [True, True, True, True, False]
    """
    parts = _PARTS.findall(unaccented(value).casefold())
    if not 0 < len(parts) <= _MOST_PARTS or any(c.isdigit() for c in value):
        return False
    titled = False
    while len(parts) > 1 and parts[0].rstrip(".") in _TITLES | _BEFORE_A_NAME:
        titled = titled or parts[0].rstrip(".") in _BEFORE_A_NAME
        parts = parts[1:]
    if titled and len(parts[-1]) >= _SHORTEST:
        return True
    if len(parts) == 1 and (parts[0] in surnames() or _han_name(parts[0])):
        return True
    known = given_names()
    family_first = "," in value
    return parts[-1 if family_first else 0] in known or (
        family_first and len(parts) > 1 and parts[1] in known
    )


def _han_name(word: str) -> bool:
    """Tell a name in Chinese or Korean letters by its family name, which comes first."""
    for (first, last), lengths in _LETTERS_OF_A_NAME.items():
        if len(word) in lengths and all(first <= c <= last for c in word):
            return word[0] in surnames() or word[:2] in surnames()
    return False


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
