"""Times of day as they stand behind a date, as microseconds since midnight."""

# ruff: noqa: RUF001
from __future__ import annotations

import polars as pl

_BEFORE = (
    r"(?:(?:at|um|a|as|a las|kl|klo|alle|ore|om|o|v|в|u|saat|ora|τις|στις|г|р|r|roku|m)\.?,?\s+)*"
)
_AM = r"a\.?\s?m|am|fm|πμ|π\.μ|oo|dop|ap|a"
_PM = r"p\.?\s?m|pm|em|μμ|μ\.μ|os|odp|ip|p"
_TIME = (
    rf"^[\s,.;:t_\-]*{_BEFORE}(?:({_AM}|{_PM})\.?\s?)?"
    r"(?:(\d{1,2})\s?[:.h]\s?(\d{2})(?:\s?[:.m]\s?(\d{2})(?:[.,:](\d{1,9}))?\s?s?)?"
    r"|(\d{2})(\d{2})(\d{2})?(?:\.(\d{1,9}))?|(\d{1,2})(?:\s?(h|uhr)|\s))"
    rf"\s?(?:({_AM}|{_PM})\.?)?\s?(?:uhr|hrs?|hs|h|u|hod|год|ч)?\.?\s*$"
)
_NO_TIME = rf"^[\s,.;:_\-]*{_BEFORE}$"
_HALF_DAY = 12

_QUICK = r"^[ Tt,:]*(\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?)\s?(?:[Zz]|[-+]\d\d:?\d\d|UTC|GMT)?$"

BEHIND = (
    r"^(.{5,}?\d\.?)([\sTt:,]+\d{1,2}[:hH]\d\d(?::\d\d)?(?:[.,]\d{1,9})?\s?(?:[AaPp]\.?\s?[Mm]\.?)?\s?"
    r"(?:[A-Za-z]{1,4})?\s?(?:[-+]\d\d:?\d\d)?)$"
)
"""A date, and the usual time of day behind it."""


def clock(rests: pl.Series) -> pl.Series:
    """Read what stands behind dates as microseconds since midnight; null where it is no time.

    Parameters
    ----------
    rests : Series of String
        As :func:`engine.data_preparation.reading.date_shapes.plain_dates` writes them.

    Examples
    --------
    >>> import polars as pl
    >>> rests = pl.Series(["", " 12h50", "t12:50:00.5", " 1:05 p.m.", " 25:00", " x"])
    >>> (clock(rests) // 1_000_000).to_list()
    [0, 46200, 46200, 47100, None, None]
    """
    quick = quick_clock(rests)
    lacking = quick.is_null() & rests.is_not_null()
    if not lacking.any():
        return quick
    rows = lacking.arg_true()
    return quick.scatter(rows, _closely(rests.gather(rows)))


def quick_clock(rests: pl.Series) -> pl.Series:
    """Read the plainest times, as they stand in files; null for others."""
    text = rests.str.extract(_QUICK, 1)
    time = pl.coalesce(
        pl.lit(text).str.to_time("%H:%M:%S%.f", strict=False),
        pl.lit(text).str.to_time("%H:%M", strict=False),
    )
    return pl.select(time.cast(pl.Int64) // 1_000).to_series().alias(rests.name)


def _closely(rests: pl.Series) -> pl.Series:
    names = ["m1", "h1", "min1", "s1", "f1", "h2", "min2", "s2", "f2", "h3", "hours", "m2"]
    text = rests.rename("rest") + " "
    parts = text.str.extract_groups(_TIME).struct.rename_fields(names).struct.unnest()
    return parts.with_columns(text).select(_microseconds().alias(rests.name)).to_series()


def _microseconds() -> pl.Expr:
    field, rest = pl.col, pl.col("rest")
    half = pl.coalesce(field("m1"), field("m2"))
    hour = pl.coalesce(field("h1"), field("h2"), field("h3")).cast(pl.Int64)
    whole = pl.coalesce(field("hours"), half, field("h1"), field("h2")).is_not_null()
    minute, second = (
        pl.coalesce(field(f"{k}1"), field(f"{k}2"), pl.lit("0")).cast(pl.Int64)
        for k in ("min", "s")
    )
    fraction = pl.coalesce(field("f1"), field("f2"), pl.lit("0")).str.pad_end(6, "0").str.head(6)
    afternoon = half.str.contains(rf"^(?:{_PM})$")
    noon = pl.when(afternoon & (hour < _HALF_DAY)).then(hour + _HALF_DAY)
    midnight = pl.when(~afternoon & (hour == _HALF_DAY)).then(0)
    hour = pl.coalesce(noon, midnight, hour)
    time = ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction.cast(pl.Int64)
    valid = whole & (hour < 24) & (minute < 60) & (second < 60)
    none = rest.str.contains(_NO_TIME) | rest.str.contains(r"^\.0+ $")
    return pl.when(none).then(pl.lit(0, pl.Int64)).when(valid).then(time)
