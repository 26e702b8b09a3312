"""``AgglomerativeClustering`` with scikit-learn's conventions, on the same code as the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted, check_memory

from engine.clustering.agglomerative.exact_frame import FARTHEST, exact_frame
from engine.clustering.agglomerative.metrics import Leaves, is_euclidean, is_squared
from engine.clustering.agglomerative.settings import (
    Settings,
    check_whole,
    cut_of,
    in_words_of_the_estimator,
    parts_micro_clusters,
    refusal,
    tells_of_no_others,
)
from engine.clustering.agglomerative.trees import micro_joined, rows_joined
from engine.clustering.algorithm import Fit, Task
from engine.clustering.estimator import RepresentativesEstimator
from engine.clustering.frame import Frame
from engine.errors import DataError
from engine.places.runtime import local_runtime
from engine.utilities.validation import validated


class AgglomerativeClustering(RepresentativesEstimator):
    """Agglomerative clustering, exact up to ``exact_limit`` rows, on micro-clusters above.

    Parameters
    ----------
    n_clusters : int or None, default=2
        Number of clusters; None with ``distance_threshold``.
    metric : str or callable, default="euclidean"
        "euclidean", "l2" or "minkowski"; "manhattan", "l1" or "cityblock"; "cosine", "chebyshev",
        "sqeuclidean", "correlation", "braycurtis", "canberra", "hamming", "jaccard", "dice",
        "rogerstanimoto", "sokalsneath"; "precomputed" (``X`` holds distances); or a function of all
        rows that gives the distances of all to all, with a ``connectivity`` of two rows that gives
        their distance. Ward is Euclidean; a ``connectivity`` goes with those up to "cosine",
        "precomputed" and functions.
    memory : str or joblib.Memory, default=None
        Where trees are kept, to be found again when the same rows are cut otherwise.
    connectivity : array, sparse matrix or callable, default=None
        Which rows may be joined with which, or a function of the rows that tells.
    compute_full_tree : bool or "auto", default="auto"
        Whether to join on below ``n_clusters``, with a ``connectivity``: "auto" does, but for many
        clusters. Without one the tree is always whole.
    linkage : {"ward", "complete", "average", "single"}, default="ward"
        What the distance of two clusters is; above ``exact_limit`` ward or single.
    distance_threshold : float, default=None
        Height at and above which clusters are not joined; ``n_clusters`` must then be None.
    compute_distances : bool, default=False
        Keep ``distances_`` also without a ``distance_threshold``.
    exact_limit : int, default=20_000
        Rows up to which every row is a leaf of the tree; with a ``connectivity`` it always is.
    micro_clusters : int, default=4_000
        Leaves when there are more rows; each is weighted by its rows.
    random_state : int, RandomState instance or None, default=None
        Seed of the micro-clusters' sample; an exact fit has no randomness.

    Attributes
    ----------
    labels_ : int32 array of shape (n_samples,)
        Cluster 0 is the largest, ties are ordered by centre ("precomputed": by first row).
    n_clusters_ : int
    n_leaves_ : int
        The rows, or the micro-clusters.
    n_connected_components_ : int
        Parts of ``connectivity``; 1 without.
    children_ : int64 array of shape (n_merges, 2)
        What each merge joins, as in scikit-learn; the smaller number first.
    distances_ : float64 array of shape (n_merges,)
        Heights of the merges, as in SciPy; ascending without a ``connectivity``.
    n_features_in_ : int
    feature_names_in_ : array of str, only for tables with text column names

    Warns
    -----
    ConvergenceWarning
        Equal rows had to be parted: ``predict`` gives all of them the cluster of the first.
    UserWarning
        ``connectivity`` is in parts, which are connected.

    Notes
    -----
    Distances are computed in float64 from differences of the rows, wherever they lie. Trees of
    single, complete and average linkage are SciPy's, ties included; of ward up to 500 rows, and
    where no heights are tied. Above ``exact_limit`` the merges are those of the micro-clusters'
    means, for ward weighted by their rows.

    A row belongs to the cluster of the nearest leaf, by the same metric, so ``predict`` of the rows
    given to ``fit`` is ``labels_``; distances that are precomputed, or by a function, tell of no
    others. Takes NumPy arrays and pandas, Polars and PyArrow tables. Ward and single take O(n)
    memory, complete and average O(n^2).

    References
    ----------
    Ward (1963), Journal of the American Statistical Association 58, doi:10.2307/2282967.
    Murtagh (1983), The Computer Journal 26(4), doi:10.1093/comjnl/26.4.354.
    Muellner (2011), Modern hierarchical, agglomerative clustering algorithms, arXiv:1109.2378.

    Examples
    --------
    >>> import numpy as np
    >>> from engine.clustering.agglomerative.estimator import AgglomerativeClustering
    >>> x = np.array([[0.0], [0.1], [0.2], [9.0], [9.1]])
    >>> model = AgglomerativeClustering(2).fit(x)
    >>> model.labels_.tolist(), model.cut(3).tolist()
    ([0, 0, 0, 1, 1], [0, 0, 2, 1, 1])
    """

    _settings = Settings
    _instead = "distance_threshold"

    def __init__(
        self,
        n_clusters: int | None = 2,
        *,
        metric: str | Callable[..., Any] = "euclidean",
        memory: Any = None,
        connectivity: Any = None,
        compute_full_tree: bool | Literal["auto"] = "auto",
        linkage: Literal["ward", "complete", "average", "single"] = "ward",
        distance_threshold: float | None = None,
        compute_distances: bool = False,
        exact_limit: int = 20_000,
        micro_clusters: int = 4_000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.metric = metric
        self.memory = memory
        self.connectivity = connectivity
        self.compute_full_tree = compute_full_tree
        self.linkage = linkage
        self.distance_threshold = distance_threshold
        self.compute_distances = compute_distances
        self.exact_limit = exact_limit
        self.micro_clusters = micro_clusters
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Cluster the rows of ``X``.

        Parameters
        ----------
        X : array or table of shape (n_samples, n_features)
            Or distances of shape (n_samples, n_samples) with ``metric="precomputed"``.
        y : ignored

        Returns
        -------
        self : AgglomerativeClustering

        Raises
        ------
        ValueError
            Bad parameters, or such that do not go together; missing or infinite values; fewer rows
            than clusters; rows that have no distance to others.
        """
        return self._fitted(X)

    def _takes_squares(self, params: Any) -> bool:
        return is_squared(params.metric)

    def _task(self, x: Any, k: int, weights: np.ndarray | None = None) -> Task:
        if sentence := refusal(self, len(x)):
            raise ValueError(sentence)
        self._by_rows = len(x) <= self.exact_limit or self.connectivity is not None
        if not self._by_rows:
            task = super()._task(x, k, weights)
            self._unit = self._frame.scale
            return task
        if len(x) < k:
            message = f"n_samples={len(x)} should be >= n_clusters={k}."
            raise ValueError(message)
        given, euclidean = self.metric == "precomputed", is_euclidean(self.metric)
        self._frame = Frame(np.zeros(x.shape[1]), 1.0) if given else exact_frame(x)
        self._unit = self._frame.scale if euclidean else 1.0
        rows = self._frame.whole(x) if euclidean else x.astype(np.float64, copy=not given)
        return Task(rows, k, np.empty(0, np.uint64), 0)

    def _run(self, task: Task, params: Any) -> Fit:
        memory = None if self.memory is None else check_memory(self.memory)
        if self._by_rows:
            k = None if params.n_clusters is None else task.k
            found = rows_joined(task.x, self._frame, k, params, memory)
        else:
            found = micro_joined(task, params, memory)
        self._joined, self.n_connected_components_ = found
        if params.distance_threshold is None:
            return cut_of(self._joined, task.k, by_rows=self._by_rows, stacklevel=5)
        k = self._joined.tree.count_at(params.distance_threshold / self._unit)
        if not self._by_rows and k == self._joined.tree.n_leaves > 1:
            raise DataError(parts_micro_clusters(params.distance_threshold, k))
        return self._joined.fit(k, part_equal=self._by_rows, told=False)

    def _said(self, error: DataError, task: Task) -> str:
        return in_words_of_the_estimator(error)

    def _learn(self, task: Task, result: Fit, x: Any) -> None:
        tree = self._joined.tree
        self.n_clusters_, self.n_leaves_ = result.representatives.n_segments, tree.n_leaves
        self.children_ = tree.children
        if self.compute_distances or self.distance_threshold is not None:
            self.distances_ = tree.heights * self._unit
        elif hasattr(self, "distances_"):
            del self.distances_
        self._metric, self._leaves = self.metric, None
        if not self._by_rows or tells_of_no_others(self._metric):
            return
        if self._metric == "sqeuclidean" or is_euclidean(self._metric):
            if np.abs(self._representatives.points).max() > FARTHEST:
                self._frame = Frame.of(x)
                points = self._frame.inside(x, np.float64)
                self._representatives = replace(self._representatives, points=points)
        else:
            self._leaves = Leaves.of(task.x, str(self._metric))

    def predict(self, X: Any) -> np.ndarray:
        """Give each row the cluster of the nearest leaf, of equally near ones the first.

        Parameters
        ----------
        X : array or table of shape (n_samples, n_features)

        Returns
        -------
        labels : int32 array of shape (n_samples,)

        Raises
        ------
        ValueError
            The distances were precomputed, or are by a function: neither tells of other rows.
        """
        check_is_fitted(self)
        if no_others := tells_of_no_others(self._metric):
            raise ValueError(no_others)
        if not self._by_rows:
            return super().predict(X)
        x = validated(self, X, reset=False, squares=is_squared(self._metric))
        if self._leaves is None:
            inside = self._frame.inside(x, np.float64)
            return self._representatives.assign(inside, runtime=local_runtime())
        nearest = self._leaves.nearest(x.astype(np.float64, copy=False))
        labels: np.ndarray = self.labels_[nearest]
        return labels

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that columns are rows too, where they are distances."""
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self.metric == "precomputed"
        return tags

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
            More clusters than leaves, or fewer than one, or than the tree was joined to.
        """
        check_is_fitted(self)
        try:
            return cut_of(self._joined, n_clusters, by_rows=self._by_rows, stacklevel=3).labels
        except DataError as error:
            raise ValueError(in_words_of_the_estimator(error)) from None

    def linkage_matrix(self) -> np.ndarray:
        """Give SciPy's linkage matrix: float64 array of shape (n_merges, 4).

        Raises
        ------
        ValueError
            The tree was stopped early, and SciPy's are whole.
        """
        check_is_fitted(self)
        check_whole(self._joined.tree)
        matrix = self._joined.tree.linkage()
        matrix[:, 2] *= self._unit
        return matrix
