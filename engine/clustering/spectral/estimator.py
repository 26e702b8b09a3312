"""``SpectralClustering`` with scikit-learn's conventions, on the same code as the pipeline."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from engine.clustering.algorithm import Fit, Task
from engine.clustering.estimator import RepresentativesEstimator
from engine.clustering.spectral.algorithm import SPECTRAL
from engine.clustering.spectral.params import SpectralParams
from engine.errors import DataError
from engine.places.place import Place
from engine.places.runtime import local_runtime


class _Params(SpectralParams):
    """The configuration's settings, and the number of clusters that goes with them here."""

    n_clusters: int = Field(8, ge=1)


class SpectralClustering(RepresentativesEstimator):
    """Normalised cut of the neighbour graph, exact when rows are few, by landmarks when many.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters.
    exact_limit : int, default=20_000
        Up to this many rows all are nodes of the graph; beyond, landmarks are.
    n_neighbors : int, default=10
        Neighbours that each row is connected with, itself included, up to ``exact_limit``.
    landmarks : int, default=1_000
        Landmarks beyond it, or 20 a cluster if that is more.
    nearest_landmarks : int, default=5
        Landmarks that each row is connected with.
    n_init : int, default=10
        Starts of k-means on the eigenvectors; the one of least inertia is kept.
    random_state : int, RandomState instance or None, default=None
        Seed of the sample, the eigenvectors' first guess and the starts.

    Attributes
    ----------
    labels_ : int32 array of shape (n_samples,)
        Cluster 0 is the largest, ties are ordered by mean.
    notes_ : tuple of str
        What was met and decided, such as specks of noise that were joined to a neighbour.
    n_features_in_ : int
    feature_names_in_ : array of str, only for tables with text column names

    Notes
    -----
    Takes NumPy arrays and pandas, Polars and PyArrow tables; computes distances in float32 and,
    where that cannot tell, in float64. ``predict`` of the rows given to ``fit`` is ``labels_``.
    Up to ``exact_limit`` rows O(n^2 x d) time and O(n) memory, and ``predict`` gives the cluster
    of the nearest row. Beyond, one or two passes of O(n x landmarks x d), and ``predict`` is the
    same lift from landmarks that gave ``labels_``.

    References
    ----------
    Shi and Malik (2000), Normalized cuts and image segmentation, IEEE TPAMI 22(8),
    doi:10.1109/34.868688. Huang, Wang, Wu, Lai and Kwoh (2020), Ultra-scalable spectral
    clustering and ensemble clustering, IEEE TKDE 32(6), doi:10.1109/TKDE.2019.2903410.

    Examples
    --------
    >>> import numpy as np
    >>> from engine.clustering.spectral.estimator import SpectralClustering
    >>> angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    >>> ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    >>> x = np.concatenate([3 * ring, ring[::2]])
    >>> model = SpectralClustering(n_clusters=2, n_neighbors=4, random_state=0).fit(x)
    >>> np.bincount(model.labels_[:60]).tolist(), np.bincount(model.labels_[60:]).tolist()
    ([60], [0, 30])
    """

    _settings = _Params

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        exact_limit: int = 20_000,
        n_neighbors: int = 10,
        landmarks: int = 1_000,
        nearest_landmarks: int = 5,
        n_init: int = 10,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.exact_limit = exact_limit
        self.n_neighbors = n_neighbors
        self.landmarks = landmarks
        self.nearest_landmarks = nearest_landmarks
        self.n_init = n_init
        self.random_state = random_state

    def _run(self, task: Task, params: Any) -> Fit:
        return SPECTRAL.runs[Place.CPU](task, params, local_runtime())

    def _said(self, error: DataError, task: Task) -> str:
        # All that is left to refuse.
        return f"X has fewer rows that can be told apart than n_clusters={task.k}."

    def _learn(self, task: Task, result: Fit, x: np.ndarray) -> None:
        self.notes_ = result.notes
