"""The spectral row: parameters, places, memory and reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from engine.clustering.algorithm import NO_CLUSTERS, Algorithm
from engine.params import Params
from engine.runtime import CHUNK_ROWS, Place

if TYPE_CHECKING:
    from engine.clustering.algorithm import Fit, Task
    from engine.runtime import Runtime


class SpectralParams(Params):
    """Settings of ``clustering.spectral``.

    Attributes
    ----------
    exact_limit : int
        Up to this many rows all are clustered; beyond, landmarks stand for them.
    n_neighbors : int
        Neighbours that each row is connected with, itself included, up to ``exact_limit``.
    landmarks : int
        Landmarks beyond it; 20 a segment, if that is more.
    nearest_landmarks : int
        Landmarks that each row is connected with.
    n_init : int
        Starts of k-means on the eigenvectors; the one of least inertia is kept.
    """

    exact_limit: int = Field(20_000, ge=0)
    n_neighbors: int = Field(10, ge=2, le=1_000)
    landmarks: int = Field(1_000, ge=10, le=10_000)
    nearest_landmarks: int = Field(5, ge=2, le=100)
    n_init: int = Field(10, ge=1, le=1_000)


def _fit(task: Task, params: SpectralParams, runtime: Runtime) -> Fit:
    if len(task.x) <= params.exact_limit:
        from engine.clustering.spectral.exact import fit as fit_exact

        return fit_exact(task, params, runtime)
    from engine.clustering.spectral.landmarks import fit as fit_landmarks

    return fit_landmarks(task, params, runtime)


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
        return 0.5 + n_rows**2 * n_columns * 2e-10
    return 1 + n_rows * _compared(n_rows, k, params) * n_columns * 2.2e-10


def _exact_bytes(n_rows: int, n_columns: int, k: int, params: Any) -> int:
    edges = 2 * n_rows * int(params.n_neighbors)
    # Rows sorted, distinct and in float64; copies of the graph; its factors or a block of vectors.
    factors = 24 * 500 * n_rows if n_columns <= 4 else 0
    vectors = n_rows * (k + 4) * 8 * 8
    return n_rows * n_columns * 40 + edges * 16 * 6 + factors + vectors + (96 << 20)


def _landmark_bytes(n_rows: int, n_columns: int, k: int, params: Any) -> int:
    from engine.clustering.spectral.landmarks import GRAPH_ROWS, SAMPLE_ROWS, n_landmarks

    m, p = n_landmarks(k, params), int(params.nearest_landmarks)
    # The sample, its coordinates and scikit-learn's copies; dense matrices of the eigenproblem.
    sample = SAMPLE_ROWS * (n_columns * 16 + k * 8 * 6 + p * 16)
    sample += GRAPH_ROWS * n_columns * 4 if n_rows > GRAPH_ROWS else 0
    # Neighbours, affinities and coordinates of a chunk; several chunks are under way.
    chunks = 6 * CHUNK_ROWS * (p * 16 * 5 + n_columns * 12 + k * 8 * 3)
    return sample + chunks + min(m, 1_500) ** 2 * 8 * 5 + m * (p + 3) ** 2 * 16 * 8 + (64 << 20)


SPECTRAL = Algorithm(
    name="spectral",
    params=SpectralParams,
    runs={Place.CPU: _fit, Place.GPU: _fit},
    lacks=NO_CLUSTERS,
    memory=_bytes_needed,
    compared=_compared,
    seconds=_seconds,
    reference="Shi and Malik (2000), IEEE TPAMI 22(8); Huang et al. (2020), IEEE TKDE 32(6)",
)
