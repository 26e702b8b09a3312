"""CSV files: how they are scanned, and what is wrong with one that does not read."""

from __future__ import annotations

import codecs
import csv
import re
from pathlib import Path

import polars as pl

from engine.config import ReadConfig
from engine.errors import DataError

_INFER_ROWS = 10_000
_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)?([eE][-+]?[0-9]+)?")
_RENAMED = re.compile(r"_duplicated_[0-9]+$")


def not_a_number(text: pl.Expr, read: ReadConfig) -> pl.Expr:
    """Tell which texts do not read as numbers in the file's notation; nulls do."""
    plain = text.str.replace(",", ".", literal=True) if read.decimal_comma else text
    return text.is_not_null() & plain.cast(pl.Float64, strict=False).is_null()


def not_numbers(values: pl.Series, read: ReadConfig) -> pl.Series:
    """Keep the texts that do not read as numbers in the file's notation."""
    return values.to_frame("v").filter(not_a_number(pl.col("v"), read)).to_series()


def _separator(file: Path, read: ReadConfig) -> str:
    return "\t" if file.suffix.lower() == ".tsv" and read.separator == "," else read.separator


def scan_csv(file: Path, read: ReadConfig, schema: dict[str, pl.DataType] | None) -> pl.LazyFrame:
    """Scan one file lazily; a schema says how its columns are read."""
    return pl.scan_csv(
        file,
        separator=_separator(file, read),
        decimal_comma=read.decimal_comma,
        encoding=read.encoding,
        skip_rows=read.skip_rows,
        null_values=list(read.null_values),
        infer_schema_length=_INFER_ROWS,
        schema_overrides=schema,
        raise_if_empty=True,
        glob=False,
    )


def has_rows(file: Path, read: ReadConfig) -> bool:
    """Tell whether anything follows the header."""
    return scan_csv(file, read, None).head(1).collect().height > 0


def check_text(file: Path, read: ReadConfig) -> None:
    """Refuse a file whose beginning is not text in UTF-8."""
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
    raise not_utf8(file)


def not_utf8(file: Path) -> DataError:
    """Say that a file is not text in UTF-8."""
    message = (
        f"{file} is not text in UTF-8; save it as UTF-8, or set input.read.encoding to utf8-lossy "
        "if only a few letters are damaged."
    )
    return DataError(message)


def check_header(file: Path, read: ReadConfig, columns: list[str]) -> None:
    """Refuse a missing header, a name given twice, and a comma of two meanings."""
    separator = _separator(file, read)
    if read.decimal_comma and separator == ",":
        message = (
            f"{file}: a comma cannot be both the decimal mark and the separator; set "
            "input.read.separator, such as ';'."
        )
        raise DataError(message)
    if all(_NUMBER.fullmatch(c) for c in columns):
        message = (
            f"{file} has no header: its first line holds numbers ({', '.join(columns[:3])}); "
            "give it a first line with the names of the columns."
        )
        raise DataError(message)
    # The reader renames a repeated column; its first line still tells.
    renamed = [_RENAMED.sub("", c) for c in columns if _RENAMED.search(c)]
    if any(c in columns for c in renamed) and not _in_header(file, read, columns):
        message = f"{file} has more than one column named {renamed[0]!r}; rename one of them."
        raise DataError(message)


def _in_header(file: Path, read: ReadConfig, columns: list[str]) -> bool:
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as handle:
        lines = [line for line, _ in zip(handle, range(read.skip_rows + 1), strict=False)]
    header = next(csv.reader(lines[-1:], delimiter=_separator(file, read)), [])
    return all(c in header for c in columns if _RENAMED.search(c))


def too_many_fields(file: Path, read: ReadConfig) -> DataError:
    """Name the first line that is longer than the header."""
    separator = _separator(file, read)
    with file.open(encoding="utf-8", errors="replace", newline="") as handle:
        rows = csv.reader(handle, delimiter=separator)
        widths = ((rows.line_num, len(row)) for row in rows if rows.line_num > read.skip_rows)
        width = next(widths, (0, 0))[1]
        line = next((f"line {number:,}" for number, n in widths if n > width), "a line")
    message = (
        f"{file}: {line} has more fields than the header, which has {width}; put quotation marks "
        f"around values that contain {separator!r}."
    )
    return DataError(message)


def estimate_csv_rows(file: Path) -> int:
    """Estimate the rows of a file from the length of its first 1,000 lines."""
    with file.open("rb") as handle:
        lines = [line for _, line in zip(range(1_001), handle, strict=False)]
    read = sum(map(len, lines))
    if len(lines) < 1_001:
        return max(0, len(lines) - 1)
    return int(file.stat().st_size / (read / len(lines)))
