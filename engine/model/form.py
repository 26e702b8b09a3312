"""What ``model.json`` may hold: its form, declared. Digests tell damage, not what is right.

Keys that are not named here are as free as JSON is: a later build of the same format may add some.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from engine.clustering.algorithm import ROWS, algorithm
from engine.config.input import ReadConfig
from engine.data_preparation.reading.name_patterns import is_pattern
from engine.errors import ConfigError
from engine.model.form_parts import (
    DateForm,
    Day,
    Divisor,
    Form,
    MemberForm,
    NumberForm,
    RunId,
    Share,
    among,
    once,
    twice,
)
from engine.model.reference_form import ReferenceForm
from engine.model.regathering import settings_for
from engine.utilities.shown import cut, shown
from engine.utilities.validation import LARGEST

_LAST = 2**31 - 1
"""Largest number of a segment: results hold them as int32."""

_MOST = 2**53
"""Customers at most: whole numbers up to here are exact in float64."""


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
        # A mean that fills may lie beyond the bounds; it is clipped to them.
        bounds = (self.fill,) if self.low is None or self.high is None else (self.low, self.high)
        for value in bounds:
            _preparable((self._taken(value) - self.centre) / self.scale, value)
        return self

    def _taken(self, value: float) -> float:
        """Give what the centre is subtracted from."""
        if not self.log:
            return value
        far = math.log1p(abs(value)) if self.unit is None else math.asinh(abs(value) / self.unit)
        return math.copysign(far, value)


def _preparable(prepared: float, value: float) -> None:
    """Refuse numbers that prepare a value to what single precision cannot compute with."""
    if not abs(prepared) <= 10 * LARGEST:
        message = f"centre and scale make {prepared:g} of {value:g}, too large to compute with"
        raise ValueError(message)


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
        if (name := twice(self.levels)) is not None:
            message = f"the level {shown(name)} stands twice"
            raise ValueError(message)
        if len(self.levels) != len(self.values):
            message = f"{len(self.levels):,} levels have {len(self.values):,} values"
            raise ValueError(message)
        for share in (0.0, 1.0):
            _preparable((share - self.centre) / self.scale, share)
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
        if (name := twice(columns)) is not None:
            message = f"the feature {shown(name)} stands twice"
            raise ValueError(message)
        if self.id_column in {*columns, *files}:
            message = f"the id {shown(self.id_column)} is a feature, too"
            raise ValueError(message)
        return self


class GatheringForm(Form):
    """How transactions became customers; the policies are checked as a configuration is."""

    columns: dict[str, str]
    id: str | None
    leading_categories: Annotated[list[str], AfterValidator(once)]
    snapshot: Day
    joined: Annotated[list[str], AfterValidator(once)]
    policies: dict[str, Any]
    currency: str | None = None


class ScoresForm(Form):
    """What a model says of how well its segments are told apart."""

    k: int | None = Field(None, ge=1, le=_LAST)
    sizes: list[Annotated[int, Field(ge=0, le=_MOST)]] | None = None
    inertia: float | None = Field(None, ge=0)
    davies_bouldin: float | None = Field(None, ge=0)
    calinski_harabasz: float | None = Field(None, ge=0)
    silhouette_squared: float | None = Field(None, ge=-1, le=1)


class InfoForm(Form):
    """What a model says of its run."""

    run_id: RunId
    method: Annotated[str, among(ROWS, "method of this engine")]
    params: dict[str, Any] | None = None
    n_customers: int | None = Field(None, ge=1, le=_MOST)
    random_state: int | None = Field(None, ge=0, le=_LAST)
    scores: ScoresForm | None = None
    read: dict[str, Any] | None = None
    found: dict[str, Any] | None = None
    transactions: GatheringForm | None = None
    continues: RunId | None = None
    cut_of: RunId | None = None
    named: list[Annotated[int, Field(ge=0, le=_LAST)]] | None = None
    reference: ReferenceForm | None = None


class ModelForm(Form):
    """All of ``model.json`` but the digests."""

    names: list[str] = Field(min_length=1)
    numbers: list[Annotated[int, Field(ge=0, le=_LAST)]] | None = None
    last_number: Annotated[int, Field(ge=0, le=_LAST)] | None = None
    feature_plan: PlanForm
    info: InfoForm

    @model_validator(mode="after")
    def _of_these_segments(self) -> ModelForm:
        known = self.info.reference
        of = len(self.numbers or self.names)
        if known and known.segments and len(known.segments) != of:
            message = f"info.reference: {len(known.segments):,} segments for {of:,}"
            raise ValueError(message)
        return self


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
    if where := _beyond(info, "info"):
        return f"{where}: must be a number that can be computed with"
    params, given = algorithm(info["method"]).params, info.get("params") or {}
    known = {key: value for key, value in given.items() if key in params.model_fields}
    sections = [("params", params, known)]
    sections += [(part, ReadConfig, info.get(part) or {}) for part in ("read", "found")]
    for part, section, values in sections:
        try:
            section.model_validate(values)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            return _sentence({**first, "loc": ("info", part, *first["loc"])})
    try:
        settings_for({**info, "read": {}}, "a file", None)
    except ConfigError as error:
        return f"info.transactions: {shown(error.problems[0], 200)[1:-1]}"
    return None


def _beyond(value: Any, where: str) -> str | None:
    """Give the place of a whole number that no float holds; JSON's depth bounds the recursion."""
    if isinstance(value, dict):
        parts = (_beyond(part, f"{where}.{key}") for key, part in value.items())
    elif isinstance(value, list):
        parts = (_beyond(part, f"{where}.{i}") for i, part in enumerate(value))
    else:
        return cut(where, 150) if isinstance(value, int) and abs(value) >= 2**62 else None
    return next(filter(None, parts), None)


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
                return cut(f"{where}: {wanted}" if where else wanted, 300)
        case "int_parsing_size" | "finite_number":
            wanted = "must be a number that can be computed with"
        case _:
            text = " ".join(str(error["msg"]).split())
            text = text.removeprefix("Input should be ").removeprefix("a valid ")
            wanted = cut(f"must be {text[:1].lower()}{text[1:]}", 150)
    return f"{where}: {wanted}, is {shown(error['input'])}"
