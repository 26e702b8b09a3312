"""How clearly customers belong to their segment: the next best one, and the margin to it.

The margin of a customer is ``1 - d1 / d2``, where ``d1`` is the distance to the nearest
representative of the own segment and ``d2`` that to the nearest of any other segment. It is 0 for
who stands in the middle between two segments, and 1 for who stands on a representative.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.clustering.nearest import Nearest
from engine.clustering.representatives import Representatives
from engine.clustering.sparse_rows import dense
from engine.native.moments import own_distances
from engine.places.runtime import Runtime

BORDERLINE = 0.1
"""Margin below which a customer is nearly as close to another segment: that is at most a ninth
farther away than the own one."""

NONE = -1
"""The next best segment where there is one segment alone."""


class SegmentDistances:
    """Distances of rows to the nearest representative of every segment.

    Parameters
    ----------
    representatives : Representatives
    runtime : Runtime
        Its place is where the rows are.
    """

    def __init__(self, representatives: Representatives, runtime: Runtime) -> None:
        self._runtime, of = runtime, representatives.segments
        own = [representatives.points[of == s] for s in range(representatives.n_segments)]
        self._points = [runtime.put(np.ascontiguousarray(points)) for points in own]
        self._moved = representatives.to_points(runtime)
        self._nearest = [Nearest(p, runtime) if len(p) > 1 else None for p in own]

    def __call__(self, rows: Any) -> Any:
        """Give the distances: float32 (n_segments, n_rows); infinite to one without any."""
        xp, rows = self._runtime.xp, dense(self._moved(rows))
        found = xp.full((len(self._points), len(rows)), xp.inf, dtype=np.float32)
        first = xp.zeros(len(rows), dtype=np.int32)
        for points, nearest, out in zip(self._points, self._nearest, found, strict=True):
            if len(points):
                near = first if nearest is None else nearest.exact(rows).astype(np.int32)
                if not own_distances(rows, near, points, out):
                    difference = rows - points[near]
                    out[:] = xp.sqrt(xp.einsum("ij,ij->i", difference, difference))
        return found


def margins(
    representatives: Representatives, x: Any, labels: Any, *, runtime: Runtime
) -> tuple[Any, Any]:
    """Give the next best segment of each row, and the margin to it.

    Parameters
    ----------
    representatives : Representatives
    x : float32 array of shape (n_rows, n_columns)
        May be a ``numpy.memmap``, or spread over workers.
    labels : int32 array of shape (n_rows,)
        Their segments.
    runtime : Runtime

    Returns
    -------
    second : int32 array of shape (n_rows,)
        -1 where there is no other segment.
    margin : float32 array of shape (n_rows,)
        From 0 to 1.

    Notes
    -----
    O(n_rows x n_representatives x n_columns), as giving the segments is; beside the result a chunk
    of distances to each segment a thread.

    Examples
    --------
    >>> points = np.array([[0.0], [4.0], [9.0]])
    >>> three = Representatives(points, np.arange(3, dtype=np.int32), points)
    >>> x = np.array([[1.0], [2.0], [9.0]], np.float32)
    >>> second, margin = margins(three, x, np.array([0, 0, 2], np.int32), runtime=Runtime())
    >>> second.tolist(), [f"{m:.2f}" for m in margin]
    ([1, 1, 1], ['0.67', '0.00', '1.00'])
    """
    distances = SegmentDistances(representatives, runtime)
    second, margin = runtime.beside(x, np.int32), runtime.beside(x, np.float32)
    xp = runtime.xp

    def chunk(rows: Any, own: Any, next_best: Any, how_clear: Any) -> None:
        next_best[:], how_clear[:] = of_distances(distances(rows), own, xp)

    runtime.reduce(chunk, x, labels, out=(second, margin))
    return second, margin


def of_distances(distances: Any, own: Any, xp: Any = np) -> tuple[Any, Any]:
    """Give the next best segments and the margins of rows of which all distances are known.

    Parameters
    ----------
    distances : float32 array of shape (n_segments, n_rows)
        Changed on the way.
    own : int array of shape (n_rows,)
        The segments.
    xp : module
        NumPy or CuPy.
    """
    each = xp.arange(len(own))
    near = distances[own, each]
    distances[own, each] = xp.inf
    second = distances.argmin(axis=0)
    far = distances[second, each]
    # Two on one spot are told apart by nothing.
    margin = xp.clip(1 - near / xp.where(far > 0, far, 1), 0, 1)
    margin = xp.where(far > 0, margin, 0)
    alone = ~xp.isfinite(far)
    return xp.where(alone, NONE, second), xp.where(alone, 1, margin)


def borderline(
    representatives: Representatives, x: Any, labels: Any, *, runtime: Runtime
) -> np.ndarray:
    """Count the customers of each segment whose margin is below :data:`BORDERLINE`.

    Parameters
    ----------
    representatives, x, labels, runtime
        As of :func:`margins`.

    Returns
    -------
    counts : int64 array of shape (n_segments,)

    Notes
    -----
    One pass, without the two values a row that :func:`margins` makes.
    """
    of, k, xp = SegmentDistances(representatives, runtime), representatives.n_segments, runtime.xp

    def chunk(rows: Any, own: Any) -> Any:
        distances = of(rows)
        near = distances[own, xp.arange(len(own))]
        bound = near / np.float32(1 - BORDERLINE)
        # Its own segment is one of those that are near enough, but for who stands on its middle.
        others = (distances < bound).sum(axis=0) - (near > 0)
        return xp.bincount(own[others > 0], minlength=k)

    found = runtime.reduce(chunk, x, labels)
    return np.zeros(k, np.int64) if found is None else np.round(found).astype(np.int64)
