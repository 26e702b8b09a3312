"""What tasks of a gathering do on workers: each writes to a folder of its own: it may run twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from engine.config.transactions import TransactionsConfig
from engine.data_preparation.reading.date_evidence import Evidence
from engine.data_preparation.reading.dates import Unread
from engine.data_preparation.reading.points import Points
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.as_written import as_written
from engine.data_preparation.transactions.catalogue import Catalogue
from engine.data_preparation.transactions.cleaning import Cleaner
from engine.data_preparation.transactions.columns import Columns
from engine.data_preparation.transactions.finishing import finished
from engine.data_preparation.transactions.id_folding import IdFolding
from engine.data_preparation.transactions.intake import (
    Intake,
    settler_for,
    take_in,
)
from engine.data_preparation.transactions.parts import Parts
from engine.data_preparation.transactions.purchases import Purchases
from engine.data_preparation.transactions.settling import Settler
from engine.data_preparation.transactions.spellings import Names
from engine.data_preparation.transactions.summed import Summed
from engine.utilities.permissions import own_folder
from engine.utilities.progress import Progress

ROW_GROUP = 16_384
"""Lines of a row group: customers of one piece are read without the others of a partition."""


@dataclass(frozen=True)
class Asked:
    """What customers are gathered from, and how.

    Attributes
    ----------
    source : Source
    columns : Columns
    policies : TransactionsConfig
    customers : Source or None
        A table to join.
    categories : sequence of str or None
        The leading ones of an earlier fit.
    least : int
        Buyers that a leading category needs.
    """

    source: Source
    columns: Columns
    policies: TransactionsConfig
    customers: Source | None
    categories: Sequence[str] | None
    least: int


def found_written(
    source: Source,
    points: Points | None,
    columns: Columns,
    policies: TransactionsConfig,
    texts: list[str],
) -> tuple[Cleaner, Points | None, list[str]]:
    """Find how the lines are written, but for their dates."""
    ready = replace(source, points=points)
    cleaner, warnings = as_written(ready, columns, policies, texts, dates=False)
    return cleaner, points, warnings


def merged_evidence(first: Evidence, second: Evidence) -> Evidence:
    """Put together what pieces say of dates."""
    first = deepcopy(first)
    first.merge(second)
    return first


@dataclass(frozen=True)
class Taken:
    """All lines, taken in."""

    intake: Intake
    cleaner: Cleaner
    settler: Settler


def rows_of(taken: Taken) -> int:
    """Count what was taken in."""
    return taken.intake.rows


@dataclass(frozen=True)
class Take:
    """Takes in the lines of a piece."""

    ids: IdFolding
    names: Names
    folder: Path
    count: int

    def __call__(self, cleaner: Cleaner, files: tuple[Path, ...]) -> tuple[Intake, Cleaner]:
        """Give what was taken, and the cleaner with what it met."""
        own = replace(cleaner, unread=Unread(), guests=Counter())
        ids, names = deepcopy(self.ids), deepcopy(self.names)
        folder = own_folder(self.folder, "piece")
        return take_in(own, folder, Progress(), ids, names, files=files, count=self.count), own


@dataclass(frozen=True)
class Together:
    """Puts together what was taken of all pieces, and decides what only all rows tell."""

    cleaner: Cleaner

    def __call__(self, parts: list[tuple[Intake, Cleaner]]) -> Taken:
        """Put the pieces together, in their order."""
        cleaner = replace(self.cleaner, unread=Unread(), guests=Counter())
        intake = deepcopy(parts[0][0])
        for more, _ in parts[1:]:
            intake.merge(more)
        for _, own in parts:
            cleaner.unread.merge(own.unread)
            cleaner.guests.update(own.guests)
        intake.settle(cleaner.source.label)
        return Taken(intake, cleaner, settler_for(intake, cleaner))


@dataclass(frozen=True)
class Settle:
    """Settles a partition: what its customers come to, and what they were sold."""

    folder: Path
    sells: bool

    def __call__(self, taken: Taken, part: int) -> tuple[Summed, Catalogue]:
        """Give what the partition of this number comes to, and what it sells."""
        parts = Parts(own_folder(self.folder, "settled"), kept=True) if self.sells else None
        summed, rows = Summed(parts), taken.intake.partitions.lines(part)
        if rows is not None:
            summed.add(taken.settler.settle(taken.intake.folded(rows), summed.tally))
        return replace(summed, catalogue=Catalogue()), summed.catalogue.totalled()


def merged_catalogues(parts: list[Catalogue]) -> Catalogue:
    """Add up what all partitions sell."""
    total = Catalogue()
    for part in parts:
        total.merge(part)
    return total.totalled()


@dataclass(frozen=True)
class Leading:
    """Chooses the leading categories."""

    count: int
    least: int

    def __call__(self, sold: Catalogue) -> tuple[str, ...]:
        """Choose of what all partitions sell."""
        return sold.leading(self.count, self.least)


@dataclass(frozen=True)
class Spend:
    """Sums the money of a partition's customers by leading category."""

    leading: tuple[str, ...]

    def __call__(self, summed: Summed) -> list[pl.DataFrame]:
        """Give the sums; none where lines name no categories."""
        return summed.parts.spend(self.leading) if summed.parts else []


@dataclass(frozen=True)
class Shared:
    """What the lines of every partition are numbered by."""

    products: Path
    categories: bool


Done = tuple[Purchases, list[Path], Shared | None]
"""Purchases without lines, files of the row numbers of each partition's customers, and the rest
that lines are numbered by: nothing where they do not say what sells."""


@dataclass(frozen=True)
class Finish:
    """Puts the customers' table together."""

    asked: Asked
    leading: tuple[str, ...]
    folder: Path
    between: Path

    def __call__(
        self, taken: Taken, parts: list[Summed], sold: Catalogue, spend: list[list[pl.DataFrame]]
    ) -> Done:
        """Put it together from all partitions, in their order."""
        summed = Summed(None, catalogue=sold)
        summed.tally.merge(taken.intake.noted(taken.settler))
        for part in parts:
            summed.merge(part)
        folder = own_folder(self.folder, "customers")
        found, rows = finished(
            taken.cleaner,
            taken.intake,
            summed,
            [frame for frames in spend for frame in frames],
            leading=self.leading,
            least=self.asked.least,
            customers=self.asked.customers,
            folder=folder,
        )
        if not (self.asked.columns.sells and sold.kept(found.products)):
            return found, [], None
        folder = own_folder(self.between, "numbers")
        products = folder / "products.parquet"
        found.products.write_parquet(products)
        files = [_numbers(part, rows, folder / f"rows-{i}.arrow") for i, part in enumerate(parts)]
        return found, files, Shared(products, not sold.too_many_categories)


def _numbers(part: Summed, rows: pl.DataFrame, file: Path) -> Path:
    """Write the row numbers of a partition's customers."""
    ids = pl.concat([b.select("id") for b in part.buyers]) if part.buyers else rows.select("id")
    rows.join(ids, on="id", how="semi").write_ipc(file, compression="lz4")
    return file


@dataclass(frozen=True)
class Number:
    """Writes a partition's lines with their final numbers; None where there are none."""

    folder: Path
    shared: Shared

    def __call__(self, part: Summed, rows: Path) -> Path | None:
        """Write the lines of a partition, given its customers' row numbers."""
        if part.parts is None:
            return None
        products = pl.read_parquet(self.shared.products)
        files = part.parts.finish(
            pl.read_ipc(rows),
            products,
            categories=self.shared.categories,
            folder=own_folder(self.folder, "lines"),
            row_group=ROW_GROUP,
        )
        return files[0] if files else None
