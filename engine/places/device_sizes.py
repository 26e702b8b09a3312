"""How many rows pass through a GPU at a time, and the bytes that they and their copies take.

Figures alone: what a pass does and what a plan counts come from the same functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

MOST_ROWS = 1 << 22
LEAST_ROWS = 1_024
"""Rows of a chunk; fewer are not tried when memory ends."""

MOST_CELLS = 1 << 26
"""Elements of a temporary matrix on a GPU, where few large steps beat many small ones."""

_LEAST_CELLS = 1 << 16
_CELLS_SHARE = 256
"""Bytes of the pool for each element: with what an element takes, under a twelfth of the pool."""

_CELL_BYTES = 20
"""Bytes an element takes at most: a distance in float32, a difference in float64, its square."""

_COPIES = 8
"""Float64 copies of a chunk's row that the passes of this package hold at most."""

_SEGMENTS = 64
"""Float64 columns beside them: ranks, masks, distances to few centres."""


def chunk_rows(blocks: tuple[Any, ...], free: int) -> int:
    """Rows of a chunk whose float64 copies fit well into the device's memory.

    Examples
    --------
    >>> import numpy as np
    >>> chunk_rows((np.zeros((10, 16), np.float32),), 8 << 30)
    1398101
    """
    return rows_as_wide(sum(max(1, int(np.prod(b.shape[1:]))) for b in blocks), free)


def rows_as_wide(width: int, free: int) -> int:
    """Rows of a chunk whose blocks have so many columns together."""
    return int(min(MOST_ROWS, max(LEAST_ROWS, free // 4 // _row_bytes(width))))


def _row_bytes(width: int) -> int:
    return (width * _COPIES + _SEGMENTS) * 8


def cells(free: int) -> int:
    """Elements of a temporary matrix such as distances to centres or a one-hot of segments.

    Examples
    --------
    >>> cells(1 << 30), cells(100 << 30)
    (4194304, 67108864)
    """
    return min(MOST_CELLS, max(_LEAST_CELLS, free // _CELLS_SHARE))


def chunk_bytes(width: int, n_rows: int, free: int, *, k: int = 1) -> int:
    """Bytes that a pass over rows of this width holds on the device beside them, at most.

    Parameters
    ----------
    width : int
        Columns of all blocks of a pass together.
    n_rows, free : int
    k : int
        Segments: a pass may hold a matrix of rows by segments, in slices of :func:`cells`.

    Examples
    --------
    >>> chunk_bytes(16, 10**9, 8 << 30) <= (8 << 30) // 4 + 20 * cells(8 << 30)
    True
    >>> chunk_bytes(16, 1_000, 8 << 30, k=10)
    1736000
    """
    rows = min(n_rows, rows_as_wide(width, free))
    return rows * _row_bytes(width) + min(rows * k, max(cells(free), k)) * _CELL_BYTES
