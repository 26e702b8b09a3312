"""Teams, shared memory and slices of a tiled pass, by arithmetic alone.

How a launch is cut depends on what shared memory the GPU has, what it computes does not: labels are
decided in float64, a segment's rows are added up in the order in which a block reads them, and
blocks are cut by rows, columns and points.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.cuda.geometry import Blocks, group_of, pass_blocks, stride_of, width_of

GROUP = 16
"""Points that lie side by side."""

_ALONG, _ACROSS = 64, 32
"""Rows and points of a warp."""

_CUTS = (
    (2, 2, 0, 2), (1, 4, 0, 2), (2, 4, 0, 1), (1, 8, 0, 1),
    (2, 4, 16, 1), (1, 8, 16, 1), (2, 4, 8, 1), (1, 8, 8, 1),
)  # fmt: skip
"""Warps along the rows, most teams, columns of a slice for each warp along the rows, blocks that
are to fit an SM; the first that fits is taken. Two blocks of four warps are better than one of
eight, as one reads rows while the other computes; points as a whole are better than slices of
them, which wait for each other."""

_SLOTS = 128
"""Rows of a block are a multiple of it: an inertia is added up in so many parts."""

_RESERVED = 1 << 10
"""Bytes of a block that CUDA keeps for itself from sm_80 on. The limit is without them; they are
left free in case a driver counts them all the same."""


@dataclass(frozen=True)
class TiledPass:
    """How a tiled pass over rows is launched.

    Attributes
    ----------
    threads : int
    width, stride : int
        Columns, filled up to whole fours, and floats from one row to the next in shared memory.
    teams : int
        Of warps that share rows and part the points.
    sliced : bool
        Whether points pass through shared memory, some columns at a time.
    slice : int
        How many; all of them where points lie there as a whole.
    found, room : int
        Floats of points before what the teams found, and of both.
    shared : int
        Bytes.
    """

    threads: int
    width: int
    stride: int
    teams: int
    sliced: bool
    slice: int
    found: int
    room: int
    shared: int

    @property
    def rows(self) -> int:
        """Rows of a tile."""
        return _ALONG * (self.threads // 32 // self.teams)

    @property
    def ends(self) -> tuple[int, int, int, int]:
        """What the kernel takes at last."""
        return self.teams, self.slice, self.found, self.room


def tiled_pass(d: int, k: int, limit: int) -> TiledPass | None:
    """Fit a pass that labels rows and adds them up, with all the shared memory of a block.

    Parameters
    ----------
    d, k : int
        Columns and points.
    limit : int
        Bytes of shared memory that a block may have.

    Returns
    -------
    pass : TiledPass or None
        None where the sums do not fit, and for eight points or fewer. What is added up beside,
        weights and an inertia, has its place in any case.

    Examples
    --------
    >>> how = tiled_pass(64, 256, 232_448)
    >>> how.threads, how.rows, how.sliced, how.shared
    (256, 64, False, 226816)
    >>> how = tiled_pass(64, 256, 166_912)
    >>> how.threads, how.rows, how.slice, how.shared
    (256, 64, 8, 161280)
    >>> tiled_pass(64, 256, 101_376) is None
    True
    """
    if group_of(k) != GROUP:
        return None
    for along, most, slice_, blocks in _CUTS:
        how = _cut(d, k, along, min(most, -(-k // _ACROSS)), along * slice_)
        if how.shared <= min(limit, (limit + _RESERVED) // blocks) - _RESERVED:
            return how
    return None


def tiled_blocks(n: int, d: int, k: int) -> Blocks:
    """Cut rows for the blocks of a tiled pass.

    Examples
    --------
    >>> tiled_blocks(10_000_000, 64, 256)
    Blocks(count=501, rows=19968)
    """
    return pass_blocks(n, _SLOTS, 8 * k * (d + 1))


def _cut(d: int, k: int, along: int, teams: int, slice_: int) -> TiledPass:
    """Cut a pass of so many warps along the rows; points as a whole where ``slice_`` is 0."""
    rows, width, across = along * _ALONG, width_of(d), teams * _ACROSS
    slots = -(-k // across) * across
    points = slice_ * across if slice_ else -(-k // GROUP) * GROUP * width
    # Where points pass through once a tile, what teams found takes their place.
    found = 0 if slice_ and slots == across else points
    room = max(points, found + 4 * teams * rows)
    doubles = k * (d + 1) + _SLOTS
    floats = room + slots + width + rows * (stride_of(d) + 1)
    shared = 8 * (doubles + doubles % 2) + 4 * floats
    return TiledPass(
        threads=32 * teams * along, width=width, stride=stride_of(d), teams=teams,
        sliced=bool(slice_), slice=slice_ or width, found=found, room=room, shared=shared,
    )  # fmt: skip
