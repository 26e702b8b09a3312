"""Rows added up and measured by segment, in one reading each, by kernels of one thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from engine.native.arrays import ADDRESS, COUNT, address, checked, fits
from engine.native.library import kernel

_MOMENTS = ("moments_f32", COUNT, *[ADDRESS] * 3, *[COUNT] * 3, *[ADDRESS] * 2)
_MEASURE = ("measure_f32", COUNT, *[ADDRESS] * 6, *[COUNT] * 4, *[ADDRESS] * 3)
_DISTANCES = ("own_distances_f32", COUNT, *[ADDRESS] * 3, *[COUNT] * 3, ADDRESS)

_MOST = 1 << 18
"""Values of a table by segment up to which each call has tables of its own: 2 MiB."""


def moments(rows: Any, labels: Any, origin: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Add up rows less the origin of their segment, and the squares of that.

    Parameters
    ----------
    rows : float32 array of shape (n, d)
    labels : int32 array of shape (n,)
    origin : float64 array of shape (k, d)

    Returns
    -------
    sums, squares : float64 arrays of shape (k, d)
        None where no kernel takes these.
    """
    run = kernel(*_MOMENTS)
    if run is None or not _taken(rows, labels, origin) or origin.size > _MOST:
        return None
    sums, squares = np.empty(origin.shape), np.empty(origin.shape)
    code = run(
        *_addresses(rows, labels), address(origin, np.float64), *rows.shape, len(origin),
        sums.ctypes.data, squares.ctypes.data,
    )  # fmt: skip
    checked(code)
    return sums, squares


@dataclass(frozen=True)
class Means:
    """Segments that rows are measured by.

    Attributes
    ----------
    centres : float64 array of shape (k, d)
    spread : float64 array of shape (k,)
        Mean squared distance of a segment's rows to its centre; infinite for an empty one.
    sizes, scatter : float64 arrays of shape (k,)
        Rows, and the sum of their squared distances.
    several : bool
        Whether more than one holds rows: silhouettes are 0 otherwise.
    """

    centres: np.ndarray
    spread: np.ndarray
    sizes: np.ndarray
    scatter: np.ndarray
    several: bool

    @classmethod
    def of(cls, centres: np.ndarray, sizes: np.ndarray, scatter: np.ndarray) -> Self:
        """Tell what rows are measured by from the segments' moments."""
        spread = np.where(sizes > 0, scatter / np.maximum(sizes, 1), np.inf)
        several = int((sizes > 0).sum()) > 1
        return cls(centres, spread, sizes.astype(np.float64), scatter, several)

    @property
    def facts(self) -> np.ndarray:
        """The same for a kernel of a GPU: float64 array of shape (k, 4).

        The spread; what a row's squared distance to the mean is taken by, and what is added, for
        the mean square to others of its segment; and whether rows of it have a silhouette.
        """
        counts = self.several & (self.sizes > 1)  # a lone row scores 0
        others = np.where(counts, self.sizes - 1, 1)
        parts = (self.spread, self.sizes / others, self.scatter / others, counts)
        return np.stack(parts, axis=1).astype(np.float64)

    def measure(self, rows: Any, labels: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Sum up squared distances to means, distances, and silhouettes, by segment.

        Parameters
        ----------
        rows : float32 array of shape (n, d)
        labels : int32 array of shape (n,)

        Returns
        -------
        squares, distances, silhouettes : float64 arrays of shape (k,)
            Silhouettes are by squared distances. None where no kernel takes these rows.
        """
        run = kernel(*_MEASURE)
        if run is None or not _taken(rows, labels, self.centres):
            return None
        k = len(self.sizes)
        squares, distances, silhouettes = np.zeros(k), np.zeros(k), np.zeros(k)
        given = (self.centres, self.spread, self.sizes, self.scatter)
        code = run(
            *_addresses(rows, labels), *(address(array, np.float64) for array in given),
            int(self.several), *rows.shape, k,
            squares.ctypes.data, distances.ctypes.data, silhouettes.ctypes.data,
        )  # fmt: skip
        checked(code)
        return squares, distances, silhouettes


def own_distances(rows: Any, labels: Any, centres: np.ndarray, out: Any) -> bool:
    """Write the distance of each row to the centre of its segment.

    Parameters
    ----------
    rows : float32 array of shape (n, d)
    labels : int32 array of shape (n,)
    centres : float64 array of shape (k, d)
    out : float32 array of shape (n,)

    Returns
    -------
    done : bool
        False where no kernel takes these: nothing is written.
    """
    run = kernel(*_DISTANCES)
    if run is None or not (_taken(rows, labels, centres) and fits(out, np.float32, 1)):
        return False
    code = run(
        *_addresses(rows, labels), address(centres, np.float64), *rows.shape, len(centres),
        out.ctypes.data,
    )  # fmt: skip
    checked(code)
    return True


def _taken(rows: Any, labels: Any, by_segment: Any) -> bool:
    """Whether the kernels take them: they do not look whether a label is one."""
    return bool(
        fits(rows, np.float32, 2)
        and fits(labels, np.int32, 1)
        and fits(by_segment, np.float64, 2)
        and len(rows) == len(labels) > 0
        and rows.shape[1] == by_segment.shape[1] > 0
        and labels.min() >= 0
        and labels.max() < len(by_segment)
    )


def _addresses(rows: np.ndarray, labels: np.ndarray) -> tuple[int | None, int | None]:
    return address(rows, np.float32), address(labels, np.int32)
