"""The agglomerative row: places, memory and reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.clustering.agglomerative.params import AgglomerativeParams, too_many
from engine.clustering.algorithm import Algorithm
from engine.clustering.whole import EveryKHere, brought, fitted_here, to_be_brought
from engine.places.place import Place
from engine.places.runtime import CHUNK_ROWS, local_runtime

if TYPE_CHECKING:
    from engine.clustering.algorithm import EveryK, Fit, Task
    from engine.places.runtime import Runtime


def _fit(task: Task, params: AgglomerativeParams, runtime: Runtime) -> Fit:
    from engine.clustering.agglomerative.fit import fit

    if to_be_brought(task, params.exact_limit):
        return fitted_here(fit, task, params, runtime)
    return fit(task, params, runtime)


def _every_k(task: Task, params: AgglomerativeParams, runtime: Runtime) -> EveryK:
    from engine.clustering.agglomerative.fit import join

    if to_be_brought(task, params.exact_limit):
        return EveryKHere(join(brought(task), params, runtime), task.x)
    return join(task, params, runtime)


def _seconds(n_rows: int, n_columns: int, _: int, params: Any) -> float:
    leaves = min(n_rows, int(params.exact_limit))
    if params.linkage in ("complete", "average"):
        return 0.1 + leaves**2 * 4e-8
    one_pass = n_rows * params.micro_clusters * 6e-11 if n_rows > leaves else 0.0
    return 0.1 + (max(leaves, 20_000 if one_pass else 0) ** 2 * 3e-10 + one_pass) * n_columns


def _bytes_needed(n_rows: int, n_columns: int, k: int, params: Any) -> int:
    """Add up labels, the leaves with their copies, and what the threads hold."""
    from engine.clustering.agglomerative.micro import sample_rows
    from engine.clustering.agglomerative.neighbours import CELLS, KEYS
    from engine.clustering.nearest import CELLS as ASSIGNED

    threads = local_runtime().threads
    leaves = min(n_rows, int(params.exact_limit))
    if n_rows <= leaves and params.linkage in ("complete", "average"):
        # SciPy's distances, its copy of them, and the mask that finds NaNs.
        pairs = leaves * (leaves - 1) // 2
        return pairs * (8 + 8 + 1) + leaves * (n_columns * 32 + 200)
    held = 0
    if n_rows > leaves:
        m = int(params.micro_clusters)
        # The leaves of a first tree: it is the larger one, and the rows it joins are a copy.
        leaves = min(n_rows, sample_rows(m))
        chunk = min(n_rows, CHUNK_ROWS) * (n_columns * 24 + 64) + ASSIGNED * 10
        held = threads * chunk + (2 * threads + 2) * m * (n_columns + 1) * 8
    # Bounds and factors in float32; or pairs that are tied, in float64.
    wide = n_columns + KEYS
    bounds = max(min(CELLS, leaves**2), leaves) * 16
    tied = max(min(CELLS // 2, leaves**2 * wide), leaves * wide) * 32
    held = max(held, threads * max(bounds, tied))
    # Points in float64 and in both products, twice while they are compacted; the tree.
    return n_rows * 8 + leaves * (n_columns * 120 + 400) + held


AGGLOMERATIVE = Algorithm(
    name="agglomerative",
    params=AgglomerativeParams,
    runs=dict.fromkeys(Place, _fit),
    lacks={},
    memory=_bytes_needed,
    compared=lambda n, _, params: n if n <= params.exact_limit else params.micro_clusters,
    seconds=_seconds,
    too_many=too_many,
    every_k=_every_k,
    any_shape=lambda params: params.linkage == "single",
    reference="Ward (1963), J. Am. Stat. Assoc. 58; Murtagh (1983), The Computer Journal 26(4)",
)
