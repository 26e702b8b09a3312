"""What a fitted ``KMeans`` answers about rows: the nearest centre, distances, a score."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from engine.clustering.estimator import RepresentativesEstimator
from engine.clustering.kmeans.rows import Centres
from engine.places.device_rows import on_device, placed, runtime_of
from engine.utilities.validation import checked_weights, validated


class Answers(ClassNamePrefixFeaturesOutMixin, TransformerMixin, RepresentativesEstimator):  # type: ignore[misc]
    """What is asked of centres once they are there."""

    _takes_sparse = True

    cluster_centers_: np.ndarray
    _precision: Any
    """Type of numbers in which dense rows are given their nearest centre."""

    @property
    def _centres(self) -> Centres:
        return Centres(self._frame, self._representatives, self.cluster_centers_, self._precision)

    @property
    def _n_features_out(self) -> int:
        return len(self.cluster_centers_)

    @abstractmethod
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Cluster the rows of ``X``."""

    def predict(self, X: Any) -> np.ndarray:
        """Give each row its cluster, that of its nearest centre.

        Parameters
        ----------
        X : array, table or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        labels : int32 array of shape (n_samples,)
        """
        check_is_fitted(self)
        if on_device(X) and self._precision == np.float32:
            rows = placed(self._frame.inside(validated(self, X, reset=False)), X)
            return self._representatives.assign(rows, runtime=runtime_of(rows))
        x = validated(self, X, reset=False, sparse=True, values=False)
        return self._centres.nearest(x, lambda: validated(self, X, reset=False, sparse=True))

    def transform(self, X: Any) -> np.ndarray:
        """Give distances to the centres.

        Parameters
        ----------
        X : array, table or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        distances : array of shape (n_samples, n_clusters)
            In the units of the rows, float32 for float32 rows, otherwise float64; or a table, see
            ``set_output``.
        """
        check_is_fitted(self)
        return self._centres.distances(validated(self, X, reset=False, sparse=True))

    def fit_transform(self, X: Any, y: Any = None, sample_weight: Any = None) -> np.ndarray:
        """Fit, and give the distances of the rows to the centres: see ``transform``."""
        self.fit(X, sample_weight=sample_weight)
        return self._centres.distances(validated(self, X, reset=False, sparse=True))

    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> np.ndarray:
        """Fit, and give ``labels_``."""
        self.fit(X, sample_weight=sample_weight)
        return self.labels_

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Give the negative sum of squared distances of rows to their nearest centres.

        Parameters
        ----------
        X : array, table or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array of shape (n_samples,), optional
            What each row's square counts for.

        Returns
        -------
        score : float
            Higher is better: what ``GridSearchCV`` maximises without a scorer.
        """
        check_is_fitted(self)
        x = validated(self, X, reset=False, sparse=True)
        weights = checked_weights(1.0 if sample_weight is None else sample_weight, x.shape[0])
        return -self._centres.inertia(x, self._centres.nearest(x), weights)
