"""How many rows a block holds: as many as its bytes allow, whatever the width and the texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Protocol

import polars as pl

from engine.data_preparation.reading.csv_files import CsvFile
from engine.data_preparation.reading.files import READ_ERRORS
from engine.data_preparation.reading.parquet_files import scan_parquet
from engine.data_preparation.reading.readings import Reading

BATCH_ROWS = 262_144
"""Rows read at a time, at most: four chunks of the numerical contract."""

BLOCK_BYTES = 64 * 2**20
"""Bytes of a block as it is read: 262,144 rows of 32 columns of numbers, fewer of wider ones."""

FRUGAL_BYTES = 4 * 2**20
"""The same where ``compute.memory_limit`` leaves little room."""

_LEAST_ROWS = 256
_VIEW, _NUMBER = 16, 8
_LOOKED_AT, _PLACES = 500, 5
"""Rows whose texts are measured, in so many places of each file."""


class Files(Protocol):
    """What is asked of a source: its files, how they are read, and the bytes of a block."""

    @property
    def files(self) -> tuple[Path, ...]:
        """In the order in which they are read."""

    @property
    def kind(self) -> str:
        """How they are read: csv or parquet."""

    @property
    def schema(self) -> Mapping[str, pl.DataType]:
        """Types by column, as read."""

    @property
    def csv(self) -> Mapping[Path, CsvFile]:
        """Opened CSV files."""

    @property
    def readings(self) -> Mapping[str, Reading]:
        """Columns that are made from others."""

    @property
    def block_bytes(self) -> int:
        """Bytes of a block as it is read."""


def rows_at_once(row_bytes: float, block_bytes: int, most: int = BATCH_ROWS) -> int:
    """Give the rows of a block, at most so many.

    Examples
    --------
    >>> rows_at_once(128, BLOCK_BYTES), rows_at_once(40_000, BLOCK_BYTES)
    (262144, 1677)
    """
    return int(min(most, max(_LEAST_ROWS, block_bytes // max(row_bytes, 1))))


def row_bytes(source: Files, columns: Sequence[str]) -> float:
    """Give the bytes of a row as it is read: texts by a sample of rows, all else by its type."""
    held = [r.column if (r := source.readings.get(c)) else c for c in columns]
    texts = text_bytes(source, [c for c in dict.fromkeys(held) if _is_long(source, c)])
    return sum(texts.get(c, _NUMBER) for c in held)


def text_bytes(source: Files, columns: Sequence[str]) -> dict[str, float]:
    """Give the mean bytes of a value of these columns, where they are longest, by a few rows.

    Rows are looked at in five places of a Parquet file, and at the beginning of a CSV.
    """
    if not columns:
        return {}
    most = dict.fromkeys(columns, 0.0)
    for file in (source.files[0], source.files[-1], max(source.files, key=_size)):
        try:
            found = _measured(source, file)
        except READ_ERRORS:  # reading it will say what is wrong
            found = {}
        most = {c: max(most[c], found.get(c, 0.0)) for c in columns}
    return most


def _is_long(source: Files, column: str) -> bool:
    dtype = source.schema.get(column)
    return dtype is not None and (dtype in (pl.String, pl.Binary) or dtype.is_nested())


def _size(file: Path) -> int:
    return file.stat().st_size


def _measured(source: Files, file: Path) -> dict[str, float]:
    if source.kind == "csv":
        return {c: _VIEW + size for c, size in source.csv[file].text_sizes.items()}
    stat = file.stat()
    return _of_parquet(file, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=64)
def _of_parquet(file: Path, _size: int, _written: int) -> dict[str, float]:
    lazy = scan_parquet(file)
    types = lazy.collect_schema()
    long = [c for c, t in types.items() if t in (pl.String, pl.Binary) or t.is_nested()]
    n, most = int(lazy.select(pl.len()).collect().item()), dict.fromkeys(long, 0.0)
    starts = {n * place // _PLACES for place in range(_PLACES)} if n > _LOOKED_AT * _PLACES else {0}
    for start in sorted(starts) if long else ():
        found = _of(lazy.select(long).slice(start, _LOOKED_AT).collect())
        most = {c: max(most[c], found[c]) for c in long}
    return most


def _of(rows: pl.DataFrame) -> dict[str, float]:
    return {s.name: _VIEW + _bytes(s) / max(rows.height, 1) for s in rows}


def _bytes(values: pl.Series) -> int:
    if values.dtype == pl.String:
        return min(int(values.str.len_bytes().sum() or 0), _shared(values))
    return int(values.rechunk().estimated_size())


def _shared(values: pl.Series) -> int:
    """Give the bytes of texts as they lie in memory: those of a file's dictionary lie there once.

    Polars tells the length of all, wherever they lie; a stream of views holds each place once.
    """
    stream = BytesIO()
    values.to_frame().write_ipc(stream, compat_level=pl.CompatLevel.newest())
    return stream.getbuffer().nbytes - _VIEW * len(values)


def blocks_of(source: Files, lazy: pl.LazyFrame, size: float, most: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of a file in blocks; ``size`` are the bytes of a row, ``most`` their rows."""
    if source.kind == "parquet":
        return _parquet_blocks(lazy, size, source.block_bytes, most)
    rows = rows_at_once(size, source.block_bytes, most)
    return lazy.collect_batches(chunk_size=rows, maintain_order=True)


def _parquet_blocks(
    lazy: pl.LazyFrame, size: float, block_bytes: int, most: int
) -> Iterator[pl.DataFrame]:
    """Read a file so many rows at a time, each beside what is done with the one before.

    A row group is decoded by pages, so that no more than a block of it lies in memory. (Polars'
    own batches decode whole row groups, and several ahead.) Where rows turn out to be longer than
    ``size`` says, the blocks that follow are shorter.
    """
    start, rows = 0, rows_at_once(size, block_bytes, most)
    if pl.thread_pool_size() == 1:  # a worker of one thread has nothing to read beside
        yield from _one_by_one(lazy, rows, block_bytes)
        return
    with ThreadPoolExecutor(1) as pool:

        def read(start: int, rows: int) -> Future[pl.DataFrame]:
            return pool.submit(lambda: lazy.slice(start, rows).collect())

        under_way, asked = read(start, rows), rows
        while True:
            block = under_way.result()
            start += asked
            last = block.height < asked
            if block.height:
                rows = min(rows, rows_at_once(block.estimated_size() / block.height, block_bytes))
            if not last:
                under_way, asked = read(start, rows), rows
            if block.height:
                yield block
            del block
            if last:
                return


def _one_by_one(lazy: pl.LazyFrame, rows: int, block_bytes: int) -> Iterator[pl.DataFrame]:
    """Read each block when it is asked for."""
    start = 0
    while (block := lazy.slice(start, rows).collect()).height:
        start, asked = start + rows, rows
        rows = min(rows, rows_at_once(block.estimated_size() / block.height, block_bytes))
        height = block.height
        yield block
        del block
        if height < asked:
            return
