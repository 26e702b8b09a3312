"""Rows as given, dense or sparse, and centres: which is nearest, how far, sums of squares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from scipy import sparse

from engine.clustering.frame import Frame
from engine.clustering.kmeans.moving import is_sparse, meeting
from engine.clustering.nearest import CELLS, Nearest, UnusableError
from engine.clustering.representatives import Representatives
from engine.places.runtime import local_runtime
from engine.utilities.validation import are_usable

_CLOSE = 1e-4
"""Share of the squared norms below which a squared distance is taken from differences: above it a
product in float64 keeps 11 digits."""

_CLOSE_SPARSE = 1e-6
"""The same of sparse rows, where differences cost as much as all columns: it keeps 9 digits."""

_FAR = 1e12
"""Centres beyond this, to which later batches led, have a wider frame: rows that are drawn in do
not meet them."""


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

    def nearest(self, x: Any, check: Callable[[], Any] | None = None) -> np.ndarray:
        """Give each row its nearest centre.

        Parameters
        ----------
        x : array or CSR of shape (n_rows, n_columns)
        check : callable, optional
            What has yet to be called to look at all values, and raises where some cannot be used:
            before the pass, or after one that met such.

        Returns
        -------
        labels : int32 array of shape (n_rows,)
            O(n_rows x k x n_columns), or by what is not zero in place of all columns.
        """
        labels = np.empty(x.shape[0], np.int32)
        if is_sparse(x):
            if check:
                check()
            _in_parts(_Sparse(self).nearest, x, labels, len(self.reported))
            return labels
        runtime = local_runtime()
        frame, precision, factor = self.frame, self.precision, 1.0
        if (farthest := float(np.abs(self.inside.points).max())) > _FAR:
            factor = float(np.ldexp(1.0, -int(np.frexp(farthest)[1])))
            frame, precision = Frame(frame.shift, frame.scale / factor), np.float64
        points = Nearest(self.inside.points * factor, runtime)

        if check and not points.by_one_kernel(x):
            check()

        def chunk(given: np.ndarray, out: np.ndarray) -> None:
            points.label(given, out=out, frame=frame, precision=precision, usable=are_usable)

        try:
            runtime.reduce(chunk, x, out=(labels,))
        except UnusableError:
            if check:
                check()
            raise
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
        rows = self.frame.whole(given)
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
        apart = self.frame.whole(given) - self.inside.centres.take(labels, axis=0)
        return np.asarray(np.einsum("ij,ij->i", apart, apart))


class _Sparse:
    """Squared distances of sparse rows by their products with the centres, which lie about zero.

    Where a product has too few digits left, rows are made dense, a few at a time.

    Parameters
    ----------
    centres : Centres
    """

    def __init__(self, centres: Centres) -> None:
        self._frame, self._inside = centres.frame, centres.inside.centres
        _, off = meeting(self._frame, sparse.csr_array((0, len(self._frame.shift))))
        self._points = self._inside + off
        self._squares = np.einsum("ij,ij->i", self._points, self._points)
        self._factor = np.ascontiguousarray(-2 * self._points.T)

    def nearest(self, x: Any) -> np.ndarray:
        """Find the nearest centre of each row, the first of equals: int64 (n_rows,)."""
        rows, _ = meeting(self._frame, x)
        scores, norms = self._scores(rows), _norms(rows)
        labels, best = scores.argmin(axis=1), scores.min(axis=1)
        # Rounding of the difference of two scores, of as many terms as a row has.
        share = 16 * (int(np.diff(rows.indptr).max(initial=0)) + 4) * float(np.finfo(float).eps)
        within = scores <= (best + share * (norms + self._squares.max()))[:, None]
        some = np.flatnonzero(np.count_nonzero(within, axis=1) > 1)
        row, centre = np.nonzero(within[some])
        squares = np.full((len(some), scores.shape[1]), np.inf)
        squares[row, centre] = self._apart(x, some[row], centre)
        labels[some] = squares.argmin(axis=1)
        return np.asarray(labels)

    def _scores(self, rows: Any) -> np.ndarray:
        """Squared distances less the rows' squared norms: float64 (n_rows, k)."""
        return np.asarray(np.asarray(rows @ self._factor) + self._squares)

    def distances(self, x: Any) -> np.ndarray:
        """Distances in the units of the rows: float64 (n_rows, k)."""
        rows, _ = meeting(self._frame, x)
        norms = _norms(rows)[:, None]
        squares = norms + self._scores(rows)
        row, centre = np.nonzero(squares <= _CLOSE_SPARSE * (norms + self._squares))
        squares[row, centre] = self._apart(x, row, centre)
        return np.asarray(np.sqrt(squares) * self._frame.scale)

    def squares(self, x: Any, labels: np.ndarray) -> np.ndarray:
        """Squared distances to the rows' own centres, in the frame's units: float64 (n_rows,)."""
        rows, _ = meeting(self._frame, x)
        row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        own = self._points[labels[row], rows.indices]
        more: np.ndarray = (rows.data - own) ** 2 - own**2  # than if the row were zero
        found = self._squares[labels] + np.bincount(row, more, minlength=len(labels))
        close = found <= _CLOSE_SPARSE * (_norms(rows) + self._squares[labels])
        some = np.flatnonzero(close)
        found[some] = self._apart(x, some, labels[some])
        return np.asarray(found)

    def _apart(self, x: Any, row: np.ndarray, centre: np.ndarray) -> np.ndarray:
        """Squared distances of pairs from differences, inside the frame: float64 (n_pairs,)."""
        found, step = np.empty(len(row)), max(1, CELLS // self._inside.shape[1])
        for start in range(0, len(row), step):
            at = slice(start, start + step)
            apart = self._frame.whole(x[row[at]].toarray()) - self._inside[centre[at]]
            found[at] = np.einsum("ij,ij->i", apart, apart)
        return found


def _norms(rows: Any) -> np.ndarray:
    """Squared norms of sparse rows: float64 (n_rows,)."""
    return np.asarray(rows.multiply(rows).sum(axis=1)).ravel()


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
