"""Levels that are numbers, and the other way in which a file may write each."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import narwhals as nw

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_POINT = ".0"


def other_spelling(level: str) -> str | None:
    """Give the other way in which a file may write a whole number; None of what is none.

    Code 2 is "2" as an integer and in a float column of Parquet, and "2.0" in the CSV of that
    column. Zeros before a number tell codes apart, so that "007" is no number here.

    Examples
    --------
    >>> other_spelling("2"), other_spelling("-2.0"), other_spelling("007"), other_spelling("2.5")
    ('2.0', '-2', None, None)
    """
    plain = level.removesuffix(_POINT)
    if not _WHOLE.fullmatch(plain):
        return None
    return plain if plain != level else level + _POINT


def spellings(levels: Collection[str]) -> dict[str, str]:
    """Give the level that each other spelling stands for; a spelling that is a level is its own.

    Parameters
    ----------
    levels : collection of str

    Returns
    -------
    level : dict of str to str

    Examples
    --------
    >>> spellings(["1", "2.0", "3", "3.0", "web"])
    {'1.0': '1', '2': '2.0'}
    """
    known = set(levels)
    found = ((other_spelling(level), level) for level in levels)
    return {other: level for other, level in found if other and other not in known}


def is_level(text: nw.Expr, level: str, spelled: Mapping[str, str]) -> nw.Expr:
    """Tell where a text is a level, or the other spelling of it.

    Parameters
    ----------
    text : narwhals expression
    level : str
    spelled : mapping of str to str
        As of :func:`spellings`.
    """
    others = [other for other, known in spelled.items() if known == level]
    return text.is_in([level, *others]) if others else text == level
