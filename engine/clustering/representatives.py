"""How a customer gets a segment: the nearest representative decides, exactly and in any blocks.

Distances come from a float32 matrix product. Where the two nearest are closer together than that
product's rounding error, the row is decided again in float64 from differences; so the segment of a
row depends on the row alone, not on the block it was in or on the BLAS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from threading import local
from typing import Any, Self

import numpy as np

from engine.clustering.point_tree import PointTree
from engine.clustering.sparse_rows import dense
from engine.places.runtime import Runtime

CELLS = 4_000_000
"""Distances held at a time by one thread of a CPU: 16 MB."""

_EPS = float(np.finfo(np.float32).eps)
_TINY = float(np.finfo(np.float32).tiny)


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
        nearest, segments = Nearest(self.points, runtime), runtime.put(self.segments)
        return lambda rows: segments[nearest.exact(rows)]

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
            difference = rows - centres[segment]
            result[:] = xp.sqrt(xp.einsum("ij,ij->i", difference, difference))

        runtime.reduce(chunk, x, labels, out=(out,))
        return out


class Nearest:
    """Finds the nearest of fixed points for rows of a chunk.

    Parameters
    ----------
    points : float64 array of shape (n_points, n_columns)
    runtime : Runtime
        Its place is where the rows are.

    Notes
    -----
    Many points in few columns go through a k-d tree on a CPU. Otherwise scores of a tile of rows
    stay in a core's cache, in memory that each thread keeps: at 2,000 to 4,000 points 1.3 to 1.5
    times as fast as 16 MB asked for anew.
    """

    _TILE = 1 << 18
    """Scores held at a time on a CPU: 1 MB."""

    _FEW_POINTS, _FEW_CELLS = 64, 1 << 16
    """Points up to which scores lie by point, and scores or values of rows at a time then."""

    _TREE_POINTS = 1_000
    """Least points for the tree: at 1,000 in four columns the product is as fast."""

    def __init__(self, points: np.ndarray, runtime: Runtime) -> None:
        self._xp = runtime.xp
        self._cells = runtime.cells(CELLS)
        self._tile = self._cells if runtime.device_memory else min(self._cells, self._TILE)
        self._kept = None if runtime.device_memory else local()
        self._made_of = points, runtime
        points = runtime.put(points)
        self._points = points
        # Both sides are moved near the origin: rounding is relative to the shifted norms.
        self._shift = points.mean(axis=0).astype(np.float32)
        shifted = points - self._shift
        self._factor = self._xp.ascontiguousarray((-2 * shifted).T, dtype=np.float32)
        self._squares = (shifted**2).sum(axis=1).astype(np.float32)
        self._norm = float(np.sqrt(float((shifted**2).sum(axis=1).max())))

    def __reduce__(self) -> Any:
        """Be made anew where it is sent, of that place's runtime."""
        return Nearest, self._made_of

    def quick(self, rows: Any) -> Any:
        """Nearest up to float32 rounding: int64 (n_rows,). What Lloyd iterations need."""
        found = [self._scores(part)[0].argmin(axis=1) for part in self._parts(rows)]
        return self._xp.concatenate(found)

    def exact(self, rows: Any) -> Any:
        """Nearest in float64, the first of equals: int64 (n_rows,)."""
        if self._tree is None:
            return self._by_product(rows)
        rows = dense(rows)  # there is a tree where columns are few
        nearest, unsure = self._tree.nearest(rows)
        if len(unsure):
            nearest[unsure] = self._by_product(rows[unsure])
        return nearest

    @cached_property
    def _tree(self) -> PointTree | None:
        few = self._kept is None or len(self._points) < self._TREE_POINTS
        return None if few or not PointTree.takes(self._points) else PointTree(self._points)

    def _by_product(self, rows: Any) -> Any:
        if self._kept is not None and 1 < len(self._points) <= self._FEW_POINTS:
            step = max(1, self._FEW_CELLS // max(self._points.shape))
            parts = (dense(rows[s : s + step]) for s in range(0, len(rows), step))
            return np.concatenate([self._exact_of_few(part) for part in parts])
        return self._xp.concatenate([self._exact(part) for part in self._parts(rows)])

    def _parts(self, rows: Any) -> Iterator[Any]:
        step = max(1, self._tile // len(self._points))
        for start in range(0, len(rows), step):
            yield dense(rows[start : start + step])

    def _scores(self, rows: Any) -> tuple[Any, Any]:
        shifted = rows - self._shift
        scores = self._xp.matmul(shifted, self._factor, out=self._room(shifted))
        scores += self._squares
        return scores, shifted

    def _room(self, shifted: Any) -> Any:
        """Scores of one thread, kept: memory asked for anew is handed out page by page."""
        if self._kept is None or shifted.dtype != np.float32:
            return None
        kept = getattr(self._kept, "scores", None)
        if kept is None or len(kept) < len(shifted):
            kept = self._kept.scores = np.empty((len(shifted), len(self._points)), np.float32)
        return kept[: len(shifted)]

    def _exact_of_few(self, rows: np.ndarray) -> np.ndarray:
        """Give what ``_exact`` gives, by rows of scores: a third of its time where points are few.

        Which points are within rounding of the nearest is counted, and their numbers are added up:
        where there is one, that is its number.
        """
        shifted = rows - self._shift
        scores = self._factor.T @ shifted.T
        scores += self._squares[:, None]
        within = scores <= scores.min(axis=0) + self._bound(shifted)
        found = np.stack((np.ones(len(scores)), np.arange(len(scores)))).astype(np.float32)
        count, number = found @ within.astype(np.float32)
        nearest: np.ndarray = number.astype(np.intp)
        self._decide(rows, nearest, self._xp.flatnonzero(count != 1))  # 0 for a NaN
        return nearest

    def _exact(self, rows: Any) -> Any:
        xp, (scores, shifted) = self._xp, self._scores(rows)
        nearest = scores.argmin(axis=1)
        if len(self._points) == 1:
            return nearest
        each = xp.arange(len(rows))
        best = scores[each, nearest]
        scores[each, nearest] = xp.inf
        second = scores[each, scores.argmin(axis=1)]  # half the time of min in few columns
        # "Not clearly farther", so that a NaN or an overflow is decided in float64 as well.
        self._decide(rows, nearest, xp.flatnonzero(~(second - best > self._bound(shifted))))
        return nearest

    def _bound(self, shifted: Any) -> Any:
        """Give the rounding of the difference of two scores of each row."""
        norms = self._xp.sqrt(self._xp.einsum("ij,ij->i", shifted, shifted))
        # Error of a dot product of d terms is at most gamma_d |x||y| (Higham 2002, section 3.1),
        # for both scores, with the rounding of the inputs and of the squared norms.
        # Products below the smallest normal number lose up to that much each, whatever their size.
        terms = shifted.shape[1] + 4
        return 2 * terms * _EPS * self._norm * (2 * norms + self._norm) + 4 * terms * _TINY

    def _decide(self, rows: Any, nearest: Any, close: Any) -> None:
        """Write the nearest of some rows, by differences in float64."""
        xp, step = self._xp, max(1, self._cells // self._points.size)
        for start in range(0, len(close), step):
            some = close[start : start + step]
            difference = rows[some, None, :].astype(np.float64) - self._points[None]
            nearest[some] = xp.einsum("ijk,ijk->ij", difference, difference).argmin(axis=1)


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
