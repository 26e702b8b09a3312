"""Which files are read, and the sentences about those that cannot be."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from engine.config.everywhere import IN_MEMORY, is_in_memory
from engine.data_preparation.reading.contents import misnamed, no_text
from engine.errors import (
    DataError,
    EngineError,
    InputMissingError,
    first_line,
    in_a_sentence,
    is_panic,
    memory_is_bounded,
)
from engine.utilities.remote import REMOTE, is_remote, masked
from engine.utilities.shown import cut, veiled

KINDS = {".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet"}
"""Formats by suffix."""

TEXTS = (".csv", ".tsv", ".tab", ".txt")
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
_NOTES = ("readme", "read_me", "license", "licence", "notes", "changelog", "about", "copying")
WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")

_GONE = (
    "the customers of that run were a table in memory, which is gone with its result in Python, so "
    "they cannot be read again; write the table to a file, and run the engine on that, or say "
    "where it is (input.path)."
)

READ_ERRORS = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, MemoryError)
"""What reading a file raises; a panic is no ``Exception``."""

_INSIDE = re.compile(r"\(?(?:file )?/proc/self/fd/\d+\)?")
"""Where copies lie that nobody named."""

_VALUES = re.compile("`[^`]*(?:`|$)")
"""What the library quotes of a file."""


def is_workbook(file: Path) -> bool:
    """Tell whether a file is one of a spreadsheet program, by its suffix."""
    return file.suffix.lower() in WORKBOOKS


def kind_of(file: Path) -> str | None:
    """Give how a file is read, by its suffixes: as CSV, as Parquet, or not at all.

    Examples
    --------
    >>> kind_of(Path("a.csv.gz")), kind_of(Path("a.xlsx")), kind_of(Path("a.pq"))
    ('csv', 'csv', 'parquet')
    >>> kind_of(Path("a.pdf"))
    """
    suffix = file.suffix.lower()
    if suffix in KINDS:
        return KINDS[suffix]
    inner = Path(file.stem).suffix.lower()
    packed = suffix == ".zip" or (suffix in PACKED and inner in TEXTS)
    return "csv" if packed or suffix in (*TEXTS, *WORKBOOKS) else None


def _is_note(file: Path) -> bool:
    """Tell a text that stands beside data from data."""
    return file.suffix.lower() == ".txt" and file.stem.lower().startswith(_NOTES)


def find_files(path: str) -> list[Path]:
    """List the files that a path, folder or glob names, sorted by name.

    Where there are .csv, .tsv or .parquet files, other text, packed files and workbooks beside
    them are left out: a note, or a copy.
    """
    if path == IN_MEMORY:
        raise InputMissingError(_GONE)
    if is_remote(path):
        message = f"{cut(masked(path), 200)} {REMOTE}."
        raise DataError(message)
    place = Path(path).expanduser()
    if place.is_dir():
        found = [f for f in place.iterdir() if f.is_file() and not f.name.startswith((".", "_"))]
    elif any(c in path for c in "*?[") and not place.exists():
        found = [Path(f) for f in glob.glob(str(place), recursive=True) if Path(f).is_file()]
    else:
        found = [place]
    if found == [place] and not place.exists():
        message = f"{cut(path, 200)} does not exist; give a file, a folder or a glob."
        raise InputMissingError(message)
    if found == [place] and not place.is_file():
        what = "a pipe" if place.is_fifo() else "a device or a socket"
        message = (
            f"{cut(path, 200)} is {what}, which cannot be read twice; write what it gives to a "
            "file first, and give that."
        )
        raise DataError(message)
    usual = [f for f in found if f.suffix.lower() in KINDS]
    others = [f for f in found if kind_of(f) and not (found != [place] and _is_note(f))]
    files = usual or others
    if not files:
        message = (
            f"{cut(path, 200)} names no .csv, .tsv or .parquet file; the engine reads these "
            f"formats, as well as {', '.join(TEXTS[2:])}, {', '.join(WORKBOOKS)}, and text that is "
            f"packed ({', '.join(PACKED)})."
        )
        raise InputMissingError(message)
    return sorted(files)


def label(files: Sequence[Path]) -> str:
    """Give a file's name, or how many files, for messages."""
    if len(files) == 1:
        return "the table" if is_in_memory(files[0]) else files[0].name
    return f"{len(files)} files in {files[0].parent.name or '.'}"


@contextmanager
def naming(label: str, files: Sequence[Path]) -> Iterator[None]:
    """Put the files' name before sentences about their columns that name none of the files."""
    try:
        yield
    except DataError as error:
        said = str(error)
        if label not in said and not any(f.name in said for f in files):
            error.args = (f"{label}: {said}",)
        raise


class TextInNumbers(DataError):
    """A column of numbers holds text, as :func:`text_in_numbers` says.

    Attributes
    ----------
    column : str
    """

    column: str = ""


def text_in_numbers(file: str, column: str, row: int | None, value: str) -> TextInNumbers:
    """Say that a column of numbers holds text."""
    where = f" (data row {row:,})" if row else ""
    message = (
        f"{file}: column {column!r} holds numbers but also the text {veiled(value)}{where}; "
        "correct the value, or for a run add it to input.read.null_values or list the column under "
        "features.categorical or features.exclude."
    )
    error = TextInNumbers(message)
    error.column = column
    return error


def unreadable(file: Path, kind: str, error: BaseException) -> EngineError:
    """Say that a file cannot be read as what its suffix claims."""
    damaged = is_panic(error) and not memory_is_bounded()
    known = None if damaged else in_a_sentence(error, f"reading {file}")
    if known is not None:
        return known
    if "utf-8" in str(error).lower() and kind == "csv":
        return no_text(file, file)
    if kind == "parquet" and (other := misnamed(file)):
        return other
    format_name = "Parquet" if kind == "parquet" else "CSV"
    if is_panic(error):
        message = (
            f"{file} cannot be read as {format_name}: it is damaged, or holds what the library "
            "that reads it does not know; write it again."
        )
        return DataError(message)
    first = _INSIDE.sub("it", first_line(error)).rstrip(".")
    if kind == "csv" and first.startswith("empty CSV"):  # a byte order mark, or line ends alone
        return empty(file)
    # What stands between these marks is a value, or a line: a person's.
    first = _VALUES.sub("a value", first)
    remedy = "name each column once" if "more than one occurrence" in first else "write it again"
    told = f"{first}; {remedy}" if isinstance(error, pl.exceptions.PolarsError) else first
    message = f"{file} cannot be read as {format_name}: {told}."
    return DataError(message)


def empty(file: Path) -> DataError:
    """Say that a file holds nothing."""
    message = f"{file} is empty; give a file with a header and rows."
    return DataError(message)


def no_rows(label: str, columns: int = 0) -> DataError:
    """Say that there is a header and nothing else; one line without columns is no table."""
    if columns == 1:
        message = (
            f"{label} holds one line, without columns: it is no table; give a file with a header "
            "and rows of customers."
        )
        return DataError(message)
    message = f"{label} has a header but no rows; give a file with customers in it."
    return DataError(message)
