"""k-means from coarse to fine: the search on few rows, then passes over the sample and over all.

A start finds its basin hardly more often with ten times the rows, and going on from the best costs
little. The passes over all rows are written for any place; rows may lie in a file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from engine.clustering.algorithm import Fit, Task
from engine.clustering.kmeans.distinct import are_at_least
from engine.clustering.kmeans.params import KMeansParams
from engine.clustering.kmeans.passes import refine
from engine.clustering.kmeans.previous_start import previous_start
from engine.clustering.kmeans.search import START_ROWS_A_CLUSTER, gone_on, mean_variance, searched
from engine.clustering.representatives import Representatives, in_canonical_order
from engine.errors import DataError
from engine.places.runtime import Runtime
from engine.utilities.rows import counted, mapped
from engine.utilities.sampling import draw

Start = Callable[[np.ndarray, float], tuple[np.ndarray, int]]
"""``start(rows, limit) -> (centres, n_iter)``: from few rows, or from the sample."""

GoOn = Callable[[Any, np.ndarray, float], tuple[np.ndarray, int]]
"""``go_on(rows, centres, limit) -> (centres, n_iter)``: from the sample, or from all rows."""


def fit(task: Task, params: KMeansParams, runtime: Runtime) -> Fit:
    """Cluster all rows of a task.

    Returns
    -------
    fit : Fit
        One representative a segment: its centre.

    Raises
    ------
    DataError
        ``k`` is larger than the number of rows, or of distinct rows.

    Notes
    -----
    O(n_iter x n_rows x k x n_columns); few passes over all rows are left after a sample.
    """
    sampled = None
    if task.weights is not None:
        sampled = task.weights[draw(task.priority, params.coarse_rows)]

    def start(sample: np.ndarray, limit: float) -> tuple[np.ndarray, int]:
        found = searched(
            sample,
            task.k,
            weights=sampled,
            seed=task.seed,
            n_init=params.n_init,
            start_rows=params.start_rows,
            max_iter=params.max_iter,
            limit=limit,
            runtime=runtime,
        )
        return found.centres, found.n_iter

    def go_on(x: Any, centres: np.ndarray, limit: float) -> tuple[np.ndarray, int]:
        if len(x) > params.coarse_rows:
            most, own = params.max_iter, task.weights
            return refine(x, centres, limit, most, runtime, weights=own, beyond=True)
        weights = task.weights if x is task.x or sampled is None else sampled[: len(x)]
        if runtime.device_memory:  # so few rows are gone over in host memory
            x = runtime.get(x)
        found = gone_on(x, centres, limit, params.max_iter, weights=weights, runtime=runtime)
        return found.centres, found.n_iter

    return coarse_to_fine(task, params, runtime, start, go_on, whole=True)


def coarse_to_fine(
    task: Task,
    params: KMeansParams,
    runtime: Runtime,
    start: Start,
    go_on: GoOn,
    *,
    whole: bool = False,
) -> Fit:
    """Start on few rows, go on over the sample, then over all rows: the same order in any place.

    From the segments of a previous model (``task.start``) all rows are gone over at once.

    Parameters
    ----------
    task, params, runtime
        As for :func:`fit`.
    start, go_on : callable
        How the place does it; ``go_on`` is given ``task.x`` itself or the sample. ``limit`` is the
        squared movement at which to stop.
    whole : bool
        Whether ``start`` is given the sample, and finds few rows in it and goes on by itself.

    Raises
    ------
    DataError
        As :func:`fit`.
    """
    sample = coarse_sample(task, params, runtime)
    few = sample if whole else few_rows(sample, task.k, params)
    limit = tolerance(sample, params)
    centres, n_iter = start(few, limit)
    quiet = replace(runtime, on_rows=None)
    known, notes = previous_start(task, few, centres, lambda c: go_on(few, c, limit)[0], quiet)
    if known is not None:
        # At once: where there are no groups, few rows lead far from where all rows would stay.
        centres, n_iter = go_on(task.x, known, limit)
        return replace(settle(task.x, centres, n_iter, runtime, task.weights), notes=notes)
    if len(few) < len(sample):
        centres, n_iter = go_on(sample, centres, limit)
    if len(sample) < len(task.x):
        centres, n_iter = go_on(task.x, centres, limit)
    return replace(settle(task.x, centres, n_iter, runtime, task.weights), notes=notes)


def coarse_sample(task: Task, params: KMeansParams, runtime: Runtime) -> np.ndarray:
    """Draw the rows that the starts run on, in host memory, and check that k fits them."""
    if task.k > len(task.x):
        message = f"clustering.k is {task.k}, but there are only {len(task.x):,} customers."
        raise DataError(message)
    rows = draw(task.priority, params.coarse_rows)
    sample = np.ascontiguousarray(runtime.take(task.x, rows))
    _check_distinct(sample, task.k)
    return sample


def few_rows(sample: np.ndarray, k: int, params: KMeansParams) -> np.ndarray:
    """Give the beginning of the sample, on which the starts run.

    The sample stands in the order of its hash, so its beginning is a sample too.
    """
    return sample[: max(params.start_rows, START_ROWS_A_CLUSTER * k)]


def tolerance(sample: np.ndarray, params: KMeansParams) -> float:
    """Squared movement of the centres at which to stop, as scikit-learn defines it."""
    return params.tol * mean_variance(sample)


def _check_distinct(x: np.ndarray, k: int) -> None:
    if are_at_least(x, k):
        return
    distinct = len(np.unique(x, axis=0))
    if distinct < k:
        message = (
            f"clustering.k is {k}, but the customers have only {distinct:,} distinct prepared "
            f"rows; ask for at most {distinct}."
        )
        raise DataError(message)


def best_start(
    x: np.ndarray, k: int, params: KMeansParams, *, seed: int, runtime: Runtime
) -> tuple[np.ndarray, int]:
    """Search on few rows: centres, float64 of shape (k, n_columns), and iterations."""
    found = searched(
        x,
        k,
        seed=seed,
        n_init=params.n_init,
        max_iter=params.max_iter,
        tol=params.tol,
        runtime=runtime,
    )
    return found.centres, found.n_iter


def settle(
    x: np.ndarray,
    centres: np.ndarray,
    n_iter: int,
    runtime: Runtime,
    weights: np.ndarray | None = None,
) -> Fit:
    """Label every row by its nearest centre and put the segments in canonical order."""
    k = len(centres)
    found = Representatives(centres, np.arange(k, dtype=np.int32), centres)
    labels = found.assign(x, runtime=runtime)
    rank, ordered = in_canonical_order(counted(labels, k, weights), centres)
    representatives = Representatives(ordered, np.arange(k, dtype=np.int32), ordered)
    return Fit(representatives, mapped(rank.take, labels), n_iter)
