"""Amounts and measures in text that no rule reads as numbers: what tells them, what is said."""

from __future__ import annotations

import polars as pl

from engine.data_preparation.reading.written_numbers import cleaned, is_missing
from engine.utilities.shown import figures_like

_SIGNED = (
    r"(?i)(?:[\p{Sc}%‰°]|\b(?:usd|eur|gbp|inr|chf|brl|try|pln|sek|nok|dkk|rs|kr|zł|tl))\.?\s*[-+(]?\s*"
    r"[.,]?\d|\d[.,]?\s*(?:\p{L}{1,3}\s)?(?:[\p{Sc}%‰°]|(?:usd|eur|gbp|inr|chf|brl|pln|sek|nok|dkk|rs|kr|zł|tl)\b)"
)
"""A sign of money or a unit beside a digit."""

_MOST = 0.5


def unread_amount(counts: pl.DataFrame) -> str:
    """Give one of the values where most hold a digit beside a currency or a unit's sign.

    Parameters
    ----------
    counts : DataFrame
        Values or their shapes with n and text.

    Returns
    -------
    example : str
        Empty where most do not.
    """
    text = pl.col("text")
    there = counts.filter(~is_missing(text))
    signed = there.filter(cleaned(text).str.contains(_SIGNED))
    if not signed.height or int(signed["n"].sum()) <= _MOST * int(there["n"].sum()):
        return ""
    return str(signed.sort(-pl.col("n"), text)["text"][0])


def unread_words(column: str, example: str) -> str:
    """Warn of a column of such values."""
    return (
        f"column {column!r} is not read as numbers: most of its values are amounts or measures, "
        f"such as {figures_like(example)!r}, in no notation that is known; write them as plain "
        "numbers in one unit, or list the column under features.exclude"
    )
