"""Rows of a device added up by segment where segments are many: by a kernel, or by arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.cuda import geometry
from engine.cuda.folding import folded
from engine.cuda.module import NONE, kernel

_CELLS = 1 << 22
"""Numbers of float64 held at a time by arrays: 32 MiB."""


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
        By :func:`sums_in_order` where the kernel is not compiled.
    """
    run = kernel(xp, "segments.cu", "segment_sums")
    if run is None:
        return sums_in_order(xp, rows, labels, k, weights)
    n, d = rows.shape
    segments, columns, slices, shared = geometry.segment_slices(d, k)
    blocks = geometry.segment_blocks(n, d, k)
    counts, sums = xp.empty((blocks.count, k)), xp.empty((blocks.count, k, d))
    arguments = (
        rows, labels, NONE if weights is None else weights, np.int64(n),
        *map(np.int32, (d, k, segments)), np.int64(blocks.rows), sums, counts,
    )  # fmt: skip
    run((blocks.count, columns, slices), (256,), arguments, shared_mem=shared)
    return folded(counts, xp), folded(sums, xp)


def sums_in_order(xp: Any, rows: Any, labels: Any, k: int, weights: Any = None) -> tuple[Any, Any]:
    """Count rows and add them up by label, by arrays: sorted by label, a sum for each.

    CuPy's weighted ``bincount`` adds by atomics, in another order each time; its sums over an axis
    do not.

    Parameters
    ----------
    xp : module
    rows : float array of shape (n, d)
    labels : int array of shape (n,)
        Of ``range(k)``; rows of another label are left out.
    k : int
    weights : float64 array of shape (n,), optional

    Returns
    -------
    counts : float64 array of shape (k,)
    sums : float64 array of shape (k, d)

    Notes
    -----
    O(n (log n + d)), and a few launches for each segment that has rows.
    """
    d = rows.shape[1]
    table, step = xp.zeros((k, d + 1)), max(1, _CELLS // (d + 1))
    order = xp.argsort(labels, kind="stable")
    edges = xp.searchsorted(labels[order], xp.arange(k + 1)).tolist()
    for segment in range(k):
        for start in range(edges[segment], edges[segment + 1], step):
            some = order[start : min(start + step, edges[segment + 1])]
            each = xp.ones(len(some)) if weights is None else weights[some]
            wide = xp.empty((len(some), d + 1))
            wide[:, :-1] = rows[some] * each[:, None]
            wide[:, -1] = each
            table[segment] += wide.sum(axis=0)
    return table[:, -1], table[:, :-1]
