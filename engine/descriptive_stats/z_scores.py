"""How far segments are from everyone, column by column, on the scale on which columns compare."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.cuda.moments import moments_by_segment
from engine.descriptive_stats.gathering import sums_by_segment
from engine.native.moments import moments
from engine.places.runtime import Runtime


def z_scores(
    matrix: Any,
    labels: Any,
    sizes: np.ndarray,
    told: np.ndarray,
    runtime: Runtime,
    beside: tuple[np.ndarray, np.ndarray] | None = None,
) -> np.ndarray:
    """Standardised difference of each segment's mean on the prepared scale: as ``told``, (k, d).

    Parameters
    ----------
    matrix : float32 array of shape (n_customers, n_names)
        The prepared columns; numbers come first.
    labels : int32 array of shape (n_customers,)
    sizes : int array of shape (k,)
    told : bool array of shape (k, d)
        Of which columns a segment is told.
    runtime : Runtime
    beside : (array of shape (k, d_beside), array of shape (d_beside,)), optional
        Sums by segment and sums of squares of numbers that only describe, the last of ``told``.
    """
    k, d = told.shape
    more = beside or (np.empty((k, 0)), np.empty(0))
    d -= len(more[1])
    xp, first = runtime.xp, runtime.get(matrix[: min(len(labels), 1_000)])
    mean = first.mean(axis=0, dtype=np.float64)
    shift, origin = runtime.put(mean), np.tile(mean, (k, 1))
    there = runtime.put(origin)
    add_up = sums_by_segment(runtime, k)

    def chunk(rows: Any, segment: Any) -> tuple[Any, Any]:
        if found := moments(rows, segment, origin):
            return found[0], found[1].sum(axis=0)
        if on_device := moments_by_segment(rows, segment, there, xp):
            return on_device[0], on_device[1].sum(axis=0)
        centred = rows - shift
        return add_up(segment, centred)[0], xp.einsum("ij,ij->j", centred, centred)

    sums, squares = runtime.reduce(chunk, matrix, labels)
    sums = np.hstack([sums[:, :d], more[0]])
    squares = np.hstack([squares[:d], more[1]])
    sizes = sizes[:, None]
    mean = sums.sum(axis=0) / len(labels)
    spread = np.sqrt(np.maximum(squares / len(labels) - mean**2, 0))
    own = sums / sizes
    if not told.all():
        mean = np.where(told, sums, 0).sum(axis=0) / np.maximum((told * sizes).sum(axis=0), 1)
    z: np.ndarray = np.divide(own - mean, spread, out=np.zeros_like(own), where=spread > 1e-12)
    return z
