"""What the part ``info.reference`` of ``model.json`` may hold: counts of columns, distances."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from engine.model.form_parts import Form, Share, twice
from engine.utilities.shown import shown

_MOST = 2**53
Count = Annotated[int, Field(ge=0, le=_MOST)]


def _ascends(values: list[float], what: str) -> None:
    if any(b < a for a, b in pairwise(values)):
        message = f"{what} must ascend"
        raise ValueError(message)


class NumberThen(Form):
    """A column of numbers as it was at the fit."""

    column: str
    kind: Literal["number"]
    edges: list[float]
    counts: list[Count] = Field(min_length=1)
    missing: Count
    bounds: Annotated[list[float], Field(min_length=2, max_length=2)] | None
    outside: Count
    mean: float | None
    inner_mean: float | None
    inner_std: Annotated[float, Field(ge=0)] | None

    @model_validator(mode="after")
    def _fits(self) -> NumberThen:
        if len(self.counts) != len(self.edges) + 1:
            message = f"{len(self.edges):,} edges have {len(self.counts):,} counts"
            raise ValueError(message)
        _ascends(self.edges, "edges")
        _ascends(self.bounds or [], "bounds")
        return self


class CategoryThen(Form):
    """A column of categories as it was at the fit."""

    column: str
    kind: Literal["category"]
    levels: list[str]
    counts: list[Count]
    other: Count
    missing: Count

    @model_validator(mode="after")
    def _fits(self) -> CategoryThen:
        if (name := twice(self.levels)) is not None:
            message = f"the level {shown(name)} stands twice"
            raise ValueError(message)
        if len(self.counts) != len(self.levels):
            message = f"{len(self.levels):,} levels have {len(self.counts):,} counts"
            raise ValueError(message)
        return self


class SegmentThen(Form):
    """How far its customers lay from its centre."""

    distances: Annotated[list[Annotated[float, Field(ge=0)]], Field(min_length=1)] | None
    beyond: Share | None

    @model_validator(mode="after")
    def _fits(self) -> SegmentThen:
        _ascends(self.distances or [], "distances")
        return self


class ReferenceForm(Form):
    """What a model keeps of the customers it was fitted on."""

    customers: Annotated[int, Field(ge=1, le=_MOST)]
    columns: list[Annotated[NumberThen | CategoryThen, Field(discriminator="kind")]]
    segments: list[SegmentThen]

    @model_validator(mode="after")
    def _once(self) -> ReferenceForm:
        if (name := twice(c.column for c in self.columns)) is not None:
            message = f"the column {shown(name)} stands twice"
            raise ValueError(message)
        return self
