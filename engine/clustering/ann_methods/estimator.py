"""``ANNClustering`` with scikit-learn's conventions, on the same code as the pipeline."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from pydantic import Field

from engine.clustering.ann_methods.fit import fit as fit_communities
from engine.clustering.ann_methods.params import AnnParams
from engine.clustering.estimator import RepresentativesEstimator
from engine.errors import DataError
from engine.places.runtime import local_runtime
from engine.utilities.validation import checked_params


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
    Takes NumPy arrays and pandas, Polars and PyArrow tables; computes on float32 rows. A row
    belongs to the cluster of the nearest representative, so ``predict`` of the rows given to
    ``fit`` is ``labels_``. O(n x representatives x d) time, O(n) memory.

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

    def fit(self, X: Any, y: Any = None) -> Self:
        """Cluster the rows of ``X``.

        Parameters
        ----------
        X : array or table of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self : ANNClustering

        Raises
        ------
        ValueError
            Bad parameters; missing or infinite values; fewer (distinct) rows than clusters.
        EngineError
            Faiss or scikit-network is needed and not installed.
        """
        params = checked_params(self, _Params)
        if (params.n_clusters is None) == (params.resolution is None):
            message = (
                "Exactly one of n_clusters and resolution has to be set, and the other needs to "
                "be None."
            )
            raise ValueError(message)
        task = self._task(X, params.n_clusters or 1)
        try:
            result = fit_communities(task, params, local_runtime())
        except DataError:  # the only ones left; their words are those of the configuration
            found = len(np.unique(task.x + np.float32(0), axis=0))  # -0 becomes 0
            message = f"X has {found:,} distinct rows, fewer than n_clusters={task.k}."
            if found >= task.k:  # a graph of many rows is one of a sample of them
                message = (
                    f"The graph has fewer distinct rows than n_clusters={task.k}, of {found:,} "
                    "distinct rows of X; raise graph_rows."
                )
            raise ValueError(message) from None
        self._keep(result, params.n_clusters)
        self.n_clusters_ = result.representatives.n_segments
        self.notes_ = result.notes
        return self
