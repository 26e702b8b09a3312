"""Why files cannot be read as their columns were taken to be: the column, the row, the value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import polars as pl

from engine.data_preparation.reading.blocks import Files
from engine.data_preparation.reading.broken_csv import (
    lone_returns,
    text_behind_quotes,
    too_many_fields,
    unclosed_quote,
)
from engine.data_preparation.reading.csv_files import CsvFile
from engine.data_preparation.reading.csv_pieces import whole
from engine.data_preparation.reading.files import READ_ERRORS, text_in_numbers, unreadable
from engine.data_preparation.reading.numbers import Notation
from engine.data_preparation.reading.opening import other_type
from engine.errors import DataError, EngineError


class Source(Files, Protocol):
    """What is asked of a source beside its files."""

    @property
    def notation(self) -> Notation:
        """How numbers are written."""

    @property
    def spans(self) -> Mapping[Path, tuple[int, int]]:
        """Of which files pieces are read."""


def explained(
    source: Source, file: Path, columns: Sequence[str], error: BaseException
) -> EngineError:
    """Say why a file, or a piece of one, cannot be read: of a piece what the whole file says."""
    held = [c for c in columns if c not in source.readings]
    if source.kind == "parquet":
        return other_type(file, held, source.schema) or unreadable(file, source.kind, error)
    opened = _whole(source, file)
    for column in held:
        dtype = source.schema[column]
        if (dtype.is_numeric() or dtype == pl.Boolean) and (
            found := _first_text(source, opened, column)
        ):
            if "\r" in found[1] and (returns := lone_returns(opened)):
                return returns
            return text_in_numbers(opened.name, column, *found)
    if "more fields" in str(error):
        return too_many_fields(opened)
    if "could not parse" in str(error) and (behind := text_behind_quotes(opened)):
        return behind
    if "CSV malformed" in str(error) or "not properly escaped" in str(error):
        return unclosed_quote(opened)
    return unreadable(file, source.kind, error)


def text_among_numbers(source: Source, files: Iterable[Path], column: str) -> DataError | None:
    """Name the first text in a CSV column of numbers, with its file and row."""
    for file in files:
        opened = _whole(source, file)
        if found := _first_text(source, opened, column):
            return text_in_numbers(opened.name, column, *found)
    return None


def _whole(source: Source, file: Path) -> CsvFile:
    """Give the file of which a piece is read."""
    opened = source.csv[file]
    return whole(file, opened.read) if file in source.spans else opened


def _first_text(source: Source, opened: CsvFile, column: str) -> tuple[int, str] | None:
    texts = opened.scan(opened.texts(list(source.schema)))
    try:
        rows = texts.select(column).with_row_index("row", offset=1)
        other = source.notation.is_not_number(pl.col(column))
        if source.schema[column] == pl.Boolean:
            other = ~pl.col(column).str.to_lowercase().is_in(["true", "false"])
        bad = rows.filter(other).head(1).collect()
    except READ_ERRORS:
        return None
    return (int(bad["row"][0]), str(bad[column][0])) if bad.height else None
