"""What is wrong with a CSV file that does not read, by its line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import IO

from engine.data_preparation.reading.csv_files import CsvFile
from engine.errors import DataError

_LONGEST = 1 << 27
"""Letters of a field at most while a line is looked for; Python's own bound is 131,072."""


def too_many_fields(file: CsvFile) -> DataError:
    """Name the first line that is longer than the header."""
    separator, width, line = file.layout.separator, 0, "a line"
    with _opened(file) as handle:
        for number, row in _rows(handle, separator):
            if number > file.skipped:
                width = width or len(row)
                if len(row) > width:
                    line = f"line {number:,}"
                    break
        else:
            if returns := lone_returns(file):
                return returns
    longer = "the header, which" if file.layout.header else "the first line, which"
    message = (
        f"{file.shown}: {line} has more fields than {longer} has {width}; put quotation marks "
        f"around values that contain {separator!r}."
    )
    return DataError(message)


def lone_returns(file: CsvFile) -> DataError | None:
    """Name the first line that a carriage return alone ends; None for none."""
    with _opened(file) as handle:
        number = next((n for n, line in enumerate(handle, 1) if line.endswith("\r")), 0)
    if not number:
        return None
    message = (
        f"{file.shown}: line {number:,} ends with a carriage return alone, as no line at the "
        "beginning does; write the file with line ends of one kind: tr '\\r' '\\n' < it > new.csv."
    )
    return DataError(message)


def unclosed_quote(file: CsvFile) -> DataError:
    """Name the line of the first record that took the next ones for a part of its value."""
    separator, line, last, start, begun = file.layout.separator, 0, 0, 1, 0
    with _opened(file) as handle:
        for number, row in _rows(handle, separator):
            if number > start and any(separator in f.partition("\n")[2] for f in row):
                line = start
                break
            begun = start
            last, start = start if "\n" in "".join(row) else 0, number + 1
    line = line or last or begun
    where = f"{file.shown}: line {line:,}" if line else file.shown
    message = f"{where} has a quotation mark that is opened but never closed; correct that line."
    return DataError(message)


def text_behind_quotes(file: CsvFile) -> DataError | None:
    """Name the first line with a value in quotation marks that more follows; None for none."""
    mark = re.escape(file.layout.separator)
    behind = re.compile(rf'(?:^|{mark})"(?:[^"]|"")*"(?!{mark}|"|\r?\n?$)')
    with _opened(file) as handle:
        line = next((n for n, text in enumerate(handle, 1) if behind.search(text)), 0)
    if not line:
        return None
    message = (
        f"{file.shown}: line {line:,} has text behind a closing quotation mark; correct that line, "
        "or double the quotation marks that belong to a value."
    )
    return DataError(message)


def _opened(file: CsvFile) -> IO[str]:
    return file.text.utf8().open(encoding="utf-8", errors="replace", newline="")


def _rows(handle: IO[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each record's last line, and its fields."""
    rows, before = csv.reader(handle, delimiter=separator), csv.field_size_limit(_LONGEST)
    try:
        with suppress(csv.Error):
            for row in rows:
                yield rows.line_num, row
    finally:
        csv.field_size_limit(before)
