"""The customers of smallest priority, whose values give quantiles, means and spreads."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np

from engine.data_preparation.reading.frames import to_array


class Sampler:
    """Keeps the rows of smallest priority, at most twice as many as asked for at any time.

    Parameters
    ----------
    size : int
        Rows asked for.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._rows: list[np.ndarray] = []
        self._keys: list[np.ndarray] = []
        self._bound = np.uint64(2**64 - 1)

    def add(self, frame: nw.DataFrame[Any], priority: np.ndarray) -> None:
        """Take numeric columns of some customers, with their priorities."""
        wanted = priority <= self._bound
        if not frame.columns or not wanted.any():
            return
        mask = nw.new_series("wanted", wanted, backend=frame.implementation)
        chosen = frame if wanted.all() else frame.filter(mask)
        self._rows.append(to_array(chosen))
        self._keys.append(priority[wanted])
        if sum(map(len, self._keys)) >= 2 * self._size:
            self._shrink()

    def _shrink(self) -> None:
        keys, rows = np.concatenate(self._keys), np.concatenate(self._rows)
        order = np.argsort(keys, kind="stable")[: self._size]
        self._keys, self._rows = [keys[order]], [rows[order]]
        if len(order) == self._size:
            self._bound = keys[order[-1]]

    def rows(self) -> np.ndarray:
        """Give the sample, NaN where missing, in priority order: float64, (n_sample, n_columns)."""
        if not self._keys:
            return np.empty((0, 0))
        self._shrink()
        return self._rows[0]
