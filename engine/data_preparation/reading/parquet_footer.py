"""Rows of each row group of a Parquet file, from its footer alone: Thrift's compact protocol."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

_MOST = 4 << 20
"""Bytes of a footer that is looked through: 30,000 pages of columns, about a second."""

_TAIL = 1 << 16
_ROWS, _GROUPS, _ROWS_OF_GROUP = 3, 4, 3
"""Fields of the footer, and of a row group in it."""

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12


def row_groups(file: Path) -> tuple[int, ...]:
    """Count the rows of each row group; of a file that says it in another way, of all as one.

    Raises
    ------
    polars.exceptions.PolarsError, OSError
        It cannot be read.
    """
    try:
        groups = _groups(_footer(file))
    except (IndexError, ValueError, OverflowError):
        groups = None
    if groups is None:
        return (int(pl.scan_parquet(file, glob=False).select(pl.len()).collect().item()),)
    return groups


def _footer(file: Path) -> bytes:
    with file.open("rb") as handle:
        size = handle.seek(0, 2)
        handle.seek(max(0, size - _TAIL))
        tail = handle.read()
        length = int.from_bytes(tail[-8:-4], "little")
        if tail[-4:] != b"PAR1" or not 0 < length <= min(_MOST, size - 8):
            message = "no footer that is looked through"
            raise ValueError(message)
        if length + 8 <= len(tail):
            return tail[-8 - length : -8]
        handle.seek(size - 8 - length)
        return handle.read(length)


def _groups(footer: bytes) -> tuple[int, ...] | None:
    """Give the rows of each group; None where they are not all rows."""
    reader, rows, groups = _Reader(footer), 0, list[int]()
    for number, kind in reader.fields():
        if number == _ROWS:
            rows = reader.integer()
        elif number == _GROUPS:
            for _ in range(reader.elements()[0]):
                groups.append(_rows_of(reader))
        else:
            reader.skip(kind)
    return tuple(groups) if sum(groups) == rows else None


def _rows_of(reader: _Reader) -> int:
    rows = 0
    for number, kind in reader.fields():
        if number == _ROWS_OF_GROUP:
            rows = reader.integer()
        else:
            reader.skip(kind)
    return rows


class _Reader:
    """Walks through a structure; what is not asked for is skipped."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def byte(self) -> int:
        found = self.data[self.at]
        self.at += 1
        return found

    def varint(self) -> int:
        found = shift = 0
        while True:
            byte = self.byte()
            found |= (byte & 127) << shift
            if byte < 128:
                return found
            shift += 7

    def integer(self) -> int:
        found = self.varint()
        return (found >> 1) ^ -(found & 1)

    def fields(self) -> Iterator[tuple[int, int]]:
        """Yield the number and the type of each field of a structure, before its value."""
        number = 0
        while head := self.byte():
            delta, kind = head >> 4, head & 15
            number = number + delta if delta else self.integer()
            yield number, kind

    def elements(self) -> tuple[int, int]:
        """Give how many elements a list has, and their type."""
        head = self.byte()
        size = head >> 4
        return (self.varint() if size == 15 else size), head & 15

    def skip(self, kind: int, *, inside: bool = False) -> None:
        """Go past a value; within a list truths are a byte each."""
        if kind in (_TRUE, _FALSE):
            self.at += inside
        elif kind == _BYTE:
            self.at += 1
        elif kind == _DOUBLE:
            self.at += 8
        elif kind == _BINARY:
            size = self.varint()
            self.at += size
        elif kind in (_LIST, _SET):
            size, of = self.elements()
            for _ in range(size):
                self.skip(of, inside=True)
        elif kind == _MAP:
            if size := self.varint():
                both = self.byte()
                for _ in range(size):
                    self.skip(both >> 4, inside=True)
                    self.skip(both & 15, inside=True)
        elif kind == _STRUCT:
            for _, of in self.fields():
                self.skip(of)
        elif 4 <= kind <= 6:
            self.varint()
        else:
            message = f"no type {kind}"
            raise ValueError(message)
