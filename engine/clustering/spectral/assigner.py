"""How a customer gets a segment from landmarks: the same lift in the fit and ever after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from engine.clustering.nearest import Nearest
from engine.clustering.representatives import Representatives
from engine.clustering.spectral.neighbours import NearestFew
from engine.places.runtime import Runtime

MARKS = "marks"
"""Name of the array that tells a model of landmarks."""


@dataclass(frozen=True)
class Landmarks(Representatives):
    """Landmarks with their eigenvectors, and the centres of the segments among those.

    A row's coordinates are the mean of its nearest landmarks', weighted by affinity; the nearest
    of ``marks`` to them decides its segment.

    Attributes
    ----------
    points : float64 array of shape (n_landmarks, n_columns)
    segments : int32 array of shape (n_landmarks,)
        Segment of a row where the landmark is.
    centres : float64 array of shape (n_segments, n_columns)
        Mean of each segment's customers; the distances in the results are to these.
    coordinates : float64 array of shape (n_landmarks, n_coordinates)
    marks : float64 array of shape (n_segments, n_coordinates)
    mark_segments : int32 array of shape (n_segments,)
    nearest : int
        Landmarks that each row is lifted from.
    """

    coordinates: np.ndarray
    marks: np.ndarray
    mark_segments: np.ndarray
    nearest: int

    def _segment_of(self, runtime: Runtime) -> Callable[[Any], Any]:
        """Give what tells the segments of a chunk's rows by their lifted coordinates.

        O(n_rows x n_landmarks x n_columns). A row's segment depends on the row alone.
        """
        lift, segments = Lift(self, runtime), runtime.put(self.mark_segments)
        return lambda rows: segments[lift.mark(rows)]

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Give plain arrays for saving, by name."""
        return {
            **super().to_arrays(),
            "landmark_coordinates": self.coordinates,
            MARKS: self.marks,
            "mark_segments": self.mark_segments,
            "nearest_landmarks": np.array([self.nearest]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """Make them of what :meth:`to_arrays` gave; KeyError where something is missing."""
        return cls(
            arrays["representatives"],
            arrays["representative_segments"],
            arrays["centres"],
            arrays["landmark_coordinates"],
            arrays[MARKS],
            arrays["mark_segments"],
            int(arrays["nearest_landmarks"][0]),
        )


class Lift:
    """Applies :class:`Landmarks` to the rows of a chunk."""

    def __init__(self, landmarks: Landmarks, runtime: Runtime) -> None:
        self._made_of, self._xp = (landmarks, runtime), runtime.xp
        self._near = NearestFew(landmarks.points, landmarks.nearest, runtime)
        self._coordinates = runtime.put(landmarks.coordinates)
        self._marks = Nearest(landmarks.marks, runtime)

    def __reduce__(self) -> Any:
        """Be made anew where it is sent, of that place's runtime."""
        return Lift, self._made_of

    def mark(self, rows: Any) -> Any:
        """Nearest of the marks to the rows' coordinates: int64 (n_rows,)."""
        return self._marks.exact(self.coordinates(rows))

    def coordinates(self, rows: Any) -> Any:
        """Lift rows: float32 (n_rows, n_coordinates).

        Summed landmark by landmark, nearest first: the same bits in any block.
        """
        index, squares = self._near(rows)
        affinity = affinities(squares, self._xp)
        total = self._xp.zeros((len(rows), self._coordinates.shape[1]))
        for j in range(index.shape[1]):
            total += affinity[:, j, None] * self._coordinates[index[:, j]]
        return total.astype(np.float32)


def affinities(squares: Any, xp: Any) -> Any:
    """Gaussian affinities on the row's own scale, which sum to 1.

    Parameters
    ----------
    squares : float64 array of shape (n_rows, p)
        Squared distances to the nearest landmarks.
    xp : module

    Returns
    -------
    affinity : float64 array of the same shape
        exp(-square / (2 x mean square)), by their sum.

    Notes
    -----
    With one scale for all rows, those in sparse surroundings are connected with nothing, or with
    one landmark only, and fall out of the graph.
    """
    scale = _sum(squares) * (2 / squares.shape[1])
    weights = xp.exp(-squares / xp.where(scale > 0, scale, 1)[:, None])
    weights /= _sum(weights)[:, None]
    return weights


def _sum(columns: Any) -> Any:
    """Sum of each row, column by column: NumPy's own order depends on the array's shape."""
    total = columns[:, 0].copy()
    for j in range(1, columns.shape[1]):
        total += columns[:, j]
    return total
