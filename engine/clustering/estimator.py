"""What the estimators share: rows in, one seed, and the nearest representative's cluster out."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from engine.clustering.algorithm import Fit, Task
from engine.clustering.frame import Frame
from engine.clustering.representatives import Representatives
from engine.errors import DataError
from engine.places.runtime import local_runtime
from engine.utilities.params import Params
from engine.utilities.sampling import row_priority
from engine.utilities.validation import checked_params, validated


class RepresentativesEstimator(ClusterMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """An estimator whose ``fit`` leaves representatives, by which it predicts.

    A method says which settings it knows, how it runs, how its refusals read in the words of an
    estimator, and what it learns beside the labels.
    """

    _settings: ClassVar[type[Params]]
    """The configuration's settings, with ``n_clusters``."""

    _instead: ClassVar[str | None] = None
    """The parameter that may decide the number of clusters, with ``n_clusters=None``."""

    n_clusters: int | None
    random_state: int | np.random.RandomState | None
    labels_: np.ndarray
    _representatives: Representatives
    _frame: Frame

    @abstractmethod
    def _run(self, task: Task, params: Any) -> Fit:
        """Cluster on this machine."""

    @abstractmethod
    def _said(self, error: DataError, task: Task) -> str:
        """Say in words of the estimator what the method refuses in those of a configuration."""

    @abstractmethod
    def _learn(self, task: Task, result: Fit, x: np.ndarray) -> None:
        """Set what is learnt beside the labels, in the units of the rows given, ``x``."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Cluster the rows of ``X``.

        Parameters
        ----------
        X : array or table of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self : estimator

        Raises
        ------
        ValueError
            Bad parameters; missing or infinite values; fewer (distinct) rows than clusters; or
            what else the method refuses.
        EngineError
            A library that the method needs is not installed.

        Warns
        -----
        ConvergenceWarning
            Fewer clusters were found than were asked for.
        """
        params: Any = checked_params(self, self._settings)
        k = params.n_clusters
        if self._instead and (k is None) == (getattr(params, self._instead) is None):
            message = (
                f"Exactly one of n_clusters and {self._instead} has to be set, and the other "
                "needs to be None."
            )
            raise ValueError(message)
        x = validated(self, X, reset=True)
        task = self._task(x, k or 1)
        try:
            result = self._run(task, params)
        except DataError as error:
            raise ValueError(self._said(error, task)) from None
        self._keep(result, k)
        self._learn(task, result, x)
        return self

    def _task(self, x: np.ndarray, k: int) -> Task:
        """Move the rows given to ``fit`` near zero, and draw the seed.

        Raises
        ------
        ValueError
            Fewer rows than clusters.
        """
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        if len(x) < k:
            message = f"n_samples={len(x)} should be >= n_clusters={k}."
            raise ValueError(message)
        self._frame = Frame.of(x)
        return Task(self._frame.inside(x), k, row_priority(len(x), seed), seed)

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
        x = self._frame.inside(validated(self, X, reset=False))
        return self._representatives.assign(x, runtime=local_runtime())
