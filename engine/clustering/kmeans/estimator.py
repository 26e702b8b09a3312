"""``KMeans`` with scikit-learn's conventions, on the same code as the pipeline."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field
from sklearn.base import (
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.utils.validation import check_is_fitted

from engine.clustering.algorithm import Fit, Task
from engine.clustering.estimator import RepresentativesEstimator
from engine.clustering.kmeans.lloyd import fit as fit_kmeans
from engine.clustering.kmeans.params import KMeansParams
from engine.errors import DataError
from engine.places.runtime import local_runtime
from engine.utilities.validation import validated


class _Params(KMeansParams):
    """The configuration's settings, and the number of clusters that goes with them here."""

    n_clusters: int = Field(8, ge=1)


class KMeans(ClassNamePrefixFeaturesOutMixin, TransformerMixin, RepresentativesEstimator):  # type: ignore[misc]
    """k-means clustering, exact on all rows and coarse to fine when there are many.

    ``n_init`` k-means++ starts run by scikit-learn on ``start_rows`` rows; the best one goes on
    over ``coarse_rows`` and then over all rows until the centres stand still.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters.
    n_init : int, default=32
        Number of k-means++ starts; the one of least inertia is kept.
    max_iter : int, default=300
        Most Lloyd iterations.
    tol : float, default=1e-4
        Stop once the squared movement of the centres is below this share of the mean variance.
    start_rows : int, default=10_000
        Rows that the starts run on, or 200 a cluster if that is more.
    coarse_rows : int, default=100_000
        Rows that the best start goes on over before it goes over all.
    random_state : int, RandomState instance or None, default=None
        Seed of the starts and the sample.

    Attributes
    ----------
    cluster_centers_ : float64 array of shape (n_clusters, n_features)
    labels_ : int32 array of shape (n_samples,)
        Cluster 0 is the largest, ties are ordered by centre.
    inertia_ : float
        Sum of squared distances to the nearest centre, in float64 from differences.
    n_iter_ : int
        Iterations over all rows.
    n_features_in_ : int
    feature_names_in_ : array of str, only for tables with text column names

    Notes
    -----
    Takes NumPy arrays and pandas, Polars and PyArrow tables; computes in float32. ``predict`` of
    the rows given to ``fit`` is ``labels_``. O(n_iter x n x k x d) time.

    References
    ----------
    Lloyd (1982), IEEE Transactions on Information Theory 28(2), doi:10.1109/TIT.1982.1056489.
    Arthur and Vassilvitskii (2007), k-means++: the advantages of careful seeding, SODA.

    Examples
    --------
    >>> import numpy as np
    >>> from engine.clustering import KMeans
    >>> x = np.array([[0.0], [0.1], [0.2], [9.0], [9.1]])
    >>> KMeans(n_clusters=2, random_state=0).fit_predict(x).tolist()
    [0, 0, 0, 1, 1]
    """

    _settings = _Params

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        n_init: int = 32,
        max_iter: int = 300,
        tol: float = 1e-4,
        start_rows: int = 10_000,
        coarse_rows: int = 100_000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.start_rows = start_rows
        self.coarse_rows = coarse_rows
        self.random_state = random_state

    def _run(self, task: Task, params: Any) -> Fit:
        return fit_kmeans(task, params, local_runtime())

    def _said(self, error: DataError, task: Task) -> str:
        return f"X has fewer distinct rows than n_clusters={task.k}."  # all that is left to refuse

    def _learn(self, task: Task, result: Fit, x: np.ndarray) -> None:
        centres, frame = result.representatives.centres, self._frame
        self.cluster_centers_ = frame.outside(centres)
        self.inertia_ = frame.inertia(x, centres, self.labels_)
        self.n_iter_ = result.n_iter

    def transform(self, X: Any) -> np.ndarray:
        """Distances to the centres: float64 array of shape (n_samples, n_clusters)."""
        check_is_fitted(self)
        rows = self._frame.inside(validated(self, X, reset=False), np.float64)
        centres = self._representatives.centres
        return np.asarray(euclidean_distances(rows, centres)) * self._frame.scale

    @property
    def _n_features_out(self) -> int:
        return len(self.cluster_centers_)
