"""Starts of k-means as scikit-learn has them, and its own iterations from each of them.

What it offers beside our search: other starts, centres that the caller gives, weights, sparse rows,
Elkan's iterations. Starts are drawn in its order from the caller's random state, and run side by
side, each on one thread, so that results are scikit-learn's and the same bits at any number of
threads.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.cluster import kmeans_plusplus
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_array

if TYPE_CHECKING:
    from engine.clustering.frame import Frame
    from engine.clustering.kmeans.options import KMeansOptions
    from engine.places.runtime import Runtime

_USUAL = 1e9
"""Units between the inverse of this and this leave float32 its squares."""

_SAME = 1e-12
"""Relative difference of inertias that is rounding: of two such starts the first is kept."""


def given_starts(
    x: Any, options: KMeansOptions, frame: Frame, random: np.random.RandomState
) -> list[np.ndarray]:
    """Take the centres that the caller gives, or that a callable of the caller's makes.

    Parameters
    ----------
    x : array or CSR of shape (n_rows, n_columns)
        As the caller gave them: of what a callable is handed a copy, and in whose units it answers.
    options : KMeansOptions
    frame : Frame
    random : RandomState

    Returns
    -------
    starts : list of float64 array of shape (k, n_columns)
        Inside the frame.

    Raises
    ------
    ValueError
        Another shape than the clusters and the columns have; missing or infinite values.
    """

    def one() -> np.ndarray:
        given = options.init
        if callable(given):
            given = given(x.copy(), options.n_clusters, random_state=random)
        centres = check_array(given, dtype=np.float64, input_name="init")
        for axis, (what, wanted) in enumerate(
            (("clusters", options.n_clusters), ("features of the data", x.shape[1]))
        ):
            if centres.shape[axis] != wanted:
                message = (
                    f"The shape of the initial centers {centres.shape} does not match the number "
                    f"of {what} {wanted}."
                )
                raise ValueError(message)
        return frame.inside(centres, np.float64)

    return [one() for _ in range(options.n_starts)]


def best_of(
    rows: Any,
    options: KMeansOptions,
    random: np.random.RandomState,
    runtime: Runtime,
    *,
    unit: float,
    starts: list[np.ndarray] | None = None,
    weights: np.ndarray | None = None,
) -> tuple[np.ndarray, int]:
    """Run scikit-learn's iterations from each start, and keep the result of least inertia.

    Parameters
    ----------
    rows : array or CSR of shape (n_rows, n_columns)
        Inside the frame; each thread copies them.
    options : KMeansOptions
    random : RandomState
        What starts are drawn from.
    runtime : Runtime
        A CPU.
    unit : float
        Scale of the frame, a power of two: what is printed is in the units of the rows as given.
    starts : list of array of shape (k, n_columns), optional
        Drawn here, by k-means++ or at random, where they are not given.
    weights : float64 array of shape (n_rows,), optional

    Returns
    -------
    centres : float64 array of shape (k, n_columns)
    n_iter : int
        O(starts x n_iter x n_rows x k x n_columns), by what is stored of sparse rows.
    """
    printed = unit if options.verbose and 1 / _USUAL < unit < _USUAL else 1.0

    def draw(_: int) -> np.ndarray:
        return _drawn(rows, options, weights, random)

    def run(start: np.ndarray) -> tuple[float, np.ndarray, int]:
        model = SklearnKMeans(
            options.n_clusters,
            init=start * printed,
            n_init=1,
            max_iter=options.max_iter,
            tol=options.tol,
            verbose=options.verbose,
            algorithm="elkan" if options.by_elkan else "lloyd",
        ).fit(rows * printed if printed != 1 else rows, sample_weight=weights)
        return float(model.inertia_), model.cluster_centers_ / printed, int(model.n_iter_)

    one_thread, numbers = replace(runtime, threads=1), range(options.n_starts)
    # Filters are the process's: threads that set and reset them side by side leave them changed.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        if starts is None and len(numbers) == 1:
            results = one_thread.map(lambda number: run(draw(number)), numbers)
        else:
            # One after the other, for they are drawn from one state.
            starts = one_thread.map(draw, numbers) if starts is None else starts
            results = (one_thread if options.verbose else runtime).map(run, starts)
    least = min(inertia for inertia, _, _ in results)
    kept = next(result for result in results if result[0] <= least * (1 + _SAME))
    return kept[1].astype(np.float64), kept[2]


def _drawn(
    rows: Any,
    options: KMeansOptions,
    weights: np.ndarray | None,
    random: np.random.RandomState,
) -> np.ndarray:
    """Draw a start among the rows as scikit-learn does, in its order."""
    k, n_rows = options.n_clusters, rows.shape[0]
    if options.init == "k-means++":
        centres, _ = kmeans_plusplus(rows, k, sample_weight=weights, random_state=random)
        return np.asarray(centres)
    each = np.ones(n_rows) if weights is None else weights
    chosen = rows[random.choice(n_rows, size=k, replace=False, p=each / each.sum())]
    return np.asarray(chosen.toarray() if hasattr(chosen, "toarray") else chosen)
