"""Ids whose digits are lost: shortened by a spreadsheet, cut at 15 digits, or kept as floats."""

from __future__ import annotations

import polars as pl

from engine.errors import DataError
from engine.utilities.shown import form_of

_SHORTENED = r"^-?[0-9](?:[.,]([0-9]+))?[eE]\+([0-9]+)$"
_LONG = r"^[1-9][0-9]{15,}$"
_CUT = r"^[1-9][0-9]{14}0+$"

_SPREADSHEET = 10
"""Ids of more than 15 digits from which on zeros at the end of all tell something."""

DIGITS = 16
"""Digits from which on a spreadsheet cuts a whole number."""

_EXACT = 2.0**53
"""Whole numbers up to this one are told apart by a column of floats."""


def lost_digits(values: pl.Series, column: str, label: str, *, plainly: bool) -> list[str]:
    """Refuse ids that a spreadsheet shortened to one; warn where digits may be lost.

    Parameters
    ----------
    values : Series
        As the file has them.
    column, label : str
    plainly : bool
        All are whole numbers in one writing.

    Raises
    ------
    DataError
        Shortened ids repeat.
    """
    if values.dtype.is_float():
        large = inexact(values)
        if not len(large):
            return []
        return [inexact_words(len(large), large[0], column)]
    short = values.clear() if plainly else shortened(values)
    if not len(short):
        if values.dtype.is_integer() and int(values.max() or 0) < 10 ** (DIGITS - 1):  # type: ignore[arg-type]
            return []
        text = values.cast(pl.String)
        if int(text.str.len_bytes().max() or 0) < DIGITS:  # type: ignore[arg-type]
            return []
        return cut_words(*cut_off(text.unique()), column)
    words = shortened_words(len(short), len(values), str(short[0]), column)
    if short.is_duplicated().any():
        message = f"{label}: {words}."
        raise DataError(message)
    return [words]


def inexact(ids: pl.Series) -> pl.Series:
    """Give the ids of a column of floats that are so large that neighbours are one float."""
    known = ids.drop_nulls()
    return known.filter(known.is_finite() & (known.abs() >= _EXACT))


def inexact_words(rows: int, first: float, column: str) -> str:
    """Say that floats do not tell such ids apart."""
    return (
        f"{rows:,} ids in {column!r} are floats of more than 15 digits, such as "
        f"{form_of(f'{first:.0f}')}, which floats do not tell apart; write the column "
        "as text or integers"
    )


def shortened(ids: pl.Series) -> pl.Series:
    """Give the ids that a spreadsheet shortened, such as 4.60000E+12: their last digits are lost.

    Parameters
    ----------
    ids : Series of String
    """
    if ids.dtype != pl.String:
        return ids.clear()
    likely = ids.filter(ids.str.contains(_SHORTENED))
    parts = likely.str.extract_groups(_SHORTENED)
    kept, power = (parts.struct.field(n) for n in ("1", "2"))
    lost = kept.str.len_chars().fill_null(0) < power.cast(pl.UInt32, strict=False)
    return likely.filter(lost.fill_null(value=True))


def cut_off(ids: pl.Series) -> tuple[int, int]:
    """Count different ids of more than 15 digits, and those with nothing but zeros behind 15.

    Spreadsheets keep 15 digits of a number.
    """
    text = ids.cast(pl.String)
    long = text.filter(text.str.contains(_LONG))
    return len(long), int(long.str.contains(_CUT).sum())


def cut_words(long: int, cut: int, column: str) -> list[str]:
    """Warn where nearly all long ids end in zeros; by chance one of ten does."""
    if cut < _SPREADSHEET or cut < 0.9 * long:
        return []
    return [
        f"{cut:,} of the {long:,} ids of more than 15 digits in {column!r} have nothing but zeros "
        "behind the 15th: a spreadsheet cuts numbers there, so that different customers may be "
        "one; export the column as text"
    ]


def shortened_words(rows: int, of: int, example: str, column: str) -> str:
    """Say that ids are shortened, and what to do."""
    return (
        f"{rows:,} of {of:,} rows have an id in {column!r} that a spreadsheet shortened, such as "
        f"{example}: its last digits are lost, and customers cannot be told apart; export the "
        "column as text (in the spreadsheet, format it as text or as a number without decimals)"
    )
