"""Rows of a device added up by segment, in float64 and a fixed order, by kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.cuda.arrays import flat, rows_fit
from engine.cuda.folding import folded
from engine.cuda.grids import SegmentGrid, segment_grid
from engine.cuda.module import kernel
from engine.cuda.segments import segment_sums

_FILE = "moments.cu"

MANY = 96
"""Labels beyond which a slot for each thread leaves room for too few threads."""


def moments_by_segment(rows: Any, labels: Any, origin: Any, xp: Any) -> tuple[Any, Any] | None:
    """Add up rows less the origin of their segment, and the squares of that.

    Parameters
    ----------
    rows : float32 array of shape (n, d)
        Of the device, C-contiguous.
    labels : int32 array of shape (n,)
        A row whose label is none of 0 to k - 1 is left out.
    origin : float64 array of shape (k, d)
    xp : module
        CuPy, or NumPy, which has no kernels.

    Returns
    -------
    sums, squares : float64 arrays of shape (k, d)
        The same bits for the same rows on any GPU. None where no kernel takes these: other types,
        rows with gaps, more than some 12,000 segments, no compiler.
    """
    run = kernel(xp, _FILE, "moments_f32")
    if run is None or not (rows_fit(rows, labels) and flat(origin, np.float64, 2)):
        return None
    shape = (len(origin), rows.shape[1])
    grid = segment_grid(len(rows), shape[1], len(origin), 2)
    if grid is None:
        return None
    tables = [xp.empty((grid.blocks, *shape), np.float64) for _ in range(2)]
    given = (rows, labels, origin, *_sizes(rows, shape[0], grid), *tables)
    run(grid.grid, (grid.threads,), given, shared_mem=grid.shared)
    sums, squares = (folded(table, xp) for table in tables)
    return sums, squares


def sums_by_label(
    rows: Any, labels: Any, k: int, xp: Any, weights: Any = None
) -> tuple[Any, Any] | None:
    """Count rows and add them up by label.

    Parameters
    ----------
    rows : float32 array of shape (n, d)
        Of the device, C-contiguous.
    labels : int32 array of shape (n,)
        A row whose label is none of 0 to k - 1 is left out.
    k : int
    xp : module
        CuPy, or NumPy, which has no kernels.
    weights : float64 array of shape (n,), optional
        What each row counts for.

    Returns
    -------
    counts : float64 array of shape (k,)
    sums : float64 array of shape (k, d)
        None in the place of both where no kernel takes these, as of :func:`moments_by_segment`.
    """
    run = kernel(xp, _FILE, "label_sums_f32" if weights is None else "weighed_sums_f32")
    weighed = () if weights is None else (weights,)
    fit = run and rows_fit(rows, labels) and all(flat(w, np.float64, 1) for w in weighed)
    grid = segment_grid(len(rows), rows.shape[1] + 1, k, 1) if fit else None
    if grid is None:
        return None
    if k > MANY:
        return segment_sums(xp, rows, labels, k, weights)
    table = xp.empty((grid.blocks, k, rows.shape[1] + 1), np.float64)
    given = (rows, labels, *weighed, *_sizes(rows, k, grid), table)
    run(grid.grid, (grid.threads,), given, shared_mem=grid.shared)
    found = folded(table, xp)
    return found[:, -1], found[:, :-1]


def _sizes(rows: Any, k: int, grid: SegmentGrid) -> tuple[Any, ...]:
    n, d = rows.shape
    numbers = (d, k, grid.width, grid.lanes, grid.segments, grid.stride)
    return np.int64(n), np.int64(grid.span), *map(np.int32, numbers)
