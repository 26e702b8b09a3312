"""One method's clustering beside its scores: what methods are compared by, and put in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.clustering.algorithm import Fit
from engine.evaluation.choose_k import ChoiceOfK
from engine.evaluation.division import Division
from engine.evaluation.scores import InternalScores
from engine.evaluation.silhouette import Silhouette
from engine.evaluation.stability import Stability


@dataclass(frozen=True)
class Judged:
    """What segments are judged by where some are specks: the others, as if those were not there.

    Attributes
    ----------
    silhouette : float or None
        None where fewer than two others are left.
    chance : float or None
        Of as many segments of customers without groups.
    segments, specks : int
        Segments left, and customers of the specks.
    """

    silhouette: float | None
    chance: float | None
    segments: int
    specks: int

    @property
    def gain(self) -> float:
        """By how much the silhouette exceeds that of customers without groups."""
        return -1.0 if self.silhouette is None else self.silhouette - (self.chance or 0.0)

    def to_json(self) -> dict[str, Any]:
        """Its entry in the summary."""
        return {
            "silhouette": self.silhouette,
            "chance": self.chance,
            "segments": self.segments,
            "specks": self.specks,
        }


@dataclass(frozen=True)
class Scored:
    """One method's clustering with its scores.

    Attributes
    ----------
    method : str
    fit : Fit
    scores : InternalScores
    silhouette : Silhouette
    seconds, seconds_in_all : float
        Of the clustering itself; with the choice of k, the scores and the resamples.
    choice : ChoiceOfK or None
        None where k was given, or follows from the method's settings.
    chance : float or None
        Silhouette of customers without groups; None where they are too few to tell.
    gaps : float or None
        How far the segments are from apart: see :class:`engine.evaluation.gaps.Gaps`.
    stability : Stability or None
    judged : Judged or None
        Where some segments are specks.
    given : Division or None
        Where k was given and is a division; of one that was chosen the choice says it.
    """

    method: str
    fit: Fit
    scores: InternalScores
    silhouette: Silhouette
    seconds: float
    seconds_in_all: float
    choice: ChoiceOfK | None = None
    chance: float | None = None
    gaps: float | None = None
    stability: Stability | None = None
    judged: Judged | None = None
    given: Division | None = None

    @property
    def gain(self) -> float:
        """By how much the silhouette exceeds that of customers without groups, but for specks."""
        if self.judged:
            return self.judged.gain
        value = self.silhouette.value
        return value - (self.chance or 0.0) if np.isfinite(value) else -2.0

    def to_json(self) -> dict[str, Any]:
        """Its entry in the summary."""
        division = self.choice.division if self.choice else self.given
        return {
            **self.scores.to_json(),
            "silhouette": {**self.silhouette.to_json(), "chance": self.chance},
            "without_specks": self.judged.to_json() if self.judged else None,
            "gaps": self.gaps,
            "stability": self.stability.to_json() if self.stability else None,
            "n_iter": self.fit.n_iter,
            "division": division.to_json() if division else None,
            "k_rule": self.choice.rule if self.choice else None,
            "notes": list(self.fit.notes),
            "seconds": round(self.seconds, 4),
            "seconds_in_all": round(self.seconds_in_all, 4),
        }
