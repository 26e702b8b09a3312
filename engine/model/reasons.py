"""Why a customer is in a segment: what each column says for it, against the next best one.

A row is held against the nearest representative of its own segment, r1, and the nearest of another
one, r2. The difference of the squared distances, ``d(x, r2)^2 - d(x, r1)^2``, is what keeps it
where it is, and is a sum over the prepared columns: with ``z = V (x - m)`` the row among the
components and ``w = 2 V'(r1 - r2)``, it is the sum of ``w_j (x_j - p_j)``, where ``p`` is the point
halfway between the two. Columns that stand for one column of the file are added up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from engine.clustering.margins import NONE
from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.data_preparation.reading.lists import MemberReading

if TYPE_CHECKING:
    from engine.data_preparation.features.feature_plan import FeaturePlan
    from engine.model.fitted import Fitted

_CELLS = 1 << 20
"""Distances held at a time: 8 MB."""

NEAREST = 10
"""Representatives around a customer whose segments are told."""


@dataclass(frozen=True)
class Pooled:
    """A column of the file, and the prepared columns that stand for it.

    Attributes
    ----------
    name : str
    features : tuple of int
        Numbers of the plan's features.
    prepared : tuple of int
        Numbers of the prepared columns.
    """

    name: str
    features: tuple[int, ...]
    prepared: tuple[int, ...]


def pooled(plan: FeaturePlan) -> list[Pooled]:
    """Give the columns of the file that a plan uses, in its order."""
    found: dict[str, tuple[list[int], list[int]]] = {}
    start = 0
    for number, feature in enumerate(plan.features):
        width = len(feature.names)
        a_list = isinstance(feature, NumericFeature) and isinstance(feature.reading, MemberReading)
        name = feature.file_column if a_list else feature.column  # type: ignore[union-attr]
        features, prepared = found.setdefault(name, ([], []))
        features.append(number)
        prepared.extend(range(start, start + width))
        start += width
    return [Pooled(name, tuple(f), tuple(p)) for name, (f, p) in found.items()]


@dataclass(frozen=True)
class Reasons:
    """Why rows are where they are.

    Attributes
    ----------
    own, second : int64 arrays of shape (n_rows,)
        Indices of segments; ``second`` is -1 where there is one segment alone.
    margin : float64 array of shape (n_rows,)
        See :mod:`engine.clustering.margins`.
    difference : float64 array of shape (n_rows,)
        Of the squared distances; NaN where there is one segment alone.
    shares : float64 array of shape (n_rows, n_columns)
        What each column of the file adds to it.
    around : int64 array of shape (n_rows, n_segments)
        How many of the nearest representatives are of each segment.
    """

    own: np.ndarray
    second: np.ndarray
    margin: np.ndarray
    difference: np.ndarray
    shares: np.ndarray = field(repr=False)
    around: np.ndarray = field(repr=False)


class Reasoner:
    """Finds out why rows are where a model puts them.

    Parameters
    ----------
    model : Fitted
    """

    def __init__(self, model: Fitted) -> None:
        of, width = model.representatives, len(model.plan.names)
        self.plan, self.columns = model.plan, pooled(model.plan)
        self.points, self.segments, self.k = of.points, of.segments, of.n_segments
        pcas = (*([model.pca] if model.pca else []), *of.projections)
        self._middle = pcas[0].mean if pcas else np.zeros(width)
        self.weights, self._offset = np.eye(width), np.zeros(width)
        for pca in pcas:  # what is projected twice is projected once: z = W x - b
            self.weights = pca.components @ self.weights
            self._offset = pca.components @ (self._offset + pca.mean)
        self._pool = np.zeros((width, len(self.columns)))
        for number, column in enumerate(self.columns):
            self._pool[list(column.prepared), number] = 1

    @property
    def by_centres(self) -> bool:
        """Whether every segment has one point, its centre."""
        return len(self.points) == self.k

    def where(self, x: np.ndarray) -> np.ndarray:
        """Put prepared rows where the points are: float64 (n_rows, n_components)."""
        z: np.ndarray = x.astype(np.float64) @ self.weights.T - self._offset
        return z

    def squares(self, z: np.ndarray) -> np.ndarray:
        """Give the squared distances of a few rows to all points: float64 (n_rows, n_points)."""
        difference = z[:, None, :] - self.points
        found: np.ndarray = np.einsum("ijk,ijk->ij", difference, difference)
        return found

    def __call__(self, x: np.ndarray, own: np.ndarray) -> Reasons:
        """Find the reasons of prepared rows.

        Parameters
        ----------
        x : float32 array of shape (n_rows, n_prepared)
        own : int array of shape (n_rows,)
            Indices of their segments.

        Notes
        -----
        O(n_rows x n_points x n_components).
        """
        step = max(1, _CELLS // self.points.size)
        parts = [self._few(x[s : s + step], own[s : s + step]) for s in range(0, len(x), step)]
        if not parts:
            parts = [self._few(x, own)]
        names = ("own", "second", "margin", "difference", "shares", "around")
        return Reasons(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))

    def _few(self, x: np.ndarray, own: np.ndarray) -> Reasons:
        own = np.asarray(own, np.int64)
        squares, each = self.squares(self.where(x)), np.arange(len(x))
        mine = self.segments == own[:, None]
        first = np.where(mine, squares, np.inf).argmin(axis=1)
        others = np.where(mine, np.inf, squares)
        other = others.argmin(axis=1)
        near, far = squares[each, first], others[each, other]
        alone = ~np.isfinite(far)
        second = np.where(alone, NONE, self.segments[other])
        share = np.sqrt(near / np.where(far > 0, far, 1))
        margin = np.where(alone, 1.0, np.where(far > 0, np.clip(1 - share, 0, 1), 0.0))
        shares = self._shares(x, self.points[first], self.points[other])
        shares[alone] = np.nan
        difference = np.where(alone, np.nan, far - near)
        return Reasons(own, second, margin, difference, shares, self._around(squares))

    def _shares(self, x: np.ndarray, first: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Give what each column of the file adds to the difference: (n_rows, n_columns)."""
        slopes = 2 * (first - other) @ self.weights
        halfway = (first + other) / 2 + self._offset - self.weights @ self._middle
        turning = self._middle + halfway @ self.weights
        found: np.ndarray = (slopes * (x - turning)) @ self._pool
        return found

    def _around(self, squares: np.ndarray) -> np.ndarray:
        """Count the segments of the nearest points: (n_rows, n_segments)."""
        n = min(NEAREST, squares.shape[1])
        near = self.segments[np.argpartition(squares, n - 1, axis=1)[:, :n]]
        found: np.ndarray = (near[:, :, None] == np.arange(self.k)).sum(axis=1)
        return found
