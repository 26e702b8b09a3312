"""Files in, blocks of rows out: CSV and Parquet; one file, a folder or a glob."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from engine.config import InputConfig, ReadConfig, suggestion
from engine.data_preparation.csv_files import (
    check_header,
    check_text,
    estimate_csv_rows,
    has_rows,
    not_a_number,
    scan_csv,
    too_many_fields,
)
from engine.data_preparation.files import (
    KINDS,
    find_files,
    no_rows,
    text_in_numbers,
    unreadable,
)
from engine.errors import DataError

BATCH_ROWS = 262_144
"""Rows read at a time: four chunks of the numerical contract, about 34 MB at 16 columns."""

_READ_ERRORS = (pl.exceptions.PolarsError, OSError)


@dataclass(frozen=True)
class Source:
    """Files that are read together as one table, in the order of their names.

    Attributes
    ----------
    files : tuple of Path
    kind : {"csv", "parquet"}
    schema : dict of str to polars data type
        Every column, as it will be read: numbers in CSV as Float64, all else there as text.
    read : ReadConfig
    """

    files: tuple[Path, ...]
    kind: str
    schema: dict[str, pl.DataType]
    read: ReadConfig

    @property
    def label(self) -> str:
        """The file's name, or how many files, for messages."""
        return _label(self.files)

    def with_types(self, types: dict[str, pl.DataType]) -> Source:
        """Give the same files, some columns read as other types (CSV)."""
        return replace(self, schema={**self.schema, **types})

    def count_rows(self) -> int | None:
        """Rows as Parquet's footers say; None for CSV, which does not say."""
        if self.kind == "csv":
            return None
        counts = (pl.scan_parquet(f, glob=False).select(pl.len()).collect() for f in self.files)
        return sum(int(count.item()) for count in counts)

    def estimate_rows(self) -> int:
        """Rows from headers alone: exact for Parquet; for CSV from the length of 1,000 lines."""
        return self.count_rows() or max(1, sum(estimate_csv_rows(f) for f in self.files))

    def batches(
        self, columns: Sequence[str], *, whole_lines: bool = False
    ) -> Iterator[pl.DataFrame]:
        """Yield blocks of at most 262,144 rows with these columns, in file order.

        Parameters
        ----------
        columns : sequence of str
        whole_lines : bool
            Parse every column of a CSV, which is what notices lines with too many fields.

        Raises
        ------
        DataError
            Naming the file, the column and the first value that does not fit its type.
        """
        for file in self.files:
            try:
                lazy = self._scan(file)
                if not (whole_lines and self.kind == "csv"):
                    lazy = lazy.select(columns)
                for block in lazy.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True):
                    yield block.select(columns)
            except _READ_ERRORS as error:
                raise self._explain(file, columns, error) from None

    def check_rows(self) -> None:
        """Refuse CSV files without rows: without values every column would pass for text.

        Raises
        ------
        DataError
            There is a header and nothing else.
        """
        try:
            if self.kind == "csv" and not any(has_rows(f, self.read) for f in self.files):
                raise no_rows(self.label)
        except _READ_ERRORS:
            return  # Reading it will say what is wrong, with the line or the column.

    def blank_rows(self) -> np.ndarray:
        """Tell which rows of a CSV hold nothing at all: empty lines; bool, (n_file_rows,)."""
        texts = replace(self, schema=dict.fromkeys(self.schema, pl.String()))
        empty = pl.all_horizontal(pl.all().is_null()).alias("empty")
        blocks = texts.batches(list(self.schema), whole_lines=True)
        return np.concatenate([b.select(empty)["empty"].to_numpy() for b in blocks])

    def _scan(self, file: Path) -> pl.LazyFrame:
        if self.kind == "parquet":
            wanted = [pl.col(c).cast(t, strict=True) for c, t in self.schema.items()]
            return pl.scan_parquet(file, glob=False).select(wanted)
        return scan_csv(file, self.read, self.schema)

    def _explain(self, file: Path, columns: Sequence[str], error: Exception) -> DataError:
        numeric = [c for c in columns if self.schema[c].is_numeric()]
        if self.kind == "parquet":
            return self._other_type(file, columns) or unreadable(file, self.kind, error)
        for column in numeric:
            if found := self._first_text(file, column):
                return text_in_numbers(file.name, column, *found)
        if "more fields" in str(error):
            return too_many_fields(file, self.read)
        return unreadable(file, self.kind, error)

    def _other_type(self, file: Path, columns: Sequence[str]) -> DataError | None:
        """Explain a Parquet column whose values do not fit its type in the first file."""
        try:
            found = pl.scan_parquet(file, glob=False).collect_schema()
        except _READ_ERRORS:
            return None
        for column in columns:
            if found[column] != self.schema[column]:
                message = (
                    f"{file.name}: the column {column!r} holds {found[column]}, but "
                    f"{self.schema[column]} in other files; files read together must have the "
                    "same types."
                )
                return DataError(message)
        return None

    def text_among_numbers(self, column: str) -> DataError | None:
        """Name the first text in a CSV column of numbers, with its file and row."""
        for file in self.files:
            if found := self._first_text(file, column):
                return text_in_numbers(file.name, column, *found)
        return None

    def _first_text(self, file: Path, column: str) -> tuple[int, str] | None:
        texts = scan_csv(file, self.read, dict.fromkeys(self.schema, pl.String()))
        try:
            rows = texts.select(column).with_row_index("row", offset=1)
            bad = rows.filter(not_a_number(pl.col(column), self.read)).head(1).collect()
        except _READ_ERRORS:
            return None
        return (int(bad["row"][0]), str(bad[column][0])) if bad.height else None


def open_source(settings: InputConfig, text_columns: Sequence[str] = ()) -> Source:
    """Find the files, check that they belong together and learn their columns from headers.

    Parameters
    ----------
    settings : InputConfig
    text_columns : sequence of str
        Columns read as text even if they look like numbers (ids, declared categoricals).

    Raises
    ------
    DataError
        Missing, empty, unreadable or mixed files, or files with different columns.
    """
    files = find_files(settings.path)
    kinds = {KINDS[f.suffix.lower()] for f in files}
    if len(kinds) > 1:
        message = (
            f"{settings.path} holds both CSV and Parquet files; give a glob such as *.parquet."
        )
        raise DataError(message)
    kind = kinds.pop()
    schemas = {f: _schema(f, kind, settings.read) for f in files}
    first = _typical(files, kind, settings.read)
    for other in files:
        _same_columns(first, schemas[first], other, schemas[other])
    if kind == "csv":
        schema = {c: _csv_type(c, t, text_columns) for c, t in schemas[first].items()}
    else:
        schema = {c: _common_type([t[c] for t in schemas.values()]) for c in schemas[first]}
    return Source(tuple(files), kind, schema, settings.read)


def _typical(files: list[Path], kind: str, read: ReadConfig) -> Path:
    """Give the file whose types count: the first, but of several CSV files the first with rows."""
    if kind == "csv" and len(files) > 1:
        with suppress(*_READ_ERRORS):
            return next((f for f in files if has_rows(f, read)), files[0])
    return files[0]


def _label(files: Sequence[Path]) -> str:
    if len(files) == 1:
        return files[0].name
    return f"{len(files)} files in {files[0].parent.name or '.'}"


def _common_type(types: list[pl.DataType]) -> pl.DataType:
    """Give a type that holds the numbers of every file; for all else, the first file's."""
    typed = [t for t in types if t != pl.Null] or types
    if all(t == typed[0] for t in typed) or not all(t.is_numeric() for t in typed):
        return typed[0]
    return pl.Int64() if all(t.is_integer() for t in typed) else pl.Float64()


def _csv_type(column: str, inferred: pl.DataType, text_columns: Sequence[str]) -> pl.DataType:
    as_number = inferred.is_numeric() and column not in text_columns
    return pl.Float64() if as_number else pl.String()


def _schema(file: Path, kind: str, read: ReadConfig) -> dict[str, pl.DataType]:
    try:
        if file.stat().st_size == 0:
            message = f"{file} is empty; give a file with a header and rows."
            raise DataError(message)
        if kind == "parquet":
            return dict(pl.scan_parquet(file, glob=False).collect_schema())
        check_text(file, read)
        schema = dict(scan_csv(file, read, None).collect_schema())
        check_header(file, read, list(schema))
        return {c: t for c, t in schema.items() if c}
    except _READ_ERRORS as error:
        raise unreadable(file, kind, error) from None


def _same_columns(
    first: Path, expected: dict[str, pl.DataType], other: Path, found: dict[str, pl.DataType]
) -> None:
    missing = [c for c in expected if c not in found]
    extra = [c for c in found if c not in expected]
    if missing or extra:
        parts = [f"lacks {', '.join(missing)}"] if missing else []
        parts += [f"also has {', '.join(extra)}"] if extra else []
        message = (
            f"{other.name} {' and '.join(parts)}, unlike {first.name}; "
            "files read together must have the same columns."
        )
        raise DataError(message)


def check_columns(named: Mapping[str, Sequence[str]], source: Source) -> None:
    """Refuse names that are no column of the source, all at once, each with the nearest that is.

    Parameters
    ----------
    named : mapping of configuration key to column names
    source : Source
    """
    problems = [
        f"{key} names the column {name!r}, which {source.label} does not have"
        f"{suggestion(name, source.schema)}"
        for key, names in named.items()
        for name in names
        if name not in source.schema
    ]
    if problems:
        raise DataError(" ".join(problems))


def check_plain(source: Source, column: str, key: str) -> None:
    """Refuse a column that is neither numbers, text nor time, where ``key`` needs plain values."""
    dtype = source.schema[column]
    if dtype.is_nested() or dtype in (pl.Binary, pl.Object, pl.Duration):
        message = (
            f"{key} needs numbers or text in the column {column!r}, but {source.label} holds "
            f"{dtype}; convert it."
        )
        raise DataError(message)
