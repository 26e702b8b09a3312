"""The settings of k-means."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator

from engine.utilities.params import Params, auto_or_whole

_STARTS_OF_A_SAMPLE, _MOST_STARTS = 12, 4
"""Starts on a sample, and the most where their number is left to the search."""

_MOST = 1_000
"""Starts that can be asked for."""


class KMeansParams(Params):
    """Settings of ``clustering.kmeans``.

    Attributes
    ----------
    n_init : int or "auto"
        Starts by k-means++, each with swaps; the one of least inertia is kept. "auto" is one to
        four, by how many rows follow.
    max_iter : int
        Most Lloyd iterations, on the sample and again over all rows.
    tol : float
        Stop once the squared movement of the centres is below this share of the mean variance.
    start_rows : int
        Rows the starts run on (or 200 a segment, if that is more); all when there are fewer.
    coarse_rows : int
        The best start goes on over this many rows and then, if there are more, over all of them.
    solver : {"engine", "cuml"}
        On a GPU: the engine's own search and passes, or cuML's, to compare.
    """

    n_init: int | Literal["auto"] = 16
    max_iter: int = Field(300, ge=1)
    tol: float = Field(1e-4, ge=0)
    start_rows: int = Field(10_000, ge=1_000)
    coarse_rows: int = Field(100_000, ge=1_000)
    solver: Literal["engine", "cuml"] = "engine"

    @field_validator("n_init", mode="before")
    @classmethod
    def _a_number(cls, value: Any) -> Any:
        return auto_or_whole(value, _MOST)

    def for_sample(self) -> Self:
        """Give the same settings with a few starts, which find the best segments of few rows."""
        if self.n_init == "auto":
            return self
        return self.model_copy(update={"n_init": min(self.n_init, _STARTS_OF_A_SAMPLE)})

    @property
    def most_starts(self) -> int:
        """Number of starts, or the most where it is left to the search."""
        return _MOST_STARTS if self.n_init == "auto" else self.n_init
