"""The row of communities of the neighbour graph: parameters, places, memory and reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import Field

from engine.clustering.algorithm import NO_CLUSTERS, Algorithm
from engine.places.place import Place
from engine.places.runtime import CHUNK_ROWS, local_runtime
from engine.utilities.params import Params

if TYPE_CHECKING:
    from engine.clustering.algorithm import Fit, Task
    from engine.places.runtime import Runtime


class AnnParams(Params):
    """Settings of ``clustering.ann_methods``.

    Attributes
    ----------
    n_neighbors : int
        Neighbours that each row of the graph is connected with.
    exact_limit : int
        Up to this many rows all are in the graph.
    graph_rows : int
        Rows in the graph beyond it; 20 a segment, if that is more.
    representatives : int
        Rows of the graph that decide all others beyond it; at least 50 a segment.
    recall : float
        Share of the true neighbours that a Faiss index has to find.
    resolution : float or None
        Take the communities at this resolution instead of ``k``.
    """

    n_neighbors: int = Field(15, ge=2, le=1_000)
    exact_limit: int = Field(20_000, ge=0)
    graph_rows: int = Field(20_000, ge=100)
    representatives: int = Field(5_000, ge=10)
    recall: float = Field(0.95, gt=0, le=1)
    resolution: float | None = Field(None, gt=0)

    @property
    def decides_k(self) -> bool:
        """Whether the number of segments follows from a resolution."""
        return self.resolution is not None

    def for_sample(self) -> Self:
        """Give the same settings without a resolution: few rows have other communities."""
        return self.model_copy(update={"resolution": None})


def _fit(task: Task, params: AnnParams, runtime: Runtime) -> Fit:
    from engine.clustering.ann_methods.fit import fit

    return fit(task, params, runtime)


def _compared(n_rows: int, k: int, params: Any) -> int:
    return n_rows if n_rows <= params.exact_limit else int(params.representatives)


def _seconds(n_rows: int, n_columns: int, k: int, params: Any) -> float:
    from engine.clustering.ann_methods.fit import graph_rows

    nodes = n_rows if n_rows <= params.exact_limit else min(n_rows, graph_rows(k, params))
    rest = 0 if nodes == n_rows else n_rows * _compared(n_rows, k, params) * n_columns * 6e-11
    # Rows are compared with all up to 20,000; beyond, an index spares most comparisons.
    near = nodes * min(nodes, 20_000) * n_columns * 1e-10
    return 0.1 + nodes * 8e-5 + near + rest


def _bytes_needed(n_rows: int, n_columns: int, k: int, params: Any) -> int:
    """Add up labels, the graph with its copies, and the pass that assigns rows."""
    from engine.clustering.ann_methods.fit import graph_rows
    from engine.clustering.representatives import CELLS

    nodes = n_rows if n_rows <= params.exact_limit else min(n_rows, graph_rows(k, params))
    # Both directions; weights and indices in several copies, int64 while they are merged.
    edges = 2 * nodes * (int(params.n_neighbors) + 1)
    graph = edges * 16 * 5 + nodes * (n_columns * 48 + 200)
    # Chunks with their float64 sums, scores; the search of neighbours takes no more.
    threads = local_runtime().threads
    held = threads * (3 * CHUNK_ROWS * (n_columns * 12 + 24) + CELLS * 8)
    # Communities joined by the weights between them: two dense matrices.
    return n_rows * 16 + graph + held + k * n_columns * 64 + (96 << 20)


ANN_METHODS = Algorithm(
    name="ann_methods",
    params=AnnParams,
    runs={Place.CPU: _fit, Place.GPU: _fit},
    lacks=NO_CLUSTERS,
    memory=_bytes_needed,
    compared=_compared,
    seconds=_seconds,
    any_shape=lambda _: True,
    reference="Traag et al. (2019), Scientific Reports 9; Douze et al. (2024), arXiv:2401.08281",
)
