"""What a fit is asked for: rows near zero, how they are to be gone over, from which starts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.clustering.algorithm import Task
from engine.clustering.frame import Frame
from engine.clustering.kmeans.moving import frame_of, inside, is_sparse, still_frame
from engine.clustering.kmeans.options import KMeansOptions, Road
from engine.clustering.kmeans.rows import Centres
from engine.clustering.kmeans.span import FEW_VALUES, needs_float64
from engine.clustering.kmeans.starts import given_starts
from engine.clustering.representatives import Representatives
from engine.places.runtime import CHUNK_ROWS
from engine.utilities.sampling import row_priority


@dataclass(frozen=True)
class Wanted:
    """How a fit is to go, and to start.

    Attributes
    ----------
    road : {"search", "few", "full"}
        See :meth:`KMeansOptions.road`.
    options : KMeansOptions
    starts : list of float64 array of shape (k, n_columns), or None
        Centres that the caller gave, inside the frame; None where starts are drawn.
    random : RandomState
        What they are drawn from.
    rows : array or CSR of shape (n_rows, n_columns)
        In as many digits as they were given; inside the frame where they are few.
    left : Frame
        What has yet to be taken off ``rows``: nothing where they are inside the frame.
    frame : Frame
        Of the rows as the caller gave them.
    weights : float64 array of shape (n_rows,) or None
        Of all rows; None where they count alike.
    """

    road: Road
    options: KMeansOptions
    starts: list[np.ndarray] | None
    random: np.random.RandomState
    rows: Any
    left: Frame
    frame: Frame
    weights: np.ndarray | None

    def inertia(
        self, found: Representatives, labels: np.ndarray, weights: np.ndarray | None
    ) -> float:
        """Sum of squared distances of all rows to their centres, in the units of the caller."""
        centres = Centres(self.left, found, found.centres, self.rows.dtype)
        squares = centres.inertia(self.rows, labels, weights)
        return squares * (self.frame.scale / self.left.scale) ** 2


def asked(
    x: Any, options: KMeansOptions, weights: np.ndarray | None, random: np.random.RandomState
) -> tuple[Task, Wanted]:
    """Move rows near zero, in the digits that their road needs, and say how to start.

    Parameters
    ----------
    x : float64 or float32 array or CSR of shape (n_rows, n_columns)
    options : KMeansOptions
    weights : float64 array of shape (n_rows,) or None
    random : RandomState
        Left as it is where scikit-learn draws from it: its starts are those of its own.

    Returns
    -------
    task : Task
        Of the rows that count for something, where starts may be made on a sample.
    wanted : Wanted
        Of all rows.

    Raises
    ------
    ValueError
        The centres that the caller gives do not fit the clusters and the columns.
    """
    n_rows, frame = x.shape[0], frame_of(x)
    if weights is not None:
        # A power of two: only what lies at the ends of float64 is rounded.
        weights = np.ldexp(weights, -int(np.frexp(weights.max())[1]))
        weights = None if weights.min() == weights.max() else weights
    road = options.road(n_rows, dense=not is_sparse(x))
    if weights is not None and np.count_nonzero(weights) < options.n_clusters:
        road = "full"
    starts = None if options.init_by_name else given_starts(x, options, frame, random)
    seed = 0 if road == "full" else int(random.randint(2**31 - 1))
    wide, left = x, frame
    if x.dtype == np.float64 and (road == "full" or n_rows <= CHUNK_ROWS):
        wide, left = inside(frame, x, np.float64), still_frame(x.shape[1])  # once for all
    as_given = road == "full" or x.size <= FEW_VALUES
    rows = inside(left, wide, x.dtype if as_given else np.float32)
    if not is_sparse(x) and rows.dtype == np.float32 and needs_float64(x, rows, frame, weights):
        rows = inside(frame, x, np.float64)
        if x.dtype == np.float64:
            wide, left = rows, still_frame(x.shape[1])
    wanted = Wanted(road, options, starts, random, wide, left, frame, weights)
    if road != "full" and weights is not None and not weights.all():
        # No sample is to be of rows that count for nothing.
        counting = np.flatnonzero(weights)
        rows, weights = rows[counting], weights[counting]
    priority = row_priority(rows.shape[0], seed)
    return Task(rows, options.n_clusters, priority, seed, weights=weights), wanted


def in_full(task: Task, wanted: Wanted) -> Task:
    """Give the task of all rows in all of their digits."""
    rows = inside(wanted.left, wanted.rows, wanted.rows.dtype)
    return replace(task, x=rows, weights=wanted.weights)
