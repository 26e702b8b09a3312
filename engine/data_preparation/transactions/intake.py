"""The pass over the files: every row cleaned, counted and put where its customer's others are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from engine.config.transactions import TransactionsConfig
from engine.data_preparation.reading.date_format import DateFormat, find_date_format
from engine.data_preparation.reading.files import TextInNumbers, no_rows
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.cleaning import TEXT, Cleaner
from engine.data_preparation.transactions.columns import Columns
from engine.data_preparation.transactions.facts import refuse
from engine.data_preparation.transactions.filling import Filler
from engine.data_preparation.transactions.id_folding import IdFolding
from engine.data_preparation.transactions.judging import find_standing
from engine.data_preparation.transactions.number_columns import read_numbers, true_remedy
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


def date_format(source: Source, columns: Columns) -> DateFormat | None:
    """Find how dates are written, from the whole column; None where the files hold dates.

    Raises
    ------
    DataError
        They read in more than one way, or in none.
    """
    column = columns.get("transaction_date")
    if column is None:
        return None
    text, number = source.schema[column] in TEXT, source.schema[column].is_numeric()
    if not (text or number):
        return None
    blocks = (b.get_column(column) for b in source.batches([column]))
    parts = (b.cast(pl.String) if text else b for b in blocks)
    return find_date_format(parts, column=column, asked=source.read.date_format)


def take_in(
    cleaner: Cleaner, folder: Path, progress: Progress, ids: IdFolding, names: Names
) -> Intake:
    """Read all files once.

    Parameters
    ----------
    cleaner : Cleaner
    folder : Path
        For the partitions.
    progress : Progress
        Told the rows of each block.
    ids : IdFolding
    names : Names

    Raises
    ------
    DataError
        There are no rows, or what :meth:`Cleaner.clean` or :meth:`IdFolding.decide` refuses.
    """
    source, intake = cleaner.source, None
    standing = cleaner.standing
    filler = Filler(standing.order_column or "", standing.filled)
    for number, block in _blocks(source):
        block = filler.fill(block, number)
        lines = cleaner.clean(block, number)
        ids.look(block[cleaner.columns.named["customer_id"]])
        if intake is None:
            count = partitions_for(source.estimate_rows(), line_bytes(lines))
            intake = Intake(Partitions(folder, count), ids, names)
        intake.take(lines)
        progress.advance(block.height)
    if intake is None or not intake.rows:
        raise no_rows(source.label)
    intake.partitions.flush()
    intake.ids.decide(intake.partitions)
    intake.names.settle()
    return intake


def take_in_as_written(
    source: Source,
    columns: Columns,
    policies: TransactionsConfig,
    folder: Path,
    progress: Progress,
    writings: Callable[[], tuple[IdFolding, Names]],
) -> tuple[Cleaner, Intake, list[str]]:
    """Read all files, numbers as people write them; again where text turns up among numbers.

    ``writings`` gives what ids and names are counted in, anew each time.

    Returns
    -------
    cleaner : Cleaner
    intake : Intake
    warnings : list of str
        What of the numbers does not read.

    Raises
    ------
    DataError
        As :func:`take_in`; or see :func:`read_numbers`.
    """
    texts: list[str] = []
    while True:
        ready, told, warnings = read_numbers(source, columns, texts)
        ready, standing = find_standing(ready, told, policies)
        cleaner = Cleaner(ready, told, policies, date_format(ready, told), standing)
        try:
            place = folder / f"partitions{len(texts) or ''}"
            return cleaner, take_in(cleaner, place, progress, *writings()), warnings
        except TextInNumbers as error:
            if error.column in texts:
                raise true_remedy(error) from None
            texts.append(error.column)


def _blocks(source: Source) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield every block with the number of its file; all columns, to find full duplicates."""
    for number, file in enumerate(source.files):
        one = replace(source, files=(file,))
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
