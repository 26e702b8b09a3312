"""k-means on a GPU: cuML's starts on the sample, then cuML over all rows that fit the device.

Rows that do not fit are visited by our Lloyd passes, block by block. Labels, order and
representatives are decided by the same code as on a CPU, in float64 where float32 cannot tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.clustering.algorithm import Fit, Task
from engine.clustering.kmeans.algorithm import KMeansParams
from engine.clustering.kmeans.lloyd import coarse_to_fine, refine
from engine.runtime import Runtime

_LEAST_TOL = 1e-9
"""cuML refuses a tolerance of zero."""


def fit(task: Task, params: KMeansParams, runtime: Runtime) -> Fit:
    """Cluster all rows of a task.

    Returns
    -------
    fit : Fit
        One representative a segment: its centre.

    Raises
    ------
    DataError
        ``k`` is larger than the number of rows, or of distinct rows.
    """

    def start(few: np.ndarray, limit: float) -> tuple[np.ndarray, int]:
        return _Cuml(task, params, limit).fit(runtime.put(few), "k-means++", params.n_init)

    def go_on(x: Any, centres: np.ndarray, limit: float) -> tuple[np.ndarray, int]:
        run, init, n_iter = _Cuml(task, params, limit), runtime.put(centres.astype(np.float32)), 0
        if x is not task.x:
            return run.fit(runtime.put(x), init, 1)
        if not isinstance(x, np.ndarray):
            centres, n_iter = run.fit(x, init, 1)
        # Passes of ours: all of them where rows lie in host memory; elsewhere one, as a rule,
        # which refills a centre that lost its rows and leaves the means in float64.
        centres, more = refine(x, centres, limit, params.max_iter, runtime)
        return centres, n_iter + more

    return coarse_to_fine(task, params, runtime, start, go_on)


@dataclass(frozen=True)
class _Cuml:
    """cuML's k-means with the task's settings.

    ``limit`` is scikit-learn's tolerance times the mean variance: cuML takes its ``tol`` as it is,
    so that a fit would otherwise run longer or shorter with the unit of measurement.
    """

    task: Task
    params: KMeansParams
    limit: float

    def fit(self, x: Any, init: Any, n_init: int) -> tuple[np.ndarray, int]:
        """Centres in float64 and the number of iterations."""
        from cuml.cluster import KMeans

        model = KMeans(
            n_clusters=self.task.k,
            init=init,
            n_init=n_init,
            max_iter=self.params.max_iter,
            tol=max(self.limit, _LEAST_TOL),
            random_state=self.task.seed % 2**31,
            output_type="numpy",
        )
        model.fit(x)
        return np.asarray(model.cluster_centers_, dtype=np.float64), int(model.n_iter_)
