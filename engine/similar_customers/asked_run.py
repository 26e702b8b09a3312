"""A run whose customers are asked about: its model, settings of today, ids and segments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl

from engine.config.loading import ConfigSource, load_config
from engine.config.sections import Config
from engine.errors import ConfigError, DataError
from engine.model.model import Model
from engine.model.of_run import load_of_run
from engine.places.choice import choose
from engine.places.runtime import Runtime
from engine.storage.alive import with_table
from engine.storage.latest import LATEST, of_latest
from engine.storage.naming import named
from engine.storage.saved_runs import as_of_today, saved_summary
from engine.utilities.permissions import check_readable
from engine.utilities.tables import parts_of

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Run:
    """A run whose customers are asked about.

    Attributes
    ----------
    model : Model
    config : Config
        Of the run; ``output`` and ``compute`` as they are now.
    """

    model: Model
    config: Config

    @property
    def run_id(self) -> str:
        """The run's id."""
        return str(self.model.info["run_id"])

    @property
    def segments_file(self) -> Path:
        """Table of the customers in the order of the index; those without a segment stand last."""
        output = self.config.output
        return Path(output.reports) / output.name / self.run_id / "segments.parquet"

    @property
    def home(self) -> Path:
        """Folder of the index."""
        output = self.config.output
        return Path(output.processed) / "similar" / output.name / self.run_id

    @cached_property
    def runtime(self) -> Runtime:
        """The CPU: saved indices answer there."""
        return choose(self.config.compute.model_copy(update={"device": "cpu"}))

    @cached_property
    def ids(self) -> pl.Series:
        """Ids of the clustered customers: Int64, UInt64 or String of length n_customers."""
        return self._clustered(self.model.id_name)

    @cached_property
    def labels(self) -> np.ndarray:
        """Indices of their segments: int32 array of shape (n_customers,)."""
        numbers = self._clustered("segment").to_numpy()
        if not np.isin(numbers, self.model.numbers.public).all():
            raise self.unknown()
        return self.model.numbers.index(numbers)

    def distances(self) -> np.ndarray:
        """Their distances to the segments' centres: float32 array of shape (n_customers,)."""
        return self._clustered("distance").to_numpy()

    def apart(self) -> pl.DataFrame:
        """Give the customers without a segment: ``id`` as text, and ``reason``."""
        name = self.model.id_name
        reason = pl.col("segment_name").alias("reason")
        try:
            table = pl.scan_parquet(parts_of(self.segments_file), glob=False)
            apart = table.filter(pl.col("segment").is_null())
            return apart.select(pl.col(name).cast(pl.String).alias("id"), reason).collect()
        except (OSError, pl.exceptions.PolarsError):
            raise self.unknown() from None

    @property
    def width(self) -> int:
        """Columns of the space that was clustered in."""
        return int(self.model.representatives.centres.shape[1])

    def _clustered(self, column: str) -> pl.Series:
        check_readable(self.segments_file)
        try:
            table = pl.scan_parquet(parts_of(self.segments_file), glob=False)
            return table.filter(pl.col("segment").is_not_null()).select(column).collect()[column]
        except (OSError, pl.exceptions.PolarsError):
            raise self.unknown() from None

    def unknown(self) -> DataError:
        """Say that the table of its customers is gone."""
        message = (
            f"{self.segments_file} is missing or damaged, so the customers of run {self.run_id} "
            "are not known any more; run the engine again."
        )
        return DataError(message)


def of_name(
    name: str,
    source: ConfigSource | Config,
    overrides: Mapping[str, Any] | None,
    ask: Callable[[Run], Answer],
    doing: str,
    lost: str,
) -> Answer:
    """Ask the run that is named, and its successor where it was removed meanwhile.

    Parameters
    ----------
    name : str
        Of the run's results, or a folder of its model or report.
    source : str, Path, dict, Config or None
        Says where results are (``output``) and what may be taken (``compute``).
    overrides : mapping of dotted path to value, optional
        Of ``output``, ``compute``, and ``input`` where the customers of the run have moved.
    ask : callable
        Takes the run.
    doing : str
        What is under way, for a sentence on what cannot be set then.
    lost : str
        What cannot be done without the run's summary.

    Raises
    ------
    EngineError
        There is no such run, or it is damaged; or from ``ask``.
    """
    said = overrides or {}
    settings = load_config(source, _allowed(said, doing))
    run = named(settings.output, name)
    settings = run.within(settings)
    moved = {k: v for k, v in said.items() if k.startswith("input.")}

    def of(folder: Path) -> Answer:
        model = load_of_run(settings.output, folder.name)
        run_id = str(model.info["run_id"])
        config = as_of_today(saved_summary(settings, run_id, lost)["config"], settings, moved)
        return ask(Run(model, with_table(config, run_id)))

    if run.run != LATEST:
        return of(run.model)
    answer = of_latest(run.model.parent, of)
    if answer is None:
        message = f"{run.model.parent} holds no model, by which customers are compared."
        raise DataError(message)
    return answer


def _allowed(overrides: Mapping[str, Any], doing: str) -> Mapping[str, Any]:
    """Refuse settings that nothing here looks at."""
    for key in overrides:
        if key.split(".")[0] not in ("input", "output", "compute") or key == "output.name":
            message = (
                f"{key} is not set when {doing}; what can be set is under output and compute, and "
                "under input where the customers have moved."
            )
            raise ConfigError([message])
    return overrides
