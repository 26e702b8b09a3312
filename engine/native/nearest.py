"""The nearest of fixed points for rows, and rows added up by it, by kernels of one thread."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np

from engine.native.arrays import ADDRESS, COUNT, NUMBER, address, checked, fits
from engine.native.library import kernel

_EXACT = (
    COUNT, ADDRESS, ADDRESS, NUMBER, COUNT, *[ADDRESS] * 3, *[NUMBER] * 3, *[COUNT] * 3,
    *[ADDRESS] * 3,
)  # fmt: skip
_EXACT_OF = {np.dtype(np.float32): "nearest_exact_f32", np.dtype(np.float64): "nearest_exact_f64"}
_SUMS = ("nearest_sums_f32", COUNT, *[ADDRESS] * 5, *[COUNT] * 3, *[ADDRESS] * 2)


class Moved(NamedTuple):
    """A frame into which rows are moved: ``(x - shift) * inverse``, in float64.

    Attributes
    ----------
    shift : float64 array of shape (d,)
    inverse : float
    narrow : bool
        Whether what comes of it is rounded to float32.
    """

    shift: np.ndarray
    inverse: float
    narrow: bool


@dataclass(frozen=True)
class NearestKernel:
    """Points laid out for the kernels.

    Attributes
    ----------
    shift : float32 array of shape (d,)
        What is taken from rows.
    points : float32 array of shape (n_groups, d, group)
        The points less the shift, times -2, side by side.
    squares : float32 array of shape (n_groups * group,)
        Their squared norms; infinite beyond the k points.
    k : int
    norm : float
        The largest norm.
    """

    shift: np.ndarray
    points: np.ndarray
    squares: np.ndarray
    k: int
    norm: float

    @classmethod
    def of(
        cls, shift: np.ndarray, factor: np.ndarray, squares: np.ndarray, norm: float
    ) -> Self | None:
        """Lay points out; None where no kernel runs.

        Parameters
        ----------
        shift : float32 array of shape (d,)
        factor : float32 array of shape (k, d)
            -2 times the points less the shift.
        squares : float32 array of shape (k,)
        norm : float
        """
        width = kernel("nearest_group", COUNT)
        if width is None or not len(factor):
            return None
        (k, d), group = factor.shape, int(width())
        padded = -(-k // group) * group
        points = np.zeros((padded, d), np.float32)
        points[:k] = factor
        sizes = np.full(padded, np.inf, np.float32)
        sizes[:k] = squares
        turned = np.ascontiguousarray(points.reshape(-1, group, d).transpose(0, 2, 1))
        return cls(np.ascontiguousarray(shift, np.float32), turned, sizes, k, norm)

    def takes(self, rows: Any) -> bool:
        """Whether rows lie as the kernels read them: float32, C-contiguous, in host memory."""
        return fits(rows, np.float32, 2) and rows.shape[1] == len(self.shift)

    def labels_of(self, rows: Any) -> bool:
        """Whether rows lie as :meth:`exact` reads them: float32 or float64, C-contiguous."""
        return self.takes(rows) or (fits(rows, np.float64, 2) and rows.shape[1] == len(self.shift))

    def exact(
        self,
        rows: np.ndarray,
        share: float,
        least: float,
        *,
        labels: np.ndarray | None = None,
        names: np.ndarray | None = None,
        moved: Moved | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Label rows, and name those with two points within rounding of each other.

        Parameters
        ----------
        rows : float32 or float64 array of shape (n, d)
        share, least : float
            The bound on the rounding of the difference of two scores of a row ``x``, inside the
            shift: ``share * norm * (2 |x| + norm) + least``.
        labels : int32 array of shape (n,), optional
            Where they are written.
        names : int32 array of shape (k,), optional
            What the points are called; by their numbers without.
        moved : Moved, optional
            How rows are moved before they are compared with points.

        Returns
        -------
        labels : int32 array of shape (n,)
        unsure : int64 array
            Numbers of the rows that are to be decided otherwise, ascending: those that lie beyond
            1e14 among them.
        """
        run, n = kernel(_EXACT_OF[rows.dtype], *_EXACT), len(rows)
        labels = np.empty(n, np.int32) if labels is None else labels
        unsure = np.empty(n, np.int64)
        from_, inverse, narrow = (None, 1.0, False) if moved is None else moved
        found = run(  # type: ignore[misc]
            address(rows, rows.dtype), address(from_, np.float64), inverse, narrow, *self._points,
            self.norm, share, least, n, rows.shape[1], len(self.squares),
            address(names, np.int32), address(labels, np.int32), unsure.ctypes.data,
        )  # fmt: skip
        return labels, unsure[: checked(found)].copy()

    def sums(
        self, rows: np.ndarray, weights: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Count rows and add them up, in float64, by the nearest point up to rounding.

        Parameters
        ----------
        rows : float32 array of shape (n, d)
        weights : float64 array of shape (n,), optional
            What each row counts for.

        Returns
        -------
        counts : float64 array of shape (k,)
        sums : float64 array of shape (k, d)
        """
        run, (n, d) = kernel(*_SUMS), rows.shape
        counts, sums = np.zeros(len(self.squares)), np.zeros((len(self.squares), d))
        weighed = None if weights is None else np.ascontiguousarray(weights, np.float64)
        code = run(  # type: ignore[misc]
            address(rows, np.float32), address(weighed, np.float64), *self._points, n, d,
            len(self.squares), counts.ctypes.data, sums.ctypes.data,
        )  # fmt: skip
        checked(code)
        return counts[: self.k], sums[: self.k]

    @cached_property
    def _points(self) -> tuple[int | None, ...]:
        """Where the points lie: asked once, since each costs some microseconds."""
        return tuple(address(a, np.float32) for a in (self.shift, self.points, self.squares))
