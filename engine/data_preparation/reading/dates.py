"""Columns of dates as moments, in the format that was found; and what does not read, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from engine.data_preparation.reading import date_shapes as shapes
from engine.data_preparation.reading.date_format import LAST_YEAR, DateFormat, Order
from engine.data_preparation.reading.date_numbers import as_number, digits, moment
from engine.data_preparation.reading.other_digits import with_usual_digits
from engine.utilities.shown import FEW, form_of

_LOOK = 100
_LATEST = 9_999
_EIGHT = r"^\d{8}(?:\D|$)"
_TIMES = ("%H:%M:%S", "%H:%M", "%H:%M:%S%.f", "%I:%M:%S %p", "%I:%M %p")
_DMY = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")
_MDY = ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y")
_ALWAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d")
_ISO = tuple(f"%Y-%m-%dT%H:%M:%S{end}" for end in ("", "Z", "%.f", "%.fZ"))
_NAMED = ("%d-%b-%Y", "%d %b %Y", "%d-%B-%Y", "%d %B %Y")


def as_datetime(column: str, dtype: pl.DataType, found: DateFormat | None) -> pl.Expr:
    """Read a column as moments; null where a value is no date.

    Parameters
    ----------
    column : str
    dtype : polars data type
        Dates and times are cast; numbers and text are read as found. An offset from UTC is left
        out: a moment is what the clock on the wall showed.
    found : DateFormat or None
        As :func:`find_date_format` gives; None where the column holds dates.

    Returns
    -------
    moment : expression of type Datetime("us"), without a zone
    """
    return moment_of(pl.col(column), dtype, found)


def moment_of(value: pl.Expr, dtype: pl.DataType, found: DateFormat | None) -> pl.Expr:
    """Read values as :func:`as_datetime` reads a column."""
    moment_type = pl.Datetime("us")
    if isinstance(dtype, pl.Datetime):
        return value.dt.replace_time_zone(None).cast(moment_type)
    if dtype == pl.Date:
        return value.cast(moment_type)
    if dtype == pl.Null:
        return value.cast(moment_type)
    found = found or DateFormat("ymd", "")
    numeric = dtype.is_numeric()
    if not numeric:
        value = value.cast(pl.String).map_batches(
            with_usual_digits, return_dtype=pl.String(), is_elementwise=True
        )
    if found.unit:
        return moment(value if numeric else as_number(value), found.unit)
    return value.map_batches(
        lambda values: shapes.each_once(
            digits(values) if numeric else values, lambda texts: _moments(texts, found)
        ),
        return_dtype=moment_type,
        is_elementwise=True,
    )


def _moments(texts: pl.Series, found: DateFormat) -> pl.Series:
    """Parse with the pattern that suits the first values, and what is left by its shape."""
    frame = texts.to_frame("text")
    patterns = [found.pattern] if found.pattern else _patterns(found.order)
    first = frame.drop_nulls().head(_LOOK)
    hits = first.select(
        _parse(p, found.last_year).count().alias(str(i)) for i, p in enumerate(patterns)
    ).row(0)
    best = patterns[hits.index(max(hits))]
    moments = frame.select(_parse(best, found.last_year).alias(texts.name)).to_series()
    left = moments.is_null() & texts.is_not_null()
    if found.pattern or not left.any():
        return moments
    rows = left.arg_true()
    how = shapes.Reading(found.order, found.languages, found.last_year)
    return moments.scatter(rows, shapes.moments(texts.gather(rows), how))


def _parse(pattern: str, last: int) -> pl.Expr:
    short = "%y" in pattern
    # A pattern with a year of four digits takes one of two for the first century.
    years = (1970, 2069) if short else (1000, _LATEST)
    text = pl.col("text")
    if pattern.startswith("%Y%m%d"):
        text = pl.when(text.str.contains(_EIGHT)).then(text)
    date_only = not any(p in pattern for p in ("%H", "%I", "%T", "%R", "%k", "%l"))
    moment = (
        text.str.to_date(pattern, strict=False).cast(pl.Datetime("us"))
        if date_only
        else text.str.to_datetime(pattern, strict=False, time_unit="us").dt.replace_time_zone(None)
    )
    known = pl.when(moment.dt.year().is_between(*years)).then(moment)
    if short and last != LAST_YEAR:
        return pl.when(known.dt.year() > last).then(known.dt.offset_by("-100y")).otherwise(known)
    return known


def _patterns(order: Order) -> Sequence[str]:
    ordered = {"ymd": (), "dmy": _DMY, "mdy": _MDY}[order]
    days = [*ordered, *_ALWAYS, *_NAMED, *(d.replace("%Y", "%y") for d in ordered)]
    plain = [day if not time else f"{day} {time}" for day in days for time in ("", *_TIMES)]
    return [*plain, *_ISO]


@dataclass
class Unread:
    """Values of a column that are there and are no date.

    Attributes
    ----------
    rows : int
    example : str
        The first; how it is written, where fewer than five rows of its block hold it.
    """

    rows: int = 0
    example: str = ""

    def look(self, values: pl.Series, moments: pl.Series) -> None:
        """Take in a block: what it holds, and how that was read."""
        if values.dtype.is_temporal():
            return
        lost = values.filter(moments.is_null() & values.is_not_null()).cast(pl.String)
        lost = lost.filter(lost.str.strip_chars() != "")
        if len(lost):
            self.rows += len(lost)
            enough = (lost == lost[0]).sum() >= FEW
            self.example = self.example or (lost[0] if enough else form_of(lost[0]))

    def merge(self, after: Unread) -> None:
        """Take in what was met in blocks that follow these."""
        self.rows += after.rows
        self.example = self.example or after.example
