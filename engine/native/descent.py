"""Lloyd's iterations over few rows by a kernel of one thread."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np

from engine.native.arrays import ADDRESS, COUNT, NUMBER, address, checked, fits
from engine.native.library import kernel

_ARGUMENTS = (*[ADDRESS] * 4, NUMBER, *[COUNT] * 5, ADDRESS)
_NAMES = {np.dtype(np.float32): "descend_f32", np.dtype(np.float64): "descend_f64"}


def descended(
    columns: np.ndarray,
    weighted: np.ndarray,
    centres: np.ndarray,
    limit: float,
    max_iter: int,
    far: int,
    pace: Sequence[float],
) -> tuple[np.ndarray, int, bool] | None:
    """Iterate until the centres come to rest, or one has no rows.

    Parameters
    ----------
    columns : float32 or float64 array of shape (d + 2, n)
        Rows by column; the last two columns are not read.
    weighted : array of that type, of shape (n, d + 2)
        Rows times their weight, followed by the weight; the last column is not read.
    centres : float64 array of shape (k, d)
    limit, max_iter, far
        As for :func:`engine.clustering.kmeans.descent.descend`.
    pace : sequence of five floats
        Constants of :mod:`engine.clustering.kmeans.pace`, in their order.

    Returns
    -------
    centres : float64 array of shape (k, d)
    n_iter : int
        Those that moved centres.
    done : bool
        False where a centre lost its rows.

    None in their place where no kernel takes them.
    """
    name = _NAMES.get(columns.dtype)
    run = kernel(name, COUNT, *_ARGUMENTS) if name else None
    given = fits(columns, columns.dtype, 2) and fits(weighted, columns.dtype, 2)
    if run is None or not given:
        return None
    moved, constants = np.array(centres, np.float64, order="C"), np.array(pace, np.float64)
    n_iter = ctypes.c_int64()
    code = run(
        address(columns, columns.dtype), address(weighted, columns.dtype),
        moved.ctypes.data, constants.ctypes.data, limit, max_iter, far,
        len(weighted), moved.shape[1], len(moved), ctypes.addressof(n_iter),
    )  # fmt: skip
    return moved, n_iter.value, checked(code) == 1
