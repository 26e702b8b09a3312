"""Customers of a saved run to a file: of some segments, under a condition, with their columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from engine.config.loading import ConfigSource
from engine.config.sections import Config
from engine.customer_lists.book import (
    CUSTOMERS,
    MOST_CUSTOMERS,
    customers_sheet,
    profiles_sheet,
    segments_sheet,
)
from engine.customer_lists.chosen import Chosen, chosen, kept_out
from engine.customer_lists.conditions import Condition, NoColumnError, asked_of, condition, names_in
from engine.customer_lists.listing import Listing, asked_columns, listed_as, own_columns
from engine.customer_lists.own import own_of
from engine.customer_lists.tables import told_of
from engine.data_preparation.reading.apart import check_apart
from engine.data_preparation.reading.sources import Source
from engine.delivery.sending import sent
from engine.errors import DataError, in_sentences
from engine.similar_customers.again import Again, read_again
from engine.similar_customers.asked_run import Run, of_name
from engine.storage.saved_runs import saved_profiles
from engine.utilities.formulas import told
from engine.utilities.progress import Progress
from engine.utilities.scratch import scratch_folder
from engine.utilities.tables import write_table
from engine.utilities.targets import WORKBOOK, target_of
from engine.utilities.workbooks import write_workbook

_SEGMENT = "segment"


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes
    ----------
    rows : int
        Customers.
    segments : str
        Whose they are, in words; empty for all.
    where : str
        The condition; empty for none.
    notices : tuple of str
        What was changed on the way, for people.
    """

    rows: int
    segments: str = ""
    where: str = ""
    notices: tuple[str, ...] = ()

    def told(self) -> str:
        """Say how many customers there are, of which segments and under which condition."""
        many = "1 customer" if self.rows == 1 else f"{self.rows:,} customers"
        of = f" of {self.segments}" if self.segments else ""
        none = "" if self.rows else "; the file holds its header alone"
        return f"{many}{of}{f' where {self.where}' if self.where else ''}{none}"


@in_sentences("exporting customers")
def export(
    name: str,
    output: str | Path,
    source: ConfigSource | Config = None,
    *,
    segment: Any = None,
    where: str | None = None,
    columns: str | Sequence[str] = (),
    overrides: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Exported:
    """Write customers of a run to a file: ``engine export NAME``.

    Parameters
    ----------
    name : str
        Name of the run's results; its latest run is asked.
    output : str or Path
        A .csv or .parquet file, here or elsewhere (``output.segments``), or a .xlsx workbook.
    source : str, Path, dict, Config or None
        Says where results are (``output``) and what may be taken (``compute``).
    segment : int, str or a sequence of these, optional
        Whose customers: numbers as on the page, from 1 on, or names. All, and those without a
        segment, if not given.
    where : str, optional
        A condition on the customers' own columns and on those of the result, such as
        ``"country = 'Spain' AND spend > 100"``.
    columns : str or sequence of str
        The customers' own columns that stand beside the result; ``"all"`` of them.
    overrides : mapping of dotted path to value, optional
        Of ``output``, ``compute``, and ``input`` where the customers of the run have moved.
    progress : Progress, optional

    Returns
    -------
    exported : Exported
        With the number of customers. Where there are none, the file holds its header alone.

    Raises
    ------
    EngineError
        There is no such run, segment or column; the condition is none; more customers than a sheet
        holds; or the run's input, which the customers' own columns are read from, has moved or
        changed.

    Notes
    -----
    Streamed, in the order of the input, which is read only for columns that the run's own table
    lacks; each customer's id, segment and distance are then in memory. Of transactions the
    customers' own columns are those that were gathered from them, those of ``input.customers``, and
    those of lines that are named, with the value that most lines of a customer's purchases hold.

    Examples
    --------
    >>> import engine
    >>> engine.export("shop", "spain.xlsx", segment=3, where="country = 'Spain'")  # doctest: +SKIP
    """

    def of(run: Run) -> Exported:
        with sent(output) as here:
            return export_of_run(
                run, here, segment=segment, where=where, columns=columns, progress=progress
            )

    lost, doing = "its customers cannot be read again", "exporting customers"
    return of_name(name, source, overrides, of, doing, lost)


def export_of_run(
    run: Run,
    output: str | Path,
    *,
    segment: Any = None,
    where: str | None = None,
    columns: str | Sequence[str] = (),
    progress: Progress | None = None,
) -> Exported:
    """Write customers of a run to a file, as :func:`export`."""
    given, model = run.config.input, run.model
    check_apart(output, given.path, given.customers, run.segments_file, workbook=True)
    target = target_of(output, workbook=True)
    asked = None if segment is None else chosen(segment, model.numbers.public, model.names)
    wanted = [columns] if isinstance(columns, str) else list(columns)
    with _choice(run, asked, where, wanted) as choice:
        n, shown = len(choice.listing), progress or Progress()
        with shown.stage("export", rows=n, total=n):
            write = _to_workbook if target.suffix == WORKBOOK else _to_table
            return write(run, choice, target.path, shown)


@dataclass(frozen=True)
class _Choice:
    """The customers that are asked for, and what is shown of them."""

    listing: Listing
    own: tuple[str, ...]
    segments: Chosen | None
    condition: Condition | None

    @property
    def schema(self) -> pl.Schema:
        results = self.listing.results
        return pl.Schema(
            {c: k for c, k in self.listing.schema.items() if c in results or c in self.own}
        )

    def frames(self, advance: Callable[[int], None]) -> Iterator[pl.DataFrame]:
        for whole in self.listing.frames():
            frame = whole
            if self.segments:
                frame = frame.filter(pl.col(_SEGMENT).is_in(self.segments.numbers))
            if self.condition:
                frame = self.condition.of(frame)
            advance(whole.height)
            yield frame.select(self.schema.names())

    def exported(self, rows: int, notices: Sequence[str]) -> Exported:
        segments = self.segments.told() if self.segments else ""
        where = self.condition.text if self.condition else ""
        return Exported(rows, segments, where, tuple(notices))


def _to_table(run: Run, choice: _Choice, output: Path, progress: Progress) -> Exported:
    who = run.config.output.permissions
    written = write_table(choice.frames(progress.advance), choice.schema, output, who)
    return choice.exported(written.rows, told(written.marked, str(output)))


def _to_workbook(run: Run, choice: _Choice, output: Path, progress: Progress) -> Exported:
    if not (choice.segments or choice.condition):
        check_fits(len(choice.listing))
    tree, names = saved_profiles(run.config, run.run_id), run.model.names
    customers = customers_sheet(choice.schema, _fitting(choice.frames(progress.advance)))
    sheets = [customers, segments_sheet(tree, names), profiles_sheet(tree, names)]
    written = write_workbook(sheets, output, run.config.output.permissions)
    return choice.exported(written.rows[CUSTOMERS], told_of(written, output))


def _fitting(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    rows = 0
    for frame in frames:
        rows += frame.height
        check_fits(rows)
        yield frame


def check_fits(rows: int) -> None:
    """Refuse more customers than a sheet holds.

    Raises
    ------
    DataError
    """
    if rows > MOST_CUSTOMERS:
        message = (
            f"a sheet of a workbook holds {MOST_CUSTOMERS:,} customers, and more are asked for; "
            "write a .csv or .parquet file, or name a segment or a condition."
        )
        raise DataError(message)


@contextmanager
def _choice(
    run: Run, segments: Chosen | None, where: str | None, columns: Sequence[str]
) -> Iterator[_Choice]:
    """Find out what is asked for; the input is read again where that is of it."""
    names = dict(zip(run.model.numbers.public, run.model.names, strict=True))
    listing = Listing(run.segments_file, names=names)
    try:
        results = listing.results
    except (OSError, pl.exceptions.PolarsError):
        raise run.unknown() from None
    kept = None if where is None else _of_results(where, results)
    if not columns and (where is None or kept):
        yield _Choice(listing, (), segments, kept)
        return
    with scratch_folder("engine-export") as folder:
        again = read_again(run, folder / "purchases", [*columns, *names_in(where or "1")])
        try:
            choice = _with_own(_Choice(listing, (), segments, None), again, where, columns)
        except NoColumnError as error:
            raise _said_of_lines(error, run) from None
        yield choice


def _with_own(choice: _Choice, again: Again, where: str | None, columns: Sequence[str]) -> _Choice:
    """Give the same with columns of the input: those that are shown and those that are asked."""
    source, results, run = again.source, choice.listing.results, again.run
    gathered = results.names() if run.config.input.kind == "transactions" else ()
    there = own_columns(source, (run.model.plan.id_column, *gathered, *again.texts.values()))
    names = listed_as(there, results)
    shown = asked_columns(source.label, columns, there, results)
    known = [*results, *names.values()]
    asked = () if where is None else asked_of(where, known, kept_out(results))
    needed = {c: names[c] for c in there if c in shown or names[c] in asked}
    how = partial(_blocks, again), again.texts, again.notation
    listing = replace(choice.listing, own=own_of(source, needed, *how) if needed else None)
    kept = None if where is None else condition(where, listing.schema, kept_out(results))
    return _Choice(listing, tuple(names[c] for c in shown), choice.segments, kept)


def _said_of_lines(error: NoColumnError, run: Run) -> DataError:
    """Say beside it what customers of transactions have."""
    if run.config.input.kind != "transactions":
        return error
    message = (
        f"{error} Of customers with transactions there is what was gathered from these, such as "
        "recency, text and codes of their lines, such as a country, and the columns of "
        "input.customers."
    )
    return DataError(message)


def _of_results(where: str, results: pl.Schema) -> Condition | None:
    """Read a condition on the run's own table; None where it asks for more than that."""
    try:
        return condition(where, results, kept_out(results))
    except NoColumnError:
        return None


def _blocks(
    again: Again, source: Source, columns: Sequence[str]
) -> Iterator[tuple[int, pl.DataFrame]]:
    for start, block, _ in replace(again, source=source).blocks(columns):
        yield start, block.select(columns)
