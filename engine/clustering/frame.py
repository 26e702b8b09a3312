"""Where rows lie: moved near zero and scaled in float64 before they become float32, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from engine.native.lloyd import own_squares
from engine.places.runtime import CHUNK_ROWS, Runtime, chunk_bounds, local_runtime

_SAMPLE = 256
"""Rows that tell where the bulk lies and how wide it is."""

_NEAR = 4.0
"""Offset, in widths of the bulk, up to which float32 rows are clustered as they are."""

_USUAL = 1e6
"""Widths between the inverse of this and this need no scale of their own in float32."""

_FARTHEST = 1e15
"""Largest value inside a frame: its squares, added up over columns, are float32 by far."""

_LARGEST = 1e150
"""Largest value whose squares are float64."""

_CELLS = 12_000
"""Values moved at a time: what takes 128 KB is asked of the system anew, page by page."""

_LEAST_EXPONENT = -1_000
"""Of the scale: its inverse is a float64 too."""


@dataclass(frozen=True)
class Frame:
    """A shift for each column and one scale for all: what is near and what is far stays so.

    float32 holds seven digits. Of a time stamp or an account number they are all spent on what
    all rows share; taken off first, in float64, they are left for what tells rows apart.

    Attributes
    ----------
    shift : float64 array of shape (n_columns,)
        Median of each column, or of a sample of it: outliers do not move it.
    scale : float
        A power of two near the width of the bulk, so that dividing by it rounds nothing.
    """

    shift: np.ndarray
    scale: float

    @classmethod
    def of(cls, x: np.ndarray) -> Self:
        """Find the frame of rows.

        Parameters
        ----------
        x : float64 or float32 array of shape (n_rows, n_columns)
            Finite.

        Returns
        -------
        frame : Frame
            One that changes nothing, for float32 rows that lie near zero already and are neither
            tiny nor huge. O(n_rows x n_columns), without a copy.

        Examples
        --------
        >>> import numpy as np
        >>> frame = Frame.of(np.array([[1e12 + 1], [1e12 + 2], [1e12 + 4]]))
        >>> frame.inside(np.array([[1e12 + 2.5]])).tolist(), frame.outside(np.ones((1, 1))).tolist()
        ([[0.25]], [[1000000000004.0]])
        """
        # By column, each together in memory.
        sample = np.array(x[:: -(-len(x) // _SAMPLE)].T, np.float64, order="C")
        shift = _medians(sample)
        sample -= shift[:, None]
        np.abs(sample, out=sample)
        bulk = float(_medians(sample).max()) or float(sample.mean(axis=1).max())
        away = _largest(x) + float(np.abs(shift).max())
        if away > bulk * _FARTHEST:  # by column, at ten times the cost, where it may matter
            away = float(np.maximum(x.max(axis=0) - shift, shift - x.min(axis=0)).max())
        width = max(bulk, away / _FARTHEST) or 1.0
        near = np.abs(shift).max() <= _NEAR * width and 1 / _USUAL <= width <= _USUAL
        if x.dtype == np.float32 and near:
            return cls(np.zeros(x.shape[1]), 1.0)
        return cls.around(shift, bulk, away)

    @classmethod
    def around(cls, shift: np.ndarray, bulk: float, away: float) -> Self:
        """Make the frame of rows whose middle, usual width and farthest value are known.

        Parameters
        ----------
        shift : float64 array of shape (n_columns,)
        bulk : float
            Width of the bulk, in the widest column.
        away : float
            Largest distance of a value from the middle of its column.
        """
        width = max(bulk, away / _FARTHEST) or 1.0
        exponent = max(int(np.frexp(width)[1]), _LEAST_EXPONENT)
        return cls(shift, float(np.ldexp(1.0, exponent)))

    def inside(self, x: np.ndarray, dtype: Any = np.float32) -> np.ndarray:
        """Move rows into the frame.

        Parameters
        ----------
        x : float64 or float32 array of shape (n_rows, n_columns)
            Those that the frame was found for, or others.
        dtype : dtype, default=float32

        Returns
        -------
        rows : array of shape (n_rows, n_columns), C-contiguous
            Rows beyond 1e15 are drawn in towards zero, which changes nothing in what is nearest
            to them. The same memory as ``x`` where nothing changes.
        """
        if self.scale == 1 and not self.shift.any() and x.dtype == dtype:
            return np.ascontiguousarray(x)
        rows = np.empty(x.shape, dtype)

        def chunk(given: Any, out: Any) -> None:
            for tile in _tiles(given):
                out[tile] = self._moved(given[tile])

        if len(x) <= CHUNK_ROWS:
            chunk(x, rows)
        else:
            local_runtime().reduce(chunk, x, out=(rows,))
        return rows

    def whole(self, x: np.ndarray) -> np.ndarray:
        """Move rows into the frame, and leave them as far out as they are.

        Parameters
        ----------
        x : float64 or float32 array of shape (n_rows, n_columns)

        Returns
        -------
        rows : float64 array of shape (n_rows, n_columns), C-contiguous, a copy
            In one order: a table has its columns together, and sums other last digits.
        """
        rows: np.ndarray = np.subtract(x, self.shift, dtype=np.float64, order="C")
        rows *= 1 / self.scale
        return rows

    def _moved(self, x: np.ndarray, farthest: float = _FARTHEST) -> np.ndarray:
        """Move a few rows: float64, drawn in to a largest value."""
        with np.errstate(over="ignore"):
            wide = self.whole(x)
        if max(wide.max(initial=0), -wide.min(initial=0)) > farthest:
            most = np.abs(wide).max(axis=1, initial=0)
            wide *= (farthest / np.maximum(most, farthest))[:, None]
        return wide

    def outside(self, points: np.ndarray) -> np.ndarray:
        """Give points of the frame in the units of the rows: float64, of the same shape."""
        moved: np.ndarray = np.asarray(points, np.float64) * self.scale + self.shift
        return moved

    def inertia(self, x: np.ndarray, centres: np.ndarray, labels: np.ndarray) -> float:
        """Sum of squared distances of rows to their centres, in the units of the rows.

        Parameters
        ----------
        x : float64 or float32 array of shape (n_rows, n_columns)
            In the units of the caller; read once, in chunks.
        centres : float64 array of shape (k, n_columns)
            Inside the frame.
        labels : int array of shape (n_rows,)

        Returns
        -------
        inertia : float
            From float64 differences, wherever the rows lie. O(n_rows x n_columns).
        """
        points, shift = np.ascontiguousarray(centres, np.float64), self.shift

        def squares(given: Any, mine: Any) -> Any:
            total = own_squares(given, mine, points, shift, 1 / self.scale)
            if total is not None and total < _LARGEST:
                return total
            total = 0.0
            for tile in _tiles(given):
                apart = self._moved(given[tile], _LARGEST)
                apart -= centres.take(mine[tile], axis=0)
                total += float(np.einsum("ij,ij->", apart, apart))
            return total

        runtime = Runtime() if len(x) <= CHUNK_ROWS else local_runtime()
        return float(runtime.reduce(squares, x, labels)) * self.scale**2


def _largest(x: np.ndarray) -> float:
    """Largest value, whatever its sign; NaN or infinite where one is."""

    def most(part: slice) -> float:
        given, found = x[part], 0.0
        for tile in _tiles(given):  # read once for both ends
            values = given[tile]
            found = float(np.maximum(found, np.maximum(values.max(), -values.min())))
        return found

    if len(x) <= CHUNK_ROWS:
        return most(slice(None))
    parts = [slice(start, stop) for start, stop in chunk_bounds(len(x))]
    return float(np.max(local_runtime().map(most, parts)))


def _medians(sample: np.ndarray) -> np.ndarray:
    """Medians of rows of finite values: a third of the time of NumPy's where they are few."""
    middle = sample.shape[1] // 2
    if sample.shape[1] % 2:
        return np.asarray(np.partition(sample, middle, axis=1)[:, middle])
    low, high = np.partition(sample, (middle - 1, middle), axis=1)[:, middle - 1 : middle + 1].T
    return np.asarray(low + (high - low) / 2)


def _tiles(x: np.ndarray) -> list[slice]:
    """Cut rows into what is moved at a time."""
    step = max(1, _CELLS // max(1, x.shape[1]))
    return [slice(start, start + step) for start in range(0, len(x), step)]
