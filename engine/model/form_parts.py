"""What parts of ``model.json`` may hold: days, run ids, divisors, and readings of text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from engine.config.input import ReadConfig
from engine.data_preparation.reading.date_numbers import UNITS
from engine.data_preparation.reading.lists import SEPARATORS
from engine.data_preparation.reading.month_names import LANGUAGES
from engine.utilities.shown import shown

_RUN_ID = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{6}")


def _run_id(value: str) -> str:
    if not _RUN_ID.fullmatch(value):
        message = "is no run id, such as 20260131T120000-0a1b2c"
        raise ValueError(message)
    return value


def _day(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        message = "is no day, such as 2026-01-31"
        raise ValueError(message) from None


def _divides(value: float) -> float:
    """Refuse what values cannot be divided by: dataframes multiply by its inverse."""
    if not (value > 0 and 1 / value < float("inf")):
        message = "is no number above 0 to divide by"
        raise ValueError(message)
    return value


def once(value: list[str]) -> list[str]:
    """Refuse names of which one stands twice, as pydantic asks: by a ValueError."""
    if (name := twice(value)) is not None:
        message = f"{shown(name)} stands twice"
        raise ValueError(message)
    return value


def among(known: Iterable[str], what: str) -> AfterValidator:
    """Refuse words that are none of those known, which are ``what``."""
    names = frozenset(known)

    def check(value: str) -> str:
        if value not in names:
            message = f"is no {what}"
            raise ValueError(message)
        return value

    return AfterValidator(check)


RunId = Annotated[str, AfterValidator(_run_id)]
Day = Annotated[str, AfterValidator(_day)]
Divisor = Annotated[float, AfterValidator(_divides)]
Share = Annotated[float, Field(ge=0, le=1)]


class Form(BaseModel):
    """Part of a model: the types are as they stand, and numbers are finite."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


class NumberForm(Form):
    """A reading of text as numbers."""

    kind: Literal["number"]
    column: str
    unit: str
    prefixes: list[str]
    suffixes: list[Annotated[list[str | float], Field(min_length=2, max_length=2)]]
    decimal_comma: bool
    thousands: Literal["", ",", ".", " ", "'"]
    indian: bool

    @model_validator(mode="after")
    def _words_and_factors(self) -> NumberForm:
        for pair in self.suffixes:
            if not isinstance(pair[0], str) or isinstance(pair[1], str):
                message = "suffixes must be pairs of a word and a factor"
                raise ValueError(message)
        return self


class MemberForm(Form):
    """A reading of lists as a flag for a member."""

    kind: Literal["member"]
    column: str
    member: str
    known: list[str]
    separator: Annotated[str, among(SEPARATORS, "mark between members")]
    share: Share


class WrittenForm(Form):
    """How a column writes dates."""

    order: Literal["ymd", "dmy", "mdy"]
    words: str
    languages: list[Annotated[str, among(LANGUAGES, "language whose months are known")]]
    unit: Annotated[str, among(("", *UNITS), "unit of dates")]
    pattern: str
    last_year: int = Field(ge=0, le=9999)

    @model_validator(mode="after")
    def _known_pattern(self) -> WrittenForm:
        if self.pattern:
            ReadConfig(date_format=self.pattern)
        return self


class DateForm(Form):
    """A reading of dates as days before a day."""

    kind: Literal["date"]
    column: str
    snapshot: Day
    written: WrittenForm


def twice(names: Iterable[str]) -> str | None:
    """Give a name that stands more than once."""
    return next((name for name, n in Counter(names).items() if n > 1), None)
