"""What a model does to a customer, as plain tables: what SQL and ONNX are written from.

A row's columns become prepared values, those components, and the nearest of some points gives the
segment. Between these steps the engine keeps numbers in single precision, and computes in double;
whoever follows does the same, so that the same customers lie on the same side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from engine.clustering.pca_methods.assigner import Projected
from engine.clustering.representatives import Representatives
from engine.clustering.spectral.assigner import Landmarks
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.dimensionality_reduction.pca import PCA
from engine.portable.columns import Category, Number, category_of, number_of
from engine.utilities.segment_numbers import Numbers


class Fitted(Protocol):
    """The parts of a model."""

    @property
    def plan(self) -> FeaturePlan: ...  # noqa: D102

    @property
    def pca(self) -> PCA | None: ...  # noqa: D102

    @property
    def representatives(self) -> Representatives: ...  # noqa: D102

    @property
    def names(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def numbers(self) -> Numbers: ...  # noqa: D102

    @property
    def info(self) -> dict[str, Any]: ...  # noqa: D102

    @property
    def id_name(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Projection:
    """Components of rows: ``(rows - mean) @ directions``, in double, then kept in single.

    Attributes
    ----------
    mean : float64 array of shape (n_columns,)
    directions : float64 array of shape (n_columns, n_components)
    """

    mean: np.ndarray
    directions: np.ndarray

    @classmethod
    def of(cls, pca: PCA) -> Projection:
        """Give the one that a PCA makes."""
        return cls(pca.mean, np.ascontiguousarray(pca.components.T))


@dataclass(frozen=True)
class Points:
    """The nearest of some points decides, the first of equals.

    Attributes
    ----------
    points : float64 array of shape (n_points, n_columns)
    segments : int array of shape (n_points,)
        Index of each point's segment.
    """

    points: np.ndarray
    segments: np.ndarray


@dataclass(frozen=True)
class Lifted:
    """Coordinates, which the nearest landmarks give by affinity, decide by the nearest of marks.

    Attributes
    ----------
    points : float64 array of shape (n_landmarks, n_columns)
    coordinates : float64 array of shape (n_landmarks, n_coordinates)
    nearest : int
        Landmarks that a row is lifted from.
    marks : Points
    """

    points: np.ndarray
    coordinates: np.ndarray
    nearest: int
    marks: Points


@dataclass(frozen=True)
class Scoring:
    """A model, from a customer's columns to the segment and the distance to its centre.

    Attributes
    ----------
    id_name : str
        What the id is called in results.
    id_column : str or None
        None where customers are numbered by row.
    numbers : tuple of Number
        They are the first prepared columns.
    categories : tuple of Category
    projection : Projection or None
        To the space that the centres are in.
    further : tuple of Projection
        From there to the space of the points.
    decided : Points or Lifted
    centres : float64 array of shape (n_segments, n_columns)
    segments : tuple of int
        Numbers of the segments, by index.
    names : tuple of str
    info : mapping
        What the model says of itself.
    """

    id_name: str
    id_column: str | None
    numbers: tuple[Number, ...]
    categories: tuple[Category, ...]
    projection: Projection | None
    further: tuple[Projection, ...]
    decided: Points | Lifted
    centres: np.ndarray
    segments: tuple[int, ...]
    names: tuple[str, ...]
    info: Mapping[str, Any]

    @property
    def nearest_centre(self) -> bool:
        """Whether the points are the segments' centres, so that one distance serves both."""
        decided = self.decided
        return (
            isinstance(decided, Points)
            and not self.further
            and decided.points.shape == self.centres.shape
            and np.array_equal(decided.points, self.centres[decided.segments])
        )


def scoring_of(model: Fitted) -> Scoring:
    """Take a model apart.

    Raises
    ------
    DataError
        It reads a column in a way that neither SQL nor ONNX can.
    """
    projections, decided = _decided(model.representatives)
    return Scoring(
        model.id_name,
        model.plan.id_column,
        tuple(number_of(feature) for feature in model.plan.numeric),
        tuple(category_of(feature) for feature in model.plan.categorical),
        None if model.pca is None else Projection.of(model.pca),
        projections,
        decided,
        model.representatives.centres,
        model.numbers.public,
        model.names,
        model.info,
    )


def _decided(by: Representatives) -> tuple[tuple[Projection, ...], Points | Lifted]:
    """Give what leads to the points, and how they decide."""
    if isinstance(by, Projected):
        further, inner = _decided(by.inner)
        return (Projection.of(by.pca), *further), _renamed(inner, by.order)
    if isinstance(by, Landmarks):
        marks = Points(by.marks, by.mark_segments)
        few = min(by.nearest, len(by.points))
        return (), Lifted(by.points, by.coordinates, few, marks)
    return (), Points(by.points, by.segments)


def _renamed(decided: Points | Lifted, order: np.ndarray) -> Points | Lifted:
    if isinstance(decided, Lifted):
        marks = Points(decided.marks.points, order[decided.marks.segments])
        return Lifted(decided.points, decided.coordinates, decided.nearest, marks)
    return Points(decided.points, order[decided.segments])
