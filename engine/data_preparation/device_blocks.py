"""Blocks of rows on the GPU: Parquet read by cuDF straight to the device, CSV parsed on the CPU.

CSV goes through the CPU's parser because its findings (the row and the text that do not fit, empty
lines, damaged encodings) are what users are told; parsed blocks are then moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from engine.data_preparation.files import unreadable

if TYPE_CHECKING:
    from pathlib import Path

    from engine.data_preparation.sources import Source
    from engine.runtime import Runtime

_SHARE = 16
"""A block is at most this fraction of the device's pool: it exists as read, cast and prepared."""


def device_blocks(source: Source, columns: Sequence[str], runtime: Runtime) -> Iterator[Any]:
    """Yield cuDF frames with these columns, in file order.

    Raises
    ------
    DataError
        A file cannot be read.
    """
    if source.kind == "csv":
        yield from (_moved(block) for block in source.batches(columns))
        return
    rows = max(65_536, runtime.device_memory // _SHARE // (8 * max(1, len(columns))))
    for file in source.files:
        for groups in _row_groups(file, rows):
            yield _read(file, list(columns), groups)


def _row_groups(file: Path, rows: int) -> Iterator[list[int]]:
    """Gather neighbouring row groups until the next would exceed a number of rows."""
    # cuDF brings pyarrow; cuDF's own metadata reader refuses files that pandas did not write.
    from pyarrow.parquet import read_metadata

    metadata = read_metadata(file)
    found: list[int] = []
    held = 0
    for number in range(metadata.num_row_groups):
        size = int(metadata.row_group(number).num_rows)
        if found and held + size > rows:
            yield found
            found, held = [], 0
        found.append(number)
        held += size
    if found:
        yield found


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


def _moved(block: Any) -> Any:
    import cudf

    return cudf.DataFrame.from_arrow(block.to_arrow())
