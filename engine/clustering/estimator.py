"""What the estimators share: rows in, one seed, and the nearest representative's cluster out."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FunctionType
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from engine.clustering.algorithm import Fit, Task
from engine.clustering.frame import Frame
from engine.clustering.representatives import Representatives
from engine.clustering.sparse_rows import frame_of, inside
from engine.errors import DataError
from engine.places.device_rows import placed, runtime_of
from engine.utilities.params import Params
from engine.utilities.sampling import row_priority
from engine.utilities.validation import checked_params, checked_weights, validated

_SAMPLE = 1_000
"""Rows by which it is seen whether float32 tells rows apart."""

_MOST_TOLD = 0.95
"""Share of the distinct rows that it has to tell apart."""


class RepresentativesEstimator(ClusterMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """An estimator whose ``fit`` leaves representatives, by which it predicts.

    A method says which settings it knows, how it runs, how its refusals read in the words of an
    estimator, and what it learns beside the labels.
    """

    _settings: ClassVar[type[Params]]
    """The configuration's settings, with ``n_clusters``."""

    _instead: ClassVar[str | None] = None
    """The parameter that may decide the number of clusters, with ``n_clusters=None``."""

    _takes_sparse: ClassVar[bool] = False
    """Whether rows may be a sparse matrix; a task's rows are then ``SparseRows``."""

    n_clusters: int | None
    random_state: int | np.random.RandomState | None
    labels_: np.ndarray
    _representatives: Representatives
    _frame: Frame

    def __init_subclass__(cls, **settings: Any) -> None:
        """Give the method a ``fit`` by its own name, which is what Python's errors of calls say."""
        super().__init_subclass__(**settings)
        if (fit := cls.fit) is RepresentativesEstimator.fit:
            own = FunctionType(fit.__code__, fit.__globals__, "fit", fit.__defaults__)
            own.__doc__, own.__annotations__ = fit.__doc__, fit.__annotations__
            own.__module__, own.__qualname__ = cls.__module__, f"{cls.__name__}.fit"
            cls.fit = own  # type: ignore[method-assign]

    @abstractmethod
    def _run(self, task: Task, params: Any) -> Fit:
        """Cluster on this machine."""

    @abstractmethod
    def _said(self, error: DataError, task: Task) -> str:
        """Say in words of the estimator what the method refuses in those of a configuration."""

    @abstractmethod
    def _learn(self, task: Task, result: Fit, x: Any) -> None:
        """Set what is learnt beside the labels, in the units of the rows given, ``x``."""

    @abstractmethod
    def fit(self, X: Any, y: Any = None) -> Self:
        """Cluster the rows of ``X``."""

    def _fitted(self, X: Any, sample_weight: Any = None) -> Self:
        """Cluster rows that may have weights; ``fit`` calls it, and warnings point at its caller.

        Raises
        ------
        ValueError
            Bad parameters; missing or infinite values; fewer (distinct) rows than clusters; or
            what else the method refuses. The model is then what it was before.

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
        with whole_or_not_at_all(self):
            x = validated(
                self, X, reset=True, sparse=self._takes_sparse, squares=self._takes_squares(params)
            )
            weights = checked_weights(sample_weight, x.shape[0])
            task = self._task(x, k or 1, weights)
            if _moves(task.x):
                _warn_of_lost_digits(x, task.x)
                task = replace(task, x=placed(task.x, X))
            try:
                result = self._run(task, params)
            except DataError as error:
                raise ValueError(self._said(error, task)) from None
            self._keep(result, k)
            self._learn(task, result, x)
        return self

    def _takes_squares(self, params: Any) -> bool:
        """Whether differences of rows are squared, which limits how large values may be."""
        return True

    def _task(self, x: Any, k: int, weights: np.ndarray | None = None) -> Task:
        """Move the rows given to ``fit`` near zero, and draw the seed.

        Raises
        ------
        ValueError
            Fewer rows than clusters.
        """
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        n_rows = x.shape[0]
        if n_rows < k:
            message = f"n_samples={n_rows} should be >= n_clusters={k}."
            raise ValueError(message)
        self._frame = frame_of(x)
        rows, priority = inside(self._frame, x), row_priority(n_rows, seed)
        return Task(rows, k, priority, seed, weights=weights)

    def _keep(self, result: Fit, k: int | None) -> None:
        """Take what was found, and warn where it is fewer clusters than ``k``."""
        self._representatives = result.representatives
        self.labels_ = result.labels
        if k is not None:
            self._warn_of_fewer(result.labels, k, stacklevel=5)

    def _warn_of_fewer(self, labels: np.ndarray, k: int, stacklevel: int) -> None:
        found = np.count_nonzero(np.bincount(labels))
        if found < k:
            message = (
                f"Only {found:,} distinct clusters were found, fewer than n_clusters={k}: some "
                "rows are too near each other to be parted where they are clustered."
            )
            warnings.warn(message, ConvergenceWarning, stacklevel=stacklevel)

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
        x = inside(self._frame, validated(self, X, reset=False, sparse=self._takes_sparse))
        if _moves(x):
            x = placed(x, X)
        return self._representatives.assign(x, runtime=runtime_of(x))

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn whether rows may be sparse."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self._takes_sparse
        return tags


@contextmanager
def whole_or_not_at_all(estimator: Any) -> Iterator[None]:
    """Leave an estimator as it was where fitting it fails on the way, whatever was set by then.

    Attributes are set anew in a fit, never written into, so that the old ones are still whole.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> model = SimpleNamespace(labels_="old")
    >>> try:
    ...     with whole_or_not_at_all(model):
    ...         model.labels_ = "half of a new model"
    ...         raise ValueError
    ... except ValueError:
    ...     model.labels_
    'old'
    """
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def _warn_of_lost_digits(x: np.ndarray, rows: np.ndarray) -> None:
    """Warn where rows of float64 cannot be told apart in float32, in their frame.

    Wherever rows lie, their frame keeps what parts them; not where some lie 10 million times as
    far from the others as these from each other.
    """
    step = max(1, len(x) // _SAMPLE)
    apart, told = (len(np.unique(part[::step], axis=0)) for part in (x, rows))
    if told < _MOST_TOLD * apart:
        message = (
            f"Some columns of X span so much more than what parts rows that single precision "
            f"tells only {told:,} of {apart:,} distinct rows apart: clusters may mix rows that are "
            "far from each other. Scale those columns, or take out what lies far away."
        )
        warnings.warn(message, UserWarning, stacklevel=4)


def _moves(rows: Any) -> bool:
    """Whether rows inside a frame are what a GPU works on; others stay in host memory."""
    return isinstance(rows, np.ndarray) and rows.dtype == np.float32
