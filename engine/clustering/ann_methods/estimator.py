"""``ANNClustering`` with scikit-learn's conventions, on the same code as the pipeline."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np
from pydantic import Field

from engine.clustering.algorithm import Fit, Task
from engine.clustering.ann_methods.algorithm import DENSE_BYTES, nodes_of
from engine.clustering.ann_methods.fit import fit as fit_communities
from engine.clustering.ann_methods.params import AnnParams
from engine.clustering.estimator import RepresentativesEstimator
from engine.clustering.sparse_rows import SparseRows, too_dense
from engine.errors import DataError
from engine.places.device_rows import runtime_of


class _Params(AnnParams):
    """The configuration's settings, and the number of clusters that goes with them here."""

    n_clusters: int | None = Field(8, ge=1)


class ANNClustering(RepresentativesEstimator):
    """Leiden communities of the neighbour graph, of all rows when few, of a sample when many.

    Parameters
    ----------
    n_clusters : int or None, default=8
        Number of clusters; None with ``resolution``.
    resolution : float, default=None
        Take the communities at this resolution; ``n_clusters`` must then be None.
    n_neighbors : int, default=15
        Neighbours that each row of the graph is connected with.
    exact_limit : int, default=20_000
        Up to this many rows all are in the graph.
    graph_rows : int, default=20_000
        Rows in the graph beyond it, drawn at random; 20 a cluster if that is more.
    representatives : int, default=5_000
        Rows of the graph, the nearest of which gives all others their cluster; at least 50 a
        cluster.
    recall : float, default=0.95
        Share of the true neighbours to find in graphs of more than 20,000 rows, by a Faiss index.
    random_state : int, RandomState instance or None, default=None
        Seed of the sample, of the index, and of the order in which communities are formed.

    Attributes
    ----------
    labels_ : int32 array of shape (n_samples,)
        Cluster 0 is the largest, ties are ordered by mean.
    n_clusters_ : int
    notes_ : tuple of str
        What was met and decided, such as the recall measured, or parts that were joined.
    n_features_in_ : int
    feature_names_in_ : array of str, only for tables with text column names

    Notes
    -----
    Takes NumPy arrays, pandas, Polars and PyArrow tables, and SciPy's sparse matrices; computes on
    float32 rows, moved near zero and scaled in float64 before. A row
    belongs to the cluster of the nearest representative, so ``predict`` of the rows given to
    ``fit`` is ``labels_``. O(n x representatives x d) time, O(n) memory.

    Of sparse rows those in the graph are made dense, and of all others a few at a time; where that
    takes more than 4 GiB, ``fit`` refuses before it computes. ``PCAClustering(
    method="ann_methods")`` clusters them by their components.

    Edges of rows in sparse surroundings weigh less, and small groups apart from all others are
    joined to what lies nearest, so that noise makes no clusters and no bridges.

    References
    ----------
    Traag, Waltman and van Eck (2019), From Louvain to Leiden: guaranteeing well-connected
    communities, Scientific Reports 9, doi:10.1038/s41598-019-41695-z. Douze et al. (2024), The
    Faiss library, arXiv:2401.08281.

    Examples
    --------
    >>> import numpy as np
    >>> from engine.clustering.ann_methods.estimator import ANNClustering
    >>> angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    >>> ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    >>> x = np.concatenate([3 * ring, ring[::2]])
    >>> model = ANNClustering(n_clusters=2, n_neighbors=4, random_state=0).fit(x)
    >>> np.bincount(model.labels_[:60]).tolist(), np.bincount(model.labels_[60:]).tolist()
    ([60], [0, 30])
    """

    _settings = _Params
    _instead = "resolution"
    _takes_sparse = True

    def __init__(
        self,
        n_clusters: int | None = 8,
        *,
        resolution: float | None = None,
        n_neighbors: int = 15,
        exact_limit: int = 20_000,
        graph_rows: int = 20_000,
        representatives: int = 5_000,
        recall: float = 0.95,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.resolution = resolution
        self.n_neighbors = n_neighbors
        self.exact_limit = exact_limit
        self.graph_rows = graph_rows
        self.representatives = representatives
        self.recall = recall
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Cluster the rows of ``X``.

        Parameters
        ----------
        X : array, table or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array of shape (n_samples,), optional
            What each row counts for, 0 or more: one of weight 3 is as good as three rows equal to
            it, and one of weight 0 forms no cluster and follows the nearest. Beyond
            ``exact_limit`` the rows of the graph are drawn alike, and count by their weights.

        Returns
        -------
        self : ANNClustering

        Raises
        ------
        ValueError
            Bad parameters or weights; missing or infinite values; fewer rows than clusters, or in
            the graph of a sample fewer distinct ones; or sparse rows that would take more than
            4 GiB where they are dense.
        EngineError
            Faiss or scikit-network is needed and not installed.

        Warns
        -----
        ConvergenceWarning
            Fewer clusters were found than were asked for: X has fewer distinct rows.
        """
        return self._fitted(X, sample_weight)

    def _run(self, task: Task, params: Any) -> Fit:
        if isinstance(task.x, SparseRows):
            nodes, columns = nodes_of(len(task.x), task.k, params), task.x.shape[1]
            if reason := too_dense(nodes * columns * DENSE_BYTES):
                message = (
                    f"X is sparse, and the rows of the graph are made dense, which {reason}: "
                    f"{nodes:,} rows of {columns:,} features. Take fewer features, such as the "
                    "components of PCAClustering(method='ann_methods'), or lower graph_rows and "
                    "exact_limit."
                )
                raise ValueError(message)
        try:
            return fit_communities(task, params, runtime_of(task.x))
        except DataError:
            k = _distinct(task.x)
            if k >= task.k:  # the graph is one of few of the rows
                raise
            return fit_communities(replace(task, k=k), params, runtime_of(task.x))

    def _said(self, error: DataError, task: Task) -> str:
        # All that is left to refuse.
        return (
            f"The graph has fewer distinct rows than n_clusters={task.k}, of {_distinct(task.x):,} "
            "distinct rows of X; raise graph_rows."
        )

    def _learn(self, task: Task, result: Fit, x: np.ndarray) -> None:
        self.n_clusters_ = result.representatives.n_segments
        self.notes_ = result.notes


def _distinct(x: Any) -> int:
    rows = x.toarray() if isinstance(x, SparseRows) else x
    return len(np.unique(rows + np.float32(0), axis=0))  # -0 becomes 0
