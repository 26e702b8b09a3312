"""Many rows to few weighted points: ward's own clusters of a sample, one pass over all rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.clustering.agglomerative.joining import joined
from engine.clustering.algorithm import Task
from engine.clustering.label_sums import label_sums
from engine.clustering.nearest import Nearest
from engine.clustering.tree import weighted_means
from engine.places.runtime import Runtime
from engine.utilities.rows import is_spread, mapped
from engine.utilities.sampling import draw

SAMPLE_ROWS = 20_000
"""Most rows of the sample that ward joins to find micro-clusters."""

_SAMPLE_ROWS_A_LEAF = 25
"""Rows of the sample for each micro-cluster, where that is fewer."""


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
    O(n_rows x m x n_columns); each row is visited once, beside those of the sample, at most
    20,000 (or ``m``).
    """
    points = micro_centres(task, m, runtime)
    leaves = runtime.beside(task.x, np.int32)
    counts, sums = _assigned(task.x, points, leaves, runtime)
    held = np.flatnonzero(counts)
    number = np.full(len(points), -1, np.int32)
    number[held] = np.arange(len(held), dtype=np.int32)
    if len(held) < len(points):
        leaves = _renumbered(leaves, number)
    means = sums[held] / counts[held, None]
    return Condensed(points[held], leaves, counts[held].astype(np.int64), means)


def _renumbered(leaves: Any, number: np.ndarray) -> Any:
    if is_spread(leaves):
        return mapped(number.take, leaves)
    for start in range(0, len(leaves), 1 << 20):  # in place
        part = leaves[start : start + (1 << 20)]
        part[:] = number[part]
    return leaves


def sample_rows(m: int) -> int:
    """Rows of the sample for ``m`` micro-clusters.

    Examples
    --------
    >>> sample_rows(100), sample_rows(4_000), sample_rows(30_000)
    (2500, 20000, 30000)
    """
    return max(m, min(m * _SAMPLE_ROWS_A_LEAF, SAMPLE_ROWS))


def micro_centres(task: Task, m: int, runtime: Runtime) -> np.ndarray:
    """Find micro-clusters: the means of ward's clusters of a sample.

    k-means from random rows agrees less with ward on all rows where groups overlap: it puts its
    centres where the rows are dense, and what then differs is where scattered rows belong. Ward's
    own clusters keep those apart: on sixteen mixtures of 20,000 rows with 5% of noise, in 4,000
    micro-clusters, the adjusted Rand index is at least 0.984, by k-means 0.953. Of more rows the
    sample is a part, and ward on a part agrees as well with ward on all as chance allows: at
    60,000 rows 0.94 to 1.0, where exact ward on half of the rows has 0.95 to 1.0.

    Returns
    -------
    points : float64 array of shape (at most m, n_columns)

    Notes
    -----
    O(s^2 n_columns) for a sample of s rows.
    """
    rows = draw(task.priority, sample_rows(m))
    sample = np.ascontiguousarray(runtime.take(task.x, rows))
    tree = joined(sample, "ward", runtime)
    # Equal rows were joined at height 0, and stay together.
    distinct = int(np.count_nonzero(tree.heights)) + 1
    return weighted_means(tree.means, tree.weights, tree.cut(min(m, distinct)))


def _assigned(
    x: Any, points: np.ndarray, leaves: np.ndarray, runtime: Runtime
) -> tuple[np.ndarray, np.ndarray]:
    """Fill in the nearest point of each row; count the rows of each and add them up."""
    nearest, xp, m = Nearest(points, runtime), runtime.xp, len(points)

    def chunk(rows: Any, out: Any) -> tuple[Any, Any]:
        out[:] = nearest.exact(rows)
        return label_sums(rows, out, m, xp)

    counts, sums = runtime.reduce(chunk, x, out=(leaves,))
    return counts, sums
