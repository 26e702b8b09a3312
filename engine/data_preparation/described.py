"""Columns that describe customers and form no segments: what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.survey import Survey
from engine.data_preparation.reading.sources import Source


@dataclass(frozen=True)
class Described:
    """What describes customers beside the columns that form segments; no model holds it.

    Attributes
    ----------
    source : Source
        The files, which give columns of either kind.
    plan : FeaturePlan
        As it would be if the columns were features: so figures of both compare.
    survey : Survey
    value : str or None
        The column, of either kind, that says what customers are worth.
    """

    source: Source
    plan: FeaturePlan
    survey: Survey
    value: str | None = None

    @property
    def columns(self) -> list[str]:
        """The columns that describe, as they are read."""
        return self.plan.columns
