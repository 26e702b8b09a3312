"""What a point in a number means where the first rows do not tell: asked of all rows, once."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from engine.config.input import ReadConfig
from engine.data_preparation.reading.csv_files import CsvFile
from engine.data_preparation.reading.csv_pieces import reopened
from engine.data_preparation.reading.files import READ_ERRORS, label
from engine.data_preparation.reading.numbers import Notation, Seen


@dataclass
class Points:
    """Files that are read together, and the numbers with a point met in them so far.

    Amounts of 1 to 900 may stand above ones such as ``1.234``, which a parser reads as 1.234.

    Attributes
    ----------
    csv : mapping of Path to CsvFile
    seen : Seen
        Forms of numbers met; those further down are added to it.
    read : ReadConfig
        As asked.
    notation : Notation
        As decided by the first rows.
    commas_separate : bool
        Whether a comma separates the fields of one of the files.

    Notes
    -----
    Nothing is done where the first rows hold a number whose point has one sense only. Otherwise
    bytes are looked at, and only where three digits stand after a point the columns of numbers,
    as text, up to the first number that tells.
    """

    csv: Mapping[Path, CsvFile]
    seen: Seen
    read: ReadConfig
    notation: Notation
    commas_separate: bool = field(kw_only=True)
    _done: set[str] = field(default_factory=set)

    @property
    def unknown(self) -> bool:
        """Whether no number met so far has a point, so that nothing is known of their meaning."""
        return self._open and "either ." not in self.seen.forms

    @property
    def _open(self) -> bool:
        asked = self.read.thousands == "auto" == self.read.decimal_comma
        return asked and self.notation.plain and not self.seen.decimal_points

    @property
    def notes(self) -> tuple[str, ...]:
        """What people are told of numbers that may be meant in another way."""
        doubt = self.seen.doubt(self.notation, self.read)
        return (f"{label(list(self.csv))}: {doubt}",) if doubt else ()

    def look(self, schema: dict[str, pl.DataType]) -> None:
        """Look at all rows of the columns of numbers, if that is needed.

        Raises
        ------
        DataError
            A point may group thousands as well as be the decimal mark, and nothing tells.
        """
        columns = self.asks(schema)
        if not columns:
            return
        with suppress(*READ_ERRORS):  # Reading will say what is wrong, with the line or the column.
            self._look(columns, schema)
        self.seen.notation(self.read, label(list(self.csv)), commas_separate=self.commas_separate)
        self._done.update(columns)

    def asks(self, schema: dict[str, pl.DataType]) -> list[str]:
        """List the columns of which all rows must be looked at."""
        columns = [c for c, t in schema.items() if t.is_float() and c not in self._done]
        return columns if self._open else []

    def take(self, other: Points) -> None:
        """Take over what was found of the same files elsewhere."""
        self.seen, self._done = other.seen, other._done

    def __getstate__(self) -> dict[str, Any]:
        """Give what is sent to a worker, which opens files by itself, and back."""
        return {**self.__dict__, "csv": reopened(self.csv)}

    def _look(self, columns: list[str], schema: dict[str, pl.DataType]) -> None:
        if not any(file.may_hold_points() for file in self.csv.values()):
            return
        for file in self.csv.values():
            for block in file.with_points(columns, schema):
                self.seen.look_at_points(block)
                if self.seen.decimal_points:
                    return
