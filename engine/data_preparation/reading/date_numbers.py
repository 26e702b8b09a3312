"""Dates written as plain numbers: days of a spreadsheet, and time since 1970."""

from __future__ import annotations

import polars as pl

DIGITS = r"^\d+(?:[.,]\d+)?$"

UNITS: dict[str, tuple[str, float, float, float]] = {
    "spreadsheet": ("days as a spreadsheet counts them", 86_400e6, 10_959, 73_050),
    "epoch_s": ("seconds since 1970, in UTC", 1e6, 1e8, 4.102e9),
    "epoch_ms": ("milliseconds since 1970, in UTC", 1e3, 1e11, 4.102e12),
    "epoch_us": ("microseconds since 1970, in UTC", 1.0, 1e14, 4.102e15),
    "epoch_ns": ("nanoseconds since 1970, in UTC", 1e-3, 1e17, 4.102e18),
}
"""By unit: what it is, microseconds in one, and the least and the largest number that is taken for
it: spreadsheet days of 1930 to 2099, times of March 1973 to 2099."""

_SECOND = 1_000_000
_FIRST_DAY = 25_569
"""1970-01-01 as a spreadsheet counts days, from 1899-12-30."""


def as_number(text: pl.Expr) -> pl.Expr:
    """Read plain numbers, with a decimal point or comma; null for others."""
    bare = text.str.strip_chars()
    plain = pl.when(bare.str.contains(DIGITS)).then(bare)
    return plain.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)


def in_range(text: pl.Expr, unit: str) -> pl.Expr:
    """Tell which texts are numbers that a unit is taken for."""
    _, _, least, most = UNITS[unit]
    return as_number(text).is_between(least, most)


def moment(number: pl.Expr, unit: str) -> pl.Expr:
    """Turn numbers into moments, to the second for spreadsheet days; null beyond the range.

    Examples
    --------
    >>> import polars as pl
    >>> days = pl.DataFrame({"day": [40878.53, 0.0]})
    >>> days.select(moment(pl.col("day"), "spreadsheet"))["day"].dt.to_string("%F %T").to_list()
    ['2011-12-01 12:43:12', None]
    """
    _, size, least, most = UNITS[unit]
    value = number.cast(pl.Float64)
    since = value - _FIRST_DAY if unit == "spreadsheet" else value
    microseconds = since * size
    if unit == "spreadsheet":
        microseconds = (microseconds / _SECOND).round(0) * _SECOND
    taken = pl.when(value.is_between(least, most)).then(microseconds)
    return taken.floor().cast(pl.Int64).cast(pl.Datetime("us"))


def digits(values: pl.Series) -> pl.Series:
    """Write numbers such as 20101201.0 as text; others as they are."""
    if values.dtype.is_integer():
        return values.cast(pl.String)
    whole = values.cast(pl.Float64, strict=False)
    whole = whole.is_finite() & (whole == whole.floor()) & (whole.abs() < 2**63)
    texts = values.cast(pl.Float64).cast(pl.Int64, strict=False).cast(pl.String)
    others = values.cast(pl.String)
    frame = pl.DataFrame({"d": texts, "o": others, "w": whole})
    chosen = frame.select(pl.when("w").then("d").otherwise("o").alias(values.name))
    return chosen.to_series()
