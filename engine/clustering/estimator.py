"""What the estimators share: rows in, one seed, and the nearest representative's cluster out."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from engine.clustering.algorithm import Fit, Task
from engine.clustering.representatives import Representatives
from engine.places.runtime import local_runtime
from engine.utilities.sampling import row_priority
from engine.utilities.validation import validated


class RepresentativesEstimator(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """An estimator whose ``fit`` leaves representatives, by which it predicts.

    ``fit`` warns (scikit-learn's ``ConvergenceWarning``) of fewer clusters than were asked for.
    """

    random_state: int | np.random.RandomState | None
    labels_: np.ndarray
    _representatives: Representatives

    def _task(self, X: Any, k: int) -> Task:
        """Check the rows given to ``fit``, and draw the seed.

        Raises
        ------
        ValueError
            Missing or infinite values; fewer rows than clusters.
        """
        x = validated(self, X, reset=True)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        if len(x) < k:
            message = f"n_samples={len(x)} should be >= n_clusters={k}."
            raise ValueError(message)
        return Task(x, k, row_priority(len(x), seed), seed)

    def _keep(self, result: Fit, k: int | None) -> None:
        """Take what was found, and warn where it is fewer clusters than ``k``."""
        self._representatives = result.representatives
        self.labels_ = result.labels
        found = len(np.unique(result.labels))
        if k is not None and found < k:
            message = (
                f"Only {found:,} distinct clusters were found, fewer than n_clusters={k}: some "
                "rows are too near each other to be parted where they are clustered."
            )
            warnings.warn(message, ConvergenceWarning, stacklevel=3)

    def predict(self, X: Any) -> np.ndarray:
        """Give each row its cluster, that of its nearest representative.

        Parameters
        ----------
        X : array or table of shape (n_samples, n_features)

        Returns
        -------
        labels : int32 array of shape (n_samples,)
        """
        check_is_fitted(self)
        x = validated(self, X, reset=False)
        return self._representatives.assign(x, runtime=local_runtime())
