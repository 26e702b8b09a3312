"""The customers of a period on the disk, in parts by their ids, so that a part fits in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl

from engine.errors import DataError
from engine.utilities.tables import parts_of

ROWS = 500_000
"""Customers of a part, about: with those of the other period some 150 MiB while they are joined."""

MOST_PARTS = 128
"""Files that are open at a time for a period."""

_AT_ONCE = 1_000_000
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""Knuth's multiplicative hash: the upper bits of a product with it are spread."""

_CHECK = 1
"""Seed of the second hash of a text: two texts that agree in both are the same to 1 in 2^128."""


@dataclass(frozen=True)
class Customers:
    """The table of a period's customers, as a run saves it.

    Attributes
    ----------
    path : Path
        ``segments.parquet``: a file, or a folder of parts.
    id_column : str
    numbers : tuple of int
        Of the segments, ascending.
    called : str
        The period, for people.
    """

    path: Path
    id_column: str
    numbers: tuple[int, ...]
    called: str

    @property
    def rows(self) -> pl.LazyFrame:
        """The rows, none of them read."""
        return pl.scan_parquet(parts_of(self.path), glob=False)

    def has(self, column: str) -> bool:
        """Whether the table has a column."""
        return column in self.rows.collect_schema()

    @property
    def id_type(self) -> Any:
        """Type of the ids."""
        return self.rows.collect_schema()[self.id_column]


@dataclass(frozen=True)
class Kept:
    """What is kept of each customer beside the key of the id.

    Attributes
    ----------
    text : bool
        Whether ids are compared as text: a second hash is kept, and the number of the row.
    money : str or None
        Column of what a customer is worth.
    clear : bool
        How clearly a customer belongs to the segment.
    """

    text: bool
    money: str | None
    clear: bool

    @property
    def dtype(self) -> np.dtype[Any]:
        """One customer."""
        fields: list[Any] = [("key", "u8"), ("segment", "i4")]
        fields += [("check", "u8"), ("row", "i8")] * self.text
        fields += [("money", "f8")] * (self.money is not None)
        fields += [("clear", "f4")] * self.clear
        return np.dtype(fields)


def by_text(types: Sequence[Any]) -> bool:
    """Whether ids of these types are compared as text: all but whole numbers of one sign.

    Examples
    --------
    >>> by_text([pl.Int64(), pl.Int32()]), by_text([pl.Int64(), pl.String()])
    (False, True)
    """
    signed = all(t.is_signed_integer() for t in types)
    return not signed and not all(t.is_unsigned_integer() for t in types)


@dataclass(frozen=True)
class Spilled:
    """Customers in parts on the disk.

    Attributes
    ----------
    files : tuple of Path
        The customers of a part, of this period and of all others that were spilled so.
    dtype : numpy dtype
    """

    files: tuple[Path, ...]
    dtype: np.dtype[Any]

    def part(self, number: int) -> np.ndarray:
        """Read a part."""
        return np.fromfile(self.files[number], self.dtype)


def spill(customers: Customers, kept: Kept, folder: Path, parts: int) -> Spilled:
    """Write the customers of a period in parts.

    Parameters
    ----------
    customers : Customers
    kept : Kept
    folder : Path
        There, empty, and for the user alone.
    parts : int
        A power of two.

    Raises
    ------
    DataError
        The table is gone or damaged.

    Notes
    -----
    One pass, O(n); memory is that of a block of a million customers.
    """
    files = tuple(folder / f"{number}" for number in range(parts))
    try:
        with ExitStack() as opened:
            handles = [opened.enter_context(file.open("wb")) for file in files]
            for records in _records(customers, kept):
                _write(records, handles)
    except (OSError, pl.exceptions.PolarsError) as error:
        if isinstance(error, OSError) and error.filename is None:
            raise  # the disk, and not the table
        message = (
            f"{customers.path} is missing or damaged, so the customers of {customers.called} are "
            "not known any more; run the engine again."
        )
        raise DataError(message) from None
    return Spilled(files, kept.dtype)


def _write(records: np.ndarray, handles: Sequence[BinaryIO]) -> None:
    parts = len(handles)
    if parts == 1:
        records.tofile(handles[0])
        return
    bits = np.uint64(64 - (parts.bit_length() - 1))
    part = (records["key"] * _SPREAD >> bits).astype(np.uint8)
    records = records[np.argsort(part, kind="stable")]
    ends = np.cumsum(np.bincount(part, minlength=parts))
    for handle, some in zip(handles, np.split(records, ends[:-1]), strict=True):
        some.tofile(handle)


def _records(customers: Customers, kept: Kept) -> Iterator[np.ndarray]:
    places = places_of(customers.numbers)
    columns = {"id": pl.col(customers.id_column), "segment": pl.col("segment")}
    if kept.text:
        columns["id"] = columns["id"].cast(pl.String)
    if kept.money is not None:
        columns["money"] = pl.col(kept.money).cast(pl.Float64).fill_null(0.0)
    if kept.clear:
        columns["clear"] = _clear(customers)
    rows = customers.rows.select(**columns).filter(pl.col("id").is_not_null())
    start = 0
    for block in rows.collect_batches(chunk_size=_AT_ONCE, maintain_order=True):
        records = np.empty(block.height, kept.dtype)
        if kept.text:
            records["key"] = block["id"].hash().to_numpy()
            records["check"] = block["id"].hash(_CHECK).to_numpy()
            records["row"] = np.arange(start, start + block.height)
        else:
            records["key"] = block["id"].to_numpy().astype(np.int64, copy=False).view(np.uint64)
        number = block["segment"].fill_null(-1).to_numpy()
        known = (number >= -1) & (number < len(places) - 1)
        index = places[np.where(known, number, -1)]
        if not (known & (index >= 0) | (number == -1)).all():
            message = "a segment that the model does not have"
            raise pl.exceptions.ComputeError(message)
        records["segment"] = np.where(number == -1, len(customers.numbers), index)
        for name in {"money", "clear"} & set(block.columns):
            records[name] = block[name].to_numpy()
        start += block.height
        yield records


def places_of(numbers: Sequence[int]) -> np.ndarray:
    """Give the index of each number of a segment: -1 where there is none of it, and at the end."""
    places = np.full(max(numbers, default=-1) + 2, -1, np.int32)
    places[list(numbers)] = np.arange(len(numbers))
    return places


def _clear(customers: Customers) -> pl.Expr:
    """Say how clearly customers belong where they are: the more, the higher."""
    if customers.has("margin"):
        return pl.col("margin").cast(pl.Float32).fill_null(-np.inf)
    return -pl.col("distance").cast(pl.Float32).fill_null(np.inf)
