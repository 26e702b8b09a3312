"""The columns that segments are told by: those that form them, then those that only describe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from engine.data_preparation.features.feature_plan import CategoricalFeature, FeaturePlan
from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.data_preparation.features.survey import Survey
from engine.data_preparation.prepare import Prepared
from engine.descriptive_stats.medians import known_of, turned


@dataclass(frozen=True)
class Columns:
    """Columns of both kinds, in the order in which they are told.

    Attributes
    ----------
    numeric : tuple of NumericFeature
    categorical : tuple of CategoricalFeature
    beside : FeaturePlan or None
        What makes the describing numbers comparable, as the prepared matrix is of the others.
    describing : frozenset of str
        Columns that only describe.
    """

    numeric: tuple[NumericFeature, ...]
    categorical: tuple[CategoricalFeature, ...]
    beside: FeaturePlan | None
    describing: frozenset[str]

    @property
    def names(self) -> list[str]:
        """Columns of the input that are read for them."""
        return [*self.numbers, *(f.column for f in self.categorical)]

    @property
    def numbers(self) -> list[str]:
        """Names of the numeric ones."""
        return [f.column for f in self.numeric]


def columns_of(prepared: Prepared) -> Columns:
    """Give the columns that segments are told by."""
    own = prepared.plan
    if not prepared.described:
        return Columns(own.numeric, own.categorical, None, frozenset())
    beside = prepared.described.plan
    numbers = replace(beside, categorical=()) if beside.numeric else None
    return Columns(
        (*own.numeric, *beside.numeric),
        (*own.categorical, *beside.categorical),
        numbers,
        frozenset(beside.columns),
    )


def samples_of(prepared: Prepared) -> list[np.ndarray]:
    """Give the known values of the sample for each numeric column that is told."""
    found = list(_samples(prepared.plan, prepared.survey))
    if beside := prepared.described:
        found += _samples(beside.plan, beside.survey)
    return found


def ends_of(prepared: Prepared) -> dict[str, tuple[float, float]]:
    """Give the least and the most of each numeric column that is told."""
    surveyed = dict(prepared.survey.numeric)
    if prepared.described:
        surveyed |= prepared.described.survey.numeric
    return {c: (surveyed[c].low, surveyed[c].high) for c in columns_of(prepared).numbers}


def _samples(plan: FeaturePlan, survey: Survey) -> Iterator[np.ndarray]:
    surveyed, columns = list(survey.numeric), turned(survey.sample)
    for feature in plan.numeric:
        yield known_of(columns[surveyed.index(feature.column)])
