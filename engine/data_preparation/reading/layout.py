"""How a CSV file is laid out, as told or as its first lines show: separator, header, names."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import Path

from engine.config.input import ReadConfig
from engine.data_preparation.reading.name_patterns import check_names
from engine.data_preparation.reading.numbers import NUMBER
from engine.data_preparation.reading.titles import title_lines
from engine.errors import DataError
from engine.utilities.shown import cut

SEPARATORS = ",;\t|"
"""Tried in this order; the first of equals wins."""

_LINES = 200
_LEAST_SHARE = 0.5
_MOST_NAMES, _MOST_LETTERS, _LONG_NAME = 8, 240, 60
_NUMBER = re.compile(NUMBER)
_YEAR = re.compile(r"(19|20)\d\d")
_SEPARATOR_LINE = re.compile(r'"?sep=([^"\r\n])"?[\r\n]*', re.IGNORECASE)
"""What Excel takes the separator from, above the header."""

Rows = list[list[str]]


@dataclass(frozen=True)
class Layout:
    """How a file is laid out.

    Attributes
    ----------
    separator : str
    header : bool
        Whether the first line names the columns.
    described : bool
        Whether the row under the header describes the columns.
    names : tuple of str
        Names of the columns; those that the file does not name are called by their place.
    nameless : tuple of str
        Those of them that the header leaves empty.
    usual : bool
        Whether the separator is what the file's suffix says.
    told : bool
        Whether a line above the header, such as ``sep=;``, gives the separator.
    titles : int
        Lines above the header that name no columns, empty ones counted.
    title : str
        The first of them.
    """

    separator: str
    header: bool
    described: bool
    names: tuple[str, ...]
    nameless: tuple[str, ...]
    usual: bool
    told: bool = False
    titles: int = 0
    title: str = ""

    def words(self) -> list[str]:
        """Say what is not the plain default."""
        words = []
        if not self.usual:
            words.append(
                "separator tab" if self.separator == "\t" else f"separator {self.separator!r}"
            )
        if self.told:
            words.append("the line above the header that gives the separator was skipped")
        if not self.header:
            last = f" to {self.names[-1]}" if len(self.names) > 1 else ""
            words.append(f"no header, columns are called {self.names[0]}{last}")
        if self.described:
            words.append("the row under the header describes the columns and was skipped")
        if self.titles:
            lines = (
                "line above the header was" if self.titles == 1 else "lines above the header were"
            )
            words.append(
                f"{self.titles} {lines} skipped, such as {self.title!r} (input.read.skip_rows)"
            )
        if self.nameless:
            words.append(f"columns without a name are called {listed(self.nameless)}")
        return words


def listed(names: Sequence[str]) -> str:
    """List names, of many only the first and the last."""
    short = shown(names)
    if len(names) <= _MOST_NAMES:
        return ", ".join(short)
    return f"{', '.join(short[:2])} to {short[-1]} ({len(names):,} in all)"


def names_told(names: Sequence[str]) -> str:
    """List what columns there are, as a message does."""
    told: list[str] = []
    for name in shown(names):
        if sum(map(len, told)) + len(name) > _MOST_LETTERS:
            return f"{', '.join(told)} and {len(names) - len(told):,} more"
        told.append(name)
    return ", ".join(told)


def shown(names: Sequence[str]) -> list[str]:
    """Give names as they are shown: of long ones the beginning."""
    return [cut(name, _LONG_NAME) for name in names]


def find_layout(file: Path, head: str, read: ReadConfig) -> Layout:
    """Look at the first lines of a file; explicit settings win.

    Parameters
    ----------
    file : Path
    head : str
        The beginning of the file, decoded.
    read : ReadConfig

    Raises
    ------
    DataError
        A column name is given twice, or is a pattern of names.
    """
    # Not splitlines, which takes more for the end of a line than a CSV does.
    lines = list(islice(StringIO(head, newline=""), read.skip_rows, read.skip_rows + _LINES * 5))
    usual = "\t" if {".tsv", ".tab"} & {s.lower() for s in file.suffixes[-2:]} else ","
    separator = read.separator
    told = _SEPARATOR_LINE.fullmatch(lines[0]) if lines else None
    lines = lines[1:] if told else lines
    if separator == "auto":
        separator = told[1] if told else _separator(lines, usual)
    if read.decimal_comma is True and separator == "," == read.separator:
        message = (
            f"{file}: a comma cannot be both the decimal mark and the separator; set "
            "input.read.separator, such as ';'."
        )
        raise DataError(message)
    titles, title = _titles(lines, separator, read) if not told else (0, "")
    lines = lines[titles:]
    rows = _rows(lines, separator)
    header = _has_header(rows, read) if read.header == "auto" else read.header
    described = read.description_row is True
    if read.description_row == "auto":
        described = header and _is_described(rows, read)
    names, nameless = _names(file, rows, header=header)
    return Layout(
        separator, header, described, names, nameless, separator == usual, told is not None,
        titles, title,
    )  # fmt: skip


def _titles(lines: Sequence[str], separator: str, read: ReadConfig) -> tuple[int, str]:
    """Count the lines above the header, and give the first."""
    if read.skip_rows or read.header is False:
        return 0, ""
    reader, rows, ends = csv.reader(lines, delimiter=separator), [], []
    with suppress(csv.Error):
        for row in islice(reader, _LINES):
            if any(row):
                rows.append(row)
                ends.append(reader.line_num)
    number = title_lines(rows)
    if not number:
        return 0, ""
    title = " ".join(field.strip() for field in rows[0] if field.strip())
    return ends[number - 1] + _empty_after(lines, ends[number - 1]), title[:60]


def _empty_after(lines: Sequence[str], start: int) -> int:
    """Count the lines that hold nothing but separators from one on."""
    return next((i for i, line in enumerate(lines[start:]) if line.strip(" ,;|\t\r\n")), 0)


def _rows(lines: Sequence[str], separator: str) -> Rows:
    """Split the first lines; empty ones are none."""
    return list(islice(_split(lines, separator), _LINES))


def _split(lines: Sequence[str], separator: str) -> Iterator[list[str]]:
    rows = csv.reader(lines, delimiter=separator)
    while True:
        try:
            row = next(rows)
        except (csv.Error, StopIteration):
            return
        if row:
            yield row


def _separator(lines: Sequence[str], usual: str) -> str:
    """Choose what splits most lines into as many fields as the first, none holding another."""
    best, score = usual, (_LEAST_SHARE, 0.0, 0)
    for separator in sorted(SEPARATORS, key=lambda s: s != usual):
        rows = _rows(lines, separator)
        rows = rows[title_lines(rows) :]
        if not rows or len(rows[0]) < 2:
            continue
        width, body = len(rows[0]), rows[1:] or rows
        share = sum(len(row) == width for row in body) / len(body)
        found = (round(share, 2), round(_clean(rows), 3), width)
        if found > score:
            best, score = separator, found
    return best


def _clean(rows: Rows) -> float:
    fields = [field for row in rows for field in row]
    split = sum(any(s in f for s in SEPARATORS) and not _NUMBER.match(f) for f in fields)
    return 1 - split / len(fields)


def _is_number(field: str) -> bool:
    return bool(_NUMBER.match(field.strip()))


def _numeric(rows: Rows, read: ReadConfig) -> list[int]:
    """Places whose fields are numbers wherever there is something."""
    found = []
    for place in range(max(map(len, rows), default=0)):
        fields = [row[place] for row in rows if place < len(row)]
        known = [f for f in fields if f.strip() and f not in read.null_values]
        if known and all(map(_is_number, known)):
            found.append(place)
    return found


def _has_header(rows: Rows, read: ReadConfig) -> bool:
    """Tell whether the first line names columns: above numbers stand words, or years."""
    if not rows:
        return True
    first, body = rows[0], rows[1:]
    places = _numeric(body, read) if body else range(len(first))
    above = [first[p] for p in places if p < len(first)]
    if not above or not all(map(_is_number, above)):
        return True
    return _counted(above) and (len(above) < len(first) or bool(_YEAR.fullmatch(above[0])))


def _counted(names: Sequence[str]) -> bool:
    """Tell whether names are years, or count up from 1 or more: columns of a wide table."""
    if all(_YEAR.fullmatch(n) for n in names):
        return len(set(names)) == len(names)
    whole = [int(n) for n in names if n.isdecimal()]
    ascending = list(range(whole[0], whole[0] + len(whole))) if whole else []
    return len(names) >= 3 and len(whole) == len(names) and whole == ascending


def _is_described(rows: Rows, read: ReadConfig) -> bool:
    """Tell whether the second line holds words where, mostly, all after it are numbers."""
    if len(rows) < 4:
        return False
    places = _numeric(rows[2:], read)
    fields = [rows[1][p].strip() for p in places if p < len(rows[1])]
    fields = [f for f in fields if f and f not in read.null_values]
    if any(map(_is_number, fields)):
        return False
    return len(fields) >= 2 and 2 * len(fields) > len(places)


def _names(file: Path, rows: Rows, *, header: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not rows:
        return (), ()
    first = rows[0] if header else [""] * max(map(len, rows))
    taken = [name for name in first if name.strip()]
    check_names(file, taken)
    repeated = next((name for name in taken if taken.count(name) > 1), None)
    if repeated is not None:
        message = f"{file} has more than one column named {repeated!r}; rename one of them."
        raise DataError(message)
    names = [name if name.strip() else _place(i, rows, taken) for i, name in enumerate(first)]
    nameless = [n for n, f in zip(names, first, strict=True) if not f.strip()] if header else []
    return tuple(names), tuple(nameless)


def _place(i: int, rows: Rows, taken: Sequence[str]) -> str:
    """Name a nameless column: the first may count the rows, as data frames write it."""
    counted = [row[i] for row in rows[1:] if i < len(row)]
    if i == 0 and taken and "row_id" not in taken and len(counted) > 1:
        for start in (0, 1):
            if counted == [str(n) for n in range(start, start + len(counted))]:
                return "row_id"
    name = f"column_{i + 1}"
    while name in taken:
        name += "_"
    return name
