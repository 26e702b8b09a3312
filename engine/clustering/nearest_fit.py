"""A fit of points that have their segments already: every row has that of the nearest."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.clustering.algorithm import Fit
from engine.clustering.label_sums import label_sums
from engine.clustering.representatives import Representatives, in_canonical_order
from engine.clustering.sparse_rows import SparseRows
from engine.places.runtime import Runtime
from engine.utilities.rows import mapped


def nearest_fit(
    x: Any,
    points: np.ndarray,
    segments: np.ndarray,
    runtime: Runtime,
    *,
    labels: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    notes: tuple[str, ...] = (),
) -> Fit:
    """Give the fit in which each row belongs to its nearest point, segments in canonical order.

    Parameters
    ----------
    x : float32 array or SparseRows of shape (n_rows, n_columns)
        The rows of a task.
    points : float array of shape (n_points, n_columns)
    segments : int32 array of shape (n_points,)
        0 to k - 1, each with at least one row.
    runtime : Runtime
    labels : int32 array of shape (n_rows,), optional
        The segments of the rows, where they are known: found here by one pass otherwise.
    weights : float64 array of shape (n_rows,), optional
        What each row counts for in sizes and means.
    notes : tuple of str

    Returns
    -------
    fit : Fit
        Its centres are the means of each segment's rows, summed in float64. O(n), one pass.
    """
    k = int(segments.max()) + 1
    points = points.astype(np.float64)
    if labels is None:
        labels = Representatives(points, segments, points[:k]).assign(x, runtime=runtime)

    if isinstance(x, SparseRows):
        counts = np.bincount(labels, weights, k)
        means = x.means(labels, counts, weights)
    else:
        counts, means = _moments(x, labels, k, weights, runtime)
    rank, centres = in_canonical_order(counts, means)
    return Fit(
        Representatives(points, rank[segments], centres), mapped(rank.take, labels), 1, notes
    )


def _moments(
    x: Any, labels: np.ndarray, k: int, weights: np.ndarray | None, runtime: Runtime
) -> tuple[np.ndarray, np.ndarray]:
    """Sizes and means of segments, by the weights where there are any."""
    xp, weighed = runtime.xp, () if weights is None else (weights,)

    def chunk(rows: Any, mine: Any, *weight: Any) -> tuple[Any, Any]:
        return label_sums(rows, mine, k, xp, *weight)

    counts, sums = runtime.reduce(chunk, x, labels, *weighed)
    return counts, sums / counts[:, None]
