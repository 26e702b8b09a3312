"""The section of a configuration that says how customers are clustered, and into how many."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, create_model, field_validator, model_validator

from engine.clustering.algorithm import ROWS, algorithm
from engine.config.paths import HomePath
from engine.config.problems import suggestion
from engine.utilities.params import Params
from engine.utilities.shown import shown

ALL = "all"
"""Stands for every method that memory and time allow."""


IN_USE = "latest"
"""Stands for the run in use of ``output.name``, where there is one, as what a run continues."""

MOST_BESIDE = 8
"""Numbers of segments that one page puts beside each other at most."""


def _asked_k(value: Any) -> Any:
    """Read a number of segments, several, or auto; several may be one word, such as 3,5,7."""
    if value == "auto":
        return value
    given = value
    if isinstance(value, str) and "," in value:
        given = [int(v) if v.strip().isdecimal() else v for v in value.split(",") if v.strip()]
    numbers = list(given) if isinstance(given, list | tuple) else [given]
    whole = all(isinstance(v, int) and not isinstance(v, bool) and v >= 2 for v in numbers)
    if not numbers or not whole:
        message = "must be auto or a whole number of segments, at least 2"
        if numbers != [value]:
            message = "must be whole numbers of segments, each at least 2, such as [3, 5, 7]"
        raise ValueError(message)
    if len(set(numbers)) < len(numbers):
        message = "must name each number of segments once"
        raise ValueError(message)
    if len(numbers) > MOST_BESIDE:
        message = f"puts {MOST_BESIDE} numbers of segments beside each other at most"
        raise ValueError(message)
    return tuple(sorted(numbers)) if len(numbers) > 1 else numbers[0]


class _ClusteringBase(Params):
    methods: tuple[str, ...] = ("kmeans",)
    k: int | Literal["auto"] | tuple[int, ...] = "auto"
    k_min: int = Field(2, ge=2)
    k_max: int = Field(10, ge=2)
    smallest_segment: float = Field(0.02, ge=0, lt=0.5)
    time_limit: float = Field(30.0, gt=0)
    continue_from: HomePath | None = None
    k_sample_rows: int = Field(20_000, ge=1_000)

    @field_validator("k", mode="before")
    @classmethod
    def _whole_or_auto(cls, value: Any) -> Any:
        return _asked_k(value)

    @field_validator("methods", mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list | tuple) or not names:
            message = "must be a list of methods, or all"
            raise ValueError(message)
        if list(names) == [ALL]:
            return (ALL,)
        if ALL in names:
            message = (
                f"{ALL} stands alone, as it takes every method: give {ALL}, or a list of names"
            )
            raise ValueError(message)
        for name in names:
            if not isinstance(name, str) or name not in ROWS:
                message = (
                    f"does not know the method {shown(name)}{suggestion(shown(name)[1:-1], ROWS)}"
                )
                raise ValueError(message)
        return tuple(dict.fromkeys(names))

    @model_validator(mode="after")
    def _range(self) -> _ClusteringBase:
        if self.k_max < self.k_min:
            message = f"k_max ({self.k_max}) must not be below k_min ({self.k_min})"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _one_say(self) -> _ClusteringBase:
        """Refuse a number of segments that no method would heed."""
        decide = [m for m in self.names if self.params(m).decides_k]
        if self.several and decide:
            message = (
                f"k asks for {len(self.several)} numbers of segments, but the settings of "
                f"{', '.join(decide)} say how many there are: give one of them"
            )
            raise ValueError(message)
        if self.k != "auto" and len(decide) == len(self.names):
            message = (
                f"k ({self.k}) and the settings of {', '.join(self.names)} both say how many "
                "segments: give one of them"
            )
            raise ValueError(message)
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The methods asked for, by name."""
        return tuple(ROWS) if self.methods == (ALL,) else self.methods

    @property
    def several(self) -> tuple[int, ...]:
        """Numbers of segments that are put beside each other; empty unless some were listed."""
        return self.k if isinstance(self.k, tuple) else ()

    @property
    def tried(self) -> tuple[int, ...]:
        """Numbers of segments that may be tried: one where it was given."""
        if isinstance(self.k, int):
            return (self.k,)
        return self.several or tuple(range(self.k_min, self.k_max + 1))

    def params(self, method: str) -> Params:
        """Parameters of one method."""
        section: Params = getattr(self, method)
        return section


_method_fields: dict[str, Any] = {
    name: (algorithm(name).params, algorithm(name).params()) for name in ROWS
}
ClusteringConfig = create_model("ClusteringConfig", __base__=_ClusteringBase, **_method_fields)
ClusteringConfig.__doc__ = "How customers are clustered; one sub-section a method."
