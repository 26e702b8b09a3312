"""The row of communities of the neighbour graph: places, memory and reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.clustering.algorithm import Algorithm
from engine.clustering.ann_methods.params import AnnParams
from engine.clustering.whole import EveryKHere, brought, fitted_here, to_be_brought
from engine.places.place import Place
from engine.places.runtime import CHUNK_ROWS, local_runtime

if TYPE_CHECKING:
    from engine.clustering.algorithm import EveryK, Fit, Task
    from engine.places.runtime import Runtime


def _fit(task: Task, params: AnnParams, runtime: Runtime) -> Fit:
    from engine.clustering.ann_methods.fit import fit

    if to_be_brought(task, params.exact_limit):
        return fitted_here(fit, task, params, runtime)
    return fit(task, params, runtime)


def _every_k(task: Task, params: AnnParams, runtime: Runtime) -> EveryK:
    from engine.clustering.ann_methods.fit import every_k

    if to_be_brought(task, params.exact_limit):
        return EveryKHere(every_k(brought(task), params, runtime), task.x)
    return every_k(task, params, runtime)


def _compared(n_rows: int, k: int, params: Any) -> int:
    return n_rows if n_rows <= params.exact_limit else int(params.representatives)


DENSE_BYTES = 48
"""Bytes that a value of a row in the graph takes, with its copies."""


def nodes_of(n_rows: int, k: int, params: Any) -> int:
    """Rows in the graph."""
    from engine.clustering.ann_methods.fit import graph_rows

    return n_rows if n_rows <= params.exact_limit else min(n_rows, graph_rows(k, params))


def _seconds(n_rows: int, n_columns: int, k: int, params: Any) -> float:
    nodes = nodes_of(n_rows, k, params)
    rest = 0 if nodes == n_rows else n_rows * _compared(n_rows, k, params) * n_columns * 6e-11
    # Rows are compared with all up to 20,000; beyond, an index spares most comparisons.
    near = nodes * min(nodes, 20_000) * n_columns * 1e-10
    return 0.1 + nodes * 8e-5 + near + rest


def _bytes_needed(n_rows: int, n_columns: int, k: int, params: Any) -> int:
    """Add up labels, the graph with its copies, and the pass that assigns rows."""
    from engine.clustering.nearest import CELLS

    nodes = nodes_of(n_rows, k, params)
    # Both directions; weights and indices in several copies, int64 while they are merged.
    edges = 2 * nodes * (int(params.n_neighbors) + 1)
    # The communities at each resolution that was tried for any number of segments are kept.
    graph = edges * 16 * 5 + nodes * (n_columns * DENSE_BYTES + 200 + 4 * 100)
    # Chunks with their float64 sums, scores; the search of neighbours takes no more.
    threads = local_runtime().threads
    held = threads * (3 * min(n_rows, CHUNK_ROWS) * (n_columns * 12 + 24) + CELLS * 8)
    # Communities joined by the weights between them: two dense matrices.
    return n_rows * 16 + graph + held + k * n_columns * 64 + (12 << 20)


ANN_METHODS = Algorithm(
    name="ann_methods",
    params=AnnParams,
    runs=dict.fromkeys(Place, _fit),
    lacks={},
    memory=_bytes_needed,
    compared=_compared,
    seconds=_seconds,
    every_k=_every_k,
    any_shape=lambda _: True,
    reference="Traag et al. (2019), Scientific Reports 9; Douze et al. (2024), arXiv:2401.08281",
)
