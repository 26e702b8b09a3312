"""The settings that only the estimator has: which go together, and what they say in its words."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from engine.clustering.agglomerative.cutting import told_apart
from engine.clustering.agglomerative.fit import Joined
from engine.clustering.algorithm import Fit
from engine.errors import DataError

Metric = Literal[
    "euclidean", "l2", "manhattan", "l1", "cityblock", "cosine", "precomputed", "chebyshev",
    "sqeuclidean", "correlation", "braycurtis", "canberra", "hamming",
]  # fmt: skip
"""Names of distances; the first two are one, and so are the three that follow."""


def is_euclidean(metric: Any) -> bool:
    """Whether distances are Euclidean: then rows can be moved and scaled, and have means."""
    return isinstance(metric, str) and metric in ("euclidean", "l2")


def refusal(model: Any, n: int) -> str | None:
    """Say why an estimator's settings do not go together, or not with so many rows, or None.

    Parameters
    ----------
    model : AgglomerativeClustering
    n : int
    """
    if model.distance_threshold is not None and not model.compute_full_tree:
        return "compute_full_tree must be True if distance_threshold is set."
    if is_euclidean(model.metric):
        return None
    if model.linkage == "ward":
        return (
            f"{model.metric} was provided as metric. Ward can only work with euclidean distances "
            "(i.e. 'euclidean' and 'l2')."
        )
    if n <= model.exact_limit or model.connectivity is not None:
        return None
    return (
        f"metric is {model.metric!r}, which is only offered up to exact_limit "
        f"({model.exact_limit:,} rows), but there are {n:,}: above it means of rows are joined, "
        "and distances between those are Euclidean."
    )


def tells_of_no_others(metric: Any) -> str | None:
    """Say why there is no ``predict`` with a metric, or None where there is."""
    if callable(metric):
        return "predict takes a metric by name: a function tells distances of rows of fit alone."
    if metric == "precomputed":
        return "predict takes rows, and of metric='precomputed' only distances of rows are known."
    return None


def cut_of(joined: Joined, k: int, *, by_rows: bool, stacklevel: int) -> Fit:
    """Cut a tree into ``k`` clusters, equal rows parted where it takes that, with a warning.

    Raises
    ------
    DataError
        More clusters than leaves, or fewer than one; or fewer than the tree was joined to.
    """
    left = joined.tree.n_leaves - len(joined.tree.heights)
    if isinstance(k, int | np.integer) and 1 <= k < left:
        message = f"the tree was joined to {left:,} clusters, and not on to {k:,}."
        raise DataError(message)
    found = joined.fit(k, part_equal=by_rows, told=False)
    apart = told_apart(joined.tree) + left - 1
    if by_rows and k > apart:
        message = (
            f"n_clusters is {k:,}, but only {apart:,} rows are distinct: rows at distance 0 are "
            "parted, and predict gives all of them the cluster of the first."
        )
        warnings.warn(message, ConvergenceWarning, stacklevel=stacklevel)
    return found


def in_words_of_the_estimator(error: DataError) -> str:
    """Say what was refused of a configuration of customers as of parameters and rows."""
    message = str(error).replace("clustering.k is", "n_clusters is")
    return message.replace("clustering.agglomerative.", "").replace("customers", "rows")
