"""Affinities of every kind that scikit-learn knows, cut as it cuts them, for how many rows.

What only the estimator has: a kernel, a matrix of the caller's, or another solver than ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, LiteralString

import numpy as np
from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from engine.clustering.sparse_rows import less, n_distinct_rows
from engine.clustering.spectral.params import SpectralParams
from engine.places.runtime import one_blas_thread

Affinity = Literal[
    "nearest_neighbors",
    "rbf",
    "precomputed",
    "precomputed_nearest_neighbors",
    "additive_chi2",
    "chi2",
    "cosine",
    "laplacian",
    "linear",
    "poly",
    "polynomial",
    "sigmoid",
]

_GIVEN = ("precomputed", "precomputed_nearest_neighbors")
"""Affinities that the caller's matrix says: there are no rows."""

_OF_DIFFERENCES = ("nearest_neighbors", "rbf", "laplacian")
"""Affinities that rows may be moved for: they know differences only."""

SPARSE_CELLS = 1 << 25
"""Most values of sparse rows that are written out for our own graph: 256 MB."""


class AffinityParams(SpectralParams):
    """The configuration's settings, and those of scikit-learn that go with them."""

    n_clusters: int = Field(8, ge=1)
    eigen_solver: Literal["arpack", "lobpcg", "amg"] | None = None
    n_components: int | None = Field(None, ge=1)
    gamma: float = Field(1.0, ge=0)
    affinity: Affinity | Callable[..., Any] = "nearest_neighbors"
    eigen_tol: Annotated[float, Field(ge=0)] | Literal["auto"] = "auto"
    degree: float = Field(3, ge=0)
    coef0: float = 1
    kernel_params: dict[str, Any] | None = None
    n_jobs: int | None = None
    verbose: bool | int = False

    @field_validator("n_jobs")
    @classmethod
    def _some_threads(cls, value: int | None) -> int | None:
        if value == 0:
            kind: LiteralString = "expected"
            raise PydanticCustomError(kind, "Input should be a whole number other than 0, or None")
        return value

    @property
    def plain(self) -> bool:
        """Whether our own graph and solvers serve these settings."""
        own_solver = self.eigen_solver is None and self.eigen_tol == "auto"
        return self.affinity == "nearest_neighbors" and own_solver

    @property
    def given(self) -> bool:
        """Whether the caller gives a matrix, and no rows."""
        return is_given(self.affinity)


def is_given(affinity: Any) -> bool:
    """Whether an affinity says that the caller gives a matrix, and no rows."""
    return isinstance(affinity, str) and affinity in _GIVEN


def has_rows(estimator: Any) -> bool:
    """Whether an estimator has, or once fitted will have, rows that others can be near to.

    Raises
    ------
    AttributeError
        It has none, and why.
    """
    affinity = getattr(estimator, "_affinity", estimator.affinity)
    if is_given(affinity):
        message = (
            f"affinity={affinity!r} leaves no rows that others could be near to: there "
            "is no predict."
        )
        raise AttributeError(message)
    return True


def check_size(n_rows: int, params: AffinityParams, *, sparse: bool) -> None:
    """Refuse a graph of all rows where those are more than ``exact_limit``, before it is made.

    Raises
    ------
    ValueError
        With what it would take, and what helps.
    """
    if n_rows <= params.exact_limit or (params.given and sparse):
        return
    if params.affinity == "nearest_neighbors":
        asked = _asked(params)
        held = "a graph of all rows"
    else:
        asked = (
            f"affinity={params.affinity!r}" if isinstance(params.affinity, str) else "a callable"
        )
        held = f"a matrix of {_size(n_rows**2 * 8)}, and copies of it"
    message = (
        f"{asked} takes {held}: X has {n_rows:,} rows, more than exact_limit={params.exact_limit}. "
        "Take affinity='nearest_neighbors' with the other settings at their defaults, which "
        "clusters any number of rows by landmarks, or raise exact_limit."
    )
    raise ValueError(message)


def _size(n_bytes: int) -> str:
    """Say a number of bytes.

    Examples
    --------
    >>> _size(400**2 * 8), _size(40_000**2 * 8)
    ('1.2 MiB', '11.9 GiB')
    """
    exponent, unit = (30, "GiB") if n_bytes >= 2**30 else (20, "MiB")
    return f"{n_bytes / 2**exponent:,.1f} {unit}"


def _asked(params: AffinityParams) -> str:
    for name in ("eigen_solver", "eigen_tol"):
        value = getattr(params, name)
        if value not in (None, "auto"):
            return f"{name}={value!r}"
    return "a sparse matrix of so many columns"


def affinity_matrix(x: Any, params: AffinityParams) -> Any:
    """Affinities of all rows with all others.

    Parameters
    ----------
    x : float64 array or sparse matrix of shape (n_rows, n_columns)
        Rows; or a matrix of shape (n_rows, n_rows) of affinities or distances.
    params : AffinityParams

    Returns
    -------
    affinity : array or sparse matrix of shape (n_rows, n_rows)
    """
    from scipy.sparse import issparse
    from sklearn.metrics.pairwise import pairwise_kernels
    from sklearn.neighbors import NearestNeighbors, kneighbors_graph, sort_graph_by_row_values

    if params.affinity == "precomputed":
        return x
    if params.affinity == "precomputed_nearest_neighbors":
        if issparse(x):
            x = sort_graph_by_row_values(x, copy=True, warn_when_not_sorted=False)
        near = NearestNeighbors(n_neighbors=params.n_neighbors, metric="precomputed").fit(x)
        graph = near.kneighbors_graph(x, mode="connectivity")
        return 0.5 * (graph + graph.T)
    if params.affinity == "nearest_neighbors":
        graph = kneighbors_graph(x, params.n_neighbors, include_self=True, n_jobs=params.n_jobs)
        return 0.5 * (graph + graph.T)
    more = dict(params.kernel_params or {})
    if not callable(params.affinity):
        more |= {"gamma": params.gamma, "degree": params.degree, "coef0": params.coef0}
    return pairwise_kernels(x, metric=params.affinity, filter_params=True, **more)


def cut_affinities(
    x: Any, shift: np.ndarray | None, params: AffinityParams, random_state: Any
) -> tuple[Any, np.ndarray]:
    """Cut the affinities of rows, or the caller's, by ``sklearn.cluster.spectral_clustering``.

    Parameters
    ----------
    x : float array or sparse matrix
        As for :func:`affinity_matrix`.
    shift : float64 array of shape (n_columns,) or None
        The middle of the rows (:func:`engine.clustering.sparse_rows.frame_of`), taken off where
        affinities are of differences only.
    params : AffinityParams
    random_state : numpy.random.RandomState

    Returns
    -------
    affinity : array or sparse matrix of shape (n_rows, n_rows)
    labels : int32 array of shape (n_rows,)
        0 is the largest.

    Raises
    ------
    ValueError
        Fewer rows than clusters; a matrix that is not square.

    Warns
    -----
    UserWarning
        The graph is in parts.
    """
    _check_shape(x, params)
    rows = x if x.dtype == np.float64 else x.astype(np.float64)
    if shift is not None and params.affinity in _OF_DIFFERENCES:
        rows = less(rows, shift)
    affinity = affinity_matrix(rows, params)
    if not params.given:  # equal rows are not parted
        most = min(params.n_clusters, n_distinct_rows(rows))
        params = params.model_copy(update={"n_clusters": most})
    return affinity, by_size(_cut(affinity, params, random_state))


def _cut(affinity: Any, params: AffinityParams, random_state: Any) -> np.ndarray:
    from sklearn.cluster import spectral_clustering

    if params.n_clusters == 1:  # nothing is cut, whatever the solver would say
        return np.zeros(affinity.shape[0], np.int32)
    # On one thread: the same bits whatever BLAS is told.
    with one_blas_thread():
        labels: np.ndarray = spectral_clustering(
            affinity,
            n_clusters=params.n_clusters,
            n_components=params.n_components,
            eigen_solver=params.eigen_solver,
            random_state=random_state,
            n_init=10 if params.n_init == "auto" else params.n_init,
            eigen_tol=params.eigen_tol,
            assign_labels=_assigns(params),
            verbose=params.verbose,
        )
    return labels


def _check_shape(x: Any, params: AffinityParams) -> None:
    if params.given and x.shape[0] != x.shape[1]:
        message = f"affinity={params.affinity!r} needs a square matrix: X has shape {x.shape}."
        raise ValueError(message)
    if x.shape[0] < params.n_clusters:
        message = f"n_samples={x.shape[0]} should be >= n_clusters={params.n_clusters}."
        raise ValueError(message)


def _assigns(params: AffinityParams) -> str:
    """K-means where there is not one component a cluster: the others give one a component."""
    one_each = params.n_components in (None, params.n_clusters)
    return params.assign_labels if one_each else "kmeans"


def by_size(labels: np.ndarray) -> np.ndarray:
    """Give clusters new numbers: 0 is the largest, of equals that whose first row comes first.

    Examples
    --------
    >>> by_size(np.array([5, 2, 2, 0])).tolist()
    [1, 0, 0, 2]
    """
    _, first, owner, counts = np.unique(
        labels, return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.empty(len(counts), np.int32)
    rank[np.lexsort((first, -counts))] = np.arange(len(counts), dtype=np.int32)
    ordered: np.ndarray = rank[owner]
    return ordered
