"""The same gathering on the workers of a cluster: lines go from their files to shared folders.

Pieces of the files are taken in where they are read, each into partitions of its own; a partition
is then settled by one task, and one task puts the customers' table together. What a task writes
lies in a folder of its own, so that it may run twice.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from engine.cluster.members import Members
from engine.data_preparation.reading.cuts import Cut
from engine.data_preparation.reading.cutting import Workers
from engine.data_preparation.reading.date_format import decided
from engine.data_preparation.reading.files import TextInNumbers
from engine.data_preparation.transactions.as_written import column_of_dates, evidence_of
from engine.data_preparation.transactions.cleaning import Cleaner
from engine.data_preparation.transactions.id_folding import IdFolding
from engine.data_preparation.transactions.intake import first_line_bytes
from engine.data_preparation.transactions.number_columns import true_remedy
from engine.data_preparation.transactions.partitions import partitions_for
from engine.data_preparation.transactions.piecewise import (
    Asked,
    Done,
    Finish,
    Leading,
    Number,
    Settle,
    Spend,
    Take,
    Together,
    found_written,
    merged_catalogues,
    merged_evidence,
    rows_of,
)
from engine.data_preparation.transactions.purchases import Purchases
from engine.data_preparation.transactions.spellings import Names
from engine.utilities.permissions import own_folder
from engine.utilities.progress import Progress

Writings = Callable[[], tuple[IdFolding, Names]]


def gather_there(
    asked: Asked, writings: Writings, folder: Path, members: Members, progress: Progress
) -> Purchases:
    """Turn transactions into customers on the workers of a cluster.

    Parameters
    ----------
    asked : Asked
    writings : callable
        Gives what ids and names are counted in, anew each time.
    folder : Path
        Which all workers see; takes what :func:`gather` leaves, and what lies between.
    members : Members
    progress : Progress
        Told every row twice, piece by piece and partition by partition.

    Returns
    -------
    purchases : Purchases
        As on one machine. Here are the facts and the products, and nothing of a customer.

    Raises
    ------
    DataError
        As :func:`engine.data_preparation.transactions.gather.gather` does.

    Notes
    -----
    Lines lie on disk twice while they are settled. One worker holds the table of all customers
    while it is put together: see
    :func:`engine.data_preparation.transactions.memory.gathering_bytes`.
    """
    between = own_folder(folder, "between")
    taken, count, warnings = _taken_in(asked, writings, between, members, progress)
    settle = Settle(between, sells=asked.columns.sells)
    parts = [f"partition {part + 1:,} of the transactions" for part in range(count)]
    settled = members.tasks(settle, [taken] * count, list(range(count)), told=parts)
    each = [asked.source.estimate_rows() // count] * count
    members.wait(settled, partial(_advance, progress, each))
    summed, catalogues = members.apart(settled, 2)
    sold = members.tasks(merged_catalogues, [catalogues], told=["what is sold"])
    chosen = Leading(asked.policies.leading_categories, asked.least)
    leading = members.results(members.tasks(chosen, sold, told=["the leading categories"]))[0]
    if asked.categories is not None:
        leading = tuple(asked.categories)
    spend = members.tasks(Spend(leading), summed, told=parts) if leading else []
    finish = Finish(asked, leading, folder, between)
    done = members.tasks(finish, [taken], [summed], sold, [spend], told=["the customers' table"])
    found, rows, shared = cast(Done, members.results(done)[0])
    files: list[Path] = []
    if shared is not None:
        number = Number(folder, shared)
        files = [f for f in members.results(members.tasks(number, summed, rows, told=parts)) if f]
    shutil.rmtree(between, ignore_errors=True)
    found.facts["warnings"][:0] = warnings
    return replace(found, lines=tuple(files))


def _taken_in(
    asked: Asked, writings: Writings, between: Path, members: Members, progress: Progress
) -> tuple[Any, int, list[str]]:
    """Read all files, again where text turns up among numbers: what was taken stays there."""
    source, texts = asked.source, list[str]()
    cuts = Workers(members).cuts(source)
    while True:
        ready = members.tasks(
            found_written, [source], [source.points], [asked.columns], [asked.policies], [texts],
            told=["how transactions are written"],
        )  # fmt: skip
        cleaner, points, warnings = members.results(ready)[0]
        if source.points is not None:
            source.points.take(points)
        cleaner = _with_dates(cleaner, cuts, members)
        line = members.results(members.tasks(first_line_bytes, [cleaner], told=["a line"]))[0]
        count = partitions_for(source.estimate_rows(), line)
        take = Take(*writings(), between, count)
        pieces, rows = _pieces(cleaner, cuts)
        each = [f"piece {i + 1:,} of {source.label}" for i in range(len(pieces))]
        parts = members.tasks(take, pieces, [cleaner.source.files] * len(pieces), told=each)
        try:
            members.wait(parts, partial(_advance, progress, rows))
            taken = members.tasks(Together(cleaner), [parts], told=["all transactions"])
            members.results(members.tasks(rows_of, taken, told=["all transactions"]))
        except TextInNumbers as error:
            if error.column in texts:
                raise true_remedy(error) from None
            texts.append(error.column)
            continue
        return taken[0], count, warnings


def _with_dates(cleaner: Cleaner, cuts: Sequence[Cut], members: Members) -> Cleaner:
    """Find how dates are written, from what every piece says of them."""
    source = cleaner.source
    column = column_of_dates(source, cleaner.columns)
    if column is None:
        return cleaner
    parts = [source.part(c) for c in cuts]
    look = partial(evidence_of, column=column)
    seen = members.combined(look, parts, combine=merged_evidence)
    return replace(cleaner, dates=decided(seen, column, source.read.date_format))


def _advance(progress: Progress, rows: list[int], i: int) -> None:
    progress.advance(rows[i])


def _pieces(cleaner: Cleaner, cuts: Sequence[Cut]) -> tuple[list[Cleaner], list[int]]:
    """Give a cleaner for each piece of the files, and about how many rows it reads.

    Where an order's first line speaks for the others, no file is cut: they may lie apart.
    """
    source, total = cleaner.source, cleaner.source.estimate_rows()
    if cleaner.standing.filled:
        whole = replace(source, named=source.label)
        parts = [replace(whole, files=(file,)) for file in source.files]
        rows = [part.estimate_rows() for part in parts]
    else:
        parts = [source.part(c) for c in cuts]
        rows = [c.rows if c.rows is not None else total // len(cuts) for c in cuts]
    return [replace(cleaner, source=part) for part in parts], rows
