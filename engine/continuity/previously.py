"""The segment that each of today's customers had in the previous run, and who has left since."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from engine.utilities.rows import is_spread

NEW, APART = -1, -2
"""In the place of a number: the previous run did not know the customer; or gave no segment."""

TABLE, MODEL = "table", "model"

COLUMNS: dict[str, Any] = {"previous_segment": pl.Int32, "previous_segment_name": pl.String}
"""What stands beside each customer's segment."""

_AT_ONCE = 4_000_000
"""Customers that are looked for at a time, in about 60 bytes each."""


@dataclass(frozen=True)
class Previously:
    """The previous segment of each customer.

    Attributes
    ----------
    run : str
        Run id.
    by : {"table", "model"}
        Whether the previous run's own table says so, or its model, asked today.
    names : dict of int to str
        Of the previous segments, by number.
    numbers : int32 array of shape (n_customers,), or Spread
        Of segments; ``NEW`` and ``APART`` where there was none.
    apart : int32 array of shape (n_apart,)
        The same of customers who are in no segment today.
    sizes : dict of int to int or None
        Customers of each previous segment, and of none (``APART``); None where the model says.
    why : str
        Why it is not the table that says so.
    """

    run: str
    by: str
    names: dict[int, str]
    numbers: Any = field(repr=False)
    apart: np.ndarray = field(repr=False)
    sizes: dict[int, int] | None
    why: str = ""

    def columns(self, numbers: np.ndarray) -> list[pl.Series]:
        """Give the columns of :data:`COLUMNS` for some customers, by their previous numbers."""
        before = pl.Series(numbers, dtype=pl.Int32).to_frame("n")
        known = before.select(pl.when(pl.col("n") >= 0).then("n"))["n"]
        names = known.replace_strict(self.names, default=None, return_dtype=pl.String)
        found = (known, names)
        return [c.alias(n).cast(t) for c, (n, t) in zip(found, COLUMNS.items(), strict=True)]

    def sent(self) -> Previously:
        """Give it without the numbers, which lie on workers already."""
        return replace(self, numbers=_nobody())


@dataclass(frozen=True)
class Saved:
    """The table of customers that a run saved.

    Attributes
    ----------
    parts : tuple of Path
    id_column : str
    """

    parts: tuple[Path, ...]
    id_column: str

    def sizes(self) -> dict[int, int]:
        """Count the customers of each segment, and of none: a pass over one column."""
        counts = self._rows.group_by("segment").len().collect(engine="streaming")
        return {APART if n is None else n: size for n, size in counts.iter_rows()}

    def of(self, ids: Any, beside: Any) -> Any:
        """Find customers by their ids.

        Parameters
        ----------
        ids : polars Series of length n_customers
            Spread over workers, or here.
        beside : array of shape (n_customers,)
            Spread in the same way, or here.

        Returns
        -------
        numbers : int32 array of shape (n_customers,)
            Of their segments; ``NEW``, ``APART``.

        Notes
        -----
        The table is streamed once for each four million customers; where both lie in the order of
        their ids, of it only the row groups in which they can be. Text is found by 64 bits of a
        hash: of ten million customers one is taken for another in one of 100,000 runs.
        """
        if is_spread(ids):
            found = beside.room(np.int32)
            found.fill(ids.members.tasks(self._some, ids.pieces))
            return found
        blocks = range(0, len(ids), _AT_ONCE)
        return np.concatenate([self._some(ids[a : a + _AT_ONCE]) for a in blocks] or [_nobody()])

    @property
    def _rows(self) -> pl.LazyFrame:
        return pl.scan_parquet(list(self.parts), glob=False)

    def _some(self, ids: pl.Series) -> np.ndarray:
        numbers = np.full(len(ids), NEW, np.int32)
        if not len(ids):
            return numbers
        there = self._rows.select(pl.col(self.id_column).alias("id"), "segment")
        if there.collect_schema()["id"] == ids.dtype:
            low, high = (pl.lit(end, ids.dtype) for end in (ids.min(), ids.max()))
            there = there.filter(pl.col("id").is_between(low, high))
        else:
            there, ids = there.with_columns(pl.col("id").cast(pl.String)), ids.cast(pl.String)
        asked = ids.alias("id").to_frame().with_row_index("at").lazy()
        if ids.dtype == pl.String:  # a hash takes a third of the time and of the room
            there, asked = (table.with_columns(pl.col("id").hash()) for table in (there, asked))
        both = there.join(asked, on="id", how="inner").select("at", "segment")
        found = both.collect(engine="streaming")
        numbers[found["at"].to_numpy()] = found["segment"].fill_null(APART).to_numpy()
        return numbers


def _nobody() -> np.ndarray:
    return np.empty(0, np.int32)


def as_saved(
    saved: Saved, run: str, names: dict[int, str], ids: Any, labels: Any, apart: pl.Series | None
) -> Previously:
    """Give today's customers the segments that the previous run saved of them.

    Parameters
    ----------
    saved : Saved
    run : str
        Id of that run.
    names : dict of int to str
        Of its segments, by number.
    ids, labels
        Today's customers and their segments.
    apart : polars Series or None
        Ids of those who have none today.

    Raises
    ------
    OSError, polars.exceptions.PolarsError
        The table is gone or damaged.
    """
    nobody = _nobody() if apart is None else saved.of(apart, None)
    return Previously(run, TABLE, names, saved.of(ids, labels), nobody, saved.sizes())


def as_modelled(
    run: str, names: dict[int, str], numbers: Any, n_apart: int, why: str
) -> Previously:
    """Give today's customers the segments that the previous model gives them today."""
    nobody = np.full(n_apart, APART, np.int32)
    return Previously(run, MODEL, names, numbers, nobody, None, why)
