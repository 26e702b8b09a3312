"""What the estimator is told beside the configuration's settings: how to start, in what way."""

from __future__ import annotations

from typing import Any, Literal, LiteralString

import numpy as np
from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from engine.clustering.kmeans.params import KMeansParams

Road = Literal["search", "few", "full"]

_KINDS: tuple[LiteralString, LiteralString] = (
    "init",
    "a str among ['k-means++', 'random'], a callable or an array-like",
)
_NUMBERS: tuple[LiteralString, LiteralString] = ("n_init", "'auto' or an integer of at least 1")
"""Kinds of errors, and what is said."""

_OFTEN = 10
"""Starts that ``n_init="auto"`` means for starts at random, and for those of a callable."""


class KMeansOptions(KMeansParams):
    """The configuration's settings, and those that only the estimator has.

    Attributes
    ----------
    n_clusters : int
    init : {"k-means++", "random"}, callable or array of shape (n_clusters, n_features)
    n_init : int or "auto"
    verbose : int or bool
    copy_x : bool
    algorithm : {"lloyd", "elkan"}
    """

    n_clusters: int = Field(8, ge=1)
    init: Any = "k-means++"
    n_init: int | Literal["auto"] = "auto"
    verbose: int | bool = Field(0, ge=0)
    copy_x: bool = True
    algorithm: Literal["lloyd", "elkan"] = "lloyd"

    @field_validator("init", mode="before")
    @classmethod
    def _of_a_kind(cls, value: Any) -> Any:
        known = value in ("k-means++", "random") if isinstance(value, str) else np.ndim(value) > 0
        if not known and not callable(value):
            raise PydanticCustomError(*_KINDS)
        return value

    @field_validator("n_init", mode="before")
    @classmethod
    def _a_number(cls, value: Any) -> Any:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if value != "auto" if not whole else value < 1:
            raise PydanticCustomError(*_NUMBERS)
        return value

    @property
    def by_elkan(self) -> bool:
        """Whether iterations are Elkan's."""
        return self.algorithm == "elkan" and self.n_clusters > 1

    @property
    def init_by_name(self) -> str | None:
        """The name of the way to start; None where the caller gives centres."""
        return self.init if isinstance(self.init, str) else None

    @property
    def n_starts(self) -> int:
        """How often to start, with scikit-learn's meaning of "auto"."""
        if not self.init_by_name and not callable(self.init):
            return 1
        if self.n_init == "auto":
            return 1 if self.init_by_name == "k-means++" else _OFTEN
        return self.n_init

    @property
    def left(self) -> bool:
        """Whether all of how to start is left to the engine."""
        return self.init_by_name == "k-means++" and self.n_init == "auto" and not self.by_elkan

    def road(self, n_rows: int, *, dense: bool) -> Road:
        """Say how rows are gone over.

        Parameters
        ----------
        n_rows : int
        dense : bool
            Whether rows are.

        Returns
        -------
        road : {"search", "few", "full"}
            The engine's search, where all of how to start is left to it; told starts on few of
            many dense rows; or scikit-learn's iterations over all rows from every start.
        """
        if self.left:
            return "search"
        return "few" if dense and n_rows > self.start_rows else "full"
