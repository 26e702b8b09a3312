"""What ``model.json`` may hold: its form, declared. Digests say who changed it, not what is right.

Keys that are not named here are as free as JSON is: a later build of the same format may add some.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.clustering.algorithm import ROWS
from engine.config.input import ReadConfig
from engine.data_preparation.reading.date_numbers import UNITS
from engine.data_preparation.reading.lists import SEPARATORS
from engine.data_preparation.reading.month_names import LANGUAGES
from engine.data_preparation.reading.name_patterns import is_pattern
from engine.errors import ConfigError
from engine.model.regathering import settings_for
from engine.utilities.shown import cut, shown

_RUN_ID = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{6}")
_LAST = 2**31 - 1
"""Largest number of a segment: results hold them as int32."""


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


def _once(value: list[str]) -> list[str]:
    if twice := _twice(value):
        message = f"{shown(twice)} stands twice"
        raise ValueError(message)
    return value


def _among(known: Iterable[str], what: str) -> AfterValidator:
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
    separator: Annotated[str, _among(SEPARATORS, "mark between members")]
    share: Share


class WrittenForm(Form):
    """How a column writes dates."""

    order: Literal["ymd", "dmy", "mdy"]
    words: str
    languages: list[Annotated[str, _among(LANGUAGES, "language whose months are known")]]
    unit: Annotated[str, _among(("", *UNITS), "unit of dates")]
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


class NumericForm(Form):
    """A numeric feature."""

    column: str
    fill: float
    low: float | None
    high: float | None
    log: bool
    centre: float
    scale: Divisor
    unit: Divisor | None = None
    reading: Annotated[NumberForm | MemberForm | DateForm, Field(discriminator="kind")] | None = (
        None
    )

    @model_validator(mode="after")
    def _ordered(self) -> NumericForm:
        if self.low is not None and self.high is not None and self.low > self.high:
            message = f"low ({self.low:g}) is above high ({self.high:g})"
            raise ValueError(message)
        return self


class CategoricalForm(Form):
    """A categorical feature."""

    column: str
    encoding: Literal["one-hot", "frequency"]
    levels: list[str] = Field(min_length=1)
    values: list[Share]
    centre: float
    scale: Divisor
    missing: Literal["level", "neutral"] = "level"

    @model_validator(mode="after")
    def _fits(self) -> CategoricalForm:
        if twice := _twice(self.levels):
            message = f"the level {shown(twice)} stands twice"
            raise ValueError(message)
        if len(self.levels) != len(self.values):
            message = f"{len(self.levels):,} levels have {len(self.values):,} values"
            raise ValueError(message)
        return self


class PlanForm(Form):
    """How columns become the prepared matrix."""

    id_column: str | None
    id_type: Literal["int64", "string"]
    numeric: list[NumericForm]
    categorical: list[CategoricalForm]

    @model_validator(mode="after")
    def _apart(self) -> PlanForm:
        columns = [f.column for f in self.numeric] + [f.column for f in self.categorical]
        files = [f.reading.column if f.reading else f.column for f in self.numeric]
        if patterns := [c for c in (*columns, *files, self.id_column or "") if is_pattern(c)]:
            message = f"{shown(patterns[0])} is a pattern of names, not a column"
            raise ValueError(message)
        if not columns:
            message = "there is no feature"
            raise ValueError(message)
        if twice := _twice(columns):
            message = f"the feature {shown(twice)} stands twice"
            raise ValueError(message)
        if self.id_column in {*columns, *files}:
            message = f"the id {shown(self.id_column)} is a feature, too"
            raise ValueError(message)
        return self


class GatheringForm(Form):
    """How transactions became customers; the policies are checked as a configuration is."""

    columns: dict[str, str]
    id: str | None
    leading_categories: Annotated[list[str], AfterValidator(_once)]
    snapshot: Day
    joined: Annotated[list[str], AfterValidator(_once)]
    policies: dict[str, Any]
    currency: str | None = None


class InfoForm(Form):
    """What a model says of its run."""

    run_id: RunId
    method: Annotated[str, _among(ROWS, "method of this engine")]
    params: dict[str, Any] | None = None
    n_customers: int | None = Field(None, ge=1)
    random_state: int | None = Field(None, ge=0)
    scores: dict[str, Any] | None = None
    read: dict[str, Any] | None = None
    found: dict[str, Any] | None = None
    transactions: GatheringForm | None = None
    continues: RunId | None = None
    cut_of: RunId | None = None


class ModelForm(Form):
    """All of ``model.json`` but the digests."""

    names: list[str] = Field(min_length=1)
    numbers: list[Annotated[int, Field(ge=0, le=_LAST)]] | None = None
    last_number: Annotated[int, Field(ge=0, le=_LAST)] | None = None
    feature_plan: PlanForm
    info: InfoForm


def wrong_in(tree: Mapping[str, Any]) -> str | None:
    """Say what is wrong in the first place of a model's tree that is; None where nothing is.

    Examples
    --------
    >>> wrong_in({"names": ["a"], "feature_plan": 3, "info": {}})
    'feature_plan: must be a section of keys, is 3'
    """
    try:
        ModelForm.model_validate(dict(tree))
    except ValidationError as error:
        return _sentence(error.errors(include_url=False)[0])
    info = tree["info"]
    for part in ("read", "found"):
        try:
            ReadConfig.model_validate(info.get(part) or {})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            return _sentence({**first, "loc": ("info", part, *first["loc"])})
    try:
        settings_for({**info, "read": {}}, "a file", None)
    except ConfigError as error:
        return f"info.transactions: {shown(error.problems[0], 200)[1:-1]}"
    return None


def _sentence(error: Mapping[str, Any]) -> str:
    where = ".".join(shown(part)[1:-1] if isinstance(part, str) else str(part)
                     for part in error["loc"])  # fmt: skip
    match error["type"]:
        case "missing":
            return f"it lacks {where}"
        case "model_type" | "model_attributes_type" | "dict_type":
            wanted = "must be a section of keys"
        case "value_error":
            wanted = " ".join(str(error["msg"]).split()).removeprefix("Value error, ")
            if not wanted.startswith("is no"):
                return cut(f"{where}: {wanted}", 300)
        case _:
            text = " ".join(str(error["msg"]).split())
            text = text.removeprefix("Input should be ").removeprefix("a valid ")
            wanted = cut(f"must be {text[:1].lower()}{text[1:]}", 150)
    return f"{where}: {wanted}, is {shown(error['input'])}"


def _twice(names: Iterable[str]) -> str | None:
    """Give a name that stands more than once."""
    return next((name for name, n in Counter(names).items() if n > 1), None)
