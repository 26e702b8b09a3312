"""The nearest rows of a fixed set by all distances, without Faiss: what stands in for its index."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from engine.clustering.ann_methods.exact_blocks import ExactBlocks, nearest_few
from engine.clustering.ann_methods.library import Kind
from engine.clustering.spectral.neighbours import NearestFew
from engine.places.runtime import Runtime


class ExactRows:
    """Nearest rows of a fixed set, as :class:`engine.clustering.ann_methods.index.Index`.

    Parameters
    ----------
    rows : float32 array of shape (n_rows, n_columns)
        May be a ``numpy.memmap``, or lie on the device; read when the first question comes.
    runtime : Runtime

    Notes
    -----
    Distances are those of float64 differences; of equals the first of the file is nearest. Faiss's
    flat index rounds in float32, so that what lies closer together than that may change places.
    """

    kind: Kind = "flat"
    recall = 1.0
    probes = 0

    def __init__(self, rows: Any, runtime: Runtime) -> None:
        self._rows, self._runtime = rows, runtime
        self._few = lru_cache(maxsize=1)(self._made)

    def _made(self, k: int) -> NearestFew | ExactBlocks:
        rows = self._runtime.get(self._rows) if self._runtime.device_memory else self._rows
        return nearest_few(np.asarray(rows, np.float64), k, self._runtime)

    @property
    def width(self) -> int:
        """Columns of its rows."""
        return int(self._rows.shape[1])

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._rows)

    def search(self, rows: Any, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Find the ``k`` nearest rows of the set for each row, nearest first.

        Parameters
        ----------
        rows : float32 array of shape (n_rows, n_columns)
        k : int
            Capped at the size of the set.

        Returns
        -------
        index : int64 array of shape (n_rows, k)
        squares : float32 array of shape (n_rows, k)
        """
        k = min(k, len(self))
        few = self._few(k)
        index, squares = np.empty((len(rows), k), np.int64), np.empty((len(rows), k), np.float32)

        def chunk(part: Any, found: Any, away: Any) -> None:
            found[:], away[:] = few(part)

        if isinstance(rows, np.ndarray):
            rows = np.ascontiguousarray(rows)
        self._runtime.reduce(chunk, rows, out=(index, squares))
        return index, squares

    def look_through(self, probes: int) -> None:
        """Do nothing: every row is looked at."""
