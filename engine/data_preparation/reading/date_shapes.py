"""The shapes that dates and times of day are written in, and how one becomes a moment."""

# ruff: noqa: RUF001
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from engine.data_preparation.reading.clock_times import BEHIND, clock, quick_clock
from engine.data_preparation.reading.month_names import folded, leading_words, month_of

_ERAS = r"(?:\s?(?:г|р|r|roku|rok|года|году|року|m)\.?)?"
_REST = r"(|\D.*)$"
_DAY = r"(\d{1,2})(?:(?:st|nd|rd|th|er|ero|o|a|e|ste|-го)[\s,]|\.)?"
_GAP = r"[\s\-/.,_]*"

ORDERED = (
    rf"^(\d{{1,2}})(?:\s?([-/.])\s?|(\s))(\d{{1,2}})(?:\s?[-/.]\s?|\s)'?(\d{{4}}|\d{{2}}){_REST}"
)
COMPACT_ORDERED = rf"^(\d{{1,2}})()()(\d{{2}})((?:19|20)\d{{2}}){_REST}"
YEAR_FIRST = rf"^(\d{{4}})\s?[-/.: ]\s?(\d{{1,2}})\s?[-/.: ]\s?(\d{{1,2}}){_REST}"
COMPACT = r"^(\d{4})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(|\D.*|\d{4}(?:\d{2})?(?:\.\d+)?)$"
DAY_MONTH = (
    rf"^{_DAY}{_GAP}(?:de |of |d')?(\p{{L}}{{3,}})\.?[\s\-/.,'_]*(?:de |del )?(\d{{4}}|\d{{2}})"
    rf"{_ERAS}{_REST}"
)
MONTH_DAY = rf"^(\p{{L}}{{3,}})\.?[\s\-/_]*{_DAY}[\s,\-/._]+'?(\d{{4}}|\d{{2}}){_REST}"
YEAR_MONTH_DAY = rf"^(\d{{4}})\.?{_GAP}(\p{{L}}{{3,}})\.?{_GAP}(\d{{1,2}}){_REST}"
CLOCK_BEFORE_YEAR = (
    r"^(\p{L}{3,})\.?\s(\d{1,2})\s(\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?:\s?[ap]\.?m\.?)?)"
    r"\s(?:\p{L}{1,5}\s|[-+]\d{4}\s)?(\d{4})$"
)
MONTH = r"^(\p{L}{3,})(?:\.?[\s\-/.,'_]*(?:de |del )?(\d{4})|\.?[\-/']'?(\d{2}))$"
YEAR_MONTH = r"^(\d{4})[\s\-/.]*(\p{L}{3,})\.?$"
YEAR_MONTH_NUMBER = r"^(\d{4})(?:\s?[-/.]\s?m?)(0?[1-9]|1[0-2])\.?$"
MONTH_NUMBER = r"^(0?[1-9]|1[0-2])\s?[-/.]\s?(\d{4})$"
SIX_DIGITS = r"^((?:19|20)\d{2})(0[1-9]|1[0-2])$"
WEEK = r"^(\d{4})[-\s/]?(?:w|kw)\s?(\d{1,2})(?:-?([1-7]))?$"
WEEK_YEAR = r"^(?:w|kw|week|semana|semaine|uge|vecka)\.?\s?(\d{1,2})[\s\-/,]+(\d{4})$"
QUARTER = r"^(\d{4})[\s\-/]?(?:q|t)([1-4])$"
QUARTER_YEAR = r"^(?:(?:q|t)([1-4])|([1-4])\s?\.?\s?(?:q|t|quartal))[\s\-/]?(\d{4})$"

PERIODS = (
    MONTH, YEAR_MONTH, YEAR_MONTH_NUMBER, MONTH_NUMBER, SIX_DIGITS, WEEK, WEEK_YEAR, QUARTER,
    QUARTER_YEAR,
)  # fmt: skip
"""A month, a week, a quarter: its last day stands for it."""

_WORDED: dict[str, tuple[str, ...]] = {
    CLOCK_BEFORE_YEAR: ("word", "day", "rest", "year"),
    DAY_MONTH: ("day", "word", "year", "rest"),
    MONTH_DAY: ("word", "day", "year", "rest"),
    YEAR_MONTH_DAY: ("year", "word", "day", "rest"),
    MONTH: ("word", "year", "short"),
    YEAR_MONTH: ("year", "word"),
}
WORDED = tuple(_WORDED)
"""Shapes with the name of a month."""


def word_place(shape: str) -> int:
    """Give which group of a shape holds the month's name, counted from 1."""
    return _WORDED[shape].index("word") + 1


_NUMBERED: dict[str, tuple[str, ...]] = {
    YEAR_FIRST: ("year", "month", "day", "rest"),
    COMPACT: ("year", "month", "day", "rest"),
}
_PERIOD_FIELDS: dict[str, tuple[str, ...]] = {
    YEAR_MONTH_NUMBER: ("year", "month"),
    MONTH_NUMBER: ("month", "year"),
    SIX_DIGITS: ("year", "month"),
    WEEK: ("year", "week", "day"),
    WEEK_YEAR: ("week", "year"),
    QUARTER: ("year", "quarter"),
    QUARTER_YEAR: ("quarter", "short", "year"),
}

ZONE = (
    r"((?::|t\d\d|\.)\d\d(?:\d\d)?(?:[.,]\d+)?(?:\s?[ap]\.?\s?m\.?)?)"
    r"(?:\s?(?:z|utc|gmt|cet|cest|eet|eest|msk|bst|[ecmp][sd]t)|\s?(?:utc|gmt)?\s?[-+]\d\d"
    r"(?::?\d\d){0,2}|\[[a-z_/]+\]|\s[a-z]+/[a-z_/]+)+$"
)
"""An offset from UTC or a zone's name after a time of day."""

_DATE_ZONE = r"^(\d{4}-?\d\d-?\d\d)(?:z|[-+]\d\d:\d\d)$"

_EAST = (
    (r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?", "${1}-${2}-${3} "),
    (r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]$", "${1}-${2}"),
    (r"(\d{1,2})\s*[時时시点]\s*(\d{1,2})\s*[分분]?", "${1}:${2}"),
    ("오전|上午|午前", " am "),
    ("오후|下午|午後", " pm "),
)


def plain_dates(text: pl.Expr) -> pl.Expr:
    """Write dates without case, accents, odd spaces, what stands in parentheses, and zones."""
    for pattern, instead in _EAST:
        text = text.str.replace(pattern, instead)
    text = text.str.to_lowercase().str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    text = text.str.replace_all("ı", "i", literal=True).str.replace_all("[\u2019\u02bc`]", "'")
    text = text.str.replace_all("ł", "l", literal=True).str.replace_all(r"\([^)]*\)", " ")
    text = text.str.replace_all(r"\s+", " ").str.strip_chars(" ,;\"'")
    text = text.str.replace(ZONE, "${1}").str.replace(_DATE_ZONE, "${1}")
    return text.str.strip_chars()


_LEAD = r"^((?:\p{L}+[.,]*\s?,?\s?){1,2}[\s,])(\d{1,2}\s?[-/. ]\s?\d{1,2}\s?[-/. ]\s?\d.*|"
_LEAD += r"\d{4}[-/.].*|\d{1,2}(?:st|nd|rd|th|er|\.)?[\s\-/.,]*(?:de |of |d')?\p{L}{3,}.*|"
_LEAD += r"\p{L}{3,}\.?[\s\-]*\d.*)$"


_TRAIL = r"^(.*\d[.,]?),?\s(\p{L}{2,})\.?$"


def without_weekday(texts: pl.Series) -> pl.Series:
    """Drop days of the week and articles around what then still is a date, from plain dates."""
    return _without(_without(texts, _LEAD, ["idle", "date"]), _TRAIL, ["date", "idle"])


def _without(texts: pl.Series, pattern: str, fields: list[str]) -> pl.Series:
    split = texts.str.extract_groups(pattern).struct.rename_fields(fields).struct.unnest()
    words = split["idle"].drop_nulls().unique()
    if not len(words):
        return texts
    known = leading_words()
    idle = [t for t in words if all(folded(w.strip(" ,.")) in known for w in t.split())]
    date = pl.when(pl.col("idle").is_in(idle)).then("date").otherwise(texts)
    return split.select(date.alias(texts.name)).to_series()


@dataclass(frozen=True)
class Reading:
    """What the shapes alone leave open.

    Attributes
    ----------
    order : str
        ``dmy``, ``mdy`` or ``ymd``, of dates that begin with one or two digits.
    languages : tuple of str
        Whose months are read.
    last_year : int
        The latest year that two digits stand for.
    """

    order: str
    languages: tuple[str, ...]
    last_year: int = 2069


def moments(texts: pl.Series, how: Reading) -> pl.Series:
    """Read dates in any of the shapes; null where a value is in none.

    Parameters
    ----------
    texts : Series of String
    how : Reading

    Returns
    -------
    moments : Series of Datetime("us")

    Examples
    --------
    >>> import polars as pl
    >>> texts = pl.Series(["Fri, 09 Dec 2011 12:50:00 +0000", "9/12/2011 12h50", "lunch"])
    >>> moments(texts, Reading("dmy", ("en",))).dt.to_string("%F %R").to_list()
    ['2011-12-09 12:50', '2011-12-09 12:50', None]
    """
    split = texts.str.extract_groups(BEHIND).struct.rename_fields(["date", "time"]).struct.unnest()
    dates = pl.select(pl.coalesce(split["date"], texts)).to_series()
    days = each_once(dates, lambda different: _whole(different, how))
    times = split["time"].fill_null("")
    clocks = quick_clock(times)
    if (lacking := clocks.is_null()).any():
        rows = lacking.arg_true()
        clocks = clocks.scatter(rows, each_once(times.gather(rows), _clock))
    moments = pl.select(days + pl.lit(clocks).cast(pl.Duration("us"))).to_series()
    return moments.alias(texts.name)


def each_once(texts: pl.Series, read: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Read each different text once."""
    different = texts.unique()
    if 2 * len(different) > len(texts):
        return read(texts).alias(texts.name)
    table = pl.DataFrame({"text": different, "read": read(different)})
    joined = texts.to_frame("text").join(
        table, on="text", how="left", maintain_order="left", nulls_equal=False
    )
    return joined.get_column("read").alias(texts.name)


def _clock(times: pl.Series) -> pl.Series:
    return clock(pl.select(plain_dates(pl.lit(times))).to_series())


def _whole(texts: pl.Series, how: Reading) -> pl.Series:
    """Read texts in any of the shapes, each on its own."""
    plain = without_weekday(pl.select(plain_dates(pl.lit(texts))).to_series())
    left = plain.to_frame("text").with_row_index("row")
    found = []
    for shape, fields in _shapes(how).items():
        rows = left.filter(pl.col("text").str.contains(shape))
        if rows.height:
            parts = pl.col("text").str.extract_groups(shape).struct.rename_fields(list(fields))
            read = _read(rows.select("row", parts.alias("p")).unnest("p"), how)
            found.append(read.drop_nulls("moment"))
            left = left.join(found[-1], on="row", how="anti")
        if not left.height:
            break
    empty = pl.DataFrame(schema={"row": pl.UInt32, "moment": pl.Datetime("us")})
    rows = pl.DataFrame({"row": pl.int_range(len(texts), dtype=pl.UInt32, eager=True)})
    joined = rows.join(pl.concat([empty, *found]), on="row", how="left", maintain_order="left")
    return joined["moment"]


def _shapes(how: Reading) -> dict[str, tuple[str, ...]]:
    first, second = ("month", "day") if how.order == "mdy" else ("day", "month")
    ordered = (first, "mark", "gap", second, "year", "rest")
    if how.order == "ymd":
        ordered = ("year", "mark", "gap", "month", "day", "rest")
    compact = {} if how.order == "ymd" else {COMPACT_ORDERED: ordered}
    return {ORDERED: ordered, **_NUMBERED, **compact, **_WORDED, **_PERIOD_FIELDS}


def _read(parts: pl.DataFrame, how: Reading) -> pl.DataFrame:
    """Give row and moment of dates taken apart."""
    given = set(parts.columns)
    if "word" in given:
        words = parts["word"].unique().to_list()
        named = [month_of(w, how.languages) for w in words]
        table = pl.DataFrame({"word": words, "month": named}, schema_overrides={"month": pl.Int32})
        parts = parts.join(table, on="word", how="left", maintain_order="left")
    if "short" in given:
        longer = "quarter" if "quarter" in given else "year"
        parts = parts.with_columns(pl.coalesce(longer, "short").alias(longer))
    if "rest" not in given:
        parts = parts.with_columns(rest=pl.lit(""))
    parts = parts.with_columns(
        pl.lit(None, pl.String).alias(c) for c in _FIELDS - set(parts.columns)
    )
    numbers = [pl.col(c).cast(pl.Int32, strict=False) for c in ("month", "day", "week", "quarter")]
    parts = parts.with_columns(*numbers, year=_year(how.last_year))
    parts = parts.with_columns(clock=clock(parts["rest"]))
    period = "day" not in given or "week" in given
    day = _last_day() if period else _date(pl.col("year"), pl.col("month"), pl.col("day"))
    moment = day.cast(pl.Datetime("us")) + pl.duration(microseconds=pl.col("clock"))
    return parts.select("row", moment.alias("moment"))


_FIELDS = {"month", "day", "week", "quarter"}


def _year(last: int) -> pl.Expr:
    """Read years; those of two digits are the hundred up to the last."""
    year = pl.col("year").cast(pl.Int32, strict=False)
    century = pl.when(year <= last % 100).then(last // 100 * 100).otherwise(last // 100 * 100 - 100)
    whole = pl.when(year >= 1000).then(year)
    return pl.when(pl.col("year").str.len_bytes() == 2).then(century + year).otherwise(whole)


def _date(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    text = pl.format(
        "{}-{}-{}", year, month.cast(pl.String).str.zfill(2), day.cast(pl.String).str.zfill(2)
    )
    return text.str.to_date("%Y-%m-%d", strict=False)


def _last_day() -> pl.Expr:
    """Give the last day of a month, a quarter or an ISO week; of a week, the day named."""
    one = pl.lit(1, pl.Int32)
    month = _date(pl.col("year"), pl.coalesce("month", pl.col("quarter") * 3), one).dt.month_end()
    fourth = _date(pl.col("year"), one, pl.lit(4, pl.Int32))  # always in the first ISO week
    monday = fourth - pl.duration(days=fourth.dt.weekday().cast(pl.Int32) - 1)
    days = (pl.col("week") - 1) * 7 + pl.coalesce("day", 7) - 1
    day = monday + pl.duration(days=days)
    same = day.dt.iso_year() == pl.col("year")
    return pl.when(pl.col("week").is_null()).then(month).when(same).then(day)
