"""How a customer gets a segment: the nearest representative decides, exactly and in any blocks.

So the segment of a row depends on the row alone, not on the block it was in or on the BLAS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from engine.clustering.nearest import Nearest
from engine.dimensionality_reduction.pca import PCA
from engine.native.moments import own_distances
from engine.places.runtime import Runtime


@dataclass(frozen=True)
class Representatives:
    """Points that stand for customers, and the segment of each.

    Attributes
    ----------
    points : float64 array of shape (n_representatives, n_columns)
    segments : int32 array of shape (n_representatives,)
    centres : float64 array of shape (n_segments, n_columns)
        Mean of each segment's customers; the distances in the results are to these.
    """

    points: np.ndarray
    segments: np.ndarray
    centres: np.ndarray

    @property
    def n_segments(self) -> int:
        """Number of segments."""
        return len(self.centres)

    def assign(self, x: np.ndarray, *, runtime: Runtime) -> np.ndarray:
        """Give each row the segment of its nearest representative.

        Parameters
        ----------
        x : float32 array of shape (n_rows, n_columns)
            Or ``SparseRows``, of which a few at a time are made dense.
        runtime : Runtime

        Returns
        -------
        labels : int32 array of shape (n_rows,)

        Notes
        -----
        O(n_rows x n_representatives x n_columns); about 16 MB a thread beside the result.
        """
        labels: np.ndarray = runtime.beside(x, np.int32)
        segment_of = self._segment_of(runtime)

        def chunk(rows: Any, out: Any) -> None:
            out[:] = segment_of(rows)

        runtime.reduce(chunk, x, out=(labels,))
        return labels

    def _segment_of(self, runtime: Runtime) -> Callable[[Any], Any]:
        """Give what tells the segments of a chunk's rows, in the place."""
        nearest, numbers = Nearest(self.points, runtime), np.arange(len(self.points))
        plain = np.array_equal(self.segments, numbers)
        names = None if plain else runtime.put(np.ascontiguousarray(self.segments, np.int32))
        return lambda rows: nearest.label(rows, names)

    @property
    def projections(self) -> tuple[PCA, ...]:
        """What rows go through, one after the other, before they are held against the points."""
        return ()

    def to_points(self, runtime: Runtime) -> Callable[[Any], Any]:
        """Give what puts the rows of a chunk where the points are, in the place."""
        return lambda rows: rows

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Give plain arrays for saving, by name."""
        return {
            "representatives": self.points,
            "representative_segments": self.segments,
            "centres": self.centres,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """Make them of what :meth:`to_arrays` gave; KeyError where something is missing."""
        return cls(arrays["representatives"], arrays["representative_segments"], arrays["centres"])

    def distances(self, x: np.ndarray, labels: np.ndarray, *, runtime: Runtime) -> np.ndarray:
        """Euclidean distance of each row to its segment's centre: float32, shape (n_rows,)."""
        xp = runtime.xp
        out: np.ndarray = runtime.beside(x, np.float32)
        centres = runtime.put(self.centres)

        def chunk(rows: Any, segment: Any, result: Any) -> None:
            if own_distances(rows, segment, self.centres, result):
                return
            difference = rows - centres[segment]
            result[:] = xp.sqrt(xp.einsum("ij,ij->i", difference, difference))

        runtime.reduce(chunk, x, labels, out=(out,))
        return out


def canonical_order(counts: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Order segments: largest first, ties by centre, column by column.

    Parameters
    ----------
    counts : int array of shape (k,)
    centres : float64 array of shape (k, n_columns)

    Returns
    -------
    order : int64 array of shape (k,)
        ``order[0]`` is the old number of the new segment 0.

    Examples
    --------
    >>> import numpy as np
    >>> canonical_order(np.array([1, 5, 1]), np.array([[2.0], [0.0], [1.0]])).tolist()
    [1, 2, 0]
    """
    return np.lexsort((*centres.T[::-1], -counts))


def in_canonical_order(counts: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give segments their numbers in canonical order.

    Parameters
    ----------
    counts : int array of shape (k,)
    centres : float64 array of shape (k, n_columns)

    Returns
    -------
    rank : int32 array of shape (k,)
        ``rank[s]`` is the new number of segment ``s``.
    centres : float64 array of shape (k, n_columns)
        By the new numbers, C-contiguous.

    Examples
    --------
    >>> import numpy as np
    >>> rank, centres = in_canonical_order(np.array([1, 5, 1]), np.array([[2.0], [0.0], [1.0]]))
    >>> rank.tolist(), centres.ravel().tolist()
    ([2, 0, 1], [0.0, 1.0, 2.0])
    """
    order = canonical_order(counts, centres)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank, np.ascontiguousarray(centres[order])
