"""k-means by cuML on a GPU, to compare (``clustering.kmeans.solver: cuml``).

cuML's starts run on the sample, then cuML goes over all rows that fit the device.

Rows that do not fit, or lie where squares in float32 are too coarse, are visited by our Lloyd
passes, block by block, and the others once after cuML's. Labels, order and representatives are
decided by the same code as on a CPU, in float64 where float32 cannot tell.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.clustering.algorithm import Fit, Task
from engine.clustering.kmeans.lloyd import coarse_to_fine
from engine.clustering.kmeans.params import KMeansParams
from engine.clustering.kmeans.passes import refine
from engine.errors import PlaceError
from engine.places.extras import how
from engine.places.parts import why_no
from engine.places.runtime import Runtime

_LEAST_TOL = 1e-9
"""cuML refuses a tolerance of zero."""

_FAR = 1e4
"""Squared distance of the mean from zero, in variances, beyond which cuML is not asked.

Its distances are ``|x|^2 + |c|^2 - 2 x.c`` in float32, whose rounding is then up to a thousandth of
the variance; a hundred times as far, a row in two goes to a wrong centre.
"""

_STARTS = 32
"""Starts where their number is left to the method."""

_BATCH = 32_768
"""Rows whose distances to all centres cuML holds at once (``max_samples_per_batch``)."""


def asks_for_cuml(params: Any) -> bool:
    """Whether k-means is to be cuML's."""
    return isinstance(params, KMeansParams) and params.solver == "cuml"


def cuml_bytes(n_rows: int, n_columns: int, k: int) -> int:
    """Bytes that cuML's ``fit`` takes beside rows on the device.

    A row's nearest centre and distance, its squared norm, its weight and, as ``fit`` also predicts,
    its label: 20 bytes, or 32 where rows times columns need 64-bit indices.

    Examples
    --------
    >>> cuml_bytes(1_000_000, 16, 8)
    21048576
    >>> cuml_bytes(200_000_000, 16, 8) // 200_000_000
    32
    """
    row = 20 if n_rows * n_columns < 2**31 else 32
    return n_rows * row + min(n_rows, _BATCH) * k * 4


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
    PlaceError
        cuML cannot be used.
    """
    if trouble := why_no("cuml"):
        message = (
            f"clustering.kmeans.solver is cuml, but {trouble}; install it ({how('gpu')}), or set "
            "the solver to engine."
        )
        raise PlaceError(message)
    quiet, near_zero = replace(runtime, on_rows=None), True

    def on_sample(few: np.ndarray, init: Any, n_init: int, limit: float) -> tuple[Any, int]:
        middle = few.mean(axis=0, dtype=np.float64)
        near = runtime.put((few - middle).astype(np.float32))
        if not isinstance(init, str):
            init = runtime.put((init - middle).astype(np.float32))
        centres, n_iter = _Cuml(task, params, limit).fit(near, init, n_init)
        # One pass as a rule, which refills a centre that lost its rows, with means in float64.
        rows = runtime.put(few)
        centres, more = refine(rows, centres + middle, limit, params.max_iter, quiet)
        return centres, n_iter + more

    def start(few: np.ndarray, limit: float) -> tuple[np.ndarray, int]:
        nonlocal near_zero
        near_zero = _is_near_zero(few)
        return on_sample(few, "k-means++", _starts(params), limit)

    def go_on(x: Any, centres: np.ndarray, limit: float) -> tuple[np.ndarray, int]:
        if x is not task.x:
            return on_sample(x, centres, 1, limit)
        n_iter = 0
        if near_zero and not isinstance(x, np.ndarray):
            init = runtime.put(centres.astype(np.float32))
            with suppress(MemoryError):  # What cuML holds for a row; passes of ours do without.
                centres, n_iter = _Cuml(task, params, limit).fit(x, init, 1)
        # All passes where rows lie in host memory or far from zero; elsewhere one, as above.
        centres, more = refine(x, centres, limit, params.max_iter, runtime)
        return centres, n_iter + more

    return coarse_to_fine(task, params, runtime, start, go_on)


def _starts(params: KMeansParams) -> int:
    """Give cuML, which knows no swaps, as many starts as find the best groups."""
    return _STARTS if params.n_init == "auto" else params.n_init


def _is_near_zero(few: np.ndarray) -> bool:
    """Whether float32 distances by squared norms tell these rows apart."""
    middle = few.mean(axis=0, dtype=np.float64)
    variance = float(few.var(axis=0, dtype=np.float64).sum())
    return float(middle @ middle) <= _FAR * variance


@dataclass(frozen=True)
class _Cuml:
    """cuML's k-means with the task's settings.

    ``limit`` is scikit-learn's tolerance times the mean variance. cuML holds one ``tol`` against
    two things: the squared movement of the centres as it is, which depends on the unit of
    measurement as ``limit`` does, and the share by which the inertia fell, which does not.
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
            tol=max(min(self.limit, self.params.tol), _LEAST_TOL),
            random_state=self.task.seed % 2**31,
            output_type="numpy",
        )
        model.fit(x)
        return np.asarray(model.cluster_centers_, dtype=np.float64), int(model.n_iter_)
