"""The pca_methods row: places, memory and reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.clustering.algorithm import Algorithm, algorithm
from engine.clustering.pca_methods.params import (
    NAME,
    SAMPLE_ROWS,
    PCAMethodsParams,
    Settled,
    own_words,
    too_narrow,
)
from engine.places.place import Place
from engine.places.runtime import CHUNK_ROWS

if TYPE_CHECKING:
    from engine.clustering.algorithm import EveryK, Fit, Task
    from engine.places.runtime import Runtime


def _fit(task: Task, params: PCAMethodsParams, runtime: Runtime) -> Fit:
    from engine.clustering.pca_methods.fit import fit

    return fit(task, params, runtime)


def settle(task: Task, params: PCAMethodsParams, runtime: Runtime) -> Settled:
    """Decide how many components there are to be."""
    from engine.clustering.pca_methods.settling import settle as by_all_rows

    return by_all_rows(task, params, runtime)


def has_every_k(params: Any) -> bool:
    """Whether one fit of the method that clusters serves all numbers of segments."""
    return algorithm(params.method).every_k is not None


def every_k(task: Task, params: PCAMethodsParams, runtime: Runtime) -> EveryK:
    """Fit once for any number of segments, where :func:`has_every_k`."""
    from engine.clustering.pca_methods.fit import every_k as at_once

    return at_once(task, params, runtime)


def most_components(n_columns: int, params: Any) -> int:
    """Components that are kept at most."""
    given = params.components
    return min(n_columns, given) if isinstance(given, int) else n_columns


def copied_bytes(n_rows: int, n_columns: int, params: Any) -> int:
    """Bytes of the components of all rows: on the device or in a file where the rows are."""
    return n_rows * most_components(n_columns, params) * 4


def sparse_bytes(n_rows: int, n_columns: int, params: Any) -> int:
    """Bytes that the components of sparse rows take while they are found, and of all rows."""
    from engine.dimensionality_reduction.pca import by_rows

    sample = _sample_bytes(n_rows, n_columns, params)
    solving = n_rows * n_columns * 8 * 6 if by_rows(n_rows, n_columns) else n_columns**2 * 8 * 8
    return max(sample, solving) + copied_bytes(n_rows, n_columns, params)


def _sample_bytes(n_rows: int, n_columns: int, params: Any) -> int:
    if params.components != "parallel":
        return 0
    return min(n_rows, SAMPLE_ROWS) * n_columns * 8 * 5 + n_rows * 16


def _bytes_needed(n_rows: int, n_columns: int, k: int, params: Any) -> int:
    """Add up the components, the sample with its copies, what threads hold, and the method's."""
    from engine.dimensionality_reduction.pca import by_rows

    m = most_components(n_columns, params)
    inner = algorithm(params.method).memory(n_rows, m, k, params.inner)
    sample = _sample_bytes(n_rows, n_columns, params)
    solving = n_rows * n_columns * 8 * 6 if by_rows(n_rows, n_columns) else n_columns**2 * 8 * 8
    chunks = min(n_rows, 4 * CHUNK_ROWS) * (n_columns + m) * 8 * 2 + solving
    # Labels of both before the method's are let go.
    return copied_bytes(n_rows, n_columns, params) + n_rows * 8 + max(sample, chunks, inner)


def _compared(n_rows: int, k: int, params: Any) -> int:
    return algorithm(params.method).compared(n_rows, k, params.inner)


def _seconds(n_rows: int, n_columns: int, k: int, params: Any) -> float:
    inner = algorithm(params.method)
    columns = most_components(n_columns, params)
    return 0.1 + n_rows * n_columns * 1e-8 + inner.seconds(n_rows, columns, k, params.inner)


def _too_many(n_rows: int, params: Any) -> str | None:
    refusal = algorithm(params.method).too_many(n_rows, params.inner)
    return refusal and own_words(refusal, params.method)


PCA_METHODS = Algorithm(
    name=NAME,
    params=PCAMethodsParams,
    runs=dict.fromkeys(Place, _fit),
    lacks={},
    memory=_bytes_needed,
    compared=_compared,
    seconds=_seconds,
    too_many=_too_many,
    every_k=every_k,
    serves_every_k=has_every_k,
    settle=settle,
    too_narrow=too_narrow,
    judged_by=lambda params: int(params.components) if isinstance(params, Settled) else None,
    any_shape=lambda params: algorithm(params.method).any_shape(params.inner),
    inner=lambda params: params.method,
    lacks_with=lambda place, params: algorithm(params.method).refusal(place, params.inner),
    takes_start=lambda params: algorithm(params.method).takes_start(params.inner),
    reference="Ding and He (2004), ICML; Horn (1965), Psychometrika 30(2)",
)
