"""The settings of communities of the neighbour graph."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from engine.utilities.params import Params


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
