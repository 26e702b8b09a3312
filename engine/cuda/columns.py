"""Columns of numbers on a device, written as rows of the prepared matrix in one launch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from engine.cuda.grids import tile_grid
from engine.cuda.module import kernel

_KINDS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
          "float32", "float64")  # fmt: skip
TYPES = {np.dtype(name): number for number, name in enumerate(_KINDS)} | {
    np.dtype(np.bool_): _KINDS.index("uint8")
}
"""Types of numbers and truths that the kernel reads, and what it calls them."""


class Column(NamedTuple):
    """Numbers of a device, one for each row.

    Attributes
    ----------
    values : array of shape (n,)
        Of :data:`TYPES`, contiguous; NaN or infinite where none is known.
    known : bool array of shape (n,), or None
        Which are known; None where all are that are finite.
    """

    values: Any
    known: Any = None


def write_columns(
    columns: Sequence[Column], how: np.ndarray, kinds: np.ndarray, out: Any, xp: Any
) -> bool:
    """Write columns as rows of a matrix: filled, clipped, shaped, centred and scaled.

    Parameters
    ----------
    columns : sequence of Column
    how : float64 array of shape (len(columns), 6)
        Of each what stands for a missing number, the bounds of clipping, the centre, 1 / scale and
        1 / unit.
    kinds : int64 array of shape (len(columns),)
        0, or 1 for a logarithm, or 2 for that of both sides of zero.
    out : float32 array of shape (n, width), C-contiguous
        Of the device; gets a column for each, from the first on.
    xp : module
        CuPy, or NumPy, which has no kernels.

    Returns
    -------
    done : bool
        False where no kernel takes these: nothing is written then.

    Notes
    -----
    Columns without a logarithm have the bits of :func:`engine.native.tables.shaped`, others are
    within a unit in the last place of float64 of it, before they are centred and scaled.
    """
    run = kernel(xp, "columns.cu", "columns_shaped")
    grid = tile_grid(len(out), len(columns))
    if run is None or grid is None or not all(_fits(c, len(out)) for c in columns):
        return False
    if out.dtype != np.float32 or not out.flags.c_contiguous or out.shape[1] < len(columns):
        return False
    words = [
        (c.values.data.ptr, 0 if c.known is None else c.known.data.ptr, TYPES[c.values.dtype], kind)
        for c, kind in zip(columns, kinds.tolist(), strict=True)
    ]
    said = (xp.asarray(np.array(words, np.int64)), xp.asarray(np.ascontiguousarray(how)))
    sizes = (np.int64(len(out)), np.int32(len(columns)), np.int64(out.shape[1]))
    run(grid, (32, 8), (*said, *sizes, out))
    return True


def _fits(column: Column, n: int) -> bool:
    """Whether a column lies as the kernel reads it."""
    values, known = column
    fit = values.dtype in TYPES and values.shape == (n,) and values.flags.c_contiguous
    if known is None:
        return bool(fit)
    masked = known.dtype == np.bool_ and known.shape == (n,) and known.flags.c_contiguous
    return bool(fit and masked)
