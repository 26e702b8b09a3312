"""Rows as they are given, dense or sparse, and centres: which is nearest, how far, squares in all.

Sparse rows are never made dense: their zeros stay where they are, and only a scale is taken off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from scipy import sparse

from engine.clustering.frame import Frame
from engine.clustering.representatives import CELLS, Nearest, Representatives
from engine.places.runtime import local_runtime

_USUAL = 1e6
"""Sparse values whose largest lies between the inverse of this and this are left as they are."""

_CLOSE = 1e-4
"""Share of the squared norms below which a squared distance is taken from differences: above it a
product in float64 keeps 11 digits."""


def is_sparse(x: Any) -> bool:
    """Whether rows are one of SciPy's sparse matrices or arrays."""
    return bool(sparse.issparse(x))


def frame_of(x: Any) -> Frame:
    """Find where rows lie: sparse ones around zero, at the scale of their largest value."""
    if not is_sparse(x):
        return Frame.of(x)
    largest = float(np.abs(x.data).max(initial=0))
    usual = largest == 0 or 1 / _USUAL <= largest <= _USUAL
    exponent = 0 if usual else int(np.frexp(largest)[1])
    return Frame(np.zeros(x.shape[1]), float(np.ldexp(1.0, exponent)))


def inside(frame: Frame, x: Any, dtype: Any) -> Any:
    """Move dense rows into a frame as ``dtype``; scale sparse ones, in their own type of numbers.

    Parameters
    ----------
    frame : Frame
        Of such rows: one of sparse rows moves nothing.
    x : array or CSR of shape (n_rows, n_columns)
    dtype : dtype

    Returns
    -------
    rows : array or CSR of shape (n_rows, n_columns)
    """
    return _scaled(x, frame.scale) if is_sparse(x) else frame.inside(x, dtype)


def _scaled(x: Any, scale: float) -> Any:
    if scale == 1:
        return x
    # By float64: the inverse of a scale of 1e-39 is no float32.
    data = (x.data.astype(np.float64) * (1 / scale)).astype(x.dtype)
    return type(x)((data, x.indices, x.indptr), shape=x.shape)


@dataclass(frozen=True)
class Centres:
    """Centres of a fit, against which rows are measured in the units in which they are given.

    Attributes
    ----------
    frame : Frame
    inside : Representatives
        One a cluster, inside the frame.
    reported : array of shape (k, n_columns)
        The same in the units of the rows, as the caller sees them.
    precision : dtype
        Of dense rows where their nearest centre is found.
    """

    frame: Frame
    inside: Representatives
    reported: np.ndarray
    precision: Any

    def moved_to(self, points: np.ndarray) -> Self:
        """Give the same with other centres inside the frame."""
        there = Representatives(points, self.inside.segments, points)
        return replace(self, inside=there, reported=self.frame.outside(points))

    def nearest(self, x: Any) -> np.ndarray:
        """Give each row its nearest centre.

        Parameters
        ----------
        x : array or CSR of shape (n_rows, n_columns)

        Returns
        -------
        labels : int32 array of shape (n_rows,)
            O(n_rows x k x n_columns), or by what is not zero in place of all columns.
        """
        labels = np.empty(x.shape[0], np.int32)
        if is_sparse(x):
            apart, k = _Sparse(self), len(self.reported)
            _in_parts(lambda rows: apart.scores(rows).argmin(axis=1), x, labels, k)
            return labels
        runtime = local_runtime()
        points = Nearest(self.inside.points, runtime)

        def chunk(given: np.ndarray, out: np.ndarray) -> None:
            out[:] = points.exact(self.frame.inside(given, self.precision))

        runtime.reduce(chunk, x, out=(labels,))
        return labels

    def distances(self, x: Any) -> np.ndarray:
        """Distances to all centres, in the rows' own units and type of numbers.

        Parameters
        ----------
        x : array or CSR of shape (n_rows, n_columns)

        Returns
        -------
        distances : array of shape (n_rows, k)
            Up to rounding of float64; exactly 0 at a centre as it is reported, of dense rows.
        """
        out = np.empty((x.shape[0], len(self.reported)), x.dtype)
        part = _Sparse(self).distances if is_sparse(x) else self._distances
        _in_parts(part, x, out, len(self.reported))
        return out

    def _distances(self, given: np.ndarray) -> np.ndarray:
        rows = (given.astype(np.float64) - self.frame.shift) / self.frame.scale
        points, norms = self.inside.centres, np.einsum("ij,ij->i", rows, rows)
        sizes = norms[:, None] + np.einsum("ij,ij->i", points, points)
        squares = sizes - 2 * (rows @ points.T)
        row, centre = np.nonzero(squares <= _CLOSE * sizes)
        step = max(1, CELLS // rows.shape[1])
        for start in range(0, len(row), step):
            i, j = row[start : start + step], centre[start : start + step]
            apart = rows[i] - points[j]
            # What the caller is told of a centre is rounded: its distance to itself is none.
            apart[(given[i] == self.reported[j]).all(axis=1)] = 0
            squares[i, j] = np.einsum("ij,ij->i", apart, apart)
        return np.asarray(np.sqrt(squares) * self.frame.scale)

    def inertia(self, x: Any, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
        """Sum of squared distances of rows to their centres, in the units of the rows.

        Parameters
        ----------
        x : array or CSR of shape (n_rows, n_columns)
        labels : int array of shape (n_rows,)
        weights : float64 array of shape (n_rows,), optional
            What each row's square counts for.

        Returns
        -------
        inertia : float
            In float64, of dense rows from differences. O(n_rows x n_columns).
        """
        if weights is None and not is_sparse(x):
            return self.frame.inertia(x, self.inside.centres, labels)
        squares = self.squares(x, labels)
        total = squares.sum() if weights is None else (squares * weights).sum()
        return float(total) * self.frame.scale**2

    def squares(self, x: Any, labels: np.ndarray) -> np.ndarray:
        """Give each row's squared distance to its centre, inside the frame: float64 (n_rows,)."""
        out = np.empty(x.shape[0])
        part = _Sparse(self).squares if is_sparse(x) else self._own_squares
        _in_parts(part, x, out, len(self.reported), labels)
        return out

    def _own_squares(self, given: np.ndarray, labels: np.ndarray) -> np.ndarray:
        apart = self.frame.inside(given, np.float64) - self.inside.centres[labels]
        return np.asarray(np.einsum("ij,ij->i", apart, apart))

    @property
    def about_zero(self) -> np.ndarray:
        """Centres at the frame's scale, not moved: float64 array of shape (k, n_columns)."""
        moved: np.ndarray = self.inside.centres + self.frame.shift / self.frame.scale
        return moved


class _Sparse:
    """Squared distances of sparse rows by their products with the centres, which lie about zero.

    Parameters
    ----------
    centres : Centres
    """

    def __init__(self, centres: Centres) -> None:
        self._scale = centres.frame.scale
        self._points = centres.about_zero
        self._squares = np.einsum("ij,ij->i", self._points, self._points)
        self._factor = np.ascontiguousarray(-2 * self._points.T)

    def scores(self, rows: Any) -> np.ndarray:
        """Squared distances less the rows' squared norms: float64 (n_rows, k)."""
        wide = _scaled(rows.astype(np.float64), self._scale)
        return np.asarray(wide @ self._factor) + self._squares

    def distances(self, rows: Any) -> np.ndarray:
        """Distances in the units of the rows: float64 (n_rows, k)."""
        wide = _scaled(rows.astype(np.float64), self._scale)
        norms = np.asarray(wide.multiply(wide).sum(axis=1)).reshape(-1, 1)
        return np.asarray(np.sqrt(np.maximum(norms + self.scores(rows), 0)) * self._scale)

    def squares(self, rows: Any, labels: np.ndarray) -> np.ndarray:
        """Squared distances to the rows' own centres, in the frame's units: float64 (n_rows,)."""
        wide = _scaled(rows.astype(np.float64), self._scale)
        row = np.repeat(np.arange(wide.shape[0]), np.diff(wide.indptr))
        own = self._points[labels[row], wide.indices]
        more: np.ndarray = (wide.data - own) ** 2 - own**2  # than if the row were zero
        return np.asarray(self._squares[labels] + np.bincount(row, more, minlength=len(labels)))


def _in_parts(fn: Any, x: Any, out: np.ndarray, k: int, *beside: np.ndarray) -> None:
    """Fill ``out`` by ``fn`` of some rows at a time: so many that their distances fit a cache."""
    step = max(1, CELLS // k)

    def chunk(which: np.ndarray, result: np.ndarray) -> None:
        first, stop = int(which[0]), int(which[-1]) + 1
        for start in range(first, stop, step):
            end = min(start + step, stop)
            more = (b[start:end] for b in beside)
            result[start - first : end - first] = fn(x[start:end], *more)

    local_runtime().reduce(chunk, np.arange(x.shape[0]), out=(out,))
