"""Blocks of rows on the GPU, read by cuDF, with the types that the CPU gives them.

CSV that cuDF might read differently is parsed on the CPU and moved, and so are pieces of a CSV,
whose lines the CPU's reader finds. So is all of it for the survey, whose findings (the row and the
text that do not fit, damaged encodings) are what users are told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from engine.data_preparation.reading.blocks import BATCH_ROWS
from engine.data_preparation.reading.cuts import check_written
from engine.data_preparation.reading.device_csv import COPIES, csv_frames, cudf_reads, piece_bytes
from engine.data_preparation.reading.files import unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.data_preparation.reading.sources import Source
    from engine.places.runtime import Runtime

_TYPES: dict[pl.DataType, str] = {
    kind: str(kind).lower()
    for kind in (
        *(pl.Int8(), pl.Int16(), pl.Int32(), pl.Int64(), pl.Float32()),
        *(pl.UInt8(), pl.UInt16(), pl.UInt32(), pl.UInt64(), pl.Float64()),
    )
}
"""Numbers; all else has one type in all files, or the files are refused on the CPU."""

_LEVELS = 12
"""Columns that a column of text may become, unless ``preparation.max_levels`` says otherwise."""

_SHARE = 16
"""A block is at most this fraction of the device's pool: it exists as read, cast and prepared."""


def device_blocks(source: Source, columns: Sequence[str], runtime: Runtime) -> Iterator[Any]:
    """Yield cuDF frames with these columns, in file order.

    Raises
    ------
    DataError
        A file cannot be read, or is not as it was when it was cut into pieces.
    """
    if any(c in source.readings for c in columns):  # Text becomes numbers on the CPU.
        yield from (_moved(block) for block in source.batches(columns))
    elif source.kind == "parquet":
        check_written(source.written, source.label)
        rows = _block_rows(source, columns, runtime.device_memory)
        for file in source.files:
            span = source.spans.get(file)
            for groups, held, first in _row_groups(file, rows, span):
                frame = _read(file, list(columns), groups)
                yield as_schema(_within(frame, held, first, span), source.schema)
    elif not source.spans and cudf_reads(source) is None:
        yield from csv_frames(source, columns, piece_bytes(runtime.device_memory))
    else:
        yield from (_moved(block) for block in source.batches(columns))


def largest_block(source: Source, columns: Sequence[str], device_memory: int) -> tuple[int, int]:
    """Give the rows of the largest block, and its bytes on the device while it is read.

    Row groups are not split, so one that is larger than a block should be is a block. Rows of CSV
    are estimated from the length of the first lines.
    """
    if source.kind == "csv":
        size = piece_bytes(device_memory)
        whole = max(1, sum(file.stat().st_size for file in source.files))
        rows = -(-source.estimate_rows() * min(size, whole) // whole)
        return max(rows, min(BATCH_ROWS, source.estimate_rows())), min(size, whole) * COPIES
    wanted = _block_rows(source, columns, device_memory)
    rows = max((held for f in source.files for _, held, _ in _row_groups(f, wanted)), default=0)
    return rows, rows * len(columns) * 8


def _block_rows(source: Source, columns: Sequence[str], device_memory: int) -> int:
    width = sum(1 if source.schema[c].is_numeric() else _LEVELS for c in columns)
    return max(65_536, device_memory // _SHARE // (8 * max(1, width)))


def _row_groups(
    file: Path, rows: int, span: tuple[int, int] | None = None
) -> Iterator[tuple[list[int], int, int]]:
    """Gather neighbouring row groups until the next would exceed a number of rows.

    Yields
    ------
    groups : list of int
        Of a span only those that hold some of its rows.
    held : int
        Rows that they hold.
    first : int
        Number of the first of these in the file.
    """
    # cuDF brings pyarrow; cuDF's own metadata reader refuses files that pandas did not write.
    from pyarrow.parquet import read_metadata

    metadata = read_metadata(file)
    found: list[int] = []
    held = first = 0
    for number in range(metadata.num_row_groups):
        size = int(metadata.row_group(number).num_rows)
        if found and held + size > rows:
            yield found, held, first
            found, held, first = [], 0, first + held
        if span and first + held + size <= span[0]:
            first += size
            continue
        if span and first + held >= span[1]:
            break
        found.append(number)
        held += size
    if found:
        yield found, held, first


def _within(frame: Any, held: int, first: int, span: tuple[int, int] | None) -> Any:
    """Cut rows of some row groups to those of a span of their file."""
    if span is None or (span[0] <= first and first + held <= span[1]):
        return frame
    part = frame.iloc[max(0, span[0] - first) : span[1] - first]
    return part.reset_index(drop=True)


def _read(file: Path, columns: list[str], groups: list[int]) -> Any:
    import cudf

    try:
        return cudf.read_parquet(
            file,
            columns=columns,
            row_groups=[groups],
            use_pandas_metadata=False,
            ignore_missing_columns=False,
        )
    except (RuntimeError, OSError, ValueError) as error:
        raise unreadable(file, "parquet", error) from None


def as_schema(frame: Any, schema: Mapping[str, pl.DataType]) -> Any:
    """Give the columns of one file the types of all: files differ in the width of their numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> as_schema(pd.DataFrame({"n": [1, 2]}), {"n": pl.Float64()}).dtypes["n"]
    dtype('float64')
    """
    wanted = {c: _TYPES[schema[c]] for c in frame.columns if schema[c] in _TYPES}
    other = {c: t for c, t in wanted.items() if frame.dtypes[c] != t}
    return frame.astype(other) if other else frame


def _moved(block: Any) -> Any:
    import cudf

    return cudf.DataFrame.from_arrow(block.to_arrow())
