"""The agglomerative row: parameters, places, memory and reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field

from engine.clustering.algorithm import NO_CLUSTERS, Algorithm
from engine.places.place import Place
from engine.places.runtime import CHUNK_ROWS, local_runtime
from engine.utilities.params import Params

if TYPE_CHECKING:
    from engine.clustering.agglomerative.fit import Joined
    from engine.clustering.algorithm import Fit, Task
    from engine.places.runtime import Runtime


class AgglomerativeParams(Params):
    """Settings of ``clustering.agglomerative``.

    Attributes
    ----------
    linkage : {"ward", "complete", "average", "single"}
        What the distance of two clusters is.
    exact_limit : int
        Up to this many rows every row is a leaf; above, micro-clusters are (ward and single).
    micro_clusters : int
        Leaves above ``exact_limit``; the seconds of the one pass over the rows grow with them.
    distance_threshold : float or None
        Cut at this height instead of into ``k`` segments.
    """

    linkage: Literal["ward", "complete", "average", "single"] = "ward"
    exact_limit: int = Field(20_000, ge=2)
    micro_clusters: int = Field(4_000, ge=2)
    distance_threshold: float | None = Field(None, gt=0)

    @property
    def decides_k(self) -> bool:
        """Whether the number of segments follows from a height."""
        return self.distance_threshold is not None

    def for_sample(self) -> Self:
        """Give the same settings without a height: that of few rows is another."""
        return self.model_copy(update={"distance_threshold": None})


def _fit(task: Task, params: AgglomerativeParams, runtime: Runtime) -> Fit:
    from engine.clustering.agglomerative.fit import fit

    return fit(task, params, runtime)


def _every_k(task: Task, params: AgglomerativeParams, runtime: Runtime) -> Joined:
    from engine.clustering.agglomerative.fit import join

    return join(task, params, runtime)


def too_many(n_rows: int, params: Any) -> str | None:
    """Say why a linkage is not offered for so many rows, or None where it is."""
    if n_rows <= params.exact_limit or params.linkage not in ("complete", "average"):
        return None
    return (
        f"clustering.agglomerative.linkage is {params.linkage}, which is only offered up to "
        f"exact_limit ({params.exact_limit:,} customers), but there are {n_rows:,}: among many a "
        "few outlying customers decide its segments; use ward."
    )


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
    from engine.clustering.representatives import CELLS as ASSIGNED

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
        chunk = CHUNK_ROWS * (n_columns * 24 + 64) + ASSIGNED * 24
        held = threads * chunk + (2 * threads + 2) * m * (n_columns + 1) * 8
    # Bounds and factors in float32; or pairs that are tied, in float64.
    wide = n_columns + KEYS
    bounds = max(min(CELLS, leaves**2), leaves) * 16
    tied = max(min(CELLS, leaves**2 * wide), leaves * wide) * 32
    held = max(held, threads * max(bounds, tied))
    # Points in float64 and in both products, twice while they are compacted; the tree.
    return n_rows * 8 + leaves * (n_columns * 120 + 400) + held


AGGLOMERATIVE = Algorithm(
    name="agglomerative",
    params=AgglomerativeParams,
    runs={Place.CPU: _fit, Place.GPU: _fit},
    lacks=NO_CLUSTERS,
    memory=_bytes_needed,
    compared=lambda n, _, params: n if n <= params.exact_limit else params.micro_clusters,
    seconds=_seconds,
    too_many=too_many,
    every_k=_every_k,
    any_shape=lambda params: params.linkage == "single",
    reference="Ward (1963), J. Am. Stat. Assoc. 58; Murtagh (1983), The Computer Journal 26(4)",
)
