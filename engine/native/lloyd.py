"""Passes of Lloyd's iterations by kernels of one thread: rows that may change, nearest centres."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.native.arrays import ADDRESS, COUNT, NUMBER, address, checked, fits
from engine.native.library import kernel

_PASS = (COUNT, ADDRESS, COUNT, *[ADDRESS] * 4, *[COUNT] * 3, *[ADDRESS] * 4)
_NEAR = (COUNT, ADDRESS, COUNT, *[ADDRESS] * 3, *[COUNT] * 3, *[ADDRESS] * 3)
_SQUARES = (NUMBER, ADDRESS, ADDRESS, NUMBER, ADDRESS, ADDRESS, COUNT, COUNT)
_SUFFIX = {np.dtype(np.float32): "f32", np.dtype(np.float64): "f64"}


def takes(rows: Any) -> bool:
    """Whether there are kernels, and rows lie as they read them: each together, none overlapping.

    Parameters
    ----------
    rows : array of shape (n, d)
        float32 or float64, in host memory.
    """
    if not isinstance(rows, np.ndarray) or rows.dtype not in _SUFFIX or rows.ndim != 2:
        return False
    size = rows.itemsize
    together = rows.shape[1] < 2 or rows.strides[1] == size
    apart = rows.strides[0] % size == 0 and rows.strides[0] >= rows.shape[1] * size
    return bool(together and apart and rows.flags.aligned and kernel("nearest_group", COUNT))


def look_again(
    rows: np.ndarray,
    weights: np.ndarray | None,
    centres: np.ndarray,
    shift: np.ndarray,
    reach: np.ndarray,
    labels: np.ndarray,
    left: np.ndarray,
) -> tuple[int, np.ndarray, np.ndarray]:
    """Bring labels and bounds of rows up to date with centres that moved.

    Parameters
    ----------
    rows : array of shape (n, d)
        That :func:`takes` takes.
    weights : float64 array of shape (n,) or None
    centres : float64 array of shape (k, d)
    shift : array of shape (d,), of the rows' type
        What is taken from both before they are multiplied.
    reach : array of shape (k,), of the rows' type
        What is taken from the bounds of each centre's rows: how far it moved, and how far the one
        that moved most of the others.
    labels : int32 array of shape (n,)
        Of the pass before, or -1 of rows that have none; the new ones are written there.
    left : array of shape (n,), of the rows' type
        By how much the second nearest centre is farther than the nearest, at least.

    Returns
    -------
    changed : int
        Rows that have another label.
    counts : float64 array of shape (k,)
        What these weigh, added to their new centre and taken from the old one.
    sums : float64 array of shape (k, d)
        The same of the rows times their weight.
    """
    (n, d), k, own = rows.shape, len(centres), rows.dtype
    run = kernel(f"lloyd_pass_{_SUFFIX[own]}", *_PASS)
    counts, sums = np.zeros(k), np.zeros((k, d))
    changed = run(  # type: ignore[misc]
        rows.ctypes.data, rows.strides[0] // rows.itemsize, address(weights, np.float64),
        address(centres, np.float64), address(shift, own), address(reach, own), n, d, k,
        address(labels, np.int32), address(left, own), counts.ctypes.data, sums.ctypes.data,
    )  # fmt: skip
    return checked(changed), counts, sums


def two_nearest(
    rows: np.ndarray,
    some: np.ndarray | None,
    centres: np.ndarray,
    labels: np.ndarray,
    nearest: np.ndarray,
    second: np.ndarray | None,
) -> None:
    """Write the nearest centre of each row, and the squared distances to it and the one after it.

    Parameters
    ----------
    rows : array of shape (n_rows, d)
        That :func:`takes` takes; near zero.
    some : int64 array of shape (n,) or None
        Numbers of rows; all without.
    centres : float64 array of shape (k, d)
    labels : int64 array of shape (n,)
    nearest, second : arrays of shape (n,), of the rows' type
        The second is not asked for where it is None.
    """
    own, d = rows.dtype, rows.shape[1]
    shift = np.zeros(d, own)  # named: an address keeps nothing in memory
    run = kernel(f"lloyd_near_{_SUFFIX[own]}", *_NEAR)
    code = run(  # type: ignore[misc]
        rows.ctypes.data, rows.strides[0] // rows.itemsize, address(some, np.int64),
        address(centres, np.float64), address(shift, own),
        len(rows) if some is None else len(some), d, len(centres),
        address(labels, np.int64), address(nearest, own), address(second, own),
    )  # fmt: skip
    checked(code)


def own_squares(
    rows: Any, labels: Any, centres: np.ndarray, shift: np.ndarray, inverse: float
) -> float | None:
    """Add up the squared distances of rows, moved into a frame, to their own centres.

    Parameters
    ----------
    rows : float32 or float64 array of shape (n, d)
    labels : int32 array of shape (n,)
    centres : float64 array of shape (k, d)
        Inside the frame.
    shift : float64 array of shape (d,)
    inverse : float
        Rows are ``(x - shift) * inverse`` there.

    Returns
    -------
    total : float or None
        In float64, from differences; None where no kernel takes them.
    """
    if not fits(labels, np.int32, 1) or not any(fits(rows, own, 2) for own in _SUFFIX):
        return None
    run = kernel(f"own_squares_{_SUFFIX[rows.dtype]}", *_SQUARES)
    if run is None:
        return None
    given = np.ascontiguousarray(shift, np.float64)
    return float(
        run(
            address(rows, rows.dtype), given.ctypes.data, inverse, address(centres, np.float64),
            address(labels, np.int32), *rows.shape,
        )
    )  # fmt: skip
