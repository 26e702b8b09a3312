"""The spectral row: places, memory and reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.clustering.algorithm import Algorithm
from engine.clustering.spectral.params import SpectralParams
from engine.clustering.whole import EveryKHere, brought, fitted_here
from engine.places.place import Place
from engine.places.runtime import CHUNK_ROWS, local_runtime
from engine.utilities.rows import is_spread

if TYPE_CHECKING:
    from engine.clustering.algorithm import EveryK, Fit, Task
    from engine.places.runtime import Runtime


def _fit(task: Task, params: SpectralParams, runtime: Runtime) -> Fit:
    if len(task.x) <= params.exact_limit:
        from engine.clustering.spectral.exact import fit as fit_exact

        if is_spread(task.x):
            return fitted_here(fit_exact, task, params, runtime)
        return fit_exact(task, params, runtime)
    from engine.clustering.spectral.landmarks import fit as fit_landmarks

    return fit_landmarks(task, params, runtime)


def _every_k(task: Task, params: SpectralParams, runtime: Runtime) -> EveryK:
    if len(task.x) <= params.exact_limit:
        from engine.clustering.spectral.exact import every_k as of_all

        if is_spread(task.x):
            return EveryKHere(of_all(brought(task), params, runtime), task.x)
        return of_all(task, params, runtime)
    from engine.clustering.spectral.landmarks import every_k as of_landmarks

    return of_landmarks(task, params, runtime)


def _bytes_needed(n_rows: int, n_columns: int, k: int, params: Any) -> int:
    """Give the bound of the road that is taken, with labels and what draws the sample."""
    if n_rows <= params.exact_limit:
        return n_rows * 8 + _exact_bytes(n_rows, n_columns, k, params)
    return n_rows * 12 + _landmark_bytes(n_rows, n_columns, k, params)


def _compared(n_rows: int, k: int, params: Any) -> int:
    from engine.clustering.spectral.landmarks import n_landmarks

    return n_rows if n_rows <= params.exact_limit else n_landmarks(k, params)


def _seconds(n_rows: int, n_columns: int, k: int, params: Any) -> float:
    if n_rows <= params.exact_limit:
        return 0.3 + n_rows**2 * n_columns * 1.5e-10
    return 4 + n_rows * _compared(n_rows, k, params) * n_columns * 2e-10


def _exact_bytes(n_rows: int, n_columns: int, k: int, params: Any) -> int:
    from engine.clustering.spectral.cut import solved_for
    from engine.clustering.spectral.eigen import solving_bytes
    from engine.clustering.spectral.outside import looking_bytes

    near, solved = int(params.n_neighbors), solved_for(k)
    edges = 2 * n_rows * near
    solving = solving_bytes(n_rows, n_columns, near, solved)
    looking = looking_bytes(n_rows, n_columns, local_runtime().threads)
    # Rows sorted, distinct and in float64; the graph, the same with specks tied, and copies;
    # eigenvectors, coordinates and k-means' copies; segments of ten numbers of them.
    kept = n_rows * (n_columns * 24 + solved * 8 + k * 8 * 4 + 10 * 8)
    return kept + edges * 16 * 4 + max(solving, looking) + (8 << 20)


def _landmark_bytes(n_rows: int, n_columns: int, k: int, params: Any) -> int:
    from engine.clustering.spectral.cut import solved_for
    from engine.clustering.spectral.eigen import solving_bytes
    from engine.clustering.spectral.landmarks import GRAPH_ROWS, SAMPLE_ROWS, n_landmarks
    from engine.clustering.spectral.outside import looking_bytes

    m, p = n_landmarks(k, params), int(params.nearest_landmarks)
    # The sample, its coordinates and scikit-learn's copies; dense matrices of the eigenproblem.
    sample = SAMPLE_ROWS * (n_columns * 16 + k * 8 * 6 + p * 16)
    sample += GRAPH_ROWS * n_columns * 4 if n_rows > GRAPH_ROWS else 0
    # Neighbours, affinities and coordinates of a chunk; several chunks are under way.
    chunks = min(n_rows, 6 * CHUNK_ROWS) * (p * 16 * 5 + n_columns * 12 + k * 8 * 3)
    solving = solving_bytes(m, n_columns, p, solved_for(k))
    looking = looking_bytes(m, n_columns, local_runtime().threads)
    # The graph with copies; coordinates of ten numbers of segments.
    graph = m * (p + 3) ** 2 * 16 * 8 + m * (solved_for(k) + 10 * k) * 8
    return sample + chunks + graph + max(solving, looking) + (32 << 20)


SPECTRAL = Algorithm(
    name="spectral",
    params=SpectralParams,
    runs=dict.fromkeys(Place, _fit),
    lacks={},
    memory=_bytes_needed,
    compared=_compared,
    seconds=_seconds,
    every_k=_every_k,
    any_shape=lambda _: True,
    reference="Shi and Malik (2000), IEEE TPAMI 22(8); Huang et al. (2020), IEEE TKDE 32(6)",
)
