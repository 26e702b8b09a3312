"""How transactions are written, asked of all rows before these are taken in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from engine.config.transactions import TransactionsConfig
from engine.data_preparation.reading.date_format import DateFormat, find_date_format
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
    column = columns.get("transaction_date")
    if column is None:
        return None
    text, number = source.schema[column] in TEXT, source.schema[column].is_numeric()
    if not (text or number):
        return None
    blocks = (b.get_column(column) for b in source.batches([column]))
    parts = (b.cast(pl.String) if text else b for b in blocks)
    return find_date_format(parts, column=column, asked=source.read.date_format)


def as_written(
    source: Source, columns: Columns, policies: TransactionsConfig, texts: Sequence[str]
) -> tuple[Cleaner, list[str]]:
    """Find how numbers, dates and statuses are written, from all rows that have to be asked.

    Parameters
    ----------
    source, columns, policies
    texts : sequence of str
        Columns of numbers in which text was met on the way.

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
    return Cleaner(ready, told, policies, date_format(ready, told), standing), warnings


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
