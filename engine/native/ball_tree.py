"""The nearest of many points by a tree of balls, by kernels of one thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from engine.native.arrays import ADDRESS, COUNT, NUMBER, checked, fits
from engine.native.library import kernel

_ORDER = ("ball_tree_order", COUNT, ADDRESS, COUNT, COUNT, ADDRESS)
_NEAR = ("ball_tree_near", COUNT, *[ADDRESS] * 7, NUMBER, *[COUNT] * 4, NUMBER, *[ADDRESS] * 3)

MOST_NEIGHBORS = 32
"""Nearest points that can be asked for at a time."""

_LARGEST = 1e15
"""Points farther out might overflow float32 where they are squared."""

_WIDE = 8

_MOST_LEAVES = 0.3
"""Share of the leaves looked at from which on all points by :mod:`engine.native.nearest` are
quicker: rows without structure in many columns."""

_TOO_MUCH = -2


@dataclass(frozen=True)
class BallTree:
    """Points in leaves of eight and branches of 64, each with its middle and radius.

    Attributes
    ----------
    exact : float64 array of shape (n_points, d)
    shift : float32 array of shape (d,)
        What is taken from rows.
    numbers : int64 array of shape (n_branches * 64,)
        The points as they stand in the leaves.
    points, leaves, branches : float32 arrays of shape (n / 8, d + 1 or d + 2, 8)
        Columns times -2, squared norms (infinite where there is nothing) and radii of eight.
    norm : float
        The largest of the points', inside the shift.
    """

    exact: np.ndarray
    shift: np.ndarray
    numbers: np.ndarray
    points: np.ndarray
    leaves: np.ndarray
    branches: np.ndarray
    norm: float

    @classmethod
    def of(cls, points: np.ndarray) -> Self | None:
        """Plant the tree of float64 points; None where no kernel runs or they are too large."""
        order = kernel(*_ORDER)
        if order is None or not points.size or not (np.abs(points) < _LARGEST).all():
            return None
        exact = np.ascontiguousarray(points, np.float64)
        n, d = exact.shape
        shift = exact.mean(axis=0).astype(np.float32)
        near = exact - shift
        numbers = np.zeros(-(-n // _WIDE**2) * _WIDE**2, np.int64)
        checked(order(near.ctypes.data, n, d, numbers.ctypes.data))
        held = np.arange(len(numbers)) < n
        placed = near[numbers]
        return cls(
            exact,
            shift,
            numbers,
            _panels(placed, held),
            _balls(placed, held, _WIDE),
            _balls(placed, held, _WIDE**2),
            float(np.sqrt((near**2).sum(axis=1).max())),
        )

    def takes(self, rows: Any) -> bool:
        """Whether rows lie as the kernels read them: float32, C-contiguous, in host memory."""
        return fits(rows, np.float32, 2) and rows.shape[1] == len(self.shift)

    def nearest(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Find the nearest point of each row; None where the tree spares too little.

        Parameters
        ----------
        rows : float32 array of shape (n, d)

        Returns
        -------
        index : int64 array of shape (n,)
        unsure : int64 array
            Rows whose index is not known, ascending: two points are as near as float64 can tell,
            or the row is not finite.
        """
        index = np.zeros(len(rows), np.int64)
        unsure = self._near(rows, 1, index, None, _MOST_LEAVES)
        return None if unsure is None else (index, unsure)

    def few(self, rows: np.ndarray, p: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Find the ``p`` nearest points of each row, nearest first, of equals the first.

        Parameters
        ----------
        rows : float32 array of shape (n, d)
        p : int
            At most as many as there are points, and 32.

        Returns
        -------
        index : int64 array of shape (n, p)
        squares : float64 array of shape (n, p)
            Squared distances, from differences added up column by column.
        unsure : int64 array
            Rows of which nothing is known, ascending.
        """
        index, squares = np.zeros((len(rows), p), np.int64), np.zeros((len(rows), p))
        unsure = self._near(rows, p, index, squares, 1.0)
        assert unsure is not None
        return index, squares, unsure

    def _near(
        self, rows: np.ndarray, p: int, index: np.ndarray, squares: Any, most: float
    ) -> np.ndarray | None:
        run, unsure = kernel(*_NEAR), np.empty(len(rows), np.int64)
        given = (rows, self.shift, self.branches, self.leaves, self.points, self.numbers)
        found = run(  # type: ignore[misc]
            *(array.ctypes.data for array in given), self.exact.ctypes.data, self.norm,
            len(self.numbers) // _WIDE**2, len(rows), len(self.shift), p, most,
            index.ctypes.data, None if squares is None else squares.ctypes.data, unsure.ctypes.data,
        )  # fmt: skip
        return None if found == _TOO_MUCH else unsure[: checked(found)].copy()


def _balls(placed: np.ndarray, held: np.ndarray, size: int) -> np.ndarray:
    """Middles and radii of every so many points, as panels; filled up to whole panels."""
    n, d = len(placed) // size, placed.shape[1]
    each, there = placed.reshape(n, size, d), held.reshape(n, size, 1)
    middles = (each * there).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    middles = middles.astype(np.float32).astype(np.float64)
    radii = np.sqrt((((each - middles[:, None]) ** 2) * there).sum(axis=2).max(axis=1))
    fill = -n % _WIDE
    middles = np.concatenate([middles, np.zeros((fill, d))])
    # Rounded up, as float32 may round down.
    radii = np.concatenate([radii * (1 + 1e-6), np.zeros(fill)])
    return _panels(middles, np.arange(n + fill) < there.any(axis=1).sum(), radii)


def _panels(middles: np.ndarray, held: np.ndarray, radii: np.ndarray | None = None) -> np.ndarray:
    squares = np.where(held, (middles**2).sum(axis=1), np.inf)
    columns = [*(-2 * middles).T, squares, *([] if radii is None else [radii])]
    wide = np.array(columns, np.float32).reshape(len(columns), -1, _WIDE)
    return np.ascontiguousarray(wide.transpose(1, 0, 2))
