"""Blocks of customers on their way through a model, and what was met in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.data_preparation.features.id_digits import shortened, shortened_words
from engine.data_preparation.features.identity import ROW_ID, as_type, ids_in, whole_numbers
from engine.data_preparation.reading.sources import Source
from engine.model.reading import Lost, made
from engine.model.repeats import Repeats
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress

if TYPE_CHECKING:
    from engine.model.fitted import Fitted

Watch = Callable[[pl.DataFrame, np.ndarray], None]
"""Sees customers as a plan takes them, with the indices of their segments."""


@dataclass
class Met:
    """What was met in customers that were assigned; that of pieces adds up.

    Attributes
    ----------
    rows, without_id : int
    unknown : dict of str to int
        Rows with a value that was not seen in training, by column.
    short : int
        Ids that a spreadsheet shortened.
    example : str
        One of them.
    lost : Lost
    """

    rows: int = 0
    without_id: int = 0
    unknown: dict[str, int] = field(default_factory=dict)
    short: int = 0
    example: str = ""
    lost: Lost = field(default_factory=Lost)

    def merge(self, after: Met) -> None:
        """Take in what was met in customers that follow these."""
        self.rows += after.rows
        self.without_id += after.without_id
        for column, n in after.unknown.items():
            self.unknown[column] = self.unknown.get(column, 0) + n
        self.short += after.short
        self.example = self.example or after.example
        self.lost.merge(after.lost)

    def warnings(self, column: str | None) -> tuple[str, ...]:
        """Warn of ids that a spreadsheet shortened."""
        if not self.short:
            return ()
        return (shortened_words(self.short, self.rows, self.example, str(column)),)


class Rows:
    """Which rows of a file are customers: the empty lines of a CSV are none, as in a run."""

    def __init__(self, source: Source) -> None:
        self._source, self._seen = source, 0

    def kept(self, read: pl.DataFrame) -> pl.Series | None:
        """Tell the customers of the next block, as a mask; None where all rows are."""
        start, self._seen = self._seen, self._seen + read.height
        empty = pl.all_horizontal(pl.all().is_null())
        if self._source.typed or not read.select(empty).to_series().any():
            return None
        return pl.Series(~self._blank_rows[start : self._seen])

    def customers(self, read: pl.DataFrame) -> pl.DataFrame:
        """Give the customers of the next block."""
        keep = self.kept(read)
        return read if keep is None else read.filter(keep)

    @cached_property
    def _blank_rows(self) -> np.ndarray:
        return self._source.blank_rows()


class Blocks:
    """A file, or a piece of one, on its way through a model.

    Parameters
    ----------
    model : Fitted
    source : Source
        With the columns and types that the model was trained on.
    id_type : polars data type
        Of ids in the result.
    first : int
        Number of the first row, where rows are numbered for want of an id.
    repeats : Repeats, optional
        Takes the ids, where the file names some.
    margin : bool
        Whether the next best segment and the margin to it stand in the results.

    Attributes
    ----------
    met : Met
        In the blocks so far.
    """

    def __init__(
        self,
        model: Fitted,
        source: Source,
        id_type: Any,
        first: int = 0,
        repeats: Repeats | None = None,
        *,
        margin: bool = False,
    ) -> None:
        self._margin = margin
        self._model, self._source, self._type, self._repeats = model, source, id_type, repeats
        self._first, self._seen, self.met = first, 0, Met()
        self._rows = Rows(source)

    def frames(
        self, runtime: Runtime, progress: Progress, watch: Watch | None = None
    ) -> Iterator[pl.DataFrame]:
        """Yield the results block by block, in the order of the input.

        ``watch`` is called with each block of the plan's columns and its customers' segments.
        """
        plan, met = self._model.plan, self.met
        columns = [plan.id_column, *plan.file_columns] if plan.id_column else plan.file_columns
        for read in self._source.batches(columns):
            held, ids = self._customers(read)
            block = made(held, plan, met.lost)
            self._seen += read.height
            labels, distances, clear = self._model.placed(block, runtime, margin=self._margin)
            for column, n in plan.count_unknown(block).items():
                met.unknown[column] = met.unknown.get(column, 0) + n
            met.rows += block.height
            met.without_id += ids.null_count()
            if self._repeats and plan.id_column:
                self._repeats.add(ids)
            short = shortened(ids)
            met.short += len(short)
            met.example = met.example or (str(short[0]) if len(short) else "")
            progress.advance(block.height)
            if watch:
                watch(block, labels)
            yield self._model.result_frame(ids, labels, distances, clear)

    def _ids(self, block: pl.DataFrame) -> pl.Series:
        column = self._model.plan.id_column
        if column is None:
            start = self._first + self._seen
            return pl.Series(ROW_ID, np.arange(start, start + block.height, dtype=np.int64))
        return as_type(ids_in(block[column], self._source), self._type)

    def _customers(self, read: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
        """Skip empty lines."""
        ids, keep = self._ids(read), self._rows.kept(read)
        return (read, ids) if keep is None else (read.filter(keep), ids.filter(keep))


def ids_are_whole(source: Source, column: str) -> bool:
    """Tell whether every id of a file, or of a piece of one, is a whole number."""
    read = (ids_in(b[column], source) for b in source.batches([column]))
    blocks = (whole_numbers(ids.drop_nulls()) for ids in read)
    return all(len(b) == 0 or b.dtype == pl.Int64 for b in blocks)


def count_rows(source: Source) -> int:
    """Count the rows that blocks hold of a file, or of a piece of one, empty lines too."""
    return sum(block.height for block in source.batches(list(source.schema)[:1]))
