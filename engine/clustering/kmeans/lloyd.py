"""k-means on the CPU: scikit-learn's starts on a small sample, then our passes over more rows.

Many starts on few rows beat few on many: a start finds the best basin in a third to a half of the
cases, hardly more often with ten times the rows, and going on from the best start costs little.

The starts run side by side, each on one thread, so that the centres are the same bits at any
number of threads (scikit-learn adds up its threads' partial sums in the order they finish).
"""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np

from engine.clustering.algorithm import Fit, Task
from engine.clustering.kmeans.algorithm import KMeansParams
from engine.clustering.representatives import Nearest, Representatives, canonical_order
from engine.errors import DataError
from engine.runtime import Runtime
from engine.utilities.sampling import draw

_START_ROWS_A_SEGMENT = 200


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
    O(n_iter x n_rows x k x n_columns). Centres that have converged on a sample are near the
    answer, so that few passes over all rows are left.
    """
    n_rows = len(task.x)
    if task.k > n_rows:
        message = f"clustering.k is {task.k}, but there are only {n_rows:,} customers."
        raise DataError(message)
    sample = np.ascontiguousarray(task.x[draw(task.priority, params.coarse_rows)])
    _check_distinct(sample, task.k)
    # The sample stands in the order of its hash, so its beginning is a sample too.
    few = sample[: max(params.start_rows, _START_ROWS_A_SEGMENT * task.k)]
    centres, n_iter = best_start(few, task.k, params, seed=task.seed, runtime=runtime)
    quiet = replace(runtime, on_rows=None)
    limit = params.tol * float(sample.var(axis=0, dtype=np.float64).mean())
    if len(few) < len(sample):
        centres, n_iter = refine(sample, centres, limit, params.max_iter, quiet)
    if len(sample) < n_rows:
        centres, n_iter = refine(task.x, centres, limit, params.max_iter, runtime)
    return settle(task.x, centres, n_iter, runtime)


def _check_distinct(x: np.ndarray, k: int) -> None:
    distinct = len(np.unique(x[: 50 * k], axis=0))
    if distinct < k:
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
    """Run the k-means++ starts and keep the one of least inertia, the first of equals.

    Returns
    -------
    centres : float64 array of shape (k, n_columns)
    n_iter : int
        Iterations of the start that was kept.
    """
    from sklearn.cluster import KMeans as SklearnKMeans
    from sklearn.exceptions import ConvergenceWarning

    seeds = np.random.SeedSequence(seed).generate_state(params.n_init)

    def start(one_seed: int) -> tuple[float, np.ndarray, int]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = SklearnKMeans(
                k,
                init="k-means++",
                n_init=1,
                max_iter=params.max_iter,
                tol=params.tol,
                random_state=one_seed,
                algorithm="lloyd",
            ).fit(x)
        return float(model.inertia_), model.cluster_centers_, int(model.n_iter_)

    results = runtime.map(start, seeds.tolist())
    _, centres, n_iter = min(results, key=lambda r: r[0])
    return centres.astype(np.float64), n_iter


def refine(
    x: np.ndarray, centres: np.ndarray, tolerance: float, max_iter: int, runtime: Runtime
) -> tuple[np.ndarray, int]:
    """Lloyd iterations over all rows until the centres move no more than ``tolerance``.

    Parameters
    ----------
    x : float32 array of shape (n_rows, n_columns)
    centres : float64 array of shape (k, n_columns)
    tolerance : float
        On the sum of squared movements, as in scikit-learn.
    max_iter : int
    runtime : Runtime

    Returns
    -------
    centres : float64 array of shape (k, n_columns)
    n_iter : int
    """
    n_iter = 0
    while n_iter < max_iter:
        n_iter += 1
        counts, sums = lloyd_step(x, centres, runtime)
        moved = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centres)
        if not counts.all():
            moved = refill(x, moved, counts == 0, runtime)
        movement = float(((moved - centres) ** 2).sum())
        centres = moved
        if movement <= tolerance:
            break
    return centres, n_iter


def refill(x: np.ndarray, centres: np.ndarray, empty: np.ndarray, runtime: Runtime) -> np.ndarray:
    """Move centres that lost all their rows to the rows farthest from theirs.

    Parameters
    ----------
    x : float32 array of shape (n_rows, n_columns)
    centres : float64 array of shape (k, n_columns)
    empty : bool array of shape (k,)
    runtime : Runtime

    Returns
    -------
    centres : float64 array of shape (k, n_columns)
        As scikit-learn does it: the farthest row goes first, the first of equals.
    """
    found = Representatives(centres, np.arange(len(centres), dtype=np.int32), centres)
    away = found.distances(x, found.assign(x, runtime=runtime), runtime=runtime)
    farthest = np.argsort(-away, kind="stable")[: np.count_nonzero(empty)]
    filled = centres.copy()
    filled[empty] = x[farthest]
    return filled


def lloyd_step(
    x: np.ndarray, centres: np.ndarray, runtime: Runtime
) -> tuple[np.ndarray, np.ndarray]:
    """Count and add up the rows nearest to each centre, in float64.

    Returns
    -------
    counts : float64 array of shape (k,)
    sums : float64 array of shape (k, n_columns)
    """
    from scipy.sparse import csc_array

    nearest, k = Nearest(centres), len(centres)

    def chunk(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        labels, n = nearest.quick(rows), len(rows)
        # A sparse one-hot product adds rows to centres: 0.7 of the time of bincount by column.
        one_hot = csc_array((np.ones(n), labels, np.arange(n + 1)), shape=(k, n))
        return np.bincount(labels, minlength=k), one_hot @ rows.astype(np.float64)

    counts, sums = runtime.reduce(chunk, x)
    return counts, sums


def settle(x: np.ndarray, centres: np.ndarray, n_iter: int, runtime: Runtime) -> Fit:
    """Label every row by its nearest centre and put the segments in canonical order."""
    k = len(centres)
    found = Representatives(centres, np.arange(k, dtype=np.int32), centres)
    labels = found.assign(x, runtime=runtime)
    order = canonical_order(np.bincount(labels, minlength=k), centres)
    rank = np.empty(k, np.int32)
    rank[order] = np.arange(k, dtype=np.int32)
    ordered = np.ascontiguousarray(centres[order])
    representatives = Representatives(ordered, np.arange(k, dtype=np.int32), ordered)
    return Fit(representatives, rank[labels], n_iter)
