"""Files on their way through a model, block by block: any size, ids kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.config import InputConfig, ReadConfig
from engine.data_preparation.identity import ROW_ID, as_written, whole_numbers
from engine.data_preparation.sources import Source, check_plain, open_source
from engine.errors import DataError
from engine.runtime import local_runtime
from engine.utilities.progress import Progress

if TYPE_CHECKING:
    from engine.model import Model


@dataclass(frozen=True)
class Assigned:
    """What assigning a file did.

    Attributes
    ----------
    rows : int
    unknown : dict of str to int
        Values never seen in training, by categorical column; they carry no information.
    without_id : int
        Rows whose id is empty; they are assigned and keep the empty id.
    """

    rows: int
    unknown: dict[str, int]
    without_id: int

    def notes(self) -> list[str]:
        """Sentences for people; empty when there is nothing to say."""
        notes = [
            f"column {c!r} holds {n:,} values that were not seen in training"
            for c, n in self.unknown.items()
        ]
        if self.without_id:
            notes.append(f"{self.without_id:,} rows have no id; they were assigned all the same")
        return notes


class Stream:
    """A file on its way through a model, block by block."""

    def __init__(self, model: Model, path: str | Path, progress: Progress) -> None:
        self._model = model
        self._progress = progress
        self._runtime = local_runtime()
        read = ReadConfig.model_validate(model.info.get("read", {}))
        self.source = self._open(InputConfig(path=str(path), read=read))
        self._seen = self._rows = self._without_id = 0
        self._unknown: dict[str, int] = {}
        self.schema = self._schema()

    def _open(self, settings: InputConfig) -> Source:
        plan = self._model.plan
        text = [f.column for f in plan.categorical]
        source = open_source(settings, [*text, plan.id_column] if plan.id_column else text)
        self._model.check_columns(list(source.schema), source.label)
        if source.kind == "parquet":
            for feature in plan.numeric:
                dtype = source.schema[feature.column]
                # A column without any value has no type of its own.
                if not (dtype.is_numeric() or dtype in (pl.Boolean, pl.Null)):
                    raise retyped(source.label, feature.column, str(dtype))
            for column in text if plan.id_column is None else [*text, plan.id_column]:
                check_plain(source, column, "the model")
        else:
            # Text in one of these is then met and named while reading.
            numbers = {f.column: pl.Float64() for f in plan.numeric}
            source = source.with_types(dict(numbers))
        return source

    def _schema(self) -> dict[str, Any]:
        return {
            self._model.id_name: self._id_type(),
            "segment": pl.Int32,
            "segment_name": pl.String,
            "distance": pl.Float32,
        }

    def _id_type(self) -> Any:
        column = self._model.plan.id_column
        if column is None:
            return pl.Int64
        dtype = self.source.schema[column]
        if self.source.kind == "parquet" and not dtype.is_float():
            return as_written(pl.Series([], dtype=dtype), self.source).dtype
        # Text and floats are whole numbers only if every one of them is.
        blocks = (whole_numbers(b[column].drop_nulls()) for b in self.source.batches([column]))
        return pl.Int64 if all(len(b) == 0 or b.dtype == pl.Int64 for b in blocks) else pl.String

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the results block by block, in the order of the input."""
        plan = self._model.plan
        columns = [plan.id_column, *plan.columns] if plan.id_column else plan.columns
        for read in self.source.batches(columns):
            block, ids = self._customers(read)
            self._seen += read.height
            labels, distances = self._model.labels_and_distances(block, self._runtime)
            for column, n in plan.count_unknown(block).items():
                self._unknown[column] = self._unknown.get(column, 0) + n
            self._rows += block.height
            self._without_id += ids.null_count()
            self._progress.advance(block.height)
            yield self._model.result_frame(ids, labels, distances)

    def _ids(self, block: pl.DataFrame) -> pl.Series:
        column = self._model.plan.id_column
        if column is None:
            numbers = np.arange(self._seen, self._seen + block.height, dtype=np.int64)
            return pl.Series(ROW_ID, numbers)
        return block[column].cast(self.schema[self._model.id_name])

    def _customers(self, read: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
        """Skip the empty lines of a CSV, as a run does."""
        ids, empty = self._ids(read), pl.all_horizontal(pl.all().is_null())
        if self.source.kind == "parquet" or not read.select(empty).to_series().any():
            return read, ids
        keep = pl.Series(~self._blank_rows[self._seen : self._seen + read.height])
        return read.filter(keep), ids.filter(keep)

    @cached_property
    def _blank_rows(self) -> np.ndarray:
        return self.source.blank_rows()

    def done(self) -> Assigned:
        """Say what was met, once all blocks have passed."""
        return Assigned(self._rows, self._unknown, self._without_id)


def retyped(where: str, column: str, dtype: str) -> DataError:
    """Say that a column of numbers is of another type now."""
    message = (
        f"{where} holds {dtype} in the column {column!r}, which held numbers when the model was "
        "trained; convert it to numbers."
    )
    return DataError(message)
