"""The pass over the files: every row cleaned, counted and put where its customer's others are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from engine.data_preparation.reading.dates import Unread
from engine.data_preparation.reading.files import no_rows
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.cleaning import Cleaner
from engine.data_preparation.transactions.facts import refuse
from engine.data_preparation.transactions.filling import Filler
from engine.data_preparation.transactions.id_folding import IdFolding
from engine.data_preparation.transactions.partitions import Partitions, line_bytes, partitions_for
from engine.data_preparation.transactions.reasons import Fee, Reason
from engine.data_preparation.transactions.settling import (
    COMPARED,
    LETTERS,
    NAMELESS,
    RETURNS,
    UNLIKE,
    Settler,
    cancellations_are_marked,
)
from engine.data_preparation.transactions.spellings import Names
from engine.data_preparation.transactions.status_words import State
from engine.data_preparation.transactions.tallies import Tally
from engine.utilities.progress import Progress

_FEW_LETTERS = 0.05
"""Share of lines up to which one-letter product codes are fees; above, letters are products."""


@dataclass
class Intake:
    """What the pass over the files left.

    Attributes
    ----------
    partitions : Partitions
        Every row, by customer.
    ids : IdFolding
        Writings of ids.
    names : Names
        Spellings of products and categories.
    rows, blank : int
        Rows read; empty lines, which are no rows.
    nameless : int
        Rows without a customer, copies and all.
    numbers : Counter of int
        Rows by how their transaction is numbered: see
        :func:`engine.data_preparation.transactions.settling.cancellations_are_marked`.
    fees : Counter of int
        Rows with a product by what its code says, a :class:`Fee`.
    unlike : Counter of bool
        Kept rows by whether their amount differs from quantity times price.
    """

    partitions: Partitions
    ids: IdFolding
    names: Names
    rows: int = 0
    blank: int = 0
    nameless: int = 0
    numbers: Counter[int] = field(default_factory=Counter)
    fees: Counter[int] = field(default_factory=Counter)
    unlike: Counter[bool] = field(default_factory=Counter)
    _reasons: Tally = field(default_factory=Tally)
    _back: Counter[tuple[bool, int, int]] = field(default_factory=Counter)
    _given_back: int = 0

    def take(self, lines: pl.DataFrame) -> None:
        """Count and keep the lines of one block."""
        blank = pl.col("reason") == int(Reason.BLANK)
        self.blank += lines.filter(blank).height
        lines = lines.filter(~blank)
        self.rows += lines.height
        self.nameless += lines["id"].null_count()
        for reason, count in lines.group_by("reason").len().iter_rows():
            self._reasons.add(Reason(reason).name, count)
        kept = lines.filter(pl.col("reason") == int(Reason.KEPT))
        for *key, count in kept.group_by("back", "number", "fee").len().iter_rows():
            self._back[key[0], key[1], key[2]] += count
        if "state" in kept.columns:
            said = (pl.col("state") == int(State.RETURN)) | (pl.col("refund") > 0)
            self._given_back += kept.filter(~pl.col("back") & said.fill_null(value=False)).height
        for number, count in lines.drop_nulls("transaction").group_by("number").len().iter_rows():
            self.numbers[number] += count
        for fee, count in lines.drop_nulls("product").group_by("fee").len().iter_rows():
            self.fees[fee] += count
        for unlike, count in kept.drop_nulls("unlike").group_by("unlike").len().iter_rows():
            self.unlike[unlike] += count
        self.ids.take(lines["id"])
        self.names.take(lines)
        self.partitions.add(lines.drop("unlike"))

    def merge(self, after: Intake) -> None:
        """Take in what was taken of the rows that follow these."""
        self.partitions.merge(after.partitions)
        self.ids.merge(after.ids)
        self.names.merge(after.names)
        self.rows += after.rows
        self.blank += after.blank
        self.nameless += after.nameless
        self._reasons.merge(after._reasons)
        self._given_back += after._given_back
        self.numbers.update(after.numbers)
        self.fees.update(after.fees)
        self.unlike.update(after.unlike)
        self._back.update(after._back)

    def settle(self, label: str) -> None:
        """Decide how ids and names are written, once all rows were taken in.

        Raises
        ------
        DataError
            There were no rows, or what :meth:`IdFolding.decide` refuses.
        """
        if not self.rows:
            raise no_rows(label)
        self.ids.decide(self.partitions)
        self.names.settle()

    def folded(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Give a partition's rows with ids, products and categories in one writing each."""
        return self.names.apply(self.ids.apply(rows))

    def fee_kinds(self) -> tuple[Fee, ...]:
        """Tell which codes are no products: letters are where few products are one letter."""
        letters = self.fees[Fee.LETTER_CODE] + self.fees[Fee.LETTER]
        few = letters <= _FEW_LETTERS * sum(self.fees.values())
        return (Fee.CODE, Fee.LETTER_CODE) if few else (Fee.CODE,)

    def counts(self, settler: Settler) -> Tally:
        """Give rows by reason and returns, copies and all, to decide what is refused."""
        dropped = settler.fees if settler.policies.non_products == "drop" else ()
        back = sum(
            count
            for (negative, number, fee), count in self._back.items()
            if fee not in dropped and (negative or (settler.cancelled and number == 2))
        )
        counts = Tally(self._reasons.rows.copy())
        counts.add(RETURNS, back + self._given_back)
        return counts

    def noted(self, settler: Settler) -> Tally:
        """Give what the rows alone tell, before they are settled, for the facts."""
        found = Tally()
        found.add(Reason.BLANK.name, self.blank)
        found.add(NAMELESS, self.nameless)
        found.add(COMPARED, self.unlike.total())
        found.add(UNLIKE, self.unlike[True])
        if Fee.LETTER_CODE not in settler.fees:
            found.add(LETTERS, self.fees[Fee.LETTER_CODE] + self.fees[Fee.LETTER])
        return found


def first_line_bytes(cleaner: Cleaner) -> float:
    """Give the bytes that one of the first lines takes in memory.

    Raises
    ------
    DataError
        There are no rows, or what :meth:`Cleaner.clean` refuses.
    """
    source = cleaner.source
    for number, block in _blocks(source, source.files):
        aside = replace(cleaner, unread=Unread(), guests=Counter())
        lines = aside.clean(_filler(cleaner).fill(block, number), number)
        return line_bytes(lines)
    raise no_rows(source.label)


def take_in(
    cleaner: Cleaner,
    folder: Path,
    progress: Progress,
    ids: IdFolding,
    names: Names,
    *,
    files: Sequence[Path] = (),
    count: int = 0,
) -> Intake:
    """Read files once, or a piece of them.

    Parameters
    ----------
    cleaner : Cleaner
    folder : Path
        For the partitions.
    progress : Progress
        Told the rows of each block.
    ids : IdFolding
    names : Names
    files : sequence of Path
        All of them, where these are some: a file's number is its place among all.
    count : int
        Of partitions; as the first lines say if not given.

    Raises
    ------
    DataError
        What :meth:`Cleaner.clean` refuses.
    """
    source, filler, intake = cleaner.source, _filler(cleaner), None
    for number, block in _blocks(source, files or source.files):
        block = filler.fill(block, number)
        lines = cleaner.clean(block, number)
        ids.look(block[cleaner.columns.named["customer_id"]])
        if intake is None:
            count = count or partitions_for(source.estimate_rows(), line_bytes(lines))
            intake = Intake(Partitions(folder, count), ids, names)
        intake.take(lines)
        progress.advance(block.height)
    intake = intake or Intake(Partitions(folder, max(count, 1)), ids, names)
    intake.partitions.flush()
    return intake


def _filler(cleaner: Cleaner) -> Filler:
    return Filler(cleaner.standing.order_column or "", cleaner.standing.filled)


def _blocks(source: Source, files: Sequence[Path]) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield every block with the number of its file; all columns, to find full duplicates."""
    for file in source.files:
        one, number = replace(source, files=(file,)), files.index(file)
        for block in one.batches(list(source.schema), whole_lines=True):
            yield number, block


def settler_for(intake: Intake, cleaner: Cleaner) -> Settler:
    """Decide what only all rows together tell, and refuse what may not be.

    Raises
    ------
    DataError
        A policy is ``error`` and has rows.
    """
    columns, policies, source = cleaner.columns, cleaner.policies, cleaner.source
    cancelled = cancellations_are_marked(intake.numbers, policies.cancellations)
    settler = Settler(
        policies,
        several_files=len(source.files) > 1,
        cancelled=cancelled,
        has_transactions=columns.get("transaction_id") is not None,
        has_amounts=columns.get("amount") is not None,
        fees=intake.fee_kinds(),
        label=source.label,
        standing=cleaner.standing,
    )
    refuse(intake.counts(settler), policies, columns, source.label)
    return settler
