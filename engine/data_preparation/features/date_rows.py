"""What passes over all rows say of columns of dates: how they are written, which is the latest."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial
from operator import add

import polars as pl

from engine.data_preparation.features.identity import Identity
from engine.data_preparation.features.visiting import of_files
from engine.data_preparation.reading.date_evidence import Evidence
from engine.data_preparation.reading.date_format import DateFormat
from engine.data_preparation.reading.date_numbers import digits
from engine.data_preparation.reading.date_readings import latest
from engine.data_preparation.reading.dates import Unread, as_datetime
from engine.data_preparation.reading.parquet_files import far_days
from engine.data_preparation.reading.sources import Source
from engine.places.runtime import Runtime


class Writings:
    """Gathers how columns write dates; a visitor."""

    def __init__(self, columns: Collection[str]) -> None:
        self.seen = {column: Evidence() for column in columns}

    def add(self, _start: int, block: pl.DataFrame) -> None:
        """Take a block in."""
        for column, seen in self.seen.items():
            values = block.get_column(column)
            seen.look(digits(values) if values.dtype.is_numeric() else values)

    def merge(self, after: Writings) -> None:
        """Take in what another one has seen of the rows that follow."""
        for column, seen in self.seen.items():
            seen.merge(after.seen[column])


class Days:
    """Counts what does not read, and finds the latest date of each column; a visitor."""

    def __init__(self, written: dict[str, DateFormat]) -> None:
        self.written, self.today = written, datetime.now()
        self.unread = {column: Unread() for column in written}
        self.last: dict[str, datetime] = {}

    def add(self, _start: int, block: pl.DataFrame) -> None:
        """Take a block in."""
        for column, how in self.written.items():
            values = block.get_column(column)
            read = block.select(as_datetime(column, values.dtype, how))[column]
            self.unread[column].look(values, read)
            known = latest(values, how, self.today)
            if known is not None:
                self.last[column] = max(known, self.last.get(column, known))

    def merge(self, after: Days) -> None:
        """Take in what another one has seen of the rows that follow."""
        for column, unread in self.unread.items():
            unread.merge(after.unread[column])
        for column, known in after.last.items():
            self.last[column] = max(known, self.last.get(column, known))


def far(
    source: Source, columns: Collection[str], identity: Identity, runtime: Runtime
) -> dict[str, Unread]:
    """Count the days of columns of a type of dates that lie too far away."""
    asked = [c for c in columns if c not in source.readings] if source.typed else []
    found = {}
    for column in asked:
        far = of_files(partial(_far_days, column), add, source, identity, runtime)
        if far:
            found[column] = Unread(far)
    return found


def _far_days(column: str, source: Source) -> int:
    return far_days(source.files, column, source.spans)
