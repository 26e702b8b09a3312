"""Many rows to few weighted points: micro-clusters found on a sample, one pass over all rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.clustering.algorithm import Task
from engine.clustering.kmeans.lloyd import refine
from engine.clustering.representatives import Nearest
from engine.runtime import Runtime
from engine.utilities.sampling import draw

SAMPLE_ROWS_A_LEAF = 25
"""Rows of the sample for each micro-cluster."""

PASSES = 10
"""Lloyd passes over the sample: its inertia falls by 2% more in the next five."""


@dataclass(frozen=True)
class Condensed:
    """Rows replaced by weighted points.

    Attributes
    ----------
    points : float64 array of shape (m, n_columns)
        A row belongs to the nearest of these.
    leaves : int32 array of shape (n_rows,)
        That point's number.
    weights : int64 array of shape (m,)
        Rows of each, at least one.
    means : float64 array of shape (m, n_columns)
        Their means.
    """

    points: np.ndarray
    leaves: np.ndarray
    weights: np.ndarray
    means: np.ndarray


def condensed(task: Task, m: int, runtime: Runtime) -> Condensed:
    """Replace rows by at most ``m`` weighted points.

    Parameters
    ----------
    task : Task
    m : int
        Micro-clusters wanted; fewer when the sample has fewer distinct rows.
    runtime : Runtime

    Returns
    -------
    condensed : Condensed

    Notes
    -----
    O(n_rows x m x n_columns); each row is visited once, beside those of the sample.
    """
    points = micro_centres(task, m, runtime)
    leaves = np.empty(len(task.x), np.int32)
    counts, sums = _assigned(task.x, points, leaves, runtime)
    held = np.flatnonzero(counts)
    number = np.full(len(points), -1, np.int32)
    number[held] = np.arange(len(held), dtype=np.int32)
    if len(held) < len(points):
        for start in range(0, len(leaves), 1 << 20):
            part = leaves[start : start + (1 << 20)]
            part[:] = number[part]
    means = sums[held] / counts[held, None]
    return Condensed(points[held], leaves, counts[held].astype(np.int64), means)


def micro_centres(task: Task, m: int, runtime: Runtime) -> np.ndarray:
    """Find micro-clusters by k-means on a sample that starts from its first distinct rows.

    Returns
    -------
    points : float64 array of shape (at most m, n_columns)
    """
    rows = draw(task.priority, m * SAMPLE_ROWS_A_LEAF)
    sample = np.ascontiguousarray(runtime.take(task.x, rows))
    _, first = np.unique(sample + np.float32(0), axis=0, return_index=True)
    start = sample[np.sort(first)[:m]].astype(np.float64)
    # The sample is not what a progress bar counts.
    return refine(sample, start, 0.0, PASSES, replace(runtime, on_rows=None))[0]


def _assigned(
    x: Any, points: np.ndarray, leaves: np.ndarray, runtime: Runtime
) -> tuple[np.ndarray, np.ndarray]:
    """Fill in the nearest point of each row; count the rows of each and add them up."""
    nearest, xp, m = Nearest(points, runtime), runtime.xp, len(points)

    def chunk(rows: Any, out: Any) -> tuple[Any, Any]:
        found = nearest.exact(rows)
        out[:] = found
        wide = rows.astype(xp.float64)
        columns = [xp.bincount(found, wide[:, c], m) for c in range(wide.shape[1])]
        return xp.bincount(found, minlength=m), xp.stack(columns, axis=1)

    counts, sums = runtime.reduce(chunk, x, out=(leaves,))
    return counts, sums
