"""Files on their way through a model, block by block: any size, ids kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import polars as pl

from engine.config.input import InputConfig
from engine.config.sections import Config
from engine.data_preparation.features.as_planned import as_planned, check_types, strangers
from engine.data_preparation.features.id_digits import shortened, shortened_words
from engine.data_preparation.features.identity import (
    ROW_ID,
    as_type,
    as_written,
    ids_in,
    whole_numbers,
)  # fmt: skip
from engine.data_preparation.reading.column_checks import check_plain
from engine.data_preparation.reading.sources import Source, open_source
from engine.errors import DataError
from engine.model.assigned import Assigned
from engine.model.reading import Lost, made, made_of_frame
from engine.model.regathering import as_in_training, gather_new, policy_notices, settings_for
from engine.places.runtime import local_runtime
from engine.utilities.progress import Progress
from engine.utilities.scratch import scratch_folder

if TYPE_CHECKING:
    from engine.data_preparation.transactions.purchases import Purchases
    from engine.model.fitted import Fitted


@contextmanager
def stream(
    model: Fitted,
    path: str | Path,
    progress: Progress | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Iterator[Stream]:
    """Open a file to be assigned; what is gathered on the way is removed in the end."""
    with scratch_folder("engine-assign") as folder:
        yield Stream(model, path, progress or Progress(), folder, overrides)


class Stream:
    """A file on its way through a model, block by block.

    Transactions, for a model that was trained on some, become customers first, by the policies
    and categories of the model. ``folder`` takes what lies between.
    """

    def __init__(
        self,
        model: Fitted,
        path: str | Path,
        progress: Progress,
        folder: Path,
        overrides: Mapping[str, Any] | None = None,
    ) -> None:
        self._model, self._progress, self._folder = model, progress, folder
        self._runtime = local_runtime()
        self._purchases: Purchases | None = None
        self._notices: list[str] = []
        config = settings_for(model.info, path, overrides)
        self.permissions = config.output.permissions
        try:
            self._begin(config)
        except DataError as error:
            # What a file leaves open, such as dates of the 3rd of April, is as it was in training.
            known = as_in_training(config, model.info)
            if known is None or "input.read." not in str(error):
                raise
            self._begin_again(known, error)
        self._seen = self._rows = self._without_id = 0
        self._short: list[pl.Series] = []
        self._unknown: dict[str, int] = {}
        self._lost = Lost()
        self.schema = self._schema()

    def _begin_again(self, config: Config, error: DataError) -> None:
        try:
            self._begin(config)
        except DataError:
            raise error from None
        self._notices.append("what the file leaves open of its notation is read as in training")

    def _begin(self, config: Config) -> None:
        settings, gathering = config.input, self._model.info.get("transactions")
        source = open_source(settings)
        if settings.customers is not None and not gathering:
            message = "a customers' table belongs to transactions, which the model is not of."
            raise DataError(message)
        # A table that has the model's columns is taken as it is.
        if gathering and not all(c in source.schema for c in self._model.plan.file_columns):
            source = self._gathered(source, config)
        self.source = self._typed(source)
        self.source.check_points()

    def _gathered(self, source: Source, config: Config) -> Source:
        folder = self._folder / "purchases"
        found, notices = gather_new(self._model, source, config, folder, self._progress)
        facts, self._purchases = found.facts, found
        self._notices = [*facts["notices"], *policy_notices(facts), *notices]
        customers = self._named_as_in_training(found)
        return open_source(InputConfig(path=str(customers)), named=source.label)

    def _named_as_in_training(self, purchases: Purchases) -> Path:
        """Give the customers with the id called as it was, whatever the new file calls it."""
        name = self._model.id_name
        if purchases.id_column == name:
            return purchases.customers
        renamed = purchases.customers.with_name("renamed.parquet")
        table = pl.scan_parquet(purchases.customers, glob=False)
        table.rename({purchases.id_column: name}).sink_parquet(renamed)
        return renamed

    def _typed(self, source: Source) -> Source:
        """Check the columns, and give them the types that the model was trained on."""
        plan = self._model.plan
        text = [f.column for f in plan.categorical]
        text = [*text, plan.id_column] if plan.id_column else text
        self._model.check_columns(list(source.schema), source.label)
        if source.typed:
            check_types(source, plan, retyped)
            for column in text:
                check_plain(source, column, "the model")
        elif plan.id_column:
            source = source.with_types({plan.id_column: pl.String()})
        # Text in a column of numbers is then met and named while reading.
        return as_planned(source, plan, made=False)

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
        if self.source.typed and not dtype.is_float():
            return as_written(pl.Series([], dtype=dtype), self.source).dtype
        # Text and floats are whole numbers only if every one of them is.
        read = (ids_in(b[column], self.source) for b in self.source.batches([column]))
        blocks = (whole_numbers(ids.drop_nulls()) for ids in read)
        return pl.Int64 if all(len(b) == 0 or b.dtype == pl.Int64 for b in blocks) else pl.String

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the results block by block, in the order of the input."""
        plan = self._model.plan
        columns = [plan.id_column, *plan.file_columns] if plan.id_column else plan.file_columns
        for read in self.source.batches(columns):
            held, ids = self._customers(read)
            block = made(held, plan, self._lost)
            self._seen += read.height
            labels, distances = self._model.labels_and_distances(block, self._runtime)
            for column, n in plan.count_unknown(block).items():
                self._unknown[column] = self._unknown.get(column, 0) + n
            self._rows += block.height
            self._without_id += ids.null_count()
            self._short.append(shortened(ids))
            self._progress.advance(block.height)
            yield self._model.result_frame(ids, labels, distances)
        if self._purchases is not None and self._purchases.n_apart:
            apart = self._model.apart_frame(self._purchases.apart)
            yield apart.cast({self._model.id_name: self.schema[self._model.id_name]})

    def _ids(self, block: pl.DataFrame) -> pl.Series:
        column = self._model.plan.id_column
        if column is None:
            numbers = np.arange(self._seen, self._seen + block.height, dtype=np.int64)
            return pl.Series(ROW_ID, numbers)
        return as_type(ids_in(block[column], self.source), self.schema[self._model.id_name])

    def _customers(self, read: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
        """Skip the empty lines of a CSV, as a run does."""
        ids, empty = self._ids(read), pl.all_horizontal(pl.all().is_null())
        if self.source.typed or not read.select(empty).to_series().any():
            return read, ids
        keep = pl.Series(~self._blank_rows[self._seen : self._seen + read.height])
        return read.filter(keep), ids.filter(keep)

    @cached_property
    def _blank_rows(self) -> np.ndarray:
        return self.source.blank_rows()

    def done(self) -> Assigned:
        """Say what was met, once all blocks have passed."""
        gathered = self._purchases
        notices = self._notices if gathered else [*self.source.found, *self._notices]
        return Assigned(
            self._rows,
            strangers(self._model.plan, self._unknown, self._rows),
            self._without_id,
            gathered.n_apart if gathered else 0,
            tuple(notices),
            tuple(gathered.facts["warnings"]) if gathered else self._lost_digits(),
            self._lost,
        )

    def _lost_digits(self) -> tuple[str, ...]:
        """Warn of ids that a spreadsheet shortened."""
        short = [s for s in self._short if len(s)]
        if not short:
            return ()
        count, example = sum(map(len, short)), str(short[0][0])
        return (shortened_words(count, self._rows, example, str(self._model.plan.id_column)),)


def assign_frame(model: Fitted, data: Any) -> tuple[Any, Assigned]:
    """Assign the rows of an eager dataframe; the result is of the same library."""
    frame = nw.from_native(data, eager_only=True)
    where, lost = "the table", Lost()
    model.check_columns(list(frame.columns), where)
    read = made_of_frame(frame, model.plan, lost)
    for feature in model.plan.numeric:
        dtype = read.schema[feature.column]
        if not (dtype.is_numeric() or dtype == nw.Boolean):
            raise retyped(where, feature.column, str(dtype))
    labels, distances = model.labels_and_distances(read.to_native(), local_runtime())
    if model.plan.id_column is None:
        ids = nw.new_series(ROW_ID, np.arange(len(labels)), backend=frame.implementation)
    else:
        ids = frame[model.plan.id_column]
    columns = {
        "segment": model.numbers.of(labels),
        "segment_name": model.name_column(labels).to_list(),
        "distance": distances,
    }
    result = (
        ids.alias(model.id_name)
        .to_frame()
        .with_columns(
            *(nw.new_series(n, v, backend=frame.implementation) for n, v in columns.items())
        )
    )
    unknown = strangers(model.plan, model.plan.count_unknown(data), len(labels))
    return result.to_native(), Assigned(len(labels), unknown, int(ids.null_count()), lost=lost)


def retyped(where: str, column: str, dtype: str) -> DataError:
    """Say that a column of numbers is of another type now."""
    message = (
        f"{where} holds {dtype} in the column {column!r}, which held numbers when the model was "
        "trained; convert it to numbers."
    )
    return DataError(message)
