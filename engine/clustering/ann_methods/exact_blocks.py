"""The nearest of many points by every distance, block of points by block: a GPU without Faiss."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.clustering.spectral.neighbours import NearestFew
from engine.places.runtime import CHUNK_ROWS, Runtime

POINTS = 65_536
"""Points of a block: beside so many a few thousand rows at a time fill a GPU."""


def nearest_few(points: np.ndarray, p: int, runtime: Runtime) -> NearestFew | ExactBlocks:
    """Give what finds the ``p`` nearest of points: in blocks of them where a GPU looks at many.

    Parameters and answers are those of :class:`NearestFew`.
    """
    if runtime.device_memory and len(points) > POINTS:
        return ExactBlocks(points, p, runtime)
    return NearestFew(points, p, runtime)


class ExactBlocks:
    """Finds the p nearest of fixed points, as :class:`NearestFew` does of fewer.

    Parameters
    ----------
    points : float64 array of shape (n_points, n_columns)
    p : int
        How many; capped at the number of points.
    runtime : Runtime
        Its place is where the rows are.

    Notes
    -----
    Of each block the p nearest by a product that proposes and float64 differences that decide; then
    the nearest of these, of equals the first. So the answer depends on no block: near ties are
    decided as on a CPU. O(n_rows x n_points x n_columns).
    """

    def __init__(self, points: np.ndarray, p: int, runtime: Runtime) -> None:
        self._xp, self.p = runtime.xp, min(p, len(points))
        self._blocks = [
            (start, NearestFew(points[start : start + POINTS], p, runtime))
            for start in range(0, len(points), POINTS)
        ]

    def __call__(self, rows: Any) -> tuple[Any, Any]:
        """Find the nearest points: see :meth:`NearestFew.__call__`."""
        parts = [self._of(rows[s : s + CHUNK_ROWS]) for s in range(0, len(rows), CHUNK_ROWS)]
        index, squares = (self._xp.concatenate(part) for part in zip(*parts, strict=True))
        return index, squares

    def _of(self, rows: Any) -> tuple[Any, Any]:
        xp, (_, first) = self._xp, self._blocks[0]
        index, squares = first(rows)
        for start, few in self._blocks[1:]:
            more, farther = few(rows)
            index = xp.concatenate([index, more + start], axis=1)
            squares = xp.concatenate([squares, farther], axis=1)
            order = xp.argsort(squares, axis=1, kind="stable")[:, : self.p]
            index = xp.take_along_axis(index, order, axis=1)
            squares = xp.take_along_axis(squares, order, axis=1)
        return index, squares
