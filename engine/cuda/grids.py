"""How launches over columns, segments and pieces are cut: by sizes and shapes alone.

Nothing asks the device, so that sums are folded in the same order on any GPU; and no kernel here
takes more than the 48 KiB of shared memory that every block has without opting into more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SHARED = 48 << 10
"""Bytes of shared memory that a block has on every GPU."""

THREADS = 256
BANKS = 16
"""Numbers of 8 bytes that lie in different banks of shared memory."""

MOST_SLICES = 64
"""Times that labels are read; with more segments than these hold, sorting the rows is quicker."""

MOST_X, MOST_YZ = (1 << 31) - 1, 65_535
"""Most blocks of a grid."""

_SPAN_BYTES = 128 << 10
_MOST_BLOCKS = 8_192
_INT = (1 << 31) - 1

TILE_ROWS, TILE_COLUMNS = 128, 32
"""Rows and columns of the prepared matrix that a block writes."""

ROWS_MEASURED = 128
"""Rows that a block measures at a time."""

MOST_MEASURED = 1_024
"""Segments whose sums have room in shared memory beside the rows: 24 KiB of 48."""

POINTS = 64
"""Points whose distances a block measures."""

PIECE = 1_024
LONG = 32
"""Rows of a code from which on a thread takes four at a time."""

_MOST_PIECES = 4_096


@dataclass(frozen=True)
class SegmentGrid:
    """How rows are added up by segment.

    Attributes
    ----------
    blocks, column_slices, segment_slices : int
        The grid. Each block makes a table of its own part of segments by columns.
    span : int
        Rows of a block.
    width, segments : int
        Columns and segments of a slice.
    lanes : int
        Rows that a block adds up side by side.
    stride : int
        Slots of a segment in shared memory, one for each thread: a multiple of the banks.
    shared : int
        Bytes of it.
    """

    blocks: int
    column_slices: int
    segment_slices: int
    span: int
    width: int
    segments: int
    lanes: int
    stride: int
    shared: int

    @property
    def grid(self) -> tuple[int, int, int]:
        """Blocks along each axis."""
        return self.blocks, self.column_slices, self.segment_slices

    @property
    def threads(self) -> int:
        """Threads of a block."""
        return self.lanes * self.width


def segment_grid(n: int, columns: int, k: int, tables: int) -> SegmentGrid | None:
    """Cut the adding up of rows by segment.

    Parameters
    ----------
    n, columns, k : int
        Rows, columns and segments.
    tables : int
        Numbers that are kept for each segment and column: 1, or 2 with squares.

    Returns
    -------
    grid : SegmentGrid or None
        None of no rows, and where there are more segments or columns than the kernels number.

    Examples
    --------
    >>> found = segment_grid(4_000_000, 16, 8, 2)
    >>> found.grid, found.threads, found.span, found.shared
    ((1954, 1, 1), 256, 2048, 32768)
    """
    if not (n and columns and k) or k * columns > _INT or n >= 1 << 43:
        return None
    slot = 8 * tables
    segments = min(k, SHARED // (slot * BANKS))
    stride = min(THREADS, SHARED // (slot * segments) // BANKS * BANKS)
    column_slices = -(-columns // stride)
    width = -(-columns // column_slices)
    segment_slices = -(-k // segments)
    if segment_slices > MOST_SLICES or column_slices > MOST_YZ:
        return None
    segments = -(-k // segment_slices)
    # A block's table is an eighth of the rows that it reads, or less.
    span = max(-(-_SPAN_BYTES // (4 * columns)), 16 * tables * k, -(-n // _MOST_BLOCKS))
    lanes = stride // width
    return SegmentGrid(
        -(-n // span), column_slices, segment_slices, span, width, segments, lanes, stride,
        segments * stride * slot,
    )  # fmt: skip


@dataclass(frozen=True)
class MeasureGrid:
    """How rows are measured by segment: blocks, rows of a block, strands that add up, bytes."""

    blocks: int
    span: int
    strands: int
    shared: int


def measure_grid(n: int, k: int) -> MeasureGrid | None:
    """Cut the measuring of rows by the means of segments.

    Examples
    --------
    >>> measure_grid(4_000_000, 8)
    MeasureGrid(blocks=1954, span=2048, strands=16, shared=3072)
    """
    if not (n and 0 < k <= MOST_MEASURED) or n >= 1 << 43:
        return None
    span = max(2_048, 16 * k, -(-n // _MOST_BLOCKS))
    strands = max(1, ROWS_MEASURED // k)
    return MeasureGrid(-(-n // span), span, strands, 24 * k * strands)


def tile_grid(n: int, columns: int) -> tuple[int, int] | None:
    """Blocks that write a matrix of so many rows and columns; None of none, or of too many.

    Examples
    --------
    >>> tile_grid(300, 33)
    (3, 2)
    """
    grid = -(-n // TILE_ROWS), -(-columns // TILE_COLUMNS)
    fits = 0 < grid[0] <= MOST_X and 0 < grid[1] <= MOST_YZ
    return grid if fits else None


def pieces_of(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut rows that stand by code into pieces of one code each.

    Parameters
    ----------
    counts : int array of shape (n_codes,)
        Rows of each code.

    Returns
    -------
    edges : int64 array of shape (n_pieces + 1,)
        Rows at which they begin and end; about 4,096 pieces at most beside one for each code.
    firsts : int64 array of shape (n_codes + 1,)
        The first piece of each code.

    Examples
    --------
    >>> edges, firsts = pieces_of(np.array([3, 0, 1500]))
    >>> edges.tolist(), firsts.tolist()
    ([0, 3, 1027, 1503], [0, 1, 1, 3])
    """
    n = int(counts.sum())
    size = max(PIECE, -(-n // _MOST_PIECES // POINTS) * POINTS)
    pieces = -(-counts // size)
    firsts = np.concatenate([[0], np.cumsum(pieces)]).astype(np.int64)
    begins = np.cumsum(counts) - counts
    within = np.arange(firsts[-1]) - np.repeat(firsts[:-1], pieces)
    edges = np.append(np.repeat(begins, pieces) + within * size, n).astype(np.int64)
    return edges, firsts


def point_step(n_pieces: int, cells: int) -> int:
    """Points that are measured in one launch: their sums by piece are so many numbers at most.

    Examples
    --------
    >>> point_step(260, 1 << 22), point_step(10, 1 << 62)
    (16128, 4194240)
    """
    most = cells // max(1, n_pieces) // POINTS * POINTS
    return min(max(POINTS, most), MOST_YZ * POINTS)
