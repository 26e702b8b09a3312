"""Distances of points to rows, added up by runs of rows, by a kernel of one thread."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.native.arrays import ADDRESS, COUNT, address, checked, fits
from engine.native.library import kernel

_SUMS = ("distance_sums_f64", COUNT, *[ADDRESS] * 4, *[COUNT] * 4, ADDRESS)


_WIDEST = 128
"""Columns up to which the kernel is quicker than a product by BLAS and what follows it."""


def takes(points: Any, rows: Any) -> bool:
    """Whether the kernel is for these: float64, in host memory as it reads them, not too wide."""
    fit = fits(points, np.float64, 2) and fits(rows, np.float64, 2)
    return fit and rows.shape[1] <= _WIDEST and kernel(*_SUMS) is not None


def distance_sums(
    points: np.ndarray, rows: np.ndarray, ends: np.ndarray, codes: np.ndarray, n_codes: int
) -> np.ndarray:
    """Add up the distances of each point to rows, by the codes of runs of rows.

    Parameters
    ----------
    points : float64 array of shape (m, w)
    rows : float64 array of shape (n, w)
        Whose products with the points are the squared distances; those below zero count as that.
    ends : int64 array of shape (n_runs,)
        Number of the row behind each run, ascending up to n.
    codes : int64 array of shape (n_runs,)
        Of each run, from 0 to n_codes - 1.
    n_codes : int

    Returns
    -------
    sums : float64 array of shape (m, n_codes)

    Raises
    ------
    ValueError
        Runs are not those of the rows, or a code is none.
    """
    if len(ends) != len(codes) or points.shape[1] != rows.shape[1]:
        message = "runs need a code each, points as many columns as rows."
        raise ValueError(message)
    edges = np.concatenate([[0], ends])
    inside = len(codes) == 0 or (codes.min() >= 0 and codes.max() < n_codes)
    if edges[-1] != len(rows) or (np.diff(edges) < 0).any() or not inside:
        message = "runs must be those of the rows, and codes below n_codes."
        raise ValueError(message)
    run, sums = kernel(*_SUMS), np.zeros((len(points), n_codes))
    code = run(  # type: ignore[misc]
        address(points, np.float64), address(rows, np.float64), address(ends, np.int64),
        address(codes, np.int64), len(points), len(ends), points.shape[1], n_codes,
        sums.ctypes.data,
    )  # fmt: skip
    checked(code)
    return sums
