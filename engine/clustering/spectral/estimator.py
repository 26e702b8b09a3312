"""``SpectralClustering`` with scikit-learn's conventions, on the same code as the pipeline."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from engine.clustering.algorithm import Fit, Task
from engine.clustering.estimator import RepresentativesEstimator, whole_or_not_at_all
from engine.clustering.frame import Frame
from engine.clustering.representatives import Representatives
from engine.clustering.sparse_rows import frame_of
from engine.clustering.spectral.affinity import (
    SPARSE_CELLS,
    AffinityParams,
    check_size,
    cut_affinities,
    has_rows,
    is_given,
)
from engine.clustering.spectral.distinct import TooFewDistinctError
from engine.clustering.spectral.exact import SharedGraph
from engine.clustering.spectral.exact import every_k as of_all
from engine.clustering.spectral.landmarks import every_k as of_landmarks
from engine.clustering.spectral.nearest_row import NearestRow
from engine.errors import DataError
from engine.places.device_rows import runtime_of
from engine.utilities.validation import checked_params, validated


class SpectralClustering(RepresentativesEstimator):
    """Normalised cut of the neighbour graph, exact when rows are few, by landmarks when many.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters.
    eigen_solver : {"arpack", "lobpcg", "amg"} or None, default=None
        None for our own, which finds eigenvalues however close to each other; the others are
        scikit-learn's, "amg" with pyamg installed.
    n_components : int or None, default=None
        Number of eigenvectors; None for ``n_clusters``. With another number k-means assigns.
    random_state : int, RandomState instance or None, default=None
        Seed of the sample, the eigenvectors' first guess and the starts.
    n_init : int or "auto", default="auto"
        Starts of k-means where it assigns; the one of least inertia is kept. "auto" is one
        beside that from the pivots, and 10 where ``n_components`` is not ``n_clusters``, and with
        scikit-learn's solvers.
    gamma : float, default=1.0
        Of the kernels rbf, poly, sigmoid, laplacian and chi2; in units of the rows.
    affinity : str or callable, default="nearest_neighbors"
        "nearest_neighbors", "rbf" or another kernel of ``sklearn.metrics.pairwise_kernels``, a
        callable of two rows; "precomputed" where ``X`` holds affinities, and
        "precomputed_nearest_neighbors" where it holds distances.
    n_neighbors : int, default=10
        Neighbours that each row is connected with, itself included, up to ``exact_limit``.
    eigen_tol : float or "auto", default="auto"
        Of scikit-learn's solvers.
    assign_labels : {"cluster_qr", "kmeans", "discretize"}, default="cluster_qr"
        How eigenvectors become clusters.
    degree : float, default=3
        Of the polynomial kernel.
    coef0 : float, default=1
        Of the polynomial and sigmoid kernels.
    kernel_params : dict or None, default=None
        Keyword arguments of a callable affinity.
    n_jobs : int or None, default=None
        Threads; None for all cores with our own solvers, for one with scikit-learn's.
    verbose : bool or int, default=False
        Tell what is done.
    exact_limit : int, default=20_000
        Up to this many rows all are nodes of the graph; beyond, landmarks are.
    landmarks : int, default=1_000
        Landmarks beyond it, or 20 a cluster if that is more.
    nearest_landmarks : int, default=5
        Landmarks that each row is connected with.

    Attributes
    ----------
    labels_ : int32 array of shape (n_samples,)
        Cluster 0 is the largest, ties are ordered by mean (without rows by their first row).
    affinity_matrix_ : array or sparse array of shape (n_samples, n_samples)
        The graph that was cut; not beyond ``exact_limit``, where it is one of landmarks.
    notes_ : tuple of str
        What was met and decided, such as specks of noise that were joined to a neighbour.
    n_features_in_ : int
    feature_names_in_ : array of str, only for tables with text column names

    Notes
    -----
    Takes NumPy arrays, SciPy's sparse ones, and pandas, Polars and PyArrow tables; computes
    distances in float32, around the middle of the rows, and, where that cannot tell, in float64.
    ``predict`` of the rows given to ``fit`` is ``labels_``. Up to ``exact_limit`` rows
    O(n^2 x d) time and O(n) memory, and ``predict`` gives the cluster of the nearest row. Beyond,
    one or two passes of O(n x landmarks x d), and ``predict`` is the same lift from landmarks that
    gave ``labels_``. Any other affinity, solver or tolerance is computed by scikit-learn: a kernel
    takes O(n^2) memory, and more rows than ``exact_limit`` are refused. Columns of sparse rows are
    moved near zero for it where more than half of the rows store them.

    References
    ----------
    Shi and Malik (2000), Normalized cuts and image segmentation, IEEE TPAMI 22(8),
    doi:10.1109/34.868688. Damle, Minden and Ying (2019), Simple, direct and efficient multi-way
    spectral clustering, Information and Inference 8(1), doi:10.1093/imaiai/iay008. Huang, Wang,
    Wu, Lai and Kwoh (2020), Ultra-scalable spectral clustering and ensemble clustering, IEEE TKDE
    32(6), doi:10.1109/TKDE.2019.2903410.

    Examples
    --------
    >>> import numpy as np
    >>> from engine.clustering.spectral.estimator import SpectralClustering
    >>> angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    >>> ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    >>> x = np.concatenate([3 * ring, ring[::2]])
    >>> model = SpectralClustering(n_clusters=2, gamma=4, affinity="rbf", random_state=0).fit(x)
    >>> np.bincount(model.labels_[:60]).tolist(), np.bincount(model.labels_[60:]).tolist()
    ([60], [0, 30])
    """

    _settings = AffinityParams
    _frame: Frame | None  # type: ignore[assignment]
    _near: NearestRow | None
    _graph: Any
    _affinity: Any

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        eigen_solver: str | None = None,
        n_components: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        n_init: int | str = "auto",
        gamma: float = 1.0,
        affinity: str | Callable[..., Any] = "nearest_neighbors",
        n_neighbors: int = 10,
        eigen_tol: float | str = "auto",
        assign_labels: str = "cluster_qr",
        degree: float = 3,
        coef0: float = 1,
        kernel_params: dict[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: bool | int = False,
        exact_limit: int = 20_000,
        landmarks: int = 1_000,
        nearest_landmarks: int = 5,
    ) -> None:
        self.n_clusters = n_clusters
        self.eigen_solver = eigen_solver
        self.n_components = n_components
        self.random_state = random_state
        self.n_init = n_init
        self.gamma = gamma
        self.affinity = affinity
        self.n_neighbors = n_neighbors
        self.eigen_tol = eigen_tol
        self.assign_labels = assign_labels
        self.degree = degree
        self.coef0 = coef0
        self.kernel_params = kernel_params
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.exact_limit = exact_limit
        self.landmarks = landmarks
        self.nearest_landmarks = nearest_landmarks

    def fit(self, X: Any, y: Any = None) -> Self:
        """Cluster the rows of ``X``, or what a matrix of affinities or distances is of.

        Parameters
        ----------
        X : array, sparse matrix or table of shape (n_samples, n_features)
            Or (n_samples, n_samples) where ``affinity`` is precomputed.
        y : ignored

        Returns
        -------
        self : estimator

        Raises
        ------
        ValueError
            Bad parameters or values; fewer rows than clusters; more rows than ``exact_limit``
            where a setting needs the graph of all.

        Warns
        -----
        UserWarning
            The graph is not fully connected.
        ConvergenceWarning
            Fewer clusters were found than were asked for, as where fewer rows are distinct.
        """
        params: AffinityParams = checked_params(self, AffinityParams)
        sparse = issparse(X)
        if params.plain and not sparse:
            return self._fitted(X)
        with whole_or_not_at_all(self):
            x = validated(self, X, reset=True, sparse=True, squares=not params.given)
            if params.plain and sparse and x.shape[0] * x.shape[1] <= SPARSE_CELLS:
                return self._fitted(x.toarray())
            check_size(x.shape[0], params, sparse=sparse)
            self._fit_affinity(x, params)
            self._affinity = params.affinity
        return self

    @available_if(has_rows)  # type: ignore[untyped-decorator]
    def predict(self, X: Any) -> np.ndarray:
        """Give each row its cluster: that of the nearest row of ``fit``, or by its landmarks.

        Parameters
        ----------
        X : array, sparse matrix or table of shape (n_samples, n_features)

        Returns
        -------
        labels : int32 array of shape (n_samples,)

        Raises
        ------
        AttributeError
            ``affinity`` is precomputed: there are no rows.
        """
        check_is_fitted(self)
        if self._near is None and not issparse(X):
            return super().predict(X)
        x = validated(self, X, reset=False, sparse=True)
        return self._near.assign(x) if self._near else super().predict(x.toarray())

    @property
    def affinity_matrix_(self) -> Any:
        """The graph that was cut; with equal rows, made when it is asked for."""
        check_is_fitted(self)
        if self._graph is None:
            message = (
                "Beyond exact_limit rows the graph is one of landmarks: there is no "
                "affinity_matrix_."
            )
            raise AttributeError(message)
        return self._graph.expanded() if isinstance(self._graph, SharedGraph) else self._graph

    def __sklearn_tags__(self) -> Any:  # noqa: D105 (a hook of scikit-learn's)
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.pairwise = is_given(self.affinity)
        return tags

    def _run(self, task: Task, params: Any) -> Fit:
        runtime, jobs = runtime_of(task.x), params.n_jobs or 0
        if jobs:
            jobs += runtime.threads + 1 if jobs < 0 else 0
            runtime = replace(runtime, threads=max(1, jobs))
        exact = len(task.x) <= params.exact_limit
        road: Any = of_all if exact else of_landmarks
        try:
            found = road(task, params, runtime, params.n_components)
            if params.verbose:
                print(f"Computing label assignment using {params.assign_labels}")
            fitted: Fit = found.fit(task.k)
        except TooFewDistinctError as error:
            return self._run(replace(task, k=error.most), params)
        self._near, self._graph = None, found.graph() if exact else None
        self._parts = found.cuts.whole.components()[0]
        return fitted

    def _said(self, error: DataError, task: Task) -> str:
        return str(error)  # of no method's own: fewer clusters are found instead

    def _learn(self, task: Task, result: Fit, x: np.ndarray) -> None:
        self.notes_, self._affinity = result.notes, self.affinity
        if self._parts > 1 and result.representatives.n_segments > 1:
            message = (
                f"Graph is not fully connected: it has {self._parts:,} parts. Each is cut by "
                "itself; parts beyond n_clusters are joined to what lies nearest."
            )
            warnings.warn(message, UserWarning, stacklevel=4)

    def _fit_affinity(self, x: Any, params: AffinityParams) -> None:
        """Cut what scikit-learn makes of the rows, and keep what ``predict`` needs."""
        self._frame = None if params.given else frame_of(x)
        shift = None if self._frame is None else self._frame.shift
        random_state = check_random_state(self.random_state)
        self._graph, self.labels_ = cut_affinities(x, shift, params, random_state)
        self._warn_of_fewer(self.labels_, params.n_clusters, stacklevel=4)
        self.notes_, self._near = (), None
        if self._frame is None:
            return
        if issparse(x):
            self._near = NearestRow(x, self.labels_, self._frame)
        else:
            points = self._frame.inside(x).astype(np.float64)
            self._representatives = Representatives(points, self.labels_, points[:1])
