"""Columns that are read as something else than what the file holds: text that is numbers.

A reading is plain data that a model keeps, so that a new file is read by the same rule. The survey
finds it (``found_readings.py``), a source reads by it, and so does a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import polars as pl

from engine.data_preparation.reading.date_readings import DateReading
from engine.data_preparation.reading.lists import MemberReading
from engine.data_preparation.reading.written_numbers import NumberReading


class Reading(Protocol):
    """How one column of numbers is made from a column of a file.

    Several may read the same column of the file, each for a column of its own.

    Attributes
    ----------
    kind : str
        What it is called in a model.
    loss : str
        What values do that are lost, after ``values that``.
    column : str
        The file's column.
    """

    kind: ClassVar[str]
    loss: ClassVar[str]

    @property
    def column(self) -> str:
        """The file's column."""
        ...

    def reads(self, dtype: pl.DataType) -> bool:
        """Tell whether a column of this type can be read by it; numbers are taken as they are."""
        ...

    def expression(self, value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
        """Give Float64 from a column of the file: null where nothing is there, or does not read."""
        ...

    def lost(self, value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
        """Tell which values are there and do not read."""
        ...

    def words(self) -> str:
        """Say how, after ``is read as``."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Give plain data, with its kind under ``kind``."""
        ...


KINDS: dict[str, Any] = {
    reading.kind: reading for reading in (NumberReading, MemberReading, DateReading)
}
"""Classes by kind: each has ``from_json``. A further kind is one more in this line."""


def reading_from_json(tree: Mapping[str, Any]) -> Reading:
    """Read what :meth:`Reading.to_json` wrote."""
    found: Reading = KINDS[tree["kind"]].from_json(tree)
    return found


def read_columns(
    readings: Mapping[str, Reading], schema: Mapping[str, pl.DataType]
) -> list[pl.Expr]:
    """Give the columns that readings make, by name, from those of a file's schema."""
    return [r.expression(pl.col(r.column), schema[r.column]).alias(n) for n, r in readings.items()]


def count_lost(block: pl.DataFrame, readings: Mapping[str, Reading]) -> dict[str, tuple[int, str]]:
    """Count the values of a block that are there and do not read, with one; by the file's column.

    Parameters
    ----------
    block : DataFrame
        As the file holds it.
    readings : mapping of column to Reading
    """
    once = {r.column: r for r in readings.values()}
    found = {}
    for column, reading in once.items():
        lost = block.filter(reading.lost(pl.col(column), block.schema[column]))[column]
        if len(lost):
            found[column] = (len(lost), str(lost.head(1).to_list()[0]))
    return found
