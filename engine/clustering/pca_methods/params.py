"""The settings of pca_methods: how many components, and the method that clusters among them."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from engine.clustering.algorithm import ROWS, algorithm
from engine.utilities.params import Params
from engine.utilities.shown import shown

NAME = "pca_methods"

SAMPLE_ROWS = 10_000
"""Rows that parallel analysis looks at: those of smallest priority."""


class PCAMethodsParams(Params):
    """Settings of ``clustering.pca_methods``.

    Attributes
    ----------
    components : int, float or "parallel"
        A number of components, the share of variance (0 to 1) that they must reach, or as many as
        stand out from chance by parallel analysis, but no fewer than hold half of the variance.
    method : str
        The method that clusters in their space.
    settings : dict or None
        Settings of that method, by the names that its own section has.
    parallel_runs : int
        Times that parallel analysis draws rows without structure.
    parallel_quantile : float
        Which quantile of their variances a component must exceed.
    """

    components: int | float | Literal["parallel"] = "parallel"
    method: str = "kmeans"
    settings: dict[str, Any] | None = None
    parallel_runs: int = Field(20, ge=2, le=1_000)
    parallel_quantile: float = Field(0.95, ge=0.5, lt=1)

    @field_validator("components", mode="before")
    @classmethod
    def _number_share_or_parallel(cls, value: Any) -> Any:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        share = number and 0 < value < 1
        if value == "parallel" or share or (number and isinstance(value, int) and value >= 1):
            return value
        wanted = "a whole number, a share of variance between 0 and 1, or parallel"
        raise _expected(wanted)

    @field_validator("method")
    @classmethod
    def _another_method(cls, value: str) -> str:
        known = [name for name in ROWS if name != NAME]
        if value not in known:
            raise _expected(_or(known))
        return value

    @field_validator("settings")
    @classmethod
    def _known_to_the_method(
        cls, value: dict[str, Any] | None, info: ValidationInfo
    ) -> dict[str, Any] | None:
        if (method := info.data.get("method")) is None:  # wrong itself, and told already
            return value
        if wrong := _wrong_settings(method, value or {}):
            wanted = f"settings of {method}, but {wrong}"
            raise _expected(wanted)
        return value

    @property
    def inner(self) -> Params:
        """Parameters of the method that clusters."""
        return algorithm(self.method).params(**(self.settings or {}))

    def for_sample(self) -> Self:
        """Give the same settings, with what the method that clusters takes for a small sample."""
        return self.model_copy(update={"settings": self.inner.for_sample().model_dump()})


class Settled(PCAMethodsParams):
    """The same settings once all rows have decided: ``components`` is a number.

    Attributes
    ----------
    why : str
        Why it is that number, for people; "" where it was asked for.
    """

    why: str = ""


def _expected(wanted: str) -> PydanticCustomError:
    """Give an error that reads like pydantic's own, in a configuration and in an estimator."""
    return PydanticCustomError("expected", "Input should be {wanted}", {"wanted": wanted})


def _or(names: list[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _wrong_settings(method: str, settings: dict[str, Any]) -> str | None:
    """Say what is wrong with another method's settings, or None."""
    row = algorithm(method).params
    try:
        params = row(**settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])  # what follows names a kind of value that it may have
        if first["type"] == "extra_forbidden":
            return f"it knows no {shown(key)} (known are {', '.join(row.model_fields)})"
        return f"{key} must be {first['msg'].removeprefix('Input should be ')}"
    if params.decides_k:
        return "these leave no number of segments to be asked for"
    return None


def too_narrow(n_columns: int, params: Any) -> str | None:
    """Say that more components are asked for than there are columns, or None."""
    given = params.components
    if not isinstance(given, int) or given <= n_columns:
        return None
    return (
        f"clustering.{NAME}.components is {given}, but there are only {n_columns} prepared "
        "columns; ask for fewer, or for a share of variance such as 0.9."
    )


def own_words(text: str, method: str) -> str:
    """Name another method's settings where they stand here.

    Examples
    --------
    >>> own_words("clustering.kmeans.tol is 2", "kmeans")
    'clustering.pca_methods.settings.tol is 2'
    """
    return text.replace(f"clustering.{method}.", f"clustering.{NAME}.settings.")
