"""Dates of customers as numbers: the days before one day, which the model keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

import polars as pl

from engine.data_preparation.reading.date_format import DateFormat
from engine.data_preparation.reading.dates import moment_of
from engine.data_preparation.reading.lists import is_text

DAYS_AGO = " (days ago)"
"""What the name of such a feature ends with."""


@dataclass(frozen=True)
class DateReading:
    """A column of dates as days before the snapshot; after it they are negative.

    Attributes
    ----------
    column : str
        Of the file.
    snapshot : str
        The day, as 2014-06-29.
    written : DateFormat
        How the column writes dates where it is text.

    Examples
    --------
    >>> import polars as pl
    >>> since = DateReading("since", "2014-06-29", DateFormat("dmy", ""))
    >>> texts = pl.DataFrame({"since": ["28/06/2014", "29/06/13", "never", None]})
    >>> texts.select(since.expression(pl.col("since"), pl.String()))["since"].to_list()
    [1.0, 365.0, None, None]
    """

    kind: ClassVar[str] = "date"
    loss: ClassVar[str] = "do not read as the dates did in training; these count as missing"

    column: str
    snapshot: str
    written: DateFormat

    def reads(self, dtype: pl.DataType) -> bool:
        """Tell whether a column of this type can hold dates."""
        return is_text(dtype) or is_date(dtype) or dtype.is_integer()

    def expression(self, value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
        """Give whole days before the snapshot, Float64; null where no date reads."""
        day = _moment(value, dtype, self.written).dt.date()
        end = pl.lit(date.fromisoformat(self.snapshot))
        return (day - end).dt.total_days().neg().cast(pl.Float64)

    def lost(self, value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
        """Tell which values are there and are no date."""
        if not is_text(dtype):
            return pl.lit(value=False)
        there = value.cast(pl.String).str.strip_chars() != ""
        return (there & _moment(value, dtype, self.written).is_null()).fill_null(value=False)

    def words(self) -> str:
        """Say how, after ``is read as``."""
        return f"days from {self.column!r} to {self.snapshot}"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "kind": self.kind, "column": self.column, "snapshot": self.snapshot,
            "written": self.written.to_json(),
        }  # fmt: skip

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> DateReading:
        """Read what :meth:`to_json` wrote."""
        return cls(tree["column"], tree["snapshot"], DateFormat.from_json(dict(tree["written"])))


def is_date(dtype: pl.DataType) -> bool:
    """Tell dates and moments from other times."""
    return dtype == pl.Date or isinstance(dtype, pl.Datetime)


def _moment(value: pl.Expr, dtype: pl.DataType, written: DateFormat) -> pl.Expr:
    found = moment_of(value.cast(pl.String) if is_text(dtype) else value, dtype, written)
    return pl.when(found.dt.year().is_between(1, 9998)).then(found)


def latest(block: pl.Series, written: DateFormat, today: datetime) -> datetime | None:
    """Give the latest date of a block that does not lie in the future."""
    moments = block.to_frame("c").select(_moment(pl.col("c"), block.dtype, written).alias("m"))["m"]
    known = moments.filter(moments <= today).max()
    return known if isinstance(known, datetime) else None
