"""What the beginnings of files say before rows are read: how they are written, their columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from engine.config.input import ReadConfig
from engine.data_preparation.reading.csv_files import CsvFile, open_csv
from engine.data_preparation.reading.files import READ_ERRORS, empty, label, unreadable
from engine.data_preparation.reading.layout import listed
from engine.data_preparation.reading.name_patterns import check_names
from engine.data_preparation.reading.numbers import PLAIN, Notation, Seen
from engine.data_preparation.reading.parquet_files import (
    check_types,
    scan_parquet,
    zones_in_utc,
)
from engine.data_preparation.reading.points import Points
from engine.errors import DataError

T = TypeVar("T")

_MOST_TOLD = 5


@dataclass(frozen=True)
class Opened:
    """What is known of files that are read together; see :class:`Source` for each."""

    schema: dict[str, pl.DataType]
    read: ReadConfig
    csv: Mapping[Path, CsvFile] = field(default_factory=dict)
    notation: Notation = PLAIN
    points: Points | None = None
    told: tuple[str, ...] = ()


def open_parquet(files: Sequence[Path], read: ReadConfig) -> Opened:
    """Learn the columns of Parquet files, and that they are the same."""
    schemas = {f: _parquet_schema(f) for f in files}
    for file, names in schemas.items():
        check_names(file, names)
    _check_same(schemas)
    first = schemas[files[0]]
    schema = {c: _common_type([t[c] for t in schemas.values()]) for c in first}
    told = [
        f"{f.name}: the zone {zone!r} of column {c!r} is not known, so its times are read in UTC"
        for f in files
        for c, zone in zones_in_utc(f).items()
    ]
    return Opened(schema, read, told=tuple(told[:_MOST_TOLD]))


def open_csv_files(files: Sequence[Path], read: ReadConfig, text_columns: Sequence[str]) -> Opened:
    """Learn how CSV files are written, their columns, and that these are the same."""
    opened, seen = {}, Seen()
    for file in files:
        opened[file] = _guarded(file, lambda f: open_csv(f, read))
        _guarded(file, lambda f: opened[f].look_at_numbers(seen))
    separators = {f.layout.separator for f in opened.values()}
    notation = seen.notation(read, label(files), commas_separate="," in separators)
    schemas = {f: _guarded(f, lambda f: opened[f].schema(notation)) for f in files}
    first = _typical(opened)
    _check_same({first: schemas[first], **schemas})
    schema = {c: _csv_type(c, t, text_columns) for c, t in schemas[first].items()}
    points = Points(opened, seen, read, notation, commas_separate="," in separators)
    return Opened(schema, _settled(read, opened, points), opened, notation, points)


def _settled(read: ReadConfig, opened: Mapping[Path, CsvFile], points: Points) -> ReadConfig:
    """Put what all files have in common in place of ``auto``."""
    notation = points.notation
    common: dict[str, set[Any]] = {
        "separator": {f.layout.separator for f in opened.values()},
        "encoding": {f.text.encoding for f in opened.values()},
        "header": {f.layout.header for f in opened.values()},
        "description_row": {f.layout.described for f in opened.values()},
    }
    if not points.unknown:  # Where nothing was seen, other files are not told what to think.
        common["decimal_comma"] = {notation.decimal_comma}
        common["thousands"] = {notation.thousands or "off"}
    told = {key: values.pop() for key, values in common.items() if len(values) == 1}
    return read.model_copy(update=told)


def _typical(opened: Mapping[Path, CsvFile]) -> Path:
    """Give the file whose types count: the first with rows."""
    if len(opened) > 1:
        with suppress(*READ_ERRORS):
            return next((f for f, text in opened.items() if text.has_rows()), next(iter(opened)))
    return next(iter(opened))


def _common_type(types: list[pl.DataType]) -> pl.DataType:
    """Give a type that holds the numbers of every file; for all else, the first file's."""
    typed = [t for t in types if t != pl.Null] or types
    if all(t == typed[0] for t in typed) or not all(t.is_numeric() for t in typed):
        return typed[0]
    return pl.Int64() if all(t.is_integer() for t in typed) else pl.Float64()


def _csv_type(column: str, inferred: pl.DataType, text_columns: Sequence[str]) -> pl.DataType:
    as_number = inferred.is_numeric() and column not in text_columns
    return pl.Float64() if as_number else pl.String()


def _guarded(file: Path, read: Callable[[Path], T], kind: str = "csv") -> T:
    """Read from a file, or say why that cannot be."""
    try:
        if file.stat().st_size == 0:
            raise empty(file)
        return read(file)
    except READ_ERRORS as error:
        raise unreadable(file, kind, error) from None


def _parquet_schema(file: Path) -> dict[str, pl.DataType]:
    def schema(file: Path) -> dict[str, pl.DataType]:
        check_types(file)
        return dict(scan_parquet(file).collect_schema())

    return _guarded(file, schema, "parquet")


def _check_same(schemas: Mapping[Path, dict[str, pl.DataType]]) -> None:
    """Compare the columns of every file with those of the first."""
    first = next(iter(schemas))
    for other, found in schemas.items():
        _same_columns(first, schemas[first], other, found)


def _same_columns(
    first: Path, expected: dict[str, pl.DataType], other: Path, found: dict[str, pl.DataType]
) -> None:
    missing = [c for c in expected if c not in found]
    extra = [c for c in found if c not in expected]
    if missing or extra:
        parts = [f"lacks {listed(missing)}"] if missing else []
        parts += [f"also has {listed(extra)}"] if extra else []
        message = (
            f"{other.name} {' and '.join(parts)}, unlike {first.name}; "
            "files read together must have the same columns."
        )
        raise DataError(message)


def other_type(
    file: Path, columns: Sequence[str], schema: Mapping[str, pl.DataType]
) -> DataError | None:
    """Explain a Parquet column whose values do not fit its type in the first file."""
    try:
        found = scan_parquet(file).collect_schema()
    except READ_ERRORS:
        return None
    for column in columns:
        if column in found and found[column] != schema[column]:
            message = (
                f"{file.name}: the column {column!r} holds {found[column]}, but {schema[column]} "
                "in other files; files read together must have the same types."
            )
            return DataError(message)
    return None
