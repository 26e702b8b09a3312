"""How a column writes its dates, decided by evidence over all of its values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

import polars as pl

from engine.data_preparation.reading.date_evidence import Evidence
from engine.data_preparation.reading.date_numbers import UNITS, digits
from engine.data_preparation.reading.month_names import LANGUAGES, languages_of, month_of
from engine.errors import DataError

Order = Literal["ymd", "dmy", "mdy"]

LAST_YEAR = 2069
"""The last year that two digits stand for, where nothing else is said."""

_MANY_DAYS = 8
_SPREAD = 20
"""Different days, and from the first to the last of them, that no column has years of."""

_LEAST_SHARE = 0.5
_NEARLY_ALL = 0.99
_WORDS: dict[Order, str] = {
    "ymd": "year-month-day",
    "dmy": "day/month/year",
    "mdy": "month/day/year",
}


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
    languages : tuple of str
        Whose names of months are read; codes as in :data:`LANGUAGES`.
    unit : str
        One of :data:`UNITS` where dates are plain numbers, else empty.
    pattern : str
        As ``strptime`` takes it, where ``input.read.date_format`` gives one.
    last_year : int
        The latest year that two digits stand for.
    """

    order: Order
    words: str
    languages: tuple[str, ...] = ()
    unit: str = ""
    pattern: str = ""
    last_year: int = LAST_YEAR

    @property
    def asked(self) -> str:
        """What ``input.read.date_format`` would say."""
        return self.pattern or self.unit or self.order

    def to_json(self) -> dict[str, Any]:
        """Plain data for a file."""
        return {
            "order": self.order, "words": self.words, "languages": list(self.languages),
            "unit": self.unit, "pattern": self.pattern, "last_year": self.last_year,
        }  # fmt: skip

    @classmethod
    def from_json(cls, tree: dict[str, Any]) -> DateFormat:
        """Read what :meth:`to_json` wrote."""
        return cls(**(tree | {"languages": tuple(tree["languages"])}))


def find_date_format(parts: Iterable[pl.Series], *, column: str, asked: str = "auto") -> DateFormat:
    """Decide how a column writes its dates, from all of its values.

    Parameters
    ----------
    parts : iterable of polars Series
        The column, block by block: text, dates, or numbers such as 20101201.
    column : str
        Its name, for messages.
    asked : str
        ``input.read.date_format``: auto, an order, one of :data:`UNITS`, or a strptime pattern.

    Raises
    ------
    DataError
        Less than half of the values are dates; both orders of day and month occur; or nothing in
        the column tells which it is and ``asked`` does not say.

    Notes
    -----
    One pass; memory for the different days of a block. Dates with points are read as day.month.year
    where nothing tells, which is what they mean wherever they are used. Years of two digits are
    1970 to 2069. Plain numbers are days of a spreadsheet or time since 1970 only where all but one
    of a hundred of them fit, and they are most of the column. A month, a quarter or an ISO week is
    its last day.

    Examples
    --------
    >>> import polars as pl
    >>> find_date_format([pl.Series(["01/02/2011", "13/02/2011"])], column="day").words
    "day/month/year, as '13/02/2011' shows"
    >>> find_date_format([pl.Series(["9. maj 2011", "13. okt 2011"])], column="day").words
    'day, month and year with the names of months in Danish'
    """
    seen = Evidence()
    for block in parts:
        if block.dtype.is_temporal():
            return DateFormat("ymd", "dates")
        seen.look(digits(block) if block.dtype.is_numeric() else block)
    return decided(seen, column, asked)


def decided(seen: Evidence, column: str, asked: str) -> DateFormat:
    """Decide by the evidence of a whole column, as :func:`find_date_format` does."""
    if "%" in asked:
        return DateFormat("ymd", f"{asked} (input.read.date_format)", pattern=asked)
    unit = _unit(seen, asked)
    languages = () if unit else languages_of(seen.months, column, seen.beside)
    _count_strangers(seen, languages, unit)
    if seen.rows and seen.unknown > (1 - _LEAST_SHARE) * seen.rows:
        raise _no_dates(column, seen)
    zones = ", offsets from UTC are left out: a time is what the clock showed" if seen.zoned else ""
    if unit:
        return DateFormat("ymd", f"{UNITS[unit][0]}, such as {seen.number!r}", unit=unit)
    order, why = _order(seen, column, asked)
    words = _worded(seen, order, languages) or f"{_WORDS[order]}{why}{_also(seen, languages)}"
    years = ", years of two digits are 1970 to 2069" if seen.short else ""
    last = f", what names no day, such as {seen.period!r}, is its last day" if seen.period else ""
    return DateFormat(order, f"{words}{years}{last}{zones}", languages)


def _unit(seen: Evidence, asked: str) -> str:
    """Give the unit of plain numbers; empty where the column is not one of them."""
    if asked in UNITS:
        return asked
    numbers = seen.numbers["all"]
    if not numbers or numbers < _LEAST_SHARE * seen.rows:
        return ""
    best = max(UNITS, key=lambda unit: seen.numbers[unit])
    return best if seen.numbers[best] >= _NEARLY_ALL * numbers else ""


def _count_strangers(seen: Evidence, languages: tuple[str, ...], unit: str) -> None:
    """Count as unknown what looked like a date and is none."""
    for word, n in seen.months.items():
        if month_of(word, languages) is None:
            seen.unknown += n
            seen.stranger = seen.stranger or seen.examples[word]
        else:
            seen.named = seen.named or seen.examples[word]
    if not unit and seen.numbers["all"]:
        seen.unknown += seen.numbers["all"]
        seen.stranger = seen.stranger or seen.number


def _in_words(languages: tuple[str, ...]) -> str:
    names = list(dict.fromkeys(LANGUAGES[code] for code in languages))
    return f"the names of months in {' and '.join(names)}"


def _worded(seen: Evidence, order: Order, languages: tuple[str, ...]) -> str:
    """Say how dates are written where all that can be told from is the month's name."""
    numbers = (seen.year_first, seen.day_first, seen.month_first, seen.either, seen.dotted)
    if not languages or any(numbers) or seen.same or seen.short_first:
        return ""
    return f"day, month and year with {_in_words(languages)}" if order == "ymd" else ""


def _also(seen: Evidence, languages: tuple[str, ...]) -> str:
    return f", and {_in_words(languages)}" if languages and seen.named else ""


def _order(seen: Evidence, column: str, asked: str) -> tuple[Order, str]:
    if asked != "auto" and asked not in UNITS:
        against = seen.against(asked)
        if against:
            message = (
                f"column {column!r} holds the date {against!r}, which is not "
                f"{_WORDS[cast(Order, asked)]} as input.read.date_format says; correct one of them."
            )
            raise DataError(message)
        return cast(Order, asked), " (input.read.date_format)"
    if seen.short_first and not (seen.day_first and seen.long):
        return "ymd", f", as {seen.short_first!r} shows"
    if seen.day_first and seen.month_first:
        message = (
            f"column {column!r} mixes dates written day first, such as {seen.day_first!r}, and "
            f"month first, such as {seen.month_first!r}; write them all in one way."
        )
        raise DataError(message)
    if seen.day_first and _year_may_stand_first(seen):
        return _year_or_day_first(seen, column)
    if seen.day_first:
        return "dmy", f", as {seen.day_first!r} shows"
    if seen.month_first:
        return "mdy", f", as {seen.month_first!r} shows"
    if seen.either:
        message = (
            f"column {column!r} holds dates such as {seen.either!r}, which may begin with the day "
            f"or the month, and none that tells; set input.read.date_format to "
            f"{'dmy or mdy' if seen.long or not seen.short else 'dmy, mdy or ymd'}."
        )
        raise DataError(message)
    if seen.dotted or (seen.same and not seen.year_first):
        return "dmy", ""
    return "ymd", ""


def _year_may_stand_first(seen: Evidence) -> bool:
    """Tell whether all dates in numbers may be year, month and day, the year of two digits."""
    days = all(1 <= day <= 31 for day in seen.lasts)
    return seen.short and not seen.long and days and not seen.month_first


def _year_or_day_first(seen: Evidence, column: str) -> tuple[Order, str]:
    """Decide by which end takes as many values as days do, or lies in the years to come.

    Raises
    ------
    DataError
        Nothing tells.
    """
    first, last = len(seen.firsts), len(seen.lasts)
    scattered = max(seen.firsts) - min(seen.firsts) >= 2 * first
    spread = max(seen.lasts) - min(seen.lasts) >= _SPREAD
    years = "year" if first == 1 else "years"
    if not scattered and spread and last >= max(_MANY_DAYS, 3 * first):
        return "ymd", f", as {last} days in {first} {years} such as {seen.day_first!r} show"
    this = date.today().year % 100
    ahead = [any(this < y <= LAST_YEAR % 100 for y in years) for years in (seen.firsts, seen.lasts)]
    if scattered or first >= 2 * last or (ahead[0] and not ahead[1]):
        return "dmy", f", as {seen.day_first!r} shows"
    if ahead[1] and not ahead[0]:
        return "ymd", f", as {seen.day_first!r} does not lie in the years to come"
    if "." in seen.day_first:
        return "dmy", ""
    message = (
        f"column {column!r} holds dates such as {seen.day_first!r}, which may begin with the year "
        "or the day, and none that tells; set input.read.date_format to ymd or dmy."
    )
    raise DataError(message)


def _no_dates(column: str, seen: Evidence) -> DataError:
    message = (
        f"column {column!r} holds {seen.stranger!r}, which is no date; expected dates such as "
        "2025-12-31, 31/12/2025 or 20251231: correct them, or name another column in "
        "input.columns."
    )
    return DataError(message)
