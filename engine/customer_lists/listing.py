"""Customers with their segments and columns of their own, block by block, as lists show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from engine.config.problems import suggestion
from engine.customer_lists.conditions import NoColumnError
from engine.customer_lists.own import Own
from engine.data_preparation.reading.blocks import BATCH_ROWS
from engine.data_preparation.reading.sources import Source
from engine.utilities.shown import shown
from engine.utilities.tables import parts_of

ALL = "all"
"""Stands for every column of the customers' own."""

NAMED = {"segment_name": "segment", "second_segment_name": "second_segment"}
"""Columns of names in a run's table of customers, and of the numbers that they stand for."""


@dataclass(frozen=True)
class Listing:
    """All customers of a run, in its order; those without a segment come last.

    Attributes
    ----------
    table : Path
        The run's table of customers and segments.
    own : Own or None
    names : mapping of int to str, optional
        Names of segments by their numbers, where they are others than in the table.
    """

    table: Path
    own: Own | None = None
    names: Mapping[int, str] | None = None

    @property
    def results(self) -> pl.Schema:
        """Columns of the run's table."""
        return self._scan().collect_schema()

    @property
    def schema(self) -> pl.Schema:
        """All columns of the list."""
        return pl.Schema({**self.results, **(self.own.types if self.own else {})})

    def __len__(self) -> int:
        """Count the customers, with those who have no segment."""
        return int(self._scan().select(pl.len()).collect().item())

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the rows."""
        start, n = 0, len(self)
        if self.own:
            for start, block in self.own.blocks():
                yield self._slice(start, block.height).hstack(block)
                start += block.height
        missing = [
            pl.lit(None, kind).alias(c) for c, kind in self.schema.items() if c not in self.results
        ]
        for at in range(start, n, BATCH_ROWS):
            yield self._slice(at, min(BATCH_ROWS, n - at)).with_columns(*missing)

    def _slice(self, start: int, rows: int) -> pl.DataFrame:
        frame = self._scan().slice(start, rows).collect()
        if self.names is None:
            return frame
        known = {n: c for n, c in NAMED.items() if n in frame.columns}
        return frame.with_columns(
            pl.col(number)
            .replace_strict(self.names, default=pl.col(name), return_dtype=pl.String)
            .alias(name)
            for name, number in known.items()
        )

    def _scan(self) -> pl.LazyFrame:
        return pl.scan_parquet(parts_of(self.table), glob=False)


def own_columns(source: Source, kept_out: Sequence[str | None]) -> list[str]:
    """Give the columns of an input that lists may show, in its order.

    Parameters
    ----------
    source : Source
    kept_out : sequence of str or None
        The id, and what the run's table holds of the input already.
    """
    made = source.readings
    held = (c for c in source.schema if c not in made or made[c].column == c)
    return [c for c in held if c not in kept_out]


def asked_columns(
    where: str, asked: Sequence[str], there: Sequence[str], known: Iterable[str]
) -> list[str]:
    """Give the columns that are asked for, in the order of the input.

    Parameters
    ----------
    where : str
        What the input is called.
    asked : sequence of str
        Names, or ``all``.
    there : sequence of str
        Columns of the customers' own.
    known : iterable of str
        Columns that stand in the list in any case.

    Raises
    ------
    DataError
        There is no such column.
    """
    if list(asked) == [ALL]:
        return list(there)
    for name in asked:
        if name not in there and name not in known:
            hint = suggestion(name, there)
            end = "" if hint.endswith("?") else "."
            message = f"{where} has no column {shown(name)}{hint}{end}"
            raise NoColumnError(message)
    return [c for c in there if c in asked]


def listed_as(columns: Iterable[str], results: Iterable[str]) -> dict[str, str]:
    """Give the names of own columns in a list: one that a result has gets an underscore behind.

    Examples
    --------
    >>> listed_as(["spend", "segment"], ["id", "segment"])
    {'spend': 'spend', 'segment': 'segment_'}
    """
    columns = list(columns)
    names, taken = {}, {*results, *columns}
    for column in columns:
        name = column
        while name in results or (name != column and name in taken):
            name += "_"
        names[column] = name
        taken.add(name)
    return names
