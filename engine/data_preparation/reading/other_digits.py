"""Digits of other scripts, such as those of Arabic, written as 0 to 9."""

from __future__ import annotations

import polars as pl

_ZEROS = (
    "\u0660\u06f0\u07c0\u0966\u09e6\u0a66\u0ae6\u0b66\u0be6\u0c66\u0ce6\u0d66\u0e50\u0ed0\u0f20"
    "\u1040\u17e0\u1810\uff10"
)
"""The zero of each script: its other digits stand behind it."""

DIGITS = {chr(ord(zero) + d): str(d) for zero in _ZEROS for d in range(10)}
"""Each digit of them, and what it is written as."""

_OTHERS = r"[\p{Nd}--0-9]"


def with_usual_digits(texts: pl.Series) -> pl.Series:
    r"""Write digits as 0 to 9; those of scripts that are not known as question marks.

    What follows may then take any digit that it meets for a number.

    Parameters
    ----------
    texts : Series of String

    Examples
    --------
    >>> import polars as pl
    >>> with_usual_digits(pl.Series(["\u0663/\u0664/2024", "lunch"])).to_list()
    ['3/4/2024', 'lunch']
    """
    if not texts.str.contains(_OTHERS).any():
        return texts
    return texts.str.replace_many(list(DIGITS), list(DIGITS.values())).str.replace_all(_OTHERS, "?")
