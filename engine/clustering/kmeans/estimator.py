"""``KMeans`` with scikit-learn's conventions, on the same code as the pipeline."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from engine.clustering.algorithm import Fit, Task
from engine.clustering.estimator import whole_or_not_at_all
from engine.clustering.kmeans.algorithm import KMEANS
from engine.clustering.kmeans.answers import Answers
from engine.clustering.kmeans.asked import Wanted, asked, in_full
from engine.clustering.kmeans.at_once import AtOnce, at_once
from engine.clustering.kmeans.ending import in_float64, of_all_rows
from engine.clustering.kmeans.moving import is_sparse
from engine.clustering.kmeans.options import KMeansOptions
from engine.clustering.kmeans.partial import after_batch
from engine.clustering.kmeans.roads import by_few_rows, by_scikit_learn, of_sparse_rows
from engine.errors import DataError
from engine.places.device_rows import on_device, placed, runtime_of
from engine.places.runtime import local_runtime
from engine.utilities.validation import checked_params, checked_weights, validated


class KMeans(Answers):
    """k-means clustering, exact on all rows and coarse to fine when there are many.

    Where nothing is said of how to start, the engine searches: what a start by k-means++ on
    ``start_rows`` rows missed is mended by swaps, and it goes on over ``coarse_rows`` and then over
    all rows until the centres stand still. Where it is said (``init``, ``n_init``, ``algorithm``),
    or rows are sparse, the iterations are scikit-learn's own, on rows that were moved near zero
    first.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters.
    init : {'k-means++', 'random'}, callable or array of shape (n_clusters, n_features), \
            default='k-means++'
        How to start. A callable is called as ``init(X, n_clusters, random_state=state)`` with the
        rows as they were given, in a copy, and answers in their units.
    n_init : 'auto' or int, default='auto'
        Number of starts; the one of least inertia is kept. ``'auto'`` leaves it to the search; it
        is 10 with ``init='random'`` or a callable, 1 with an array or Elkan's iterations, and 5
        with sparse rows.
    max_iter : int, default=300
        Most iterations of a start, and again over all rows when there are many.
    tol : float, default=1e-4
        Stop once the squared movement of the centres is below this share of the mean variance.
    verbose : int, default=0
        Print what scikit-learn prints of its iterations, or else a line at the end.
    random_state : int, RandomState instance or None, default=None
        Seed of the starts and the sample.
    copy_x : bool, default=True
        Rows are never written to, whatever it says.
    algorithm : {'lloyd', 'elkan'}, default='lloyd'
        Elkan's bounds give the same centres. When rows are many they serve the starts, and passes
        over all rows are Lloyd's.
    start_rows : int, default=10_000
        Rows that the starts run on, or 200 a cluster if that is more.
    coarse_rows : int, default=100_000
        Rows that the best start goes on over before it goes over all.

    Attributes
    ----------
    cluster_centers_ : array of shape (n_clusters, n_features)
        float32 for float32 rows, otherwise float64.
    labels_ : int32 array of shape (n_samples,)
        Cluster 0 is the largest, by ``sample_weight`` where it was given; ties are ordered by
        centre. With an array or a callable, cluster i is the one that grew from its row i.
    inertia_ : float
        Sum of squared distances to the nearest centre, weighted, in float64 from differences.
    n_iter_ : int
        Iterations over all rows.
    n_steps_ : int, only after ``partial_fit``
        Batches seen since the last fit, that fit included.
    n_features_in_ : int
    feature_names_in_ : array of str, only for tables with text column names

    Notes
    -----
    Takes NumPy arrays, pandas, Polars and PyArrow tables, and SciPy's sparse matrices, which are
    never made dense. Rows are moved near zero and scaled in float64 before anything is squared;
    the search then runs in float32, scikit-learn's iterations in the precision of the rows.
    ``predict`` of the rows given to ``fit`` is ``labels_``. O(n_iter x n x k x d) time.

    Starts of sparse rows run on 2,000 of them, or 200 a cluster if that is more, and the best goes
    on over all; with ``init``, ``n_init`` or ``algorithm`` each start goes over all. A row of
    weight 0 moves nothing and is given its nearest centre. float64 rows that float32 does not tell
    apart, as they lie in groups far from each other, are searched in float64.

    References
    ----------
    Lloyd (1982), IEEE Transactions on Information Theory 28(2), doi:10.1109/TIT.1982.1056489.
    Arthur and Vassilvitskii (2007), k-means++: the advantages of careful seeding, SODA. Elkan
    (2003), Using the triangle inequality to accelerate k-means, ICML. MacQueen (1967), Some methods
    for classification and analysis of multivariate observations, 5th Berkeley Symposium.

    Examples
    --------
    >>> import numpy as np
    >>> from engine.clustering import KMeans
    >>> x = np.array([[0.0], [0.1], [0.2], [9.0], [9.1]])
    >>> KMeans(n_clusters=2, random_state=0).fit_predict(x).tolist()
    [0, 0, 0, 1, 1]
    """

    _settings = KMeansOptions
    solver = "engine"  # cuML's k-means has an estimator of its own
    _sizes: np.ndarray
    """What each cluster's rows weigh together, of all rows that it was fitted to."""

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: Any = "k-means++",
        n_init: Any = "auto",
        max_iter: int = 300,
        tol: float = 1e-4,
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
        copy_x: bool = True,
        algorithm: str = "lloyd",
        start_rows: int = 10_000,
        coarse_rows: int = 100_000,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state
        self.copy_x = copy_x
        self.algorithm = algorithm
        self.start_rows = start_rows
        self.coarse_rows = coarse_rows

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Cluster the rows of ``X``.

        Parameters
        ----------
        X : array, table or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array of shape (n_samples,), optional
            What each row counts for, 0 or more. A weight of n is as good as n equal rows.

        Returns
        -------
        self : KMeans

        Raises
        ------
        ValueError
            Bad parameters or weights; missing or infinite values; fewer rows than clusters.

        Warns
        -----
        ConvergenceWarning
            Fewer clusters hold rows than were asked for: there are too few distinct rows.
        RuntimeWarning
            ``n_init`` with an array, and Elkan's iterations of one cluster, have no meaning.
        """
        options = checked_params(self, KMeansOptions)
        with whole_or_not_at_all(self):
            self._fit(X, options, sample_weight)
        if options.verbose:
            print(f"{self.n_iter_} iterations over all rows, inertia {self.inertia_:.6g}")
        return self

    def _fit(self, X: Any, options: KMeansOptions, sample_weight: Any) -> None:
        x = validated(self, X, sparse=True, reset=True)
        if x.shape[0] < options.n_clusters:
            message = f"n_samples={x.shape[0]} should be >= n_clusters={options.n_clusters}."
            raise ValueError(message)
        weights = checked_weights(sample_weight, x.shape[0])
        self._warn(options)
        found = None
        if options.left and not is_sparse(x) and not on_device(X):
            found = at_once(x, options, weights, self.random_state)
        if found is None:
            found = self._by_roads(x, X, options, weights)
        self._frame, self._precision, self._sizes = found.frame, x.dtype, found.sizes
        self.inertia_, self.n_iter_ = found.inertia, found.fit.n_iter
        self._keep(found.fit, options.n_clusters)
        self._show(x.dtype)
        self.__dict__.pop("n_steps_", None)

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Go on from what was fitted by one more batch of rows; the first batch is fitted in full.

        Each centre becomes the mean of all rows that were ever nearest to it, of the first batch
        and of those after it: clusters keep their numbers, and no row needs to be kept. Rows move
        a centre the less the more it has seen. A centre that has none goes to the row of the batch
        that is farthest from all others.

        Parameters
        ----------
        X : array, table or sparse matrix of shape (n_samples, n_features)
            A first batch has to have as many rows as there are clusters, and should be like those
            to come: its clusters are those that are gone on with.
        y : ignored
        sample_weight : array of shape (n_samples,), optional

        Returns
        -------
        self : KMeans
            With ``labels_`` and ``inertia_`` of this batch.
        """
        if not hasattr(self, "_sizes"):
            self.fit(X, sample_weight=sample_weight)
            self.n_steps_ = 1
            return self
        x = validated(self, X, sparse=True, reset=False)
        weights = checked_weights(sample_weight, x.shape[0])
        centres, self._sizes = after_batch(self._centres, self._sizes, x, weights)
        self._representatives = self._centres.moved_to(centres).inside
        self._show(self.cluster_centers_.dtype)
        self.labels_ = self._centres.nearest(x)
        self.inertia_ = self._centres.inertia(x, self.labels_, weights)
        self.n_steps_ = getattr(self, "n_steps_", 1) + 1
        return self

    def _by_roads(
        self, x: Any, given: Any, options: KMeansOptions, weights: np.ndarray | None
    ) -> AtOnce:
        """Fit rows that are many, sparse, weighted or on a GPU, or that are told how to start."""
        task, wanted = asked(x, options, weights, check_random_state(self.random_state))
        if wanted.road == "search" and weights is None:
            task = replace(task, x=placed(task.x, given))
        fit = self._run(task, wanted)
        if len(fit.labels) < x.shape[0]:
            fit = of_all_rows(fit, wanted)
        if task.x.dtype != wanted.rows.dtype:
            fit = in_float64(fit, wanted)
        inertia = wanted.inertia(fit.representatives, fit.labels, weights)
        sizes = np.bincount(fit.labels, weights, minlength=options.n_clusters)
        return AtOnce(wanted.frame, fit, sizes, inertia)

    def _run(self, task: Task, params: Wanted) -> Fit:
        runtime, there = local_runtime(), runtime_of(task.x)
        try:
            if params.road == "search" and is_sparse(task.x):
                return of_sparse_rows(task, params, runtime)
            if params.road == "search":
                return KMEANS.runs[there.place](task, params.options, there)
            if params.road == "few":
                return by_few_rows(task, params, runtime)
        except DataError as error:
            if params.options.verbose:
                print(self._said(error, task))
        return by_scikit_learn(in_full(task, params), params, runtime)

    def _said(self, error: DataError, task: Task) -> str:
        # All that is left to refuse; scikit-learn's iterations do not.
        return f"X, or a sample of it, has fewer distinct rows than n_clusters={task.k}."

    def _warn(self, options: KMeansOptions) -> None:
        """Warn of settings that contradict each other, in scikit-learn's words."""
        if options.n_init not in ("auto", options.n_starts):
            message = (
                "Explicit initial center position passed: performing only one init in KMeans "
                f"instead of n_init={options.n_init}."
            )
            warnings.warn(message, RuntimeWarning, stacklevel=4)
        if options.algorithm == "elkan" and not options.by_elkan:
            message = (
                "algorithm='elkan' doesn't make sense for a single cluster. Using 'lloyd' instead."
            )
            warnings.warn(message, RuntimeWarning, stacklevel=4)

    def _keep(self, result: Fit, k: int | None) -> None:
        self._representatives = result.representatives
        self.labels_ = result.labels
        found = np.count_nonzero(np.bincount(result.labels))
        if k is not None and found < k:
            message = (
                f"Number of distinct clusters ({found}) found smaller than n_clusters ({k}). "
                "Possibly due to duplicate points in X."
            )
            warnings.warn(message, ConvergenceWarning, stacklevel=4)

    def _learn(self, task: Task, result: Fit, x: Any) -> None:
        """Nothing more: ``fit`` has it all."""

    def _show(self, dtype: Any) -> None:
        """Report the centres in the units and the type of numbers of the rows."""
        self.cluster_centers_ = self._frame.outside(self._representatives.centres).astype(dtype)
