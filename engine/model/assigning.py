"""Files on their way through a model, block by block: any size, ids kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from engine.cluster.runtime import ClusterRuntime
from engine.config.input import InputConfig
from engine.config.sections import Config
from engine.data_preparation.features.as_planned import as_planned, check_types, strangers
from engine.data_preparation.features.identity import as_written
from engine.data_preparation.fetching.fetched import fetch
from engine.data_preparation.reading.column_checks import check_plain
from engine.data_preparation.reading.cutting import Workers
from engine.data_preparation.reading.sources import Source, open_source
from engine.errors import DataError
from engine.model.assigned import Assigned
from engine.model.blocks import Blocks, Met, Rows, Watch, ids_are_whole
from engine.model.fitted import MARGIN
from engine.model.reading import Lost, made
from engine.model.regathering import as_in_training, gather_new, policy_notices, settings_for
from engine.model.repeats import Repeats
from engine.model.tables import retyped
from engine.places.runtime import Runtime, local_runtime
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
    with (
        scratch_folder("engine-assign") as folder,
        nearby(model, path, overrides, folder) as (here, also),
    ):
        yield Stream(model, here, progress or Progress(), folder, also)


@contextmanager
def nearby(
    model: Fitted, path: str | Path, overrides: Mapping[str, Any] | None, folder: Path
) -> Iterator[tuple[str | Path, Mapping[str, Any] | None]]:
    """Give the path of a file, and what is said of it, where it lies once it is fetched."""
    found = fetch(
        settings_for(model.info, path, overrides).input, folder / "fetched", Progress().stage
    )
    if not found.facts:
        yield path, overrides
        return
    given = found.settings
    also = {**(overrides or {}), "input.customers": given.customers} if given.customers else None
    with found.named():
        yield given.path, also or overrides


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
        runtime: Runtime | None = None,
    ) -> None:
        self._model, self._progress, self._folder = model, progress, folder
        self._members = runtime.members if isinstance(runtime, ClusterRuntime) else None
        self._runtime = runtime
        self.purchases: Purchases | None = None
        self._notices: list[str] = []
        config = settings_for(model.info, path, overrides)
        self.permissions, self.margin = config.output.permissions, config.output.margin
        try:
            self._begin(config)
        except DataError as error:
            # What a file leaves open, such as dates of the 3rd of April, is as it was in training.
            known = as_in_training(config, model.info)
            if known is None or "input.read." not in str(error):
                raise
            self._begin_again(known, error)

    @cached_property
    def schema(self) -> dict[str, Any]:
        """Columns of the result, with their types; ids of text are looked at for it."""
        return self._schema()

    @cached_property
    def _repeats(self) -> Repeats | None:
        # Customers that were gathered from invoices have a row each.
        return None if self.purchases else Repeats(self._folder_of_hashes)

    @cached_property
    def _blocks(self) -> Blocks:
        return Blocks(
            self._model, self.source, self.schema[self._model.id_name], repeats=self._repeats,
            margin=self.margin,
        )  # fmt: skip

    @property
    def notices(self) -> list[str]:
        """How files are written and what was recognised in transactions, for people."""
        return self._notices if self.purchases else [*self.source.found, *self._notices]

    def rows(self, lost: Lost) -> Iterator[pl.DataFrame]:
        """Yield the model's columns of all customers, block by block, without ids.

        ``lost`` takes what does not read as it did in training.
        """
        plan, rows = self._model.plan, Rows(self.source)
        for read in self.source.batches(plan.file_columns):
            yield made(rows.customers(read), plan, lost)
            self._progress.advance(read.height)

    def _folder_of_hashes(self) -> Path:
        folder = self._folder / "hashes"
        folder.mkdir()
        return folder

    def _begin_again(self, config: Config, error: DataError) -> None:
        try:
            self._begin(config)
        except DataError:
            raise error from None
        self._notices.append("what the file leaves open of its notation is read as in training")

    def _begin(self, config: Config) -> None:
        settings, gathering = config.input, self._model.info.get("transactions")
        source = self._opened(settings)
        if settings.customers is not None and not gathering:
            message = "a customers' table belongs to transactions, which the model is not of."
            raise DataError(message)
        # A table that has the model's columns is taken as it is.
        if gathering and not all(c in source.schema for c in self._model.plan.file_columns):
            source = self._gathered(source, config)
        self.source = self._typed(source)
        self.source.check_points()

    def _opened(self, settings: InputConfig, named: str = "") -> Source:
        source = open_source(settings, named=named)
        return replace(source, workers=Workers(self._members)) if self._members else source

    def _gathered(self, source: Source, config: Config) -> Source:
        folder = self._folder / "purchases"
        found, notices = gather_new(
            self._model, source, config, folder, self._progress, self._runtime
        )
        facts, self.purchases = found.facts, found
        self._notices = [*facts["notices"], *policy_notices(facts), *notices]
        customers = self._named_as_in_training(found)
        return self._opened(InputConfig(path=str(customers)), source.label)

    def _named_as_in_training(self, purchases: Purchases) -> Path:
        """Give the customers with the id called as it was, whatever the new file calls it."""
        name = self._model.id_name
        if purchases.id_column == name:
            return purchases.customers
        if self._members is None:
            return renamed(purchases, name)
        where = replace(purchases, products=pl.DataFrame(), lines=(), facts={})
        tasks = self._members.tasks(renamed, [where], [name], told=["the customers' table"])
        return cast(Path, self._members.results(tasks)[0])

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
            **(MARGIN if self.margin else {}),
        }

    def _id_type(self) -> Any:
        column = self._model.plan.id_column
        if column is None:
            return pl.Int64
        dtype = self.source.schema[column]
        if self.source.typed and not dtype.is_float():
            return as_written(pl.Series([], dtype=dtype), self.source).dtype
        # Text and floats are whole numbers only if every one of them is.
        if self.source.workers:
            asked = partial(ids_are_whole, column=column)
            whole = all(self.source.workers.ask_each(asked, self.source))
        else:
            whole = ids_are_whole(self.source, column)
        return pl.Int64 if whole else pl.String

    def frames(self, watch: Watch | None = None) -> Iterator[pl.DataFrame]:
        """Yield the results block by block, in the order of the input, as ``watch`` sees them."""
        yield from self._blocks.frames(local_runtime(), self._progress, watch)
        if self.purchases is not None and self.purchases.n_apart:
            yield apart_rows(self._model, self.purchases, self.schema)

    def done(self, met: Met | None = None, ids: Iterable[pl.Series] = ()) -> Assigned:
        """Say what was met, once all blocks have passed.

        Where they passed elsewhere, ``met`` says what was met there, and ``ids`` gives them again.
        """
        met, gathered = met or self._blocks.met, self.purchases
        repeats = self._repeats
        if repeats:
            for some in ids:
                repeats.add(some)
        notices = self.notices
        plan = self._model.plan
        if not met.rows and not (gathered and gathered.n_apart):
            notices = [*notices, f"{self.source.label} has no rows, so nobody was assigned"]
        return Assigned(
            met.rows,
            strangers(plan, met.unknown, met.rows),
            met.without_id,
            gathered.n_apart if gathered else 0,
            tuple(notices),
            tuple(gathered.facts["warnings"]) if gathered else met.warnings(plan.id_column),
            met.lost,
            repeats.found() if repeats else (0, 0),
        )


def apart_rows(model: Fitted, purchases: Purchases, schema: Mapping[str, Any]) -> pl.DataFrame:
    """Give the rows of customers who bought nothing."""
    frame = model.apart_frame(purchases.apart, margin="margin" in schema)
    return frame.cast({model.id_name: schema[model.id_name]})


def renamed(purchases: Purchases, name: str) -> Path:
    """Write the customers with their id under another name; give the file."""
    with NamedTemporaryFile(
        dir=purchases.customers.parent, prefix="renamed-", suffix=".parquet", delete=False
    ) as file:
        path = Path(file.name)
    table = pl.scan_parquet(purchases.customers, glob=False)
    table.rename({purchases.id_column: name}).sink_parquet(path)
    return path
