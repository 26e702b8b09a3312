"""Rows of a device added up by segment where segments are many, by a kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.cuda import geometry
from engine.cuda.folding import folded
from engine.cuda.module import kernel


def segment_sums(xp: Any, rows: Any, labels: Any, k: int, weights: Any = None) -> tuple[Any, Any]:
    """Count rows and add them up by label, in float64 and a fixed order.

    Parameters
    ----------
    xp : module
    rows : float32 array of shape (n, d)
    labels : int32 array of shape (n,)
        Of ``range(k)``; rows of another label are left out.
    k : int
    weights : float64 array of shape (n,), optional

    Returns
    -------
    counts : float64 array of shape (k,)
    sums : float64 array of shape (k, d)
    """
    n, d = rows.shape
    segments, columns, slices, shared = geometry.segment_slices(d, k)
    blocks = geometry.segment_blocks(n, d, k)
    counts, sums = xp.empty((blocks.count, k)), xp.empty((blocks.count, k, d))
    run = kernel(xp, "segments.cu", "segment_sums")
    arguments = (
        rows, labels, weights, np.int64(n), *map(np.int32, (d, k, segments)),
        np.int64(blocks.rows), sums, counts,
    )  # fmt: skip
    run((blocks.count, columns, slices), (256,), arguments, shared_mem=shared)
    return folded(counts, xp), folded(sums, xp)
