"""The k-means row: parameters, places, memory and reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import Field

from engine.clustering.algorithm import NO_CLUSTERS, Algorithm
from engine.places.place import Place
from engine.places.runtime import CHUNK_ROWS
from engine.utilities.params import Params

if TYPE_CHECKING:
    from engine.clustering.algorithm import Fit, Task
    from engine.places.runtime import Runtime

_STARTS_OF_A_SAMPLE = 12


class KMeansParams(Params):
    """Settings of ``clustering.kmeans``.

    Attributes
    ----------
    n_init : int
        Starts by k-means++; the one of least inertia is kept.
    max_iter : int
        Most Lloyd iterations, on the sample and again over all rows.
    tol : float
        Stop once the squared movement of the centres is below this share of the mean variance.
    start_rows : int
        Rows the starts run on (or 200 a segment, if that is more); all when there are fewer.
    coarse_rows : int
        The best start goes on over this many rows and then, if there are more, over all of them.
    """

    n_init: int = Field(32, ge=1, le=1000)
    max_iter: int = Field(300, ge=1)
    tol: float = Field(1e-4, ge=0)
    start_rows: int = Field(10_000, ge=1_000)
    coarse_rows: int = Field(100_000, ge=1_000)

    def for_sample(self) -> Self:
        """Give the same settings with a few starts, which find the best segments of few rows."""
        return self.model_copy(update={"n_init": min(self.n_init, _STARTS_OF_A_SAMPLE)})


def _fit_cpu(task: Task, params: KMeansParams, runtime: Runtime) -> Fit:
    from engine.clustering.kmeans.lloyd import fit

    return fit(task, params, runtime)


def _fit_gpu(task: Task, params: KMeansParams, runtime: Runtime) -> Fit:
    from engine.clustering.kmeans.gpu import fit

    return fit(task, params, runtime)


def _bytes_needed(n_rows: int, n_columns: int, k: int, params: Any) -> int:
    """Labels, the coarse sample with scikit-learn's copies of it, and one chunk a thread."""
    sample = min(n_rows, int(params.coarse_rows)) * n_columns * 4 * 3
    # Distances, one-hot and float64 rows of a chunk; four chunks are under way on two threads.
    chunks = 4 * CHUNK_ROWS * (k * 12 + n_columns * 12)
    return n_rows * 8 + sample + chunks


def _seconds(n_rows: int, n_columns: int, k: int, params: Any) -> float:
    started = min(n_rows, max(int(params.start_rows), 200 * k))
    # One start more than asked for: the segments of a previous model.
    return 0.05 + (int(params.n_init) + 1) * started * k * 1e-7 + n_rows * n_columns * k * 2.6e-9


KMEANS = Algorithm(
    name="kmeans",
    params=KMeansParams,
    runs={Place.CPU: _fit_cpu, Place.GPU: _fit_gpu},
    lacks=NO_CLUSTERS,
    memory=_bytes_needed,
    compared=lambda _, k, __: k,
    seconds=_seconds,
    reference="Lloyd (1982), IEEE Trans. Inf. Theory 28(2); Arthur and Vassilvitskii (2007), SODA",
    takes_start=lambda _: True,
)
