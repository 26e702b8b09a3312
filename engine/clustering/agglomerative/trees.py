"""The tree of an estimator's rows, or of their micro-clusters, by any setting; what a cache keeps.

Euclidean trees of rows are joined here. Other metrics, and who may be joined with whom, go to
scikit-learn's own functions, which are public, on float64 rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.clustering.agglomerative.fit import Joined, join
from engine.clustering.agglomerative.joining import Linkage, joined
from engine.clustering.agglomerative.metrics import (
    check_rows,
    comparable,
    distances_by,
    is_euclidean,
    of_pairs_by,
    undefined,
)
from engine.clustering.agglomerative.params import AgglomerativeParams
from engine.clustering.algorithm import Task
from engine.clustering.frame import Frame
from engine.clustering.tree import Tree
from engine.places.device_rows import runtime_of
from engine.places.runtime import local_runtime
from engine.utilities.sampling import row_priority


def rows_joined(
    x: np.ndarray, frame: Frame, k: int | None, params: Any, memory: Any
) -> tuple[Joined, int]:
    """Join rows, each a leaf.

    Parameters
    ----------
    x : float64 array of shape (n, n_columns)
        Inside the frame where the metric is Euclidean; distances where they are precomputed; rows
        as they were given with other metrics.
    frame : Frame
    k : int or None
        Clusters to stop at where the tree need not be whole.
    params : the estimator's settings
    memory : joblib.Memory or None

    Returns
    -------
    joined : Joined
    n_components : int
        Connected parts of ``connectivity``; 1 without.
    """
    connectivity = _allowed(params.connectivity, x, frame, params.metric)
    stop = None if connectivity is None or _whole(k, len(x), params) else k
    tree_of = rows_tree if memory is None else memory.cache(rows_tree)
    children, heights, n_components = tree_of(x, params.linkage, params.metric, connectivity, stop)
    if params.metric == "precomputed":
        means = np.zeros((len(x), 1))
    else:
        means = x if is_euclidean(params.metric) else frame.whole(x)
    tree = Tree(children, heights, np.ones(len(x), np.int64), means)
    return Joined(tree, means, np.arange(len(x), dtype=np.int32)), n_components


def _allowed(connectivity: Any, x: np.ndarray, frame: Frame, metric: Any) -> Any:
    from scipy.sparse import issparse
    from sklearn.utils import check_array

    if connectivity is None:
        return None
    if callable(connectivity):
        # A copy: what it does to the rows is its own.
        connectivity = connectivity(frame.outside(x) if is_euclidean(metric) else x.copy())
        if connectivity is None or (np.ndim(connectivity) == 0 and not issparse(connectivity)):
            message = (
                "The function given as connectivity must give a matrix of all rows by all. "
                f"Got {connectivity!r} instead."
            )
            raise ValueError(message)
    return check_array(connectivity, accept_sparse=["csr", "coo", "lil"])


def _whole(k: int | None, n: int, params: Any) -> bool:
    """Whether to join until one cluster is left, as scikit-learn decides."""
    if params.compute_full_tree == "auto":
        return k is None or k < max(100, 0.02 * n)
    return bool(params.compute_full_tree)


def micro_joined(task: Task, params: Any, memory: Any) -> tuple[Joined, int]:
    """Join micro-clusters of rows; raises as :func:`fit` does."""
    own = {name: getattr(params, name) for name in ("linkage", "exact_limit", "micro_clusters")}
    tree_of = micro_tree if memory is None else memory.cache(micro_tree)
    return tree_of(task.x, task.seed, own), 1


def micro_tree(x: np.ndarray, seed: int, settings: dict[str, Any]) -> Joined:
    """Join micro-clusters of float32 rows of shape (n, n_columns)."""
    task = Task(x, 1, row_priority(len(x), seed), seed)
    return join(task, AgglomerativeParams(**settings), runtime_of(task.x))


def rows_tree(
    x: np.ndarray,
    linkage: Linkage,
    metric: str | Callable[..., Any],
    connectivity: Any,
    n_clusters: int | None,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Join rows until one cluster is left, or ``n_clusters`` are.

    Parameters
    ----------
    x : float64 array of shape (n, n_columns)
        Rows, or their distances where ``metric`` is "precomputed".
    linkage : {"ward", "complete", "average", "single"}
    metric : str or callable
    connectivity : array or sparse matrix of shape (n, n), or None
        Which rows may be joined with which.
    n_clusters : int or None
        Where to stop, with a ``connectivity``.

    Returns
    -------
    children : int64 array of shape (n_merges, 2)
        The smaller number first.
    heights : float64 array of shape (n_merges,)
    n_components : int
        Connected parts of ``connectivity``; 1 without.

    Raises
    ------
    ValueError
        Distances that are not square, a ``connectivity`` of another shape, rows that have no
        distance to others.

    Warns
    -----
    UserWarning
        ``connectivity`` is in parts, which are connected.
    """
    if connectivity is None and is_euclidean(metric):
        tree = joined(x, linkage, local_runtime(), in_order=True)
        return tree.children, tree.heights, 1
    if len(x) == 1:
        return np.empty((0, 2), np.int64), np.empty(0), 1
    from sklearn.cluster import ward_tree

    stop = {"connectivity": connectivity, "n_clusters": n_clusters, "return_distance": True}
    children, n_components, *_, heights = (
        ward_tree(x, **stop) if linkage == "ward" else _linkage_tree(x, linkage, metric, stop)
    )
    return np.sort(children, axis=1).astype(np.int64), heights, int(n_components)


def _linkage_tree(x: np.ndarray, linkage: Linkage, metric: Any, stop: dict[str, Any]) -> Any:
    """Call scikit-learn's, and say what of the distances cannot be joined."""
    from sklearn.cluster import linkage_tree

    if callable(metric):
        if stop["connectivity"] is not None:
            return linkage_tree(x, linkage=linkage, affinity=of_pairs_by(metric), **stop)
        x, metric = distances_by(metric, x), "precomputed"
    check_rows(x, metric)
    rows = comparable(x, metric)
    affinity = "euclidean" if is_euclidean(metric) else metric
    try:
        return linkage_tree(rows, linkage=linkage, affinity=affinity, **stop)
    except ValueError as error:
        if "finite" not in str(error):
            raise
        raise ValueError(undefined(rows, metric)) from None
