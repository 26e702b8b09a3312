"""The settings of agglomerative clustering, and which of them suit how many rows."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field

from engine.utilities.params import Params


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


def too_many(n_rows: int, params: Any) -> str | None:
    """Say why a linkage is not offered for so many rows, or None where it is."""
    if n_rows <= params.exact_limit or params.linkage not in ("complete", "average"):
        return None
    return (
        f"clustering.agglomerative.linkage is {params.linkage}, which is only offered up to "
        f"exact_limit ({params.exact_limit:,} customers), but there are {n_rows:,}: among many a "
        "few outlying customers decide its segments; use ward."
    )
