"""Years of two digits: where they stand in a date, and which century they are of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date

from engine.data_preparation.reading.date_evidence import Evidence
from engine.data_preparation.reading.date_format import LAST_YEAR, DateFormat

_FAR = 20
"""Years ahead from which on a column's years of two digits are of the last century."""


@dataclass(frozen=True)
class Ahead:
    """Dates of years of two digits that would lie in the years to come.

    Attributes
    ----------
    n : int
        Values.
    example : str
    year : int
        Of the example, as read by default.
    """

    n: int
    example: str
    year: int


def in_the_past(seen: Evidence, found: DateFormat, until: date) -> tuple[DateFormat, str, str]:
    """Take years of two digits for the last century where they reach far ahead otherwise.

    Parameters
    ----------
    seen : Evidence
        Of the column.
    found : DateFormat
    until : date
        The snapshot, or today.

    Returns
    -------
    found : DateFormat
    notice, warning : str
        Empty where nothing would lie ahead.
    """
    ahead = _ahead(seen, found.order, until.year)
    if found.pattern or ahead is None:
        return found, "", ""
    values = "1 value" if ahead.n == 1 else f"{ahead.n:,} values"
    if ahead.year - until.year < _FAR:
        warning = (
            f"{values} with a year of two digits would lie after {until.year}, such as "
            f"{ahead.example!r} in {ahead.year}; write years of four digits if they are of the "
            "last century"
        )
        return found, "", warning
    first = until.year - 99
    words = found.words.replace("1970 to 2069", f"{first} to {until.year}")
    notice = (
        f"{values} that would lie after {until.year} {'is' if ahead.n == 1 else 'are'} of the last "
        f"century, such as {ahead.example!r} of {ahead.year - 100}"
    )
    return replace(found, last_year=until.year, words=words), notice, ""


def _ahead(seen: Evidence, order: str, year: int) -> Ahead | None:
    numbers = ("first", seen.firsts) if order == "ymd" else ("last", seen.lasts)
    found: Counter[int] = Counter()
    examples: dict[int, str] = {}
    for name, years in (numbers, ("word", seen.years)):
        for short, n in years.items():
            whole = LAST_YEAR - 69 + short if short <= LAST_YEAR % 100 else 1900 + short
            if whole > year:
                found[whole] += n
                examples.setdefault(whole, seen.short_examples[name, short])
    if not found:
        return None
    last = max(found)
    return Ahead(found.total(), examples[last], last)
