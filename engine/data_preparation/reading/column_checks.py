"""Columns that the configuration names: that they are there, and hold plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from engine.config.problems import suggestion
from engine.data_preparation.reading.sources import Source
from engine.errors import DataError
from engine.utilities.shown import shown

_TOLD = 3
"""Columns that are told of those that are not there."""


def check_columns(named: Mapping[str, Sequence[str]], source: Source) -> None:
    """Refuse names that are no column of the source, the first of them, each with the nearest.

    Parameters
    ----------
    named : mapping of configuration key to column names
    source : Source
    """
    problems = [
        f"{key} names the column {shown(name)}, which {source.label} does not have"
        f"{_of_one(name, source.schema) or suggestion(name, source.schema)}"
        for key, names in named.items()
        for name in dict.fromkeys(names)
        if name not in source.schema
    ]
    if problems:
        more = [f"And {len(problems) - _TOLD:,} more."] if len(problems) > _TOLD else []
        raise DataError(" ".join([*problems[:_TOLD], *more]))


def _of_one(name: str, columns: Iterable[str]) -> str:
    """Say that a name is a part of one with commas, which a shell's list has parted."""
    whole = (c for c in columns if "," in c and name in (part.strip() for part in c.split(",")))
    found = next(whole, None)
    return "" if found is None else f'; a name with a comma stands in double quotes: "{found}"'


def check_plain(source: Source, column: str, key: str) -> None:
    """Refuse a column that is neither numbers, text nor time, where ``key`` needs plain values."""
    dtype = source.schema[column]
    if dtype.is_nested() or dtype in (pl.Binary, pl.Object, pl.Duration):
        message = (
            f"{key} needs numbers or text in the column {column!r}, but {source.label} holds "
            f"{dtype}; convert it."
        )
        raise DataError(message)


def check_id(source: Source, column: str) -> None:
    """Refuse an id column that does not hold plain values, or is called as one of the results."""
    check_plain(source, column, "input.id")
    if column in ("segment", "segment_name", "distance"):
        message = (
            f"the id column of {source.label} is called {column!r}, as a column of the results is; "
            "rename it, or name another in input.id."
        )
        raise DataError(message)
