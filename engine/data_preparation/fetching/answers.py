"""What a database answers: columns, and frames of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

QUERY = "asked_for"
"""What the query is called within the one that is asked."""


@dataclass(frozen=True)
class Answer:
    """An answer under way.

    Attributes
    ----------
    columns : list of str
        As the query names them.
    frames : callable
        Asks, and yields the rows.
    """

    columns: list[str]
    frames: Callable[[], Iterator[pl.DataFrame]]


def quoted(name: str) -> str:
    """Write a name as SQL does.

    Examples
    --------
    >>> quoted("spent in all"), quoted('5" nails')
    ('"spent in all"', '"5"" nails"')
    """
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
