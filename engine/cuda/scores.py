"""Rows of a device measured by the means of segments, in one reading, by a kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.cuda.arrays import flat, rows_fit
from engine.cuda.folding import folded
from engine.cuda.grids import ROWS_MEASURED, measure_grid
from engine.cuda.module import kernel


def measured_by_segment(
    rows: Any, labels: Any, centres: Any, facts: Any, xp: Any
) -> tuple[Any, Any, Any] | None:
    """Sum up squared distances to means, distances, and silhouettes, by segment.

    Parameters
    ----------
    rows : float32 array of shape (n, d)
        Of the device, C-contiguous.
    labels : int32 array of shape (n,)
        A row whose label is none of 0 to k - 1 is left out.
    centres : float64 array of shape (k, d)
    facts : float64 array of shape (k, 4)
        As :attr:`engine.native.moments.Means.facts` tells.
    xp : module
        CuPy, or NumPy, which has no kernels.

    Returns
    -------
    squares, distances, silhouettes : float64 arrays of shape (k,)
        Silhouettes are by squared distances; the same bits for the same rows on any GPU. None where
        no kernel takes these: other types, rows with gaps, more than 1,024 segments, no compiler.
    """
    run = kernel(xp, "scores.cu", "measured_f32")
    if run is None or not (rows_fit(rows, labels) and flat(centres, np.float64, 2)):
        return None
    k, grid = len(centres), measure_grid(len(rows), len(centres))
    if grid is None:
        return None
    n, d = rows.shape
    tables = xp.empty((grid.blocks, 3, k), np.float64)
    sizes = (np.int64(n), np.int64(grid.span), np.int64(d), np.int32(k), np.int32(grid.strands))
    given = (rows, labels, centres, facts, *sizes, tables)
    run((grid.blocks,), (ROWS_MEASURED,), given, shared_mem=grid.shared)
    found = folded(tables, xp)
    return found[0], found[1], found[2]
