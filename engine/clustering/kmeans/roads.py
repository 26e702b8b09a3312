"""The roads of a fit that is told how to start: scikit-learn's iterations, or ours on many rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clustering.algorithm import Fit, Task
from engine.clustering.frame import Frame
from engine.clustering.kmeans.lloyd import coarse_to_fine, refine, tolerance
from engine.clustering.kmeans.options import KMeansOptions, Road
from engine.clustering.kmeans.partial import totals
from engine.clustering.kmeans.rows import Centres, still_frame
from engine.clustering.kmeans.starts import best_of
from engine.clustering.representatives import Representatives, in_canonical_order
from engine.places.runtime import local_runtime
from engine.utilities.sampling import draw

if TYPE_CHECKING:
    from engine.places.runtime import Runtime


SPARSE_STARTS = 5
"""Starts of sparse rows where their number is left to the engine."""

_SPARSE_ROWS, _SPARSE_ROWS_A_CLUSTER = 2_000, 200
"""Sparse rows that starts run on, in all or for each cluster if that is more."""


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
    frame : Frame
        Where ``rows`` lie: one that changes nothing where they are inside already.
    """

    road: Road
    options: KMeansOptions
    starts: list[np.ndarray] | None
    random: np.random.RandomState
    rows: Any
    frame: Frame


def by_scikit_learn(task: Task, wanted: Wanted, runtime: Runtime) -> Fit:
    """Go over all rows from every start by scikit-learn's iterations.

    Parameters
    ----------
    task : Task
        Its rows may be float64, and a CSR matrix.
    wanted : Wanted
    runtime : Runtime
        A CPU.

    Returns
    -------
    fit : Fit
        O(starts x n_iter x n_rows x k x n_columns).
    """
    centres, n_iter = best_of(
        task.x,
        wanted.options,
        wanted.random,
        runtime,
        starts=wanted.starts,
        weights=task.weights,
    )
    return settled(
        task.x,
        still_frame(task.x.shape[1]),
        centres,
        n_iter,
        in_order=wanted.starts is not None,
        weights=task.weights,
    )


def of_sparse_rows(task: Task, wanted: Wanted, runtime: Runtime) -> Fit:
    """Start several times on few of the rows, and go on over all of them from the best.

    Parameters
    ----------
    task : Task
        Its rows are a CSR matrix.
    wanted, runtime
        As for :func:`by_scikit_learn`.

    Returns
    -------
    fit : Fit

    Notes
    -----
    Where columns are many and mostly zero one start in ten finds what the best finds. On 2,000 rows
    ten take less than what k-means++ takes on 100,000.
    """
    options = wanted.options.model_copy(update={"n_init": SPARSE_STARTS})
    counting = np.arange(task.x.shape[0])
    if task.weights is not None:
        counting = np.flatnonzero(task.weights)
    most = max(_SPARSE_ROWS, _SPARSE_ROWS_A_CLUSTER * task.k)
    few = np.sort(counting[draw(task.priority[counting], most)])
    every = len(few) == task.x.shape[0] or len(few) < task.k
    rows = task.x if every else task.x[few]
    weights = task.weights if every or task.weights is None else task.weights[few]
    centres, n_iter = best_of(rows, options, wanted.random, runtime, weights=weights)
    if not every:
        centres, n_iter = best_of(
            task.x, options, wanted.random, runtime, starts=[centres], weights=task.weights
        )
    return settled(
        task.x,
        still_frame(task.x.shape[1]),
        centres,
        n_iter,
        in_order=False,
        weights=task.weights,
    )


def by_few_rows(task: Task, wanted: Wanted, runtime: Runtime) -> Fit:
    """Start on few of many rows, and go on over all; from given centres over all at once.

    Parameters
    ----------
    task : Task
    wanted : Wanted
    runtime : Runtime

    Returns
    -------
    fit : Fit

    Raises
    ------
    DataError
        ``k`` is larger than the number of distinct rows of the sample.
    """
    options, starts, weights = wanted.options, wanted.starts, task.weights
    sampled = None if weights is None else weights[draw(task.priority, options.coarse_rows)]

    def of_sample(rows: np.ndarray) -> np.ndarray | None:
        return None if sampled is None else sampled[: len(rows)]

    def start(few: np.ndarray, _: float) -> tuple[np.ndarray, int]:
        return best_of(few, options, wanted.random, runtime, weights=of_sample(few))

    def go_on(x: Any, centres: np.ndarray, limit: float) -> tuple[np.ndarray, int]:
        mine = weights if x is task.x else of_sample(x)
        return refine(x, centres, limit, options.max_iter, runtime, weights=mine)

    if starts is None:
        return coarse_to_fine(task, options, runtime, start, go_on)
    limit = tolerance(task.x, options)
    ends = [go_on(task.x, centres, limit) for centres in starts]
    still = still_frame(task.x.shape[1])
    fits = [settled(task.x, still, centres, n_iter, in_order=True) for centres, n_iter in ends]

    def squares(fit: Fit) -> float:
        points = fit.representatives
        there = Centres(still, points, points.centres, task.x.dtype)
        return there.inertia(task.x, fit.labels, weights)

    return min(fits, key=squares) if len(fits) > 1 else fits[0]


def in_float64(fit: Fit, wanted: Wanted, weights: np.ndarray | None) -> Fit:
    """Take one more step in float64, from rows in all of their digits, after steps in float32.

    Parameters
    ----------
    fit : Fit
        What was found in float32, inside the frame.
    wanted : Wanted
    weights : float64 array of shape (n_rows,) or None

    Returns
    -------
    fit : Fit
        Centres that stood still are now the means of their rows to the last digits.
    """
    x, frame, old = wanted.rows, wanted.frame, fit.representatives.centres

    def chunk(given: np.ndarray, mine: np.ndarray, *weight: np.ndarray) -> tuple[Any, Any]:
        each = weight[0] if weight else np.ones(len(mine))
        return totals(frame.inside(given, np.float64), mine, each, len(old))

    weighed = () if weights is None else (weights,)
    sums, held = local_runtime().reduce(chunk, x, fit.labels, *weighed)
    counts = held[:, None] > 0
    means = np.where(counts, sums / np.where(counts, held[:, None], 1.0), old)
    in_order = wanted.starts is not None
    found = settled(x, frame, means, fit.n_iter, in_order=in_order, weights=weights)
    if len(np.unique(found.labels)) == len(np.unique(fit.labels)):
        return replace(found, notes=fit.notes)
    # A cluster lost all of its rows.
    return settled(x, frame, old, fit.n_iter, in_order=in_order, weights=weights)


def settled(
    x: Any,
    frame: Frame,
    centres: np.ndarray,
    n_iter: int,
    *,
    in_order: bool,
    weights: np.ndarray | None = None,
) -> Fit:
    """Label every row by its nearest centre; in canonical order, unless the centres' own is kept.

    Parameters
    ----------
    x : array or CSR of shape (n_rows, n_columns)
    frame : Frame
    centres : float64 array of shape (k, n_columns)
        Inside the frame.
    n_iter : int
    in_order : bool
    weights : float64 array of shape (n_rows,), optional

    Returns
    -------
    fit : Fit
    """
    numbers = np.arange(len(centres), dtype=np.int32)

    def placed(points: np.ndarray) -> Centres:
        there = Representatives(points, numbers, points)
        return Centres(frame, there, frame.outside(points), x.dtype)

    labels = placed(centres).nearest(x)
    if not in_order:
        sizes = np.bincount(labels, weights, minlength=len(centres))
        rank, centres = in_canonical_order(sizes, centres)
        if (rank != numbers).any():
            # Anew: of centres that are as near the first is taken, and another is the first now.
            labels = placed(centres).nearest(x)
    return Fit(placed(centres).inside, labels, n_iter)
