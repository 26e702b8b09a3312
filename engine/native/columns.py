"""Columns of numbers added up by segment, by kernels of one thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.native.arrays import ADDRESS, COUNT, NUMBER, address, checked, fits
from engine.native.library import kernel

TYPES = {
    np.dtype(np.float64): "f64",
    np.dtype(np.float32): "f32",
    np.dtype(np.int64): "i64",
    np.dtype(np.int32): "i32",
}
"""Types of numbers that are added up as they are, and what the kernels call them."""


def available() -> bool:
    """Whether there are kernels here."""
    return kernel(*_named("f64")) is not None


def column_sums(
    labels: Any, columns: Sequence[Any], shift: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Add up numbers that are known, less one of each column, by segment.

    Parameters
    ----------
    labels : int32 array of shape (n,)
    columns : sequence of d arrays of shape (n,)
        Of :data:`TYPES`; NaN or infinite where a number is not known.
    shift : float64 array of shape (d,)
    k : int

    Returns
    -------
    sums, counts : float64 arrays of shape (k, d)
        Counts are of the known numbers.
    squares : float64 array of shape (d,)
        Of everyone. None in the place of all three where no kernel takes these.
    """
    if not available() or not _takes(labels, columns, k):
        return None
    sums, squares = np.zeros((len(columns), k)), np.zeros((len(columns), 1))
    counts = np.tile(np.bincount(labels, minlength=k).astype(np.float64), (len(columns), 1))
    rows = zip(columns, shift.tolist(), sums, counts, squares, strict=True)
    for column, by, own, known, square in rows:
        run = kernel(*_named(TYPES[column.dtype]))
        code = run(  # type: ignore[misc]
            address(column, column.dtype), address(labels, np.int32), by, len(labels), k,
            own.ctypes.data, known.ctypes.data, square.ctypes.data,
        )  # fmt: skip
        checked(code)
    return sums.T, counts.T, squares[:, 0]


def _takes(labels: Any, columns: Sequence[Any], k: int) -> bool:
    """Whether they lie as kernels read them, which do not look whether a label is one."""
    n = len(labels)
    known = all(len(c) == n and c.dtype in TYPES and fits(c, c.dtype, 1) for c in columns)
    labelled = fits(labels, np.int32, 1) and (not n or 0 <= labels.min() <= labels.max() < k)
    return known and bool(labelled)


def _named(kind: str) -> tuple[Any, ...]:
    pointers, numbers = [ADDRESS] * 2, [NUMBER, COUNT, COUNT]
    return (f"column_sums_{kind}", COUNT, *pointers, *numbers, *[ADDRESS] * 3)
