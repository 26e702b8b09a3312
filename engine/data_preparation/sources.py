"""Files in, blocks of rows out: CSV and Parquet; one file, a folder or a glob."""

from __future__ import annotations

import codecs
import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from engine.config import InputConfig, ReadConfig, suggestion
from engine.errors import DataError

BATCH_ROWS = 262_144
"""Rows read at a time: four chunks of the numerical contract, about 34 MB at 16 columns."""

_INFER_ROWS = 10_000
_KINDS = {".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet"}
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
        if len(self.files) == 1:
            return self.files[0].name
        return f"{len(self.files)} files in {self.files[0].parent.name or '.'}"

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
        return self.count_rows() or max(1, sum(_estimate_csv_rows(f) for f in self.files))

    def batches(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield blocks of at most 262,144 rows with these columns, in file order.

        Raises
        ------
        DataError
            Naming the file, the column and the first value that does not fit its type.
        """
        for file in self.files:
            try:
                lazy = self._scan(file).select(columns)
                yield from lazy.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True)
            except _READ_ERRORS as error:
                raise self._explain(file, columns, error) from None

    def _scan(self, file: Path) -> pl.LazyFrame:
        if self.kind == "parquet":
            wanted = [pl.col(c).cast(t, strict=True) for c, t in self.schema.items()]
            return pl.scan_parquet(file, glob=False).select(wanted)
        return _scan_csv(file, self.read, self.schema)

    def _explain(self, file: Path, columns: Sequence[str], error: Exception) -> DataError:
        numeric = [c for c in columns if self.schema[c].is_numeric()]
        if self.kind == "csv":
            for column in numeric:
                found = self._first_text(file, column)
                if found:
                    return text_in_numbers(file.name, column, *found)
        return unreadable(file, self.kind, error)

    def _first_text(self, file: Path, column: str) -> tuple[int, str] | None:
        texts = _scan_csv(file, self.read, dict.fromkeys(self.schema, pl.String()))
        try:
            rows = texts.select(column).with_row_index("row", offset=1)
            bad = rows.filter(_not_a_number(pl.col(column), self.read)).head(1).collect()
        except _READ_ERRORS:
            return None
        return (int(bad["row"][0]), str(bad[column][0])) if bad.height else None


def text_in_numbers(file: str, column: str, row: int | None, value: str) -> DataError:
    """Say that a column of numbers holds text."""
    where = f" (data row {row:,})" if row else ""
    message = (
        f"{file}: column {column!r} holds numbers but also the text {value!r}{where}; correct the "
        f"value, add it to input.read.null_values, or list the column under features.categorical "
        f"or features.exclude."
    )
    return DataError(message)


def unreadable(file: Path, kind: str, error: Exception) -> DataError:
    """Say that a file cannot be read as what its suffix claims."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    format_name = "Parquet" if kind == "parquet" else "CSV"
    message = f"{file} cannot be read as {format_name}: {first.rstrip('.')}."
    return DataError(message)


def _not_a_number(text: pl.Expr, read: ReadConfig) -> pl.Expr:
    plain = text.str.replace(",", ".", literal=True) if read.decimal_comma else text
    return text.is_not_null() & plain.cast(pl.Float64, strict=False).is_null()


def not_numbers(values: pl.Series, read: ReadConfig) -> pl.Series:
    """Keep the texts that do not read as numbers in the file's notation."""
    return values.to_frame("v").filter(_not_a_number(pl.col("v"), read)).to_series()


def _scan_csv(file: Path, read: ReadConfig, schema: dict[str, pl.DataType] | None) -> pl.LazyFrame:
    return pl.scan_csv(
        file,
        separator="\t" if file.suffix == ".tsv" and read.separator == "," else read.separator,
        decimal_comma=read.decimal_comma,
        encoding=read.encoding,
        skip_rows=read.skip_rows,
        null_values=list(read.null_values),
        infer_schema_length=_INFER_ROWS,
        schema_overrides=schema,
        raise_if_empty=True,
        glob=False,
    )


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
    kinds = {_KINDS[f.suffix.lower()] for f in files}
    if len(kinds) > 1:
        message = (
            f"{settings.path} holds both CSV and Parquet files; give a glob such as *.parquet."
        )
        raise DataError(message)
    kind = kinds.pop()
    schema = _schema(files[0], kind, settings.read)
    for other in files[1:]:
        _same_columns(files[0], schema, other, _schema(other, kind, settings.read))
    if kind == "csv":
        schema = {c: _csv_type(c, t, text_columns) for c, t in schema.items()}
    return Source(tuple(files), kind, schema, settings.read)


def _csv_type(column: str, inferred: pl.DataType, text_columns: Sequence[str]) -> pl.DataType:
    as_number = inferred.is_numeric() and column not in text_columns
    return pl.Float64() if as_number else pl.String()


def find_files(path: str) -> list[Path]:
    """List the CSV or Parquet files that a path, folder or glob names, sorted by name."""
    place = Path(path).expanduser()
    if place.is_dir():
        found = [f for f in place.iterdir() if f.is_file() and not f.name.startswith((".", "_"))]
    elif any(c in path for c in "*?[") and not place.exists():
        found = [Path(f) for f in glob.glob(str(place), recursive=True) if Path(f).is_file()]
    else:
        found = [place]
    if found == [place] and not place.exists():
        message = f"{path} does not exist; give a file, a folder or a glob in input.path."
        raise DataError(message)
    files = sorted(f for f in found if f.suffix.lower() in _KINDS)
    if not files:
        message = f"{path} names no .csv, .tsv or .parquet file; the engine reads these formats."
        raise DataError(message)
    return files


def _schema(file: Path, kind: str, read: ReadConfig) -> dict[str, pl.DataType]:
    try:
        if file.stat().st_size == 0:
            message = f"{file} is empty; give a file with a header and rows."
            raise DataError(message)
        if kind == "parquet":
            return dict(pl.scan_parquet(file, glob=False).collect_schema())
        _check_text(file, read)
        schema = dict(_scan_csv(file, read, None).collect_schema())
        return {c: t for c, t in schema.items() if c}
    except _READ_ERRORS as error:
        raise unreadable(file, kind, error) from None


def _check_text(file: Path, read: ReadConfig) -> None:
    with file.open("rb") as handle:
        head = handle.read(65_536)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        if read.encoding == "utf8-lossy" and b"\0" not in head:
            return
    else:
        if b"\0" not in head:
            return
    message = (
        f"{file} is not text in UTF-8; save it as UTF-8, or set input.read.encoding to utf8-lossy "
        "if only a few letters are damaged."
    )
    raise DataError(message)


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


def check_columns(names: Sequence[str], source: Source, key: str) -> None:
    """Refuse names that are no column of the source, with the nearest that is."""
    for name in names:
        if name not in source.schema:
            message = (
                f"{key} names the column {name!r}, which {source.label} does not have"
                f"{suggestion(name, source.schema)}"
            )
            raise DataError(message)


def _estimate_csv_rows(file: Path) -> int:
    with file.open("rb") as handle:
        lines = [line for _, line in zip(range(1_001), handle, strict=False)]
    read = sum(map(len, lines))
    if len(lines) < 1_001:
        return max(0, len(lines) - 1)
    return int(file.stat().st_size / (read / len(lines)))
