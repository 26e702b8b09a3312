"""``PCAClustering`` with scikit-learn's conventions, on the same code as the pipeline."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from typing import Any, Self

import numpy as np
from pydantic import Field
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from engine.clustering.algorithm import Fit, Task
from engine.clustering.estimator import RepresentativesEstimator
from engine.clustering.pca_methods.algorithm import PCA_METHODS, sparse_bytes
from engine.clustering.pca_methods.assigner import Projected
from engine.clustering.pca_methods.params import NAME, PCAMethodsParams
from engine.clustering.sparse_rows import SparseRows, n_distinct_rows, too_dense
from engine.dimensionality_reduction.loadings import words_of
from engine.dimensionality_reduction.pca import NothingVariesError
from engine.errors import DataError
from engine.places.device_rows import runtime_of

_TOO_FEW = re.compile(r"^clustering\.k is .* have only ([\d,]+) distinct prepared rows;")
"""How methods refuse more segments than rows can be told apart."""


class _Params(PCAMethodsParams):
    """The configuration's settings, and the number of clusters that goes with them here."""

    n_clusters: int = Field(8, ge=1)


class PCAClustering(RepresentativesEstimator):
    """Clustering in the space of the leading components, by k-means or any of the other methods.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters.
    components : int, float or "parallel", default="parallel"
        A number of components, the share of variance (0 to 1) that they must reach, or as many as
        stand out from chance by parallel analysis, but no fewer than hold half of the variance.
    method : {"kmeans", "agglomerative", "spectral", "ann_methods"}, default="kmeans"
        What clusters in their space.
    settings : dict, default=None
        Settings of that method, such as ``{"linkage": "average"}``.
    parallel_runs : int, default=20
        Times that parallel analysis draws rows without structure.
    parallel_quantile : float, default=0.95
        Which quantile of their variances a component must exceed.
    random_state : int, RandomState instance or None, default=None
        Seed of parallel analysis and of the method.

    Attributes
    ----------
    labels_ : int32 array of shape (n_samples,)
        Cluster 0 is the largest, ties are ordered by mean.
    components_ : float64 array of shape (n_components_, n_features)
        Orthonormal rows, most variance first; the largest weight of each is positive.
    explained_variance_ratio_ : float64 array of shape (n_components_,)
        Share of the variance of each.
    n_components_ : int
    notes_ : tuple of str
        What was met and decided, such as why there are so many components.
    n_features_in_ : int
    feature_names_in_ : array of str, only for tables with text column names

    Notes
    -----
    Takes NumPy arrays, pandas, Polars and PyArrow tables, and SciPy's sparse matrices as they are:
    columns in different units should be scaled before. ``predict`` of the rows given to ``fit`` is
    ``labels_``, whatever blocks they come in. Among columns that are components already none stands
    out, so that half of the variance is kept: say there how many, or how much.

    Sparse rows are not made dense, but for the 10,000 of parallel analysis and where there are four
    times as many columns as rows. ``fit`` refuses before it computes what takes more than 4 GiB:
    with a number of ``components`` about 8,000 columns are taken, of few rows more.

    There is no ``sample_weight``: parallel analysis permutes rows, which leaves weights no meaning,
    and half of the methods among the components take none.

    References
    ----------
    Ding and He (2004), K-means clustering via principal component analysis, ICML,
    doi:10.1145/1015330.1015408. Horn (1965), Psychometrika 30(2), doi:10.1007/BF02289447.

    Examples
    --------
    >>> import numpy as np
    >>> from engine.clustering.pca_methods.estimator import PCAClustering
    >>> x = np.array([[0, 0, 1], [1, 1, 0], [0, 1, 1], [8, 9, 0], [9, 8, 1], [8.5, 8, 1]])
    >>> model = PCAClustering(2, components=1, random_state=0).fit(x)
    >>> model.labels_.tolist(), model.loadings
    ([0, 0, 0, 1, 1, 1], ['component 1 (99% of the variance): x0, x1'])
    """

    _settings = _Params
    _takes_sparse = True

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        components: int | float | str = "parallel",
        method: str = "kmeans",
        settings: dict[str, Any] | None = None,
        parallel_runs: int = 20,
        parallel_quantile: float = 0.95,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.components = components
        self.method = method
        self.settings = settings
        self.parallel_runs = parallel_runs
        self.parallel_quantile = parallel_quantile
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Cluster the rows of ``X``.

        Parameters
        ----------
        X : array, table or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self : PCAClustering

        Raises
        ------
        ValueError
            Bad parameters; missing or infinite values; fewer rows than clusters, or fewer that
            the leading components tell apart, while other components would; sparse rows whose
            components take more than 4 GiB; or what else the method refuses.
        EngineError
            A library that the method needs is not installed.

        Warns
        -----
        ConvergenceWarning
            Fewer clusters were found than were asked for, as where fewer rows are distinct; no
            feature varies, and all rows are one cluster.
        """
        return self._fitted(X)

    def _run(self, task: Task, params: Any) -> Fit:
        if isinstance(task.x, SparseRows):
            n_rows, columns = task.x.shape
            if reason := too_dense(sparse_bytes(n_rows, columns, params)):
                fewer = "take fewer features first, such as those of scikit-learn's TruncatedSVD"
                if not isinstance(params.components, int):
                    fewer = f"ask for a number of them, or {fewer}"
                message = (
                    f"X is sparse, and to find the components of its {columns:,} features "
                    f"{reason}; {fewer}."
                )
                raise ValueError(message)
        runtime = runtime_of(task.x)
        run = PCA_METHODS.runs[runtime.place]
        try:
            return run(task, params, runtime)
        except NothingVariesError:
            from engine.clustering.pca_methods.fit import one_cluster

            return one_cluster(task, runtime)
        except DataError:
            k = _distinct(task.x)
            if k >= task.k:  # something else is wrong, or the components tell fewer apart
                raise
            return run(replace(task, k=k), params, runtime)

    def _said(self, error: DataError, task: Task) -> str:
        if found := _TOO_FEW.match(str(error)):
            return (
                f"n_clusters is {task.k}, but of {_distinct(task.x):,} distinct rows only "
                f"{found[1]} can be told apart by the leading components: a row or a feature lies "
                "so far out that it holds nearly all of the variance, or components are too few. "
                f"Leave it out or scale it, take more components, or ask for at most {found[1]}."
            )
        text = re.sub(r"clustering\.k is [\d,]+", f"n_clusters is {task.k}", str(error))
        text = text.replace("customers", "rows")
        text = text.replace(f"clustering.{NAME}.", "").replace("prepared rows", "rows")
        return text.replace("prepared columns", "features")

    def _learn(self, task: Task, result: Fit, x: np.ndarray) -> None:
        assert isinstance(result.representatives, Projected)
        pca = result.representatives.pca
        self.components_ = pca.components
        self.n_components_ = pca.n_components
        self.explained_variance_ratio_ = pca.explained_variance_ratio[: pca.n_components]
        self.notes_ = result.notes
        if not pca.explained_variance_ratio.any():
            message = f"No feature varies among n_samples={len(task.x)}: there is one cluster."
            warnings.warn(message, ConvergenceWarning, stacklevel=4)

    @property
    def loadings(self) -> list[str]:
        """What each component stands for: the features that weigh most in it, in words."""
        check_is_fitted(self)
        assert isinstance(self._representatives, Projected)
        numbered = [f"x{i}" for i in range(self.n_features_in_)]
        names = getattr(self, "feature_names_in_", numbered)
        return words_of(self._representatives.pca, list(names))


def _distinct(x: Any) -> int:
    if isinstance(x, SparseRows):
        return n_distinct_rows(x.csr())
    return n_distinct_rows(runtime_of(x).get(x))
