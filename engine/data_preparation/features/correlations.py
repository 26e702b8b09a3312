"""How columns go together, in their units and as prepared; a few columns and rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.data_preparation.features.shapes import logged

_TILE = 128
"""Columns that are held against those before them at a time."""

_CELLS = 1 << 18
"""Numbers of a block of rows, at most, and its least rows."""

_LEAST_BLOCK = 256
LEAST_ROWS = 30
_OVERLAP = 0.5


def correlations(features: Sequence[NumericFeature], raw: np.ndarray) -> Iterator[np.ndarray]:
    """Yield for each column how closely it goes with each up to itself, clipped or prepared.

    Parameters
    ----------
    features : sequence of NumericFeature
        What is done to the columns.
    raw : float64 array of shape (n, d)
        Their values; NaN where missing.

    Yields
    ------
    close : float64 array of shape (d',)
        Absolute correlation where both are known, the larger of the two; 0 where that is of too
        few. At least those up to the column's own.

    Notes
    -----
    O(n d^2) time; beside the rows no more than two blocks of them and 128 columns of products.
    """
    d = len(features)
    for start in range(0, d, _TILE):
        stop = min(start + _TILE, d)
        sums = [_Sums(stop, start), _Sums(stop, start)]
        step = max(_LEAST_BLOCK, _CELLS // stop)
        for row in range(0, len(raw), step):
            shaped = shapes(features[:stop], raw[row : row + step, :stop])
            for total, values in zip(sums, shaped, strict=True):
                total.add(values)
        close = np.maximum(*(np.abs(total.correlations()) for total in sums))
        yield from close.T


def shapes(features: Sequence[NumericFeature], values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give columns as they are clipped, and as they are prepared from that."""
    low = np.array([-np.inf if f.low is None else f.low for f in features])
    high = np.array([np.inf if f.high is None else f.high for f in features])
    clipped = np.clip(values, low, high)
    prepared = clipped.copy()
    units = {f.unit for f in features if f.log}
    for unit in units:
        own = [i for i, f in enumerate(features) if f.log and f.unit == unit]
        prepared[:, own] = logged(prepared[:, own], unit)
    prepared -= np.array([f.centre for f in features])
    prepared /= np.array([f.scale or 1.0 for f in features])
    return clipped, prepared


class _Sums:
    """Sums of products of columns with those from one on, over rows where both are known."""

    def __init__(self, columns: int, start: int) -> None:
        self._start = start
        self._counts = np.zeros(columns)
        # Rows that both know; sums, and squares, of each where the other is known; products.
        self._n, self._a, self._b, self._aa, self._bb, self._ab = (
            np.zeros((columns, columns - start)) for _ in range(6)
        )

    def add(self, values: np.ndarray) -> None:
        """Take rows in."""
        finite = np.isfinite(values)
        self._counts += finite.sum(axis=0)
        with np.errstate(all="ignore"):
            if finite.all():
                self._add_whole(values)
            else:
                self._add_known(finite.astype(np.float64), np.where(finite, values, 0.0))

    def _add_whole(self, values: np.ndarray) -> None:
        sums, squares = values.sum(axis=0), np.einsum("ij,ij->j", values, values)
        self._n += len(values)
        self._a += sums[:, None]
        self._b += sums[self._start :]
        self._aa += squares[:, None]
        self._bb += squares[self._start :]
        self._ab += values.T @ values[:, self._start :]

    def _add_known(self, known: np.ndarray, filled: np.ndarray) -> None:
        own, own_known = filled[:, self._start :], known[:, self._start :]
        self._n += known.T @ own_known
        self._a += filled.T @ own_known
        self._b += known.T @ own
        self._ab += filled.T @ own
        filled **= 2
        self._aa += filled.T @ own_known
        self._bb += known.T @ own

    def correlations(self) -> np.ndarray:
        """Correlate; 0 where too few rows know both."""
        n = self._n
        with np.errstate(all="ignore"):
            cross = self._ab - self._a * self._b / n
            spread = (self._aa - self._a**2 / n) * (self._bb - self._b**2 / n)
            found = cross / np.sqrt(spread)
        most = np.maximum(self._counts[:, None], self._counts[self._start :])
        enough = (n >= LEAST_ROWS) & (n >= _OVERLAP * most)
        return np.where(enough & np.isfinite(found), found, 0.0)
