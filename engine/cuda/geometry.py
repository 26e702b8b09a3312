"""Threads, shared memory and blocks of each launch, by arithmetic alone.

What is chosen depends on rows, columns and points, not on the GPU: sums are added up in the same
order wherever they fit.
"""

from __future__ import annotations

from dataclasses import dataclass

ROWS_OF_A_THREAD = 2

MOST_THREADS = 128
"""Threads of a block of the pass: its launch bound. Four such fit an SM, by their registers."""

_TILE = 36 << 10
"""Bytes of rows in shared memory up to which a block has more threads: several blocks share an SM,
and one reads while others compute."""

_ROOM = 64 << 10
"""Bytes of shared memory that a pass takes where it has the choice: every GPU from sm_70 on has
them, and three or more blocks fit an SM of those with 164 KiB or more. Beyond, threads that compare
whole rows by themselves would be too few to hide latency with: ``tiles.py``."""

_SUMS = 16 << 10
"""Bytes of sums up to which a block has more copies of them."""

_WAVES = 2_112
"""Blocks of a pass: 16 for each of an H200's 132 SMs, so that the last wave is nearly full."""

_PARTIALS = 64 << 20
"""Bytes of partial sums in global memory."""

_LEAST_ROWS = 4_096
"""Rows of a block that adds up by segment."""

_SEGMENTS = 160
"""Segments of such a block: 41 KiB of sums for its 32 columns, below what needs no opting in."""

_MOST_GRID = 65_535
"""Blocks across the second and third dimension."""

MOST_INDEX = (1 << 31) - 1


@dataclass(frozen=True)
class Pass:
    """How a pass over rows is launched.

    Attributes
    ----------
    group : int
        Points that a thread compares its rows with at a time.
    threads : int
    width, stride : int
        Columns, filled up to whole fours, and floats from one row to the next in shared memory.
    held : int
        Groups of points in shared memory at a time.
    copies, parts : int
        Of a block's sums, and of its segments: whoever adds up a column owns one of each.
    shared : int
        Bytes.
    """

    group: int
    threads: int
    width: int
    stride: int
    held: int
    copies: int
    parts: int
    shared: int

    @property
    def rows(self) -> int:
        """Rows of a tile."""
        return self.threads * ROWS_OF_A_THREAD

    @property
    def ends(self) -> tuple[int, int, int]:
        """What the kernel takes at last."""
        return self.held, self.copies, self.parts


@dataclass(frozen=True)
class Blocks:
    """Blocks across the rows, and the rows of each."""

    count: int
    rows: int


def group_of(k: int) -> int:
    """Give how many points a thread compares its rows with at a time.

    Examples
    --------
    >>> group_of(8), group_of(9)
    (8, 16)
    """
    return 8 if k <= 8 else 16


def width_of(d: int) -> int:
    """Give the columns of points and rows in shared memory: whole fours.

    Examples
    --------
    >>> width_of(1), width_of(16), width_of(17)
    (4, 16, 20)
    """
    return -(-d // 4) * 4


def fused_pass(
    d: int, k: int, limit: int, *, weighted: bool = False, inertia: bool = False
) -> Pass | None:
    """Fit a pass that labels rows and adds them up.

    Parameters
    ----------
    d, k : int
        Columns and points.
    limit : int
        Bytes of shared memory that a block may have.
    weighted, inertia : bool
        What is added up beside.

    Returns
    -------
    pass : Pass or None
        None where sums and points do not fit together: :func:`engine.cuda.tiles.tiled_pass` does
        it, or :func:`label_pass` and :func:`segment_slices` in two steps.

    Examples
    --------
    >>> fused_pass(16, 8, 232_448)
    Pass(group=8, threads=128, width=16, stride=20, held=1, copies=8, parts=1, shared=30336)
    >>> fused_pass(64, 256, 232_448) is None
    True
    """
    if k * d * 8 > _ROOM:
        return None
    threads, stride = _threads(d), stride_of(d)
    groups, owners = -(-k // group_of(k)), max(1, threads // d)
    copies = max(1, min(owners, _SUMS // (k * d * 8)))
    parts = 1 << (owners // copies).bit_length() - 1
    doubles = copies * k * d + k * weighted + threads * inertia
    shared = 8 * (doubles + doubles % 2) + _shared(d, k, threads, groups) + 4 * k
    if shared > min(limit, _ROOM):
        return None
    return Pass(group_of(k), threads, width_of(d), stride, groups, copies, parts, shared)


def label_pass(d: int, k: int, limit: int) -> Pass | None:
    """Fit a pass that labels rows: points pass through shared memory where they are many.

    Returns
    -------
    pass : Pass or None
        None where not even the least tile fits: some hundred columns.

    Examples
    --------
    >>> label_pass(128, 1_024, 232_448).held
    3
    >>> label_pass(2_000, 8, 232_448) is None
    True
    """
    threads, groups = _threads(d), -(-k // group_of(k))
    most = min(limit, max(_ROOM, _shared(d, k, threads, 1)))
    each = _shared(d, k, threads, 1) - _shared(d, k, threads, 0)
    held = min(groups, (most - _shared(d, k, threads, 0)) // each)
    if held < 1:
        return None
    shared = _shared(d, k, threads, held)
    return Pass(group_of(k), threads, width_of(d), stride_of(d), held, 1, 1, shared)


def pass_blocks(n: int, tile: int, partial: int) -> Blocks:
    """Cut rows into whole tiles for the blocks of a pass.

    Parameters
    ----------
    n, tile : int
        Rows in all, and of a tile.
    partial : int
        Bytes of the partial sums of a block.

    Examples
    --------
    >>> pass_blocks(100_000_000, 256, 1_088)
    Blocks(count=2112, rows=47360)
    >>> pass_blocks(1, 256, 1_088)
    Blocks(count=1, rows=256)
    """
    most = max(1, min(_WAVES, _PARTIALS // max(1, partial)))
    tiles = -(-n // tile)
    rows = -(-tiles // most) * tile
    return Blocks(-(-n // rows), rows)


def segment_slices(d: int, k: int) -> tuple[int, int, int, int]:
    """Cut columns and segments for blocks that add rows up by segment.

    Returns
    -------
    segments, columns, slices, shared : int
        Segments of a block, how many blocks stand across the columns and across the segments, and
        the bytes of shared memory of each.

    Examples
    --------
    >>> segment_slices(128, 1_024)
    (147, 4, 7, 38808)
    """
    slices = -(-k // _SEGMENTS)
    segments = -(-k // slices)
    return segments, -(-d // 32), slices, 8 * 33 * segments


def segment_blocks(n: int, d: int, k: int) -> Blocks:
    """Cut rows for blocks that add up by segment.

    Examples
    --------
    >>> segment_blocks(1_000_000, 128, 1_024)
    Blocks(count=63, rows=15904)
    """
    most = max(1, min(_WAVES, -(-n // _LEAST_ROWS), _PARTIALS // (8 * k * (d + 1))))
    rows = -(-n // (32 * most)) * 32
    return Blocks(-(-n // rows), rows)


def fits_index(d: int, k: int) -> bool:
    """Whether points, sums and slices are counted by 32 bits; rows are by 64."""
    slices = max(-(-d // 32), -(-k // _SEGMENTS))
    return 2 * k * width_of(d) * 8 <= MOST_INDEX and slices <= _MOST_GRID


def _threads(d: int) -> int:
    """Give the most threads whose tile is small."""
    fitting = [t for t in (MOST_THREADS, 64) if t * ROWS_OF_A_THREAD * stride_of(d) * 4 <= _TILE]
    return fitting[0] if fitting else 32


def stride_of(d: int) -> int:
    """Give an odd number of fours: rows of a quarter warp lie in banks of their own."""
    fours = width_of(d) // 4
    return 4 * (fours + 1 - fours % 2)


def _shared(d: int, k: int, threads: int, held: int) -> int:
    """Bytes of points, their squares, the shift, a tile and its labels."""
    width, rows = width_of(d), threads * ROWS_OF_A_THREAD
    return 4 * (held * group_of(k) * (width + 1) + width + rows * (stride_of(d) + 1))
