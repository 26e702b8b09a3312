"""How transactions are written, asked of all rows before these are taken in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import polars as pl

from engine.config.transactions import TransactionsConfig
from engine.data_preparation.reading.date_evidence import Evidence
from engine.data_preparation.reading.date_format import DateFormat, find_date_format
from engine.data_preparation.reading.date_numbers import digits
from engine.data_preparation.reading.files import TextInNumbers
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.cleaning import TEXT, Cleaner
from engine.data_preparation.transactions.columns import Columns
from engine.data_preparation.transactions.id_folding import IdFolding
from engine.data_preparation.transactions.intake import Intake, take_in
from engine.data_preparation.transactions.judging import find_standing
from engine.data_preparation.transactions.number_columns import read_numbers, true_remedy
from engine.data_preparation.transactions.spellings import Names
from engine.utilities.progress import Progress


def date_format(source: Source, columns: Columns) -> DateFormat | None:
    """Find how dates are written, from the whole column; None where the files hold dates.

    Raises
    ------
    DataError
        They read in more than one way, or in none.
    """
    column = column_of_dates(source, columns)
    if column is None:
        return None
    return find_date_format(_dates(source, column), column=column, asked=source.read.date_format)


def column_of_dates(source: Source, columns: Columns) -> str | None:
    """Give the column whose values must be asked how they write dates; None where none must."""
    column = columns.get("transaction_date")
    if column is None:
        return None
    text, number = source.schema[column] in TEXT, source.schema[column].is_numeric()
    return column if text or number else None


def evidence_of(source: Source, column: str) -> Evidence:
    """Look at how a piece of the files writes dates."""
    seen = Evidence()
    for block in _dates(source, column):
        seen.look(digits(block) if block.dtype.is_numeric() else block)
    return seen


def _dates(source: Source, column: str) -> Iterator[pl.Series]:
    text = source.schema[column] in TEXT
    blocks = (b.get_column(column) for b in source.batches([column]))
    return (b.cast(pl.String) if text else b for b in blocks)


def as_written(
    source: Source,
    columns: Columns,
    policies: TransactionsConfig,
    texts: Sequence[str],
    *,
    dates: bool = True,
) -> tuple[Cleaner, list[str]]:
    """Find how numbers, dates and statuses are written, from all rows that have to be asked.

    Parameters
    ----------
    source, columns, policies
    texts : sequence of str
        Columns of numbers in which text was met on the way.
    dates : bool
        Whether those are asked for; the cleaner lacks them otherwise.

    Returns
    -------
    cleaner : Cleaner
    warnings : list of str
        What of the numbers does not read.

    Raises
    ------
    DataError
        See :func:`read_numbers`, :func:`find_standing`, :func:`date_format`.
    """
    ready, told, warnings = read_numbers(source, columns, texts)
    ready, standing = find_standing(ready, told, policies)
    found = date_format(ready, told) if dates else None
    return Cleaner(ready, told, policies, found, standing), warnings


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
        cleaner, warnings = as_written(source, columns, policies, texts)
        try:
            place = folder / f"partitions{len(texts) or ''}"
            intake = take_in(cleaner, place, progress, *writings())
        except TextInNumbers as error:
            if error.column in texts:
                raise true_remedy(error) from None
            texts.append(error.column)
            continue
        intake.settle(source.label)
        return cleaner, intake, warnings
