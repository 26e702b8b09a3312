"""How a customer gets a segment by its components: the same projection in the fit and ever after.

A row's components are added up column by column, in float64, so that their bits depend on the row
alone. A matrix product may sum in another order for another number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from engine.clustering.representatives import Representatives
from engine.clustering.sparse_rows import dense, product, stay_sparse
from engine.clustering.spectral.assigner import MARKS, Landmarks
from engine.dimensionality_reduction.pca import PCA
from engine.native.covariance import project_rows
from engine.places.runtime import Runtime

ORDER = "projection_order"
"""Name of the array that tells a model of components."""

_PCA = ("projection_mean", "projection_components", "projection_explained_variance_ratio")
_INNER = "inner_"
_POINTS = "representatives"

_TILE = 1 << 16
"""Elements of float64 of one step on a CPU: 512 KiB, which stays near a core."""


@dataclass(frozen=True)
class Projected(Representatives):
    """Representatives among components, and the projection that leads there.

    Attributes
    ----------
    points : float64 array of shape (n_representatives, n_components)
        The points of ``inner``.
    segments : int32 array of shape (n_representatives,)
    centres : float64 array of shape (n_segments, n_columns)
        Mean of each segment's customers before the projection; the distances in the results are
        to these.
    pca : PCA
    inner : Representatives
        What decides by the components.
    order : int32 array of shape (n_segments,)
        Segment for each segment of ``inner``: ties of size are ordered by ``centres`` here.
    """

    pca: PCA
    inner: Representatives
    order: np.ndarray

    def _segment_of(self, runtime: Runtime) -> Callable[[Any], Any]:
        """Give what tells the segments of a chunk's rows by their components."""
        project, order = Projection(self.pca, runtime), runtime.put(self.order)
        segment_of = self.inner._segment_of(runtime)
        return lambda rows: order[segment_of(project(rows))]

    @property
    def projections(self) -> tuple[PCA, ...]:
        """What rows go through, one after the other, before they are held against the points."""
        return (self.pca, *self.inner.projections)

    def to_points(self, runtime: Runtime) -> Callable[[Any], Any]:
        """Give what puts the rows of a chunk among the components, in the place."""
        project, further = Projection(self.pca, runtime), self.inner.to_points(runtime)
        return lambda rows: further(project(rows))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Give plain arrays for saving, by name; the points once."""
        parts = (self.pca.mean, self.pca.components, self.pca.explained_variance_ratio)
        inner = {_INNER + name: part for name, part in self.inner.to_arrays().items()}
        del inner[_INNER + _POINTS]
        return (
            super().to_arrays() | dict(zip(_PCA, parts, strict=True)) | inner | {ORDER: self.order}
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """Make them of what :meth:`to_arrays` gave; KeyError where something is missing."""
        inner = {k.removeprefix(_INNER): v for k, v in arrays.items() if k.startswith(_INNER)}
        return cls(
            arrays[_POINTS],
            arrays["representative_segments"],
            arrays["centres"],
            PCA(*(arrays[name] for name in _PCA)),
            representatives_of(inner | {_POINTS: arrays[_POINTS]}),
            arrays[ORDER],
        )


def representatives_of(arrays: Mapping[str, np.ndarray]) -> Representatives:
    """Make representatives of the kind that these arrays were saved from.

    Raises
    ------
    KeyError
        Something is missing.
    """
    if ORDER in arrays:
        return Projected.from_arrays(arrays)
    kind = Landmarks if MARKS in arrays else Representatives
    return kind.from_arrays(arrays)


class Projection:
    """Gives the components of the rows of a chunk.

    Parameters
    ----------
    pca : PCA
    runtime : Runtime
        Its place is where the rows are.
    """

    def __init__(self, pca: PCA, runtime: Runtime) -> None:
        self._xp = runtime.xp
        self._mean = runtime.put(pca.mean)
        self._weights = runtime.put(np.ascontiguousarray(pca.components.T))
        self._step = max(64, runtime.cells(_TILE) // sum(pca.components.shape))
        self._made_of = pca, runtime

    def __reduce__(self) -> Any:
        """Be made anew where it is sent, of that place's runtime."""
        return Projection, self._made_of

    def __call__(self, rows: Any) -> Any:
        """Project rows: float32 (n_rows, n_columns) to float32 (n_rows, n_components).

        O(n_rows x n_columns x n_components); of ``SparseRows`` what is stored in place of
        n_rows x n_columns, where their zeros are zeros in the frame, too.
        """
        if stay_sparse(rows):
            return product(rows, self._mean, self._weights)
        out = self._xp.empty((len(rows), self._weights.shape[1]), np.float32)
        if project_rows(rows, self._mean, self._weights, out):
            return out
        for start in range(0, len(rows), self._step):
            part = slice(start, start + self._step)
            columns = self._xp.ascontiguousarray((dense(rows[part]) - self._mean).T)
            total = self._weights[0][:, None] * columns[0]
            for j in range(1, len(self._weights)):
                total += self._weights[j][:, None] * columns[j]
            out[part] = total.T
        return out
