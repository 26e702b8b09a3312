"""The Arrow types that a Parquet file's footer tells of: which of them cannot be read here."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator

_DECIMAL = 7
_MOST_DIGITS = 38
_UNREAD = {
    11: "intervals", 14: "unions", 22: "runs of equal values", 25: "views of lists",
    26: "views of lists",
}  # fmt: skip
"""Kinds of Arrow types that Polars has none for, by their number in Arrow's ``Schema.fbs``."""

_DEEPEST, _MOST_FIELDS = 32, 1_000_000
_CONTINUED = b"\xff\xff\xff\xff"


def unread_columns(schema: str) -> dict[str, str]:
    """Find the columns that hold what cannot be read, and what that is.

    Parameters
    ----------
    schema : str
        What the footer holds under ``ARROW:schema``: a message of Arrow's, in base 64.

    Returns
    -------
    columns : dict of str to str
        Empty where there are none, and where the message is damaged, which reading says.
    """
    try:
        data = base64.b64decode(schema)
        buffer = _Tables(data[8:] if data.startswith(_CONTINUED) else data[4:])
        message = buffer.at(0)
        fields = buffer.tables(buffer.table(message, 2), 1)
        named = {buffer.text(f, 0): buffer.unread(f) for f in fields}
    except (struct.error, ValueError, RecursionError):  # of base 64 and UTF-8, too
        return {}
    return {name: what for name, what in named.items() if what}


class _Tables:
    """Tables of a flat buffer, by the place where each begins; 0 stands for none."""

    def __init__(self, data: bytes) -> None:
        self._data, self._left = data, _MOST_FIELDS

    def _number(self, form: str, place: int) -> int:
        if place < 0:
            raise struct.error
        return int(struct.unpack_from(form, self._data, place)[0])

    def at(self, place: int) -> int:
        """Follow the reference that stands at a place."""
        return place + self._number("<I", place)

    def field(self, table: int, number: int) -> int:
        """Give the place of a table's field; 0 where it is not there."""
        if not table:
            return 0
        names = table - self._number("<i", table)
        if 4 + 2 * number >= self._number("<H", names):
            return 0
        offset = self._number("<H", names + 4 + 2 * number)
        return table + offset if offset else 0

    def table(self, table: int, number: int) -> int:
        place = self.field(table, number)
        return self.at(place) if place else 0

    def tables(self, table: int, number: int) -> Iterator[int]:
        """Yield the tables that a field lists."""
        if vector := self.table(table, number):
            for i in range(self._number("<I", vector)):
                self._left -= 1
                if self._left < 0:
                    raise struct.error
                yield self.at(vector + 4 + 4 * i)

    def text(self, table: int, number: int) -> str:
        place = self.table(table, number)
        length = self._number("<I", place) if place else 0
        return self._data[place + 4 : place + 4 + length].decode()

    def unread(self, field: int, depth: int = 0) -> str:
        """Say what of a column, or within it, cannot be read; empty where all can."""
        if depth > _DEEPEST:
            return "values nested more than 32 deep"
        place, kind = self.field(field, 2), self.table(field, 3)
        number = self._number("<B", place) if place else 0
        digits = self.field(kind, 0) if number == _DECIMAL else 0
        if digits and self._number("<i", digits) > _MOST_DIGITS:
            return f"decimals of {self._number('<i', digits)} digits, more than {_MOST_DIGITS}"
        within = (self.unread(child, depth + 1) for child in self.tables(field, 5))
        return _UNREAD.get(number) or next(filter(None, within), "")
