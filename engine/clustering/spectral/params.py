"""The settings of spectral clustering."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from engine.utilities.params import Params, auto_or_whole

_MOST_STARTS = 1_000


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
    assign_labels : {"cluster_qr", "kmeans", "discretize"}
        How eigenvectors become segments.
    n_init : int or "auto"
        Starts of k-means, where it decides; the one of least inertia is kept. "auto" is one
        beside that from the pivots, and 10 where eigenvectors are not as many as segments.
    """

    exact_limit: int = Field(20_000, ge=0)
    n_neighbors: int = Field(10, ge=2, le=1_000)
    landmarks: int = Field(1_000, ge=10, le=10_000)
    nearest_landmarks: int = Field(5, ge=2, le=100)
    assign_labels: Literal["cluster_qr", "kmeans", "discretize"] = "cluster_qr"
    n_init: int | Literal["auto"] = "auto"

    @field_validator("n_init", mode="before")
    @classmethod
    def _a_number(cls, value: Any) -> Any:
        return auto_or_whole(value, _MOST_STARTS)
