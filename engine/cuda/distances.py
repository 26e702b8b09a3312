"""Distances of points to rows on a device, added up by code without a matrix, by kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.cuda.arrays import flat
from engine.cuda.grids import LONG, POINTS, pieces_of, point_step
from engine.cuda.module import kernel

_FILE = "distances.cu"
_THREADS = 128


def distance_sums(
    points: Any, rows: Any, codes: np.ndarray, n_codes: int, *, xp: Any, cells: int
) -> Any:
    """Add up the distances of points to rows, by code.

    Parameters
    ----------
    points : float64 array of shape (m, w)
    rows : float64 array of shape (n, w)
        Of the device, C-contiguous. Their products with the points are the squared distances; those
        below zero count as that.
    codes : int array of shape (n,)
        Of the rows, in host memory: ascending, from 0 to n_codes - 1.
    n_codes : int
    xp : module
        CuPy, or NumPy, which has no kernels.
    cells : int
        Most numbers of a temporary matrix.

    Returns
    -------
    sums : float64 array of shape (m, n_codes), or None
        On the device; of the same bits for the same rows on any GPU. None where no kernel takes
        these.

    Raises
    ------
    ValueError
        Codes do not ascend, or one is none.
    """
    name = "distance_sums_long" if len(rows) >= LONG * n_codes else "distance_sums_short"
    found = len(rows) and len(points)
    run, fold = (kernel(xp, _FILE, n) if found else None for n in (name, "sums_by_code"))
    fit = flat(points, np.float64, 2) and flat(rows, np.float64, 2)
    if run is None or fold is None or not fit or points.shape[1] != rows.shape[1]:
        return None
    if (np.diff(codes) < 0).any() or codes[0] < 0 or codes[-1] >= n_codes:
        message = "codes must ascend, from 0 to n_codes - 1."
        raise ValueError(message)
    edges, firsts = pieces_of(np.bincount(codes, minlength=n_codes))
    sums, n_pieces = xp.empty((len(points), n_codes), np.float64), len(edges) - 1
    at, first = xp.asarray(edges), xp.asarray(firsts)
    step, width = point_step(n_pieces, cells), np.int64(rows.shape[1])
    for start in range(0, len(points), step):
        some, into = points[start : start + step], sums[start : start + step]
        m = len(some)
        parts = xp.empty((n_pieces, m), np.float64)
        grid = (n_pieces, -(-m // POINTS))
        run(grid, (256,), (some, rows, at, np.int64(m), width, parts))
        over = (-(-m // _THREADS), min(n_codes, 65_535))
        fold(over, (_THREADS,), (parts, first, np.int64(m), np.int64(n_codes), into))
    return sums
