"""The sections of a configuration: their keys, defaults and what a value must be.

What a key means stands in ``config.yaml``, key by key; a test keeps the two equal.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from engine.config.cluster import Cluster
from engine.config.clustering import ClusteringConfig
from engine.config.cross_sell import CrossSellConfig
from engine.config.drift import DriftConfig
from engine.config.features import FeaturesConfig
from engine.config.input import InputConfig
from engine.config.paths import HomePath
from engine.config.targets import Targets
from engine.config.tracking import TrackingConfig
from engine.config.transactions import TransactionsConfig, as_day
from engine.places.machine import memory_bytes
from engine.utilities.params import Params
from engine.utilities.permissions import Permissions


def _off(value: Any) -> Any:
    """YAML 1.1 reads ``off`` as false; both mean off."""
    return "off" if value is False or value is None else value


Off = Annotated[Literal["off"], BeforeValidator(_off)]


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
    tables: tuple[Literal["parquet", "csv", "xlsx"], ...] = ("parquet",)
    columns: tuple[str, ...] = ()
    margin: bool = False
    keep: int = Field(5, ge=1)
    smallest_group: int = Field(5, ge=1)
    segments: Targets = ()
    sign_with: HomePath | None = None
    verify_with: HomePath | None = None

    @field_validator("tables", "columns", mode="before")
    @classmethod
    def _one_name(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _apart(self) -> OutputConfig:
        if Path(self.models).resolve() == Path(self.reports).resolve():
            message = "models and reports must be two folders"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _shown(self) -> OutputConfig:
        if self.columns and set(self.tables) <= {"parquet"}:
            message = "columns stand in the tables csv and xlsx: add one of them to tables"
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
    drift: DriftConfig = DriftConfig()
    compute: ComputeConfig = ComputeConfig()
    output: OutputConfig = OutputConfig()
    tracking: TrackingConfig = TrackingConfig()
    random_state: int = Field(0, ge=0, lt=2**31)
