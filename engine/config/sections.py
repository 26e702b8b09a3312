"""The sections of a configuration: their keys, defaults and what a value must be.

What a key means stands in ``config.yaml``, key by key; a test keeps the two equal.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, create_model, field_validator, model_validator

from engine.clustering.algorithm import ROWS, algorithm
from engine.config.cluster import Cluster
from engine.config.cross_sell import CrossSellConfig
from engine.config.input import InputConfig
from engine.config.paths import HomePath
from engine.config.problems import suggestion
from engine.config.transactions import TransactionsConfig, as_day
from engine.places.machine import memory_bytes
from engine.utilities.params import Params
from engine.utilities.permissions import Permissions
from engine.utilities.shown import shown


def _off(value: Any) -> Any:
    """YAML 1.1 reads ``off`` as false; both mean off."""
    return "off" if value is False or value is None else value


Off = Annotated[Literal["off"], BeforeValidator(_off)]


class FeaturesConfig(Params):
    """Which columns become features."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()

    @field_validator("*", mode="before")
    @classmethod
    def _one_name(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class PreparationConfig(Params):
    """How columns become a matrix."""

    duplicates: Literal["error", "first", "last"] = "error"
    null_ids: Literal["error", "drop"] = "error"
    missing: Literal["median", "mean", "error"] = "median"
    missing_levels: Literal["neutral", "level"] = "neutral"
    skew: Literal["signed_log", "off"] = "signed_log"
    skew_threshold: float = Field(1.0, gt=0)
    outliers: Literal["clip", "off"] = "clip"
    clip_quantiles: tuple[float, float] = (0.005, 0.995)
    max_levels: int = Field(12, ge=2, le=1000)
    scaling: Literal["standard", "robust", "none"] = "standard"
    sample_rows: int = Field(200_000, ge=1_000)
    snapshot: Literal["auto"] | date = "auto"

    @field_validator("snapshot", mode="before")
    @classmethod
    def _day(cls, value: Any) -> Any:
        return as_day(value)

    @field_validator("skew", "outliers", mode="before")
    @classmethod
    def _word_off(cls, value: Any) -> Any:
        return _off(value)

    @field_validator("scaling", mode="before")
    @classmethod
    def _word_none(cls, value: Any) -> Any:
        return "none" if _off(value) == "off" else value

    @field_validator("clip_quantiles", mode="before")
    @classmethod
    def _ordered(cls, value: Any) -> Any:
        pair = isinstance(value, list | tuple) and len(value) == 2
        numbers = pair and all(type(v) in (int, float) for v in value)
        if not (numbers and 0 <= value[0] < value[1] <= 1):
            message = "must be two shares, the lower first, between 0 and 1"
            raise ValueError(message)
        return value


class PCAConfig(Params):
    """How many components are kept."""

    components: int | float | Literal["off"] = 0.9

    @field_validator("components", mode="before")
    @classmethod
    def _number_share_or_off(cls, value: Any) -> Any:
        value = _off(value)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        whole = number and isinstance(value, int) and value >= 1
        if value == "off" or whole or (number and 0 < value < 1):
            return value
        message = "must be a whole number, a share of variance between 0 and 1, or off"
        raise ValueError(message)


ALL = "all"
"""Stands for every method that memory and time allow."""


class _ClusteringBase(Params):
    methods: tuple[str, ...] = ("kmeans",)
    k: int | Literal["auto"] = "auto"
    k_min: int = Field(2, ge=2)
    k_max: int = Field(10, ge=2)
    smallest_segment: float = Field(0.02, ge=0, lt=0.5)
    time_limit: float = Field(30.0, gt=0)
    continue_from: HomePath | None = None
    k_sample_rows: int = Field(20_000, ge=1_000)

    @field_validator("k", mode="before")
    @classmethod
    def _whole_or_auto(cls, value: Any) -> Any:
        if value == "auto":
            return value
        if isinstance(value, bool) or not isinstance(value, int) or value < 2:
            message = "must be auto or a whole number of segments, at least 2"
            raise ValueError(message)
        return value

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
        if self.k != "auto" and all(self.params(m).decides_k for m in self.names):
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

    def params(self, method: str) -> Params:
        """Parameters of one method."""
        section: Params = getattr(self, method)
        return section


_method_fields: dict[str, Any] = {
    name: (algorithm(name).params, algorithm(name).params()) for name in ROWS
}
ClusteringConfig = create_model("ClusteringConfig", __base__=_ClusteringBase, **_method_fields)
ClusteringConfig.__doc__ = "How customers are clustered; one sub-section a method."


class EvaluationConfig(Params):
    """How the result is scored."""

    anchors: int = Field(2_000, ge=10)
    reference_rows: int = Field(100_000, ge=100)
    confidence: float = Field(0.95, gt=0, lt=1)
    resamples: int = Field(10, ge=0, le=1_000)
    resample_rows: int = Field(5_000, ge=100)


class ComputeConfig(Params):
    """Where the run happens and what it may take."""

    device: Literal["auto", "cpu", "gpu"] = "auto"
    cluster: Cluster = "off"
    workers: int | Literal["auto"] = "auto"
    memory_limit: str | int = "auto"
    threads: int | Literal["auto"] = "auto"
    spill: bool = False

    @field_validator("memory_limit", mode="before")
    @classmethod
    def _bytes(cls, value: Any) -> Any:
        enough = isinstance(value, str | int) and not isinstance(value, bool)
        try:
            enough = enough and 0 < memory_bytes(value) < 2**63
        except (ValueError, IndexError, OverflowError):
            enough = False
        if not enough:
            message = "must be auto or an amount such as 4GiB or 1500MB"
            raise ValueError(message)
        return value

    @field_validator("threads", "workers", mode="before")
    @classmethod
    def _at_least_one(cls, value: Any) -> Any:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if value != "auto" and not (whole and 1 <= value <= 1_024):
            message = "must be auto or from 1 to 1024"
            raise ValueError(message)
        return value


class OutputConfig(Params):
    """Where results go."""

    models: HomePath = "models"
    reports: HomePath = "reports"
    processed: HomePath = "data/processed"
    permissions: Permissions = "private"
    name: str = Field("customers", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    keep: int = Field(5, ge=1)
    smallest_group: int = Field(5, ge=1)
    sign_with: HomePath | None = None
    verify_with: HomePath | None = None

    @model_validator(mode="after")
    def _apart(self) -> OutputConfig:
        if Path(self.models).resolve() == Path(self.reports).resolve():
            message = "models and reports must be two folders"
            raise ValueError(message)
        return self

    @field_validator("name")
    @classmethod
    def _not_reserved(cls, value: str) -> str:
        if value in ("figures", "latest"):
            message = f"must not be {value!r}, which is a folder of the engine's own"
            raise ValueError(message)
        return value


class Config(Params):
    """The whole configuration; every key optional.

    Examples
    --------
    >>> Config().clustering.methods
    ('kmeans',)
    """

    input: InputConfig = InputConfig()
    transactions: TransactionsConfig = TransactionsConfig()
    features: FeaturesConfig = FeaturesConfig()
    preparation: PreparationConfig = PreparationConfig()
    pca: PCAConfig = PCAConfig()
    clustering: ClusteringConfig = ClusteringConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    cross_sell: CrossSellConfig = CrossSellConfig()
    compute: ComputeConfig = ComputeConfig()
    output: OutputConfig = OutputConfig()
    random_state: int = Field(0, ge=0, lt=2**31)
