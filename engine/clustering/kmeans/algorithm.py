"""The k-means row: places, memory and reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.clustering.algorithm import Algorithm
from engine.clustering.kmeans.params import KMeansParams
from engine.clustering.kmeans.search import START_ROWS_A_CLUSTER
from engine.clustering.whole import fitted_here, to_be_brought
from engine.places.place import Place
from engine.places.runtime import CHUNK_ROWS

if TYPE_CHECKING:
    from engine.clustering.algorithm import Fit, Task
    from engine.places.runtime import Runtime


def _fit_cpu(task: Task, params: KMeansParams, runtime: Runtime) -> Fit:
    from engine.clustering.kmeans.lloyd import fit

    if to_be_brought(task, params.coarse_rows):
        return fitted_here(fit, task, params, runtime)
    return fit(task, params, runtime)


def _fit_gpu(task: Task, params: KMeansParams, runtime: Runtime) -> Fit:
    if params.solver == "engine":
        return _fit_cpu(task, params, runtime)
    from engine.clustering.kmeans.gpu import fit

    return fit(task, params, runtime)


def _bytes_needed(n_rows: int, n_columns: int, k: int, params: Any) -> int:
    """Labels, the coarse sample laid out twice, few rows of it as well, and one chunk a thread."""
    coarse = min(n_rows, int(params.coarse_rows))
    few = min(coarse, max(int(params.start_rows), START_ROWS_A_CLUSTER * k))
    # Few rows: a copy, laid out twice and times their weights. The sample: twice as well.
    sample = (coarse + max(2 * coarse, 4 * few if few < coarse else 0)) * (n_columns + 2) * 4
    # Distances, one-hot and float64 rows of a chunk; four chunks are under way on two threads.
    chunks = min(n_rows, 4 * CHUNK_ROWS) * (k * 12 + n_columns * 12)
    return n_rows * 8 + sample + chunks


def _seconds(n_rows: int, n_columns: int, k: int, params: Any) -> float:
    started = min(n_rows, max(int(params.start_rows), 200 * k))
    # One start more than asked for: the segments of a previous model.
    starts: int = params.most_starts
    return 0.05 + (starts + 1) * started * k * 1e-7 + n_rows * n_columns * k * 2.6e-9


KMEANS = Algorithm(
    name="kmeans",
    params=KMeansParams,
    runs={
        Place.CPU: _fit_cpu,
        Place.GPU: _fit_gpu,
        Place.CPU_CLUSTER: _fit_cpu,
        Place.GPU_CLUSTER: _fit_cpu,
    },
    lacks={},
    memory=_bytes_needed,
    compared=lambda _, k, __: k,
    seconds=_seconds,
    reference="Lloyd (1982), IEEE Trans. Inf. Theory 28(2); Arthur and Vassilvitskii (2007), SODA",
    takes_start=lambda _: True,
)
