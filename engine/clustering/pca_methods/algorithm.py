"""The pca_methods row: parameters, places, memory and reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from engine.clustering.algorithm import NO_CLUSTERS, ROWS, Algorithm, algorithm
from engine.places.place import Place
from engine.places.runtime import CHUNK_ROWS
from engine.utilities.params import Params

if TYPE_CHECKING:
    from engine.clustering.algorithm import EveryK, Fit, Task
    from engine.places.runtime import Runtime

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
        key = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            return f"it knows no {key!r} (known are {', '.join(row.model_fields)})"
        return f"{key} must be {first['msg'].removeprefix('Input should be ')}"
    if params.decides_k:
        return "these leave no number of segments to be asked for"
    return None


def _fit(task: Task, params: PCAMethodsParams, runtime: Runtime) -> Fit:
    from engine.clustering.pca_methods.fit import fit

    return fit(task, params, runtime)


def settle(task: Task, params: PCAMethodsParams, runtime: Runtime) -> Settled:
    """Decide how many components there are to be."""
    from engine.clustering.pca_methods.settling import settle as by_all_rows

    return by_all_rows(task, params, runtime)


def too_narrow(n_columns: int, params: Any) -> str | None:
    """Say that more components are asked for than there are columns, or None."""
    given = params.components
    if not isinstance(given, int) or given <= n_columns:
        return None
    return (
        f"clustering.{NAME}.components is {given}, but there are only {n_columns} prepared "
        "columns; ask for fewer, or for a share of variance such as 0.9."
    )


def has_every_k(params: Any) -> bool:
    """Whether one fit of the method that clusters serves all numbers of segments."""
    return algorithm(params.method).every_k is not None


def every_k(task: Task, params: PCAMethodsParams, runtime: Runtime) -> EveryK:
    """Fit once for any number of segments, where :func:`has_every_k`."""
    from engine.clustering.pca_methods.fit import every_k as at_once

    return at_once(task, params, runtime)


def own_words(text: str, method: str) -> str:
    """Name another method's settings where they stand here.

    Examples
    --------
    >>> own_words("clustering.kmeans.tol is 2", "kmeans")
    'clustering.pca_methods.settings.tol is 2'
    """
    return text.replace(f"clustering.{method}.", f"clustering.{NAME}.settings.")


def most_components(n_columns: int, params: Any) -> int:
    """Components that are kept at most."""
    given = params.components
    return min(n_columns, given) if isinstance(given, int) else n_columns


def copied_bytes(n_rows: int, n_columns: int, params: Any) -> int:
    """Bytes of the components of all rows: on the device or in a file where the rows are."""
    return n_rows * most_components(n_columns, params) * 4


def _bytes_needed(n_rows: int, n_columns: int, k: int, params: Any) -> int:
    """Add up the components, the sample with its copies, what threads hold, and the method's."""
    m = most_components(n_columns, params)
    inner = algorithm(params.method).memory(n_rows, m, k, params.inner)
    sample = 0
    if params.components == "parallel":
        sample = min(n_rows, SAMPLE_ROWS) * n_columns * 8 * 5 + n_rows * 16
    chunks = 4 * CHUNK_ROWS * (n_columns + m) * 8 * 2 + n_columns**2 * 8 * 8
    # Labels of both before the method's are let go.
    return copied_bytes(n_rows, n_columns, params) + n_rows * 8 + max(sample, chunks, inner)


def _compared(n_rows: int, k: int, params: Any) -> int:
    return algorithm(params.method).compared(n_rows, k, params.inner)


def _seconds(n_rows: int, n_columns: int, k: int, params: Any) -> float:
    inner = algorithm(params.method)
    columns = most_components(n_columns, params)
    return 0.1 + n_rows * n_columns * 1e-8 + inner.seconds(n_rows, columns, k, params.inner)


def _too_many(n_rows: int, params: Any) -> str | None:
    refusal = algorithm(params.method).too_many(n_rows, params.inner)
    return refusal and own_words(refusal, params.method)


PCA_METHODS = Algorithm(
    name=NAME,
    params=PCAMethodsParams,
    runs={Place.CPU: _fit, Place.GPU: _fit},
    lacks=NO_CLUSTERS,
    memory=_bytes_needed,
    compared=_compared,
    seconds=_seconds,
    too_many=_too_many,
    every_k=every_k,
    serves_every_k=has_every_k,
    settle=settle,
    too_narrow=too_narrow,
    judged_by=lambda params: int(params.components) if isinstance(params, Settled) else None,
    any_shape=lambda params: algorithm(params.method).any_shape(params.inner),
    takes_start=lambda params: algorithm(params.method).takes_start(params.inner),
    reference="Ding and He (2004), ICML; Horn (1965), Psychometrika 30(2)",
)
