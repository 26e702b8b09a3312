"""Columns of a CSV as text, as they stand there, beside the numbers that they are read as."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from engine.data_preparation.reading.sources import Source


@dataclass(frozen=True)
class AsWritten:
    """A reading that gives a column's text: of this process alone, no model keeps it.

    Attributes
    ----------
    column : str
        The file's column.
    """

    kind: ClassVar[str] = "as written"
    loss: ClassVar[str] = "are not there"
    column: str

    def reads(self, dtype: pl.DataType) -> bool:
        """Tell whether it is text."""
        return dtype == pl.String

    def expression(self, value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
        """Give the text itself."""
        return value.cast(pl.String) if dtype != pl.String else value

    def lost(self, value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
        """Nothing is lost."""
        return pl.lit(value=False)

    def words(self) -> str:
        """Say how."""
        return self.kind

    def to_json(self) -> dict[str, Any]:
        """Give plain data."""
        return {"kind": self.kind, "column": self.column}


def with_texts(source: Source, columns: Iterable[str]) -> tuple[Source, dict[str, str]]:
    """Give a source that has the text of these columns too, and what it is called there.

    Parameters
    ----------
    source : Source
        Of a CSV.
    columns : iterable of str
        Columns of the file.

    Returns
    -------
    source : Source
    names : dict of str to str
        Of the text, by column.
    """
    names: dict[str, str] = {}
    for column in columns:
        name = f"{column} as written"
        while name in source.schema or name in names.values():
            name += "_"
        names[column] = name
    made = source.with_readings({n: AsWritten(c) for c, n in names.items()})
    return made.with_types(dict.fromkeys(names.values(), pl.String())), names
