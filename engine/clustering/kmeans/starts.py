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

_SAME = 1e-12
"""Relative difference of inertias that is rounding: of two such starts the first is kept."""


def given_starts(
    x: Any, options: KMeansOptions, frame: Frame, random: np.random.RandomState
) -> list[np.ndarray]:
    """Take the centres that the caller gives, or that a callable of the caller's makes.

    Parameters
    ----------
    x : array or CSR of shape (n_rows, n_columns)
        As the caller gave them: what a callable is handed, and in whose units it answers.
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
            given = given(x, options.n_clusters, random_state=random)
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

    return [one() for _ in range(options.starts)]


def drawn_starts(
    rows: Any,
    options: KMeansOptions,
    weights: np.ndarray | None,
    random: np.random.RandomState,
    runtime: Runtime,
) -> list[np.ndarray]:
    """Draw starts among the rows, by k-means++ or at random.

    Parameters
    ----------
    rows : array or CSR of shape (n_rows, n_columns)
        Inside the frame.
    options : KMeansOptions
    weights : float64 array of shape (n_rows,) or None
    random : RandomState
    runtime : Runtime

    Returns
    -------
    starts : list of array of shape (k, n_columns)
    """
    k, n_rows = options.n_clusters, rows.shape[0]
    each = np.ones(n_rows) if weights is None else weights

    def one(_: int) -> np.ndarray:
        if options.init == "k-means++":
            return np.asarray(
                kmeans_plusplus(rows, k, sample_weight=weights, random_state=random)[0]
            )
        chosen = rows[random.choice(n_rows, size=k, replace=False, p=each / each.sum())]
        return np.asarray(chosen.toarray() if hasattr(chosen, "toarray") else chosen)

    # One after the other, for they draw from one state; on a thread that keeps libraries to one.
    return replace(runtime, threads=1).map(one, range(options.starts))


def best_of(
    rows: Any,
    starts: list[np.ndarray],
    options: KMeansOptions,
    weights: np.ndarray | None,
    runtime: Runtime,
) -> tuple[np.ndarray, int]:
    """Run scikit-learn's iterations from each start, and keep the result of least inertia.

    Parameters
    ----------
    rows : array or CSR of shape (n_rows, n_columns)
        Inside the frame; each thread copies them.
    starts : list of array of shape (k, n_columns)
    options : KMeansOptions
    weights : float64 array of shape (n_rows,) or None
    runtime : Runtime

    Returns
    -------
    centres : float64 array of shape (k, n_columns)
    n_iter : int
    """

    def run(start: np.ndarray) -> tuple[float, np.ndarray, int]:
        model = SklearnKMeans(
            options.n_clusters,
            init=start,
            n_init=1,
            max_iter=options.max_iter,
            tol=options.tol,
            verbose=options.verbose,
            algorithm="elkan" if options.by_elkan else "lloyd",
        ).fit(rows, sample_weight=weights)
        return float(model.inertia_), model.cluster_centers_, int(model.n_iter_)

    # Filters are the process's: threads that set and reset them side by side leave them changed.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        results = (replace(runtime, threads=1) if options.verbose else runtime).map(run, starts)
    least = min(inertia for inertia, _, _ in results)
    centres, n_iter = next(
        (centres, n_iter) for inertia, centres, n_iter in results if inertia <= least * (1 + _SAME)
    )
    return centres.astype(np.float64), n_iter
