"""``AgglomerativeClustering`` with scikit-learn's conventions, on the same code as the pipeline."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field
from sklearn.utils.validation import check_is_fitted

from engine.clustering.agglomerative.fit import Joined, join
from engine.clustering.agglomerative.params import AgglomerativeParams
from engine.clustering.algorithm import Fit, Task
from engine.clustering.estimator import RepresentativesEstimator
from engine.errors import DataError
from engine.places.runtime import local_runtime


class _Params(AgglomerativeParams):
    """The configuration's settings, and the number of clusters that goes with them here."""

    n_clusters: int | None = Field(2, ge=1)


class AgglomerativeClustering(RepresentativesEstimator):
    """Agglomerative clustering, exact up to ``exact_limit`` rows, on micro-clusters above.

    Parameters
    ----------
    n_clusters : int or None, default=2
        Number of clusters; None with ``distance_threshold``.
    linkage : {"ward", "complete", "average", "single"}, default="ward"
        What the distance of two clusters is; above ``exact_limit`` ward or single.
    distance_threshold : float, default=None
        Height at and above which clusters are not joined; ``n_clusters`` must then be None.
    exact_limit : int, default=20_000
        Rows up to which every row is a leaf of the tree.
    micro_clusters : int, default=4_000
        Leaves when there are more rows; each is weighted by its rows.
    random_state : int, RandomState instance or None, default=None
        Seed of the micro-clusters' sample; an exact fit has no randomness.

    Attributes
    ----------
    labels_ : int32 array of shape (n_samples,)
        Cluster 0 is the largest, ties are ordered by centre.
    n_clusters_ : int
    n_leaves_ : int
        The rows, or the micro-clusters.
    children_ : int64 array of shape (n_leaves_ - 1, 2)
        What each merge joins, as in scikit-learn.
    distances_ : float64 array of shape (n_leaves_ - 1,)
        Heights of the merges, ascending; as in SciPy.
    n_features_in_ : int
    feature_names_in_ : array of str, only for tables with text column names

    Notes
    -----
    Above ``exact_limit`` the merges are those of the micro-clusters' means, for ward weighted by
    their rows. Takes NumPy arrays and pandas, Polars and PyArrow tables; computes on float32 rows.
    A row belongs to the cluster of the nearest leaf, so ``predict`` of the rows given to ``fit``
    is ``labels_``. Ward and single take O(n) memory, complete and average O(n^2).

    References
    ----------
    Ward (1963), Journal of the American Statistical Association 58, doi:10.2307/2282967.
    Murtagh (1983), The Computer Journal 26(4), doi:10.1093/comjnl/26.4.354.

    Examples
    --------
    >>> import numpy as np
    >>> from engine.clustering.agglomerative.estimator import AgglomerativeClustering
    >>> x = np.array([[0.0], [0.1], [0.2], [9.0], [9.1]])
    >>> model = AgglomerativeClustering(2).fit(x)
    >>> model.labels_.tolist(), model.cut(3).tolist()
    ([0, 0, 0, 1, 1], [0, 0, 2, 1, 1])
    """

    _settings = _Params
    _instead = "distance_threshold"

    def __init__(
        self,
        n_clusters: int | None = 2,
        *,
        linkage: Literal["ward", "complete", "average", "single"] = "ward",
        distance_threshold: float | None = None,
        exact_limit: int = 20_000,
        micro_clusters: int = 4_000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.linkage = linkage
        self.distance_threshold = distance_threshold
        self.exact_limit = exact_limit
        self.micro_clusters = micro_clusters
        self.random_state = random_state

    def _run(self, task: Task, params: Any) -> Fit:
        self._joined: Joined = join(task, params, local_runtime())
        height = params.distance_threshold
        return self._joined.fit(
            task.k if height is None else self._joined.tree.count_at(height / self._frame.scale)
        )

    def _said(self, error: DataError, task: Task) -> str:
        return _in_words_of_the_estimator(error)

    def _learn(self, task: Task, result: Fit, x: np.ndarray) -> None:
        tree = self._joined.tree
        self.n_clusters_, self.n_leaves_ = result.representatives.n_segments, tree.n_leaves
        self.children_, self.distances_ = tree.children, tree.heights * self._frame.scale

    def cut(self, n_clusters: int) -> np.ndarray:
        """Cut the same tree into another number of clusters; this model stays as it is.

        Parameters
        ----------
        n_clusters : int

        Returns
        -------
        labels : int32 array of shape (n_samples,)
            Of the rows given to ``fit``, in canonical order. O(n), no distances.

        Raises
        ------
        ValueError
            More clusters than (distinct) leaves, or fewer than one.
        """
        check_is_fitted(self)
        try:
            return self._joined.fit(n_clusters).labels
        except DataError as error:
            raise ValueError(_in_words_of_the_estimator(error)) from None

    def linkage_matrix(self) -> np.ndarray:
        """Give SciPy's linkage matrix: float64 array of shape (n_leaves_ - 1, 4)."""
        check_is_fitted(self)
        matrix = self._joined.tree.linkage()
        matrix[:, 2] *= self._frame.scale
        return matrix


def _in_words_of_the_estimator(error: DataError) -> str:
    message = str(error).replace("clustering.k is", "n_clusters is")
    return message.replace("clustering.agglomerative.", "").replace("customers", "rows")
