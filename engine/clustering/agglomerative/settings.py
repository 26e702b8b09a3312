"""The settings that only the estimator has: which go together, and what they say in its words."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal, LiteralString

import numpy as np
from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from scipy.sparse import issparse
from sklearn.exceptions import ConvergenceWarning

from engine.clustering.agglomerative.cutting import told_apart
from engine.clustering.agglomerative.fit import Joined
from engine.clustering.agglomerative.metrics import Metric, is_euclidean, is_of_pairs
from engine.clustering.agglomerative.params import AgglomerativeParams
from engine.clustering.algorithm import Fit
from engine.clustering.tree import Tree
from engine.errors import DataError

_MATRIX: tuple[LiteralString, LiteralString] = (
    "connectivity",
    "an array, a sparse matrix, a callable or None",
)
"""Kind of an error, and what is said."""


class Settings(AgglomerativeParams):
    """The configuration's settings, and those that only an estimator has."""

    n_clusters: int | None = Field(2, ge=1)
    metric: Metric | Callable[..., Any] = "euclidean"
    memory: Any = None
    connectivity: Any = None
    compute_full_tree: Literal["auto"] | bool = "auto"
    distance_threshold: float | None = Field(None, ge=0)
    compute_distances: bool = False

    @field_validator("connectivity")
    @classmethod
    def _matrix_or_function(cls, value: Any) -> Any:
        """Refuse what is neither; what sort of matrix it is, scikit-learn says."""
        single = isinstance(value, str) or (not issparse(value) and np.ndim(value) == 0)
        if value is not None and not callable(value) and single:
            raise PydanticCustomError(*_MATRIX)
        return value


def refusal(model: Any, n: int) -> str | None:
    """Say why an estimator's settings do not go together, or not with so many rows, or None.

    Parameters
    ----------
    model : AgglomerativeClustering
    n : int
    """
    if model.distance_threshold is not None and not model.compute_full_tree:
        return "compute_full_tree must be True if distance_threshold is set."
    if model.linkage == "ward" and model.metric not in ("euclidean", "l2"):
        return (
            f"{model.metric} was provided as metric. Ward can only work with euclidean distances "
            "(i.e. 'euclidean' and 'l2')."
        )
    if model.connectivity is None:
        return _refusal_of_many(model, n) if n > model.exact_limit else None
    if is_of_pairs(model.metric):
        return None
    return (
        f"metric is {model.metric!r}, which does not go with a connectivity: take 'euclidean', "
        "'manhattan', 'cosine', 'precomputed' or a function of two rows."
    )


def _refusal_of_many(model: Any, n: int) -> str | None:
    """Say what micro-clusters do not offer that is asked for."""
    offered = f"only offered up to exact_limit ({model.exact_limit:,} rows), but there are {n:,}"
    if not is_euclidean(model.metric):
        return (
            f"metric is {model.metric!r}, which is {offered}: above it means of rows are joined, "
            "and distances between those are Euclidean."
        )
    if model.linkage in ("complete", "average"):
        return (
            f"linkage is {model.linkage}, which is {offered}: among many a few outlying rows "
            "decide its clusters; use ward."
        )
    if (model.n_clusters or 0) <= model.micro_clusters:
        return None
    return (
        f"n_clusters is {model.n_clusters}, but {n:,} rows, more than exact_limit "
        f"({model.exact_limit:,}), are joined as at most micro_clusters={model.micro_clusters}: "
        "raise either of the two."
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
        which = "row is" if apart == 1 else "rows are"
        message = (
            f"n_clusters is {k:,}, but only {apart:,} {which} distinct: rows at distance 0 are "
            "parted, and predict gives all of them the cluster of the first."
        )
        warnings.warn(message, ConvergenceWarning, stacklevel=stacklevel)
    return found


def parts_micro_clusters(threshold: float, n_leaves: int) -> str:
    """Say why a height is refused that is below all of the tree."""
    return (
        f"distance_threshold={threshold:g} parts all {n_leaves:,} micro-clusters that stand for X, "
        "and may part rows of one, too, which the tree does not tell: raise it, or exact_limit."
    )


def in_words_of_the_estimator(error: DataError) -> str:
    """Say what was refused of a configuration of customers as of parameters and rows."""
    message = str(error).replace("clustering.k is", "n_clusters is")
    message = message.replace(
        "micro-clusters (clustering.agglomerative.micro_clusters)", "micro-clusters"
    )
    return message.replace("clustering.agglomerative.", "").replace("customers", "rows")


def check_whole(tree: Tree) -> None:
    """Refuse a tree that was stopped early where a whole one is needed.

    Raises
    ------
    ValueError
    """
    left = tree.n_leaves - len(tree.heights)
    if left > 1:
        message = (
            f"The tree was joined to {left:,} clusters, and a linkage matrix is of a whole one: "
            "fit with compute_full_tree=True."
        )
        raise ValueError(message)
