"""SQLite: a column's type is what its values are, looked at in all rows before any is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from engine.data_preparation.fetching.answers import QUERY, Answer, quoted

_KINDS = ("integer", "real", "text", "blob")
_FIRST = {"integer": "0", "real": "0.0", "text": "''", "blob": "x'00'"}
_MARK = "engine first row"
_ROWS = 65_536
_AT_ONCE = 400
"""Columns that are asked for their kinds at a time: an answer has at most 2,000 columns."""


def read_sqlite(cursor: Any, sql: str) -> tuple[Answer, list[str]]:
    """Ask; the driver takes types from the first rows, so one is put there that says them.

    Columns of whole and other numbers are numbers with a point; of numbers and text, text.
    """
    cursor.execute(sql)
    names = [column[0] for column in cursor.description]
    if len(set(names)) != len(names):
        return Answer(names, lambda: iter(())), []
    held: dict[str, set[str]] = {}
    for start in range(0, len(names), _AT_ONCE):  # within one transaction, of the same rows
        held |= _held(cursor, sql, names[start : start + _AT_ONCE])
    kinds = {name: _kind(held[name]) for name in names}
    first = ", ".join(f"{_FIRST[kinds[name]]} AS {quoted(name)}" for name in names)
    rest = ", ".join(_read(name, held[name], kinds[name]) for name in names)
    mark = quoted(_MARK)
    statement = (
        f"SELECT {first}, 1 AS {mark} UNION ALL SELECT {rest}, 0 FROM (\n{sql}\n) AS {QUERY}"
    )

    def frames() -> Iterator[pl.DataFrame]:
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(_ROWS)})
        cursor.execute(statement)
        for batch in cursor.fetch_record_batch():
            yield pl.DataFrame(batch).filter(pl.col(_MARK) == 0).drop(_MARK)

    return Answer(names, frames), []


def _held(cursor: Any, sql: str, names: list[str]) -> dict[str, set[str]]:
    """Give the kinds of value that columns hold."""
    asked = ", ".join(
        f"max(typeof({quoted(name)}) = '{kind}')" for name in names for kind in _KINDS
    )
    cursor.execute(f"SELECT {asked} FROM (\n{sql}\n) AS {QUERY}")
    found, n = cursor.fetchone(), len(_KINDS)
    return {
        name: {k for k, there in zip(_KINDS, found[n * i : n * i + n], strict=True) if there}
        for i, name in enumerate(names)
    }


def _kind(held: set[str]) -> str:
    """Give the kind that holds all values."""
    if "blob" in held:
        return "blob"
    return "text" if "text" in held else "real" if "real" in held else "integer"


def _read(name: str, held: set[str], kind: str) -> str:
    if len(held) <= 1:
        return quoted(name)
    cast = {"real": "REAL", "text": "TEXT", "blob": "BLOB", "integer": "INTEGER"}[kind]
    return f"CAST({quoted(name)} AS {cast}) AS {quoted(name)}"
