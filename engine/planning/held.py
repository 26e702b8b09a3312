"""What steps hold while rows pass: blocks as they are read and made into numbers, levels, chunks.

The factors are measured (``benchmarks/memory.py``): each is what a process really holds, with what
allocators keep of it, in units of the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.data_preparation.loaded import Loaded
from engine.data_preparation.reading.blocks import row_bytes, rows_at_once
from engine.data_preparation.reading.head import levels_seen
from engine.dimensionality_reduction.pca import by_rows
from engine.places.runtime import CHUNK_ROWS, Runtime

MIB = 1 << 20

_AHEAD = 4
"""Blocks that lie in memory while a file is read: this one, the next, and what decodes them."""

_LOOKING, _LOOKING_EACH, _LOOKED_AT = 32 * MIB, 16 * MIB, 6
"""What looks at columns of text takes and keeps, and of each, up to so many; in the room of blocks
where these are larger."""

EXPRESSIONS = 80 * 1024
"""What a column's expressions take while a block is surveyed, however few its rows."""

COLUMN = 32 * 1024
"""What stays of those, and of what is known of a column."""

_MAPPED = 32 * MIB
"""Arrays from this size on lie apart, and go when they are freed; smaller ones leave holes."""

_HOLES, _HOLES_ROWS = 2.0, 1_000_000
"""What holes add to the arrays that threads take and free chunk by chunk, and from how many rows on
all of it; less where chunks are few."""

COMPARED_ROWS = 20_000
"""Rows of the sample on which columns are held against each other."""

_CSV_BYTES = 160 * MIB
"""Most of the text of a CSV that its parser has under way, with what was parsed of it."""

_LONG_LINE, _LONG_BYTES = 500, 256 * MIB
"""The same where lines are longer than so many bytes, and a block more."""


@dataclass(frozen=True)
class Reading:
    """What it takes to pass over some columns.

    Attributes
    ----------
    rows : int
        Of a block, at most.
    block : int
        Bytes of one as it is read.
    held : int
        Bytes that lie in memory while the files are read, and that the allocator keeps after.
    """

    rows: int
    block: int
    held: int


def reading(loaded: Loaded, columns: Sequence[str], n: int) -> Reading:
    """Bound what a pass over these columns holds."""
    source, known = loaded.source, [c for c in columns if c in loaded.source.schema]
    size = row_bytes(source, known)
    rows = min(n, rows_at_once(size, source.block_bytes))
    block = int(rows * size)
    ahead, text = _AHEAD, _CSV_BYTES
    bytes_in_files = sum(f.stat().st_size for f in source.files)
    if not source.typed and bytes_in_files > _LONG_LINE * n:
        ahead, text = _AHEAD + 1, _LONG_BYTES
    held = min(ahead, 1 + -(-n // max(rows, 1))) * block + 16 * MIB
    if not source.typed:
        held += min(bytes_in_files * 3 // 2, text)
    if loaded.roles.categorical:
        texts = min(len(loaded.roles.categorical), _LOOKED_AT)
        held += max(0, _LOOKING + texts * _LOOKING_EACH - block)
    return Reading(rows, block, held)


def most_columns(loaded: Loaded, most_levels: int) -> int:
    """Most columns that the prepared matrix may have, by the levels of a sample of rows.

    A column of text with more levels than are told apart is one number, how common each is. Some
    levels may be so rare that the sample lacks them: three more are counted on.
    """
    roles, columns = loaded.roles, len(loaded.roles.numeric)
    seen = levels_seen(loaded.source, roles.categorical) if roles.categorical else {}
    for column in roles.categorical:
        few = seen.get(column)
        if few is None:
            columns += most_levels
        else:
            columns += 1 if few > most_levels else min(few + 3, most_levels)
    return columns + most_levels * len(roles.lists)


def chunks(columns: float, n: int, runtime: Runtime) -> int:
    """Bytes of float64 copies of the chunk that each thread has under way."""
    threads = min(runtime.threads, -(-n // CHUNK_ROWS))
    return int(threads * min(n, CHUNK_ROWS) * columns * 8)


def passing(columns: float, n: int, rows: int, runtime: Runtime) -> int:
    """Bytes of such copies in passes over blocks of ``n`` of the rows, with holes they leave."""
    small = min(n, CHUNK_ROWS) * 8 * columns < _MAPPED * 4 and n > CHUNK_ROWS
    left = _HOLES * min(1.0, rows / _HOLES_ROWS) if small and not runtime.frugal else 0.0
    return int(chunks(columns, n, runtime) * (1 + left))


def squares(columns: int, n: int, runtime: Runtime) -> int:
    """Bytes of square matrices of the columns: sums of products by chunk, and what solves them.

    Where columns are many times the rows, these are taken apart themselves.
    """
    if by_rows(n, columns):
        return 6 * n * columns * 8
    waiting = min(2 * runtime.threads + 1, -(-n // CHUNK_ROWS))
    return (7 + waiting) * columns**2 * 8


def learning(columns: int, n: int, size: int) -> int:
    """Bytes of the sample while it is drawn, or of what is learnt from it, one or two at a time.

    Parameters
    ----------
    columns : int
        Of numbers.
    n, size : int
        Customers, and how many of them the sample holds at most.
    """
    sample = min(n, size) * columns * 8
    drawing = min(n, size + size // 4) * (columns * 8 + 32) + 16 * MIB
    # Copies of one column; of a table of few columns where some of them are no features.
    by_column = min(n, size) * 8 * 12 + min(n, COMPARED_ROWS) * min(columns, 200) * 8
    # Sums of products of a few columns with all, in both shapes, and blocks of both.
    compared = min(columns, 128) * columns * 8 * 18 + 24 * MIB
    return max(drawing, sample + max(by_column, compared))
