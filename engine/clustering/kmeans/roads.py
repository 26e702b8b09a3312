"""The roads of a fit that is told how to start: scikit-learn's iterations, or ours on many rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clustering.kmeans.ending import settled
from engine.clustering.kmeans.lloyd import coarse_to_fine, tolerance
from engine.clustering.kmeans.moving import still_frame
from engine.clustering.kmeans.passes import refine
from engine.clustering.kmeans.rows import Centres
from engine.clustering.kmeans.starts import best_of
from engine.utilities.sampling import draw

if TYPE_CHECKING:
    from engine.clustering.algorithm import Fit, Task
    from engine.clustering.kmeans.asked import Wanted
    from engine.places.runtime import Runtime


SPARSE_STARTS = 5
"""Starts of sparse rows where their number is left to the engine."""

_SPARSE_ROWS, _SPARSE_ROWS_A_CLUSTER = 2_000, 200
"""Sparse rows that starts run on, in all or for each cluster if that is more."""


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
        unit=wanted.frame.scale,
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
    most = max(_SPARSE_ROWS, _SPARSE_ROWS_A_CLUSTER * task.k)
    few = np.sort(draw(task.priority, most))
    every = len(few) == task.x.shape[0]
    rows = task.x if every else task.x[few]
    weights = task.weights if every or task.weights is None else task.weights[few]
    unit = wanted.frame.scale
    centres, n_iter = best_of(rows, options, wanted.random, runtime, unit=unit, weights=weights)
    if not every:
        centres, n_iter = best_of(
            task.x,
            options,
            wanted.random,
            runtime,
            unit=unit,
            starts=[centres],
            weights=task.weights,
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
        unit, mine = wanted.frame.scale, of_sample(few)
        return best_of(few, options, wanted.random, runtime, unit=unit, weights=mine)

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
