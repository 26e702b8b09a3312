"""Dates as files write them: the order of day, month and year, by evidence over a whole column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import polars as pl

from engine.errors import DataError

Order = Literal["ymd", "dmy", "mdy"]

_HEAD = 14
"""Characters that hold any date but one with a long month's name; times are left behind."""

_LEAST_SHARE = 0.5
_LOOK = 100
_LATEST = 9_999
_WORDS: dict[Order, str] = {
    "ymd": "year-month-day",
    "dmy": "day/month/year",
    "mdy": "month/day/year",
}
_TIMES = ("%H:%M:%S", "%H:%M", "%H:%M:%S%.f", "%I:%M:%S %p", "%I:%M %p")
_DMY = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")
_MDY = ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y")
_ALWAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d")
_NAMED = ("%d-%b-%Y", "%d %b %Y", "%d-%B-%Y", "%d %B %Y", "%b %d %Y", "%B %d %Y")
_ZONE = r"(\d)\s?([Zz]|UTC|[-+]\d\d:?\d\d)$"

_MONTH = r"(?i)(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_PARTS = r"^(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4}|\d{2})(?:\D|$)"


@dataclass(frozen=True)
class DateFormat:
    """How a column writes dates.

    Attributes
    ----------
    order : {"ymd", "dmy", "mdy"}
        Of the parts where a date begins with its day or month; a year of four digits that stands
        first is one whatever the order.
    words : str
        For people.
    """

    order: Order
    words: str


@dataclass
class _Evidence:
    """What the different dates of a column allow, with an example of each."""

    rows: int = 0
    unknown: int = 0
    stranger: str = ""
    year_first: str = ""
    day_first: str = ""
    month_first: str = ""
    either: str = ""
    dotted: str = ""
    named: str = ""
    same: str = ""
    short: bool = False

    def look(self, values: pl.Series) -> None:
        """Take in a block."""
        if values.dtype.is_numeric():
            values = _digits(values)
        heads = values.drop_nulls().cast(pl.String).str.strip_chars().str.head(_HEAD)
        counts = heads.value_counts(name="n").rename({heads.name: "head"})
        self.rows += len(heads)
        parts = pl.col("head").str.extract_groups(_PARTS).struct.rename_fields(["a", "s", "b", "y"])
        known = counts.with_columns(parts.alias("p")).unnest("p")
        first = pl.col("head").str.contains(r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{8})(?:\D|$)")
        named = pl.col("head").str.contains(_MONTH)
        a, b = pl.col("a").cast(pl.Int32), pl.col("b").cast(pl.Int32)
        kind = (
            pl.when(first).then(pl.lit("year_first"))
            .when(a.is_null() & named).then(pl.lit("named"))
            .when(a.is_null()).then(pl.lit("unknown"))
            .when((a > 12) & (b > 12)).then(pl.lit("unknown"))
            .when(a > 12).then(pl.lit("day_first"))
            .when(b > 12).then(pl.lit("month_first"))
            .when(a == b).then(pl.lit("same"))
            .when(pl.col("s") == ".").then(pl.lit("dotted"))
            .otherwise(pl.lit("either"))
        )  # fmt: skip
        short = (pl.col("y").str.len_bytes() == 2).any().alias("short")
        table = known.group_by(kind.alias("kind")).agg(
            pl.col("head").min(), pl.col("n").sum(), short
        )
        for row in table.iter_rows(named=True):
            self._note(row["kind"], row["head"].split(" ")[0], row["n"])
            self.short |= row["short"] or False

    def against(self, order: Order) -> str:
        """Give a date that cannot be written in an order."""
        if order == "ymd":
            parts = (self.day_first, self.month_first, self.either, self.dotted, self.same)
            return next(filter(None, parts), "")
        return self.month_first if order == "dmy" else self.day_first

    def _note(self, kind: str, example: str, n: int) -> None:
        if kind == "unknown":
            self.unknown += n
            self.stranger = self.stranger or example
        else:
            setattr(self, kind, getattr(self, kind) or example)


def _digits(values: pl.Series) -> pl.Series:
    """Write numbers such as 20101201.0 as text; others as they are."""
    whole = values.cast(pl.Float64, strict=False)
    whole = whole.is_finite() & (whole == whole.floor()) & (whole.abs() < 2**53)
    digits = values.filter(whole.fill_null(value=False)).cast(pl.Int64).cast(pl.String)
    others = values.filter(~whole.fill_null(value=True)).cast(pl.String)
    return pl.concat([digits, others])


def find_date_format(parts: Iterable[pl.Series], *, column: str, asked: str = "auto") -> DateFormat:
    """Decide how a column writes its dates, from all of its values.

    Parameters
    ----------
    parts : iterable of polars Series
        The column, block by block: text, dates, or numbers such as 20101201.
    column : str
        Its name, for messages.
    asked : {"auto", "ymd", "dmy", "mdy"}
        ``input.read.date_format``.

    Raises
    ------
    DataError
        Less than half of the values are dates; both orders of day and month occur; or nothing in
        the column tells which it is and ``asked`` does not say.

    Notes
    -----
    One pass; memory for the different days of a block. Dates with points are read as day.month.year
    where nothing tells, which is what they mean wherever they are used. Years of two digits are
    1970 to 2069; they stand last.

    Examples
    --------
    >>> import polars as pl
    >>> find_date_format([pl.Series(["01/02/2011", "13/02/2011"])], column="day").words
    "day/month/year, as '13/02/2011' shows"
    """
    seen = _Evidence()
    for block in parts:
        if block.dtype.is_temporal():
            return DateFormat("ymd", "dates")
        seen.look(block)
    if seen.rows and seen.unknown > (1 - _LEAST_SHARE) * seen.rows:
        raise _no_dates(column, seen)
    order, why = _order(seen, column, asked)
    years = ", years of two digits are 1970 to 2069" if seen.short else ""
    return DateFormat(order, f"{_WORDS[order]}{why}{years}")


def _order(seen: _Evidence, column: str, asked: str) -> tuple[Order, str]:
    if asked != "auto":
        against = seen.against(cast(Order, asked))
        if against:
            message = (
                f"column {column!r} holds the date {against!r}, which is not "
                f"{_WORDS[cast(Order, asked)]} as input.read.date_format says; correct one of them."
            )
            raise DataError(message)
        return cast(Order, asked), " (input.read.date_format)"
    if seen.day_first and seen.month_first:
        message = (
            f"column {column!r} mixes dates written day first, such as {seen.day_first!r}, and "
            f"month first, such as {seen.month_first!r}; write them all in one way."
        )
        raise DataError(message)
    if seen.day_first:
        return "dmy", f", as {seen.day_first!r} shows"
    if seen.month_first:
        return "mdy", f", as {seen.month_first!r} shows"
    if seen.either:
        message = (
            f"column {column!r} holds dates such as {seen.either!r}, which may begin with the day "
            "or the month, and none that tells; set input.read.date_format to dmy or mdy."
        )
        raise DataError(message)
    if seen.dotted or (seen.same and not seen.year_first):
        return "dmy", ""
    return "ymd", " with the month's name" if seen.named and not seen.year_first else ""


def _no_dates(column: str, seen: _Evidence) -> DataError:
    message = (
        f"column {column!r} holds {seen.stranger!r}, which is no date; expected dates such as "
        "2025-12-31, 31/12/2025 or 20251231: correct them, or name another column in "
        "input.columns."
    )
    return DataError(message)


def as_datetime(column: str, dtype: pl.DataType, found: DateFormat | None) -> pl.Expr:
    """Read a column as moments; null where a value is no date.

    Parameters
    ----------
    column : str
    dtype : polars data type
        Dates and times are cast; numbers are read as 20101201; text as found. An offset from UTC
        is left out: a moment is what the clock on the wall showed.
    found : DateFormat or None
        As :func:`find_date_format` gives; None where the column holds dates.

    Returns
    -------
    moment : expression of type Datetime("us"), without a zone
    """
    moment, value = pl.Datetime("us"), pl.col(column)
    if isinstance(dtype, pl.Datetime):
        return value.dt.replace_time_zone(None).cast(moment)
    if dtype == pl.Date:
        return value.cast(moment)
    if dtype.is_numeric():
        number = value.cast(pl.Float64, strict=False)
        whole = number.is_between(1e7, 99_991_231) & (number == number.floor())
        digits = pl.when(whole).then(number).cast(pl.Int64).cast(pl.String)
        return digits.str.to_date("%Y%m%d", strict=False).cast(moment)
    if dtype == pl.Null:
        return value.cast(moment)
    order: Order = found.order if found else "ymd"
    return value.cast(pl.String).map_batches(
        lambda texts: _parsed(texts, order), return_dtype=moment, is_elementwise=True
    )


def _parsed(texts: pl.Series, order: Order) -> pl.Series:
    """Parse each different text once; most blocks repeat few days or minutes."""
    different = texts.unique()
    if 2 * len(different) > len(texts):
        return _moments(texts, order)
    table = pl.DataFrame({"text": different, "moment": _moments(different, order)})
    joined = texts.to_frame("text").join(
        table, on="text", how="left", maintain_order="left", nulls_equal=False
    )
    return joined.get_column("moment").alias(texts.name)


def _moments(texts: pl.Series, order: Order) -> pl.Series:
    """Parse with the pattern that suits the first values, and what is left with all others."""
    frame = texts.to_frame("text")
    patterns = _patterns(order)
    first = frame.drop_nulls().head(_LOOK)
    hits = first.select(_parse(p).count().alias(p) for p in patterns).row(0)
    best = patterns[hits.index(max(hits))]
    moments = frame.select(_parse(best).alias(texts.name)).to_series()
    left = moments.is_null() & texts.is_not_null()
    if not left.any():
        return moments
    rows = left.arg_true()
    return moments.scatter(rows, _rest(texts.gather(rows), patterns))


def _rest(texts: pl.Series, patterns: Sequence[str]) -> pl.Series:
    """Try one pattern after another on texts without zones and commas, each different one once."""
    text = pl.col("text").str.strip_chars().str.replace(_ZONE, "${1}")
    text = text.str.replace(r"(\d)[Tt](\d)", "${1} ${2}").str.replace(r",\s*", " ")
    frame = texts.to_frame("text").select(text)
    tried = pl.coalesce(_parse(p) for p in patterns)
    different = frame.unique().select("text", tried.alias("moment"))
    joined = frame.join(different, on="text", how="left", maintain_order="left")
    return joined.get_column("moment")


def _parse(pattern: str) -> pl.Expr:
    short = "%y" in pattern
    # A pattern with a year of four digits takes one of two for the first century.
    years = (1970, 2069) if short else (1000, _LATEST)
    text = pl.col("text")
    date_only = not any(p in pattern for p in ("%H", "%I"))
    moment = (
        text.str.to_date(pattern, strict=False).cast(pl.Datetime("us"))
        if date_only
        else text.str.to_datetime(pattern, strict=False, time_unit="us")
    )
    return pl.when(moment.dt.year().is_between(*years)).then(moment)


def _patterns(order: Order) -> Sequence[str]:
    ordered = {"ymd": (), "dmy": _DMY, "mdy": _MDY}[order]
    days = [*ordered, *_ALWAYS, *_NAMED, *(d.replace("%Y", "%y") for d in ordered)]
    return [day if not time else f"{day} {time}" for day in days for time in ("", *_TIMES)]
