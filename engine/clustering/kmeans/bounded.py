"""Lloyd's passes that look only at rows which may change: bounds beside rows, sums kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from engine.native.lloyd import look_again, takes
from engine.places.runtime import CHUNK_ROWS, Runtime

_WORK, _CHUNKS, _LEAST = 1 << 28, 16, 4_096
"""Products in a chunk where all rows are looked at; chunks that few rows make, of so many at least:
threads share what is there."""


class BoundedPasses:
    """Counts and sums by nearest centre, brought up to date as the centres move.

    Parameters
    ----------
    x : float32 or float64 array of shape (n, d)
        Rows near zero, in host memory or in a file.
    weights : float64 array of shape (n,) or None
    k : int
        Number of centres.
    runtime : Runtime

    Attributes
    ----------
    counts : float64 array of shape (k,)
    sums : float64 array of shape (k, d)
        Of the last pass.
    labels : int32 array of shape (n,)

    Notes
    -----
    Eight bytes a row, or twelve of float64. Each pass is O(n) and O(k d) for every row that may
    change. The same bits at any number of threads.
    """

    def __init__(self, x: np.ndarray, weights: np.ndarray | None, k: int, runtime: Runtime) -> None:
        work, n = _WORK // (k * x.shape[1]), len(x)
        rows = max(_LEAST, min(work, CHUNK_ROWS, -(-n // _CHUNKS)))
        self._x, self._runtime = x, replace(runtime, chunk_rows=rows)
        self._beside = () if weights is None else (weights,)
        self.counts, self.sums = np.zeros(k), np.zeros((k, x.shape[1]))
        self.labels = np.full(len(x), -1, np.int32)
        self._left = np.empty(len(x), x.dtype)
        self._centres: np.ndarray | None = None

    @staticmethod
    def take(x: Any, runtime: Runtime) -> bool:
        """Whether a kernel goes over such rows in this place: it writes beside them."""
        return type(runtime) is Runtime and not runtime.device_memory and takes(x)

    def step(self, centres: np.ndarray) -> int:
        """Label rows by centres of shape (k, d): how many have another label than before."""
        own, before = self._x.dtype, self._centres
        lengths = np.zeros(len(centres))
        if before is not None:
            lengths = np.sqrt(((centres - before) ** 2).sum(axis=1))
        reach = np.nextafter((lengths + most_of_others(lengths)).astype(own), own.type(np.inf))
        shift, centres = centres.mean(axis=0).astype(own), np.ascontiguousarray(centres)

        def chunk(rows: Any, labels: Any, left: Any, *weight: Any) -> Any:
            each = weight[0] if weight else None
            return look_again(rows, each, centres, shift, reach, labels, left)

        found = self._runtime.reduce(chunk, self._x, self.labels, self._left, *self._beside)
        changed, counts, sums = found
        self.counts += counts
        self.sums += sums
        self._centres = centres
        return int(changed)


def most_of_others(lengths: np.ndarray) -> np.ndarray:
    """For each centre, how far the one that moved most of the others moved."""
    if len(lengths) == 1:
        return np.zeros(1)
    first = int(lengths.argmax())
    most = np.full(len(lengths), lengths[first])
    most[first] = max(lengths[:first].max(initial=0.0), lengths[first + 1 :].max(initial=0.0))
    return most
