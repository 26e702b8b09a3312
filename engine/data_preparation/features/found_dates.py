"""Columns of a customers' table that hold dates: found, given a snapshot, and read as days ago."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import polars as pl

from engine.config.features import FeaturesConfig
from engine.data_preparation.features.births import TOLD, like_births
from engine.data_preparation.features.date_rows import Days, Writings, far
from engine.data_preparation.features.identity import Identity
from engine.data_preparation.features.people import told_reason
from engine.data_preparation.features.people_told import BIRTH_REASON
from engine.data_preparation.features.people_words import of_birth, of_other_days
from engine.data_preparation.features.roles import Roles
from engine.data_preparation.features.visiting import every_row
from engine.data_preparation.reading.date_evidence import Evidence
from engine.data_preparation.reading.date_format import DateFormat, decided
from engine.data_preparation.reading.date_numbers import digits
from engine.data_preparation.reading.date_readings import DAYS_AGO, DateReading, is_date
from engine.data_preparation.reading.dates import Unread, as_datetime
from engine.data_preparation.reading.finding import Finding
from engine.data_preparation.reading.month_names import LANGUAGES, month_of
from engine.data_preparation.reading.short_years import in_the_past
from engine.data_preparation.reading.sources import Source
from engine.errors import DataError
from engine.places.runtime import Runtime
from engine.utilities.shown import veiled

_NEARLY_ALL = 0.95
"""Share of a column's values that are dates, of those that are there, from which on it is one."""

_MOSTLY = 0.5
"""Share from which on a column is one of dates with much that is none, which is told."""

_FIRST = 2_000
_CALLED = re.compile(r"(?i)(?:^|[^a-z])(?:dt|datum|fecha|data|dato|tarihi?)(?:[^a-z]|$)|date")
"""Names of columns whose numbers may be dates in digits."""


@dataclass(frozen=True)
class Dates:
    """What was found of dates in a table.

    Attributes
    ----------
    findings : dict of str to Finding
        By the file's column.
    left : dict of str to str
        Columns of dates that are not used, and why.
    """

    findings: dict[str, Finding] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    def without(self, gone: Mapping[str, str]) -> Dates:
        """Give the same without columns, each left out for its reason."""
        kept = {c: f for c, f in self.findings.items() if c not in gone}
        return Dates(kept, {**self.left, **gone})


def share_of_dates(seen: Evidence) -> float:
    """Give the share of values that are dates, of those that are there."""
    return 1 - strangers(seen)[0] / seen.rows if seen.rows else 0.0


def strangers(seen: Evidence) -> tuple[int, str]:
    """Count values that are no dates, and give one: plain numbers, and months that are none."""
    none = [w for w in seen.months if month_of(w, tuple(LANGUAGES)) is None]
    rows = seen.unknown + seen.numbers["all"] + sum(seen.months[w] for w in none)
    examples = (seen.stranger, *(seen.examples[w] for w in none), seen.number)
    return rows, next(filter(None, examples), "")


def looks_like_dates(values: pl.Series, least: float = _NEARLY_ALL) -> bool:
    """Tell whether the first values of a text column are dates, nearly all."""
    first = values.drop_nulls().unique(maintain_order=True).head(_FIRST)
    seen = Evidence()
    seen.look(first)
    strange = seen.unknown + seen.numbers["all"]
    return seen.rows > 0 and strange <= (1 - least) * seen.rows


def date_columns(source: Source, columns: Collection[str], least: float = _NEARLY_ALL) -> list[str]:
    """Give the columns of dates, and those of text whose first values are."""
    texts = [c for c in columns if source.schema[c] == pl.String]
    first = pl.DataFrame()
    with suppress(DataError):  # What is wrong with the file is said where it is read.
        first = source.first_block(texts, first) if texts else first
    dated = {c for c in texts if c in first.columns and looks_like_dates(first[c], least)}
    return [c for c in columns if is_date(source.schema[c]) or c in dated]


def _of_digits(source: Source, columns: Collection[str]) -> list[str]:
    """Give the columns of numbers that are called dates and hold such as 20111209 alone."""
    named = [c for c in columns if _CALLED.search(c) and c not in source.readings]
    first = pl.DataFrame()
    with suppress(DataError):
        first = source.first_block(named, first) if named else first
    found = []
    for column in first.columns:
        texts = digits(first[column].drop_nulls())
        if len(texts) and texts.str.to_date("%Y%m%d", strict=False).is_not_null().all():
            found += [column] if texts.str.contains(r"^(?:19|20)\d{6}$").all() else []
    return found


def find_dates(
    source: Source,
    roles: Roles,
    taken: Collection[str],
    settings: FeaturesConfig,
    snapshot: str | None,
    identity: Identity,
    runtime: Runtime,
) -> Dates:
    """Find columns of dates and read them as days before one day.

    The snapshot is the latest date in any of the columns that does not lie in the future, unless
    it is given. Two passes over the columns whose first values are dates; none otherwise.

    Parameters
    ----------
    source : Source
    roles : Roles
        Text, and what is of a type of dates, may be dates.
    taken : collection of str
        Columns that are read as something else.
    settings : FeaturesConfig
        Dates of birth identify people: they are left out unless ``include`` names them.
    snapshot : str or None
        As 2014-06-29.
    identity, runtime
        Where the rows are read.
    """
    show = partial(every_row, source=source, identity=identity, runtime=runtime)
    found, wanted = Dates(), []
    taken = {*taken, *settings.categorical}
    columns = [c for c in (*roles.categorical, *roles.dates) if c not in taken]
    for column in (*date_columns(source, columns, _MOSTLY), *_of_digits(source, roles.numeric)):
        if of_birth(column) and column not in settings.include:
            found.left[column] = BIRTH_REASON
        else:
            wanted.append(column)
    until = date.fromisoformat(snapshot) if snapshot else date.today()
    told: dict[str, tuple[str, str]] = {}
    texts = [c for c in wanted if not is_date(source.schema[c])]
    seen = show(Writings(texts), columns=texts).seen if texts else {}
    written = _written(source, wanted, seen, found, until, told)
    if not written:
        return found
    read = show(Days(written), columns=list(written))
    unread, last = read.unread | far(source, written, identity, runtime), read.last
    setter = max(last, key=lambda c: last[c], default="")
    day = snapshot or (last[setter].date().isoformat() if setter else date.today().isoformat())
    latest_in = f"the latest date in {setter!r}" if setter else "today"
    why = "as set" if snapshot else f"{latest_in}, which preparation.snapshot sets"
    for column, how in written.items():
        if column not in settings.include and _holds_births(source, column, how, until):
            found.left[column] = told_reason(f"holds {TOLD}")
            continue
        reading = DateReading(column, day, how)
        early, late = told.get(column, ("", ""))
        found.findings[column] = Finding(
            {f"{column}{DAYS_AGO}": reading},
            f"column {column!r} holds dates{f' ({how.words})' if how.words else ''} and is used as "
            f"{column + DAYS_AGO!r}: days before {day}, {why}{early}",
            "; ".join(filter(None, (_asked(column), _lost(column, unread[column]), late))),
            unread[column].rows,
        )
    return found


def _holds_births(source: Source, column: str, how: DateFormat, until: date) -> bool:
    """Tell by the first rows whether a column of dates holds when people were born."""
    if of_other_days(column):
        return False
    first = source.first_block([column], pl.DataFrame({column: []})).head(_FIRST)
    dtype = first.schema[column]
    return like_births(first.select(as_datetime(column, dtype, how))[column], until)


def _written(
    source: Source,
    columns: Sequence[str],
    texts: Mapping[str, Evidence],
    found: Dates,
    until: date,
    told: dict[str, tuple[str, str]],
) -> dict[str, DateFormat]:
    """Find how columns write dates; none that holds too many other values, or leaves it open.

    What is said of years of two digits goes into ``told``: a notice's end, and a warning.
    """
    written = {}
    for column in columns:
        if column not in texts:
            written[column] = DateFormat("ymd", "")
            continue
        seen = texts[column]
        if share_of_dates(seen) < _NEARLY_ALL:
            if share_of_dates(seen) >= _MOSTLY:
                found.left[column] = "holds dates beside what is none"
                found.findings[column] = Finding(warning=_mixed(column, seen))
            continue
        try:
            how = decided(seen, column, source.read.date_format)
            written[column], notice, warning = in_the_past(seen, how, until)
            told[column] = (notice and f"; {notice}", warning and f"column {column!r}: {warning}")
        except DataError as error:
            found.left[column] = "holds dates whose notation is open"
            found.findings[column] = Finding(warning=f"{str(error).rstrip('.')}; it was left out")
    return written


def _mixed(column: str, seen: Evidence) -> str:
    rows, example = strangers(seen)
    return (
        f"column {column!r} holds dates, but {rows:,} of its {seen.rows:,} values are no date that "
        f"reads, such as {veiled(example)}: it was left out; correct them, or add what stands for "
        "no date to input.read.null_values"
    )


def _asked(column: str) -> str:
    """Warn of a date of birth that is used, which it is only where it was asked for."""
    if not of_birth(column):
        return ""
    return f"column {column!r} {BIRTH_REASON}, and is used because features.include names it"


def _lost(column: str, unread: Unread) -> str:
    if not unread.rows:
        return ""
    if not unread.example:
        return (
            f"column {column!r}: {unread.rows:,} days lie outside the years 1 to 9999 and count as "
            "missing; correct them"
        )
    return (
        f"column {column!r}: {unread.rows:,} values are no date that reads, such as "
        f"{veiled(unread.example)}, and count as missing; correct them, or add what stands for no "
        "date to input.read.null_values"
    )
