"""Rows laid out for many passes of k-means: nearest centres, second nearest, and sums by cluster.

A squared distance is one dot product of ``(x, 1, |x|^2)`` with ``(-2 c, |c|^2, 1)``. The number of
the centre goes into the last bits of the distance, so that one minimum gives both: two distances
that differ by less than a share of k / 2^23 may be taken for equal, which moves no mean noticeably.
Who needs exact labels asks :class:`engine.clustering.nearest.Nearest` in the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from threading import local
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.native.lloyd import takes, two_nearest
from engine.places.runtime import CHUNK_ROWS

if TYPE_CHECKING:
    from engine.places.runtime import Runtime

_TILE = 1 << 17
"""Distances held at a time: half a megabyte, which stays in a core's cache."""

_LEAST_TILE = 128

_COARSE = 1_000
"""Squared distances to the nearest centre, as a share of those from zero and in roundings, below
which products do not do: their rounding is a few thousandths of them by then."""

DENSE = 1 << 14
"""Labels times centres up to which rows are added up by a dense product: a sparse one takes 15
microseconds to make."""


@dataclass(frozen=True)
class Near:
    """What a pass tells of rows.

    Attributes
    ----------
    labels : int64 array of shape (n,)
        Nearest centre of each row.
    nearest, second : float arrays of shape (n,)
        Squared distances to it and to the one after it; infinite where there is only one, and
        empty where the second was not asked for.
    """

    labels: np.ndarray
    nearest: np.ndarray
    second: np.ndarray

    @property
    def left(self) -> np.ndarray:
        """By how much the second is farther than the nearest, as distances."""
        apart: np.ndarray = np.sqrt(self.second)
        apart -= np.sqrt(self.nearest)
        return apart


class Rows:
    """Rows near zero, in memory, with or without weights.

    Parameters
    ----------
    x : array of shape (n, d)
    weights : float array of shape (n,) or None
        Above zero, 1 at most.
    runtime : Runtime
    dtype : float32 or float64
        What distances are computed in.
    wide : array of shape (n, d + 2), optional
        Of that type, whose first columns are the rows; the others are filled.
    apart : bool
        Whether they are taken from differences by column, at several times the cost of a product.
    """

    def __init__(
        self,
        x: np.ndarray,
        weights: np.ndarray | None,
        runtime: Runtime,
        dtype: Any = np.float32,
        wide: np.ndarray | None = None,
        *,
        apart: bool = False,
    ) -> None:
        self.n, self.d = x.shape
        self.dtype, self.apart, self.given_weights = np.dtype(dtype), apart, weights
        self.wide = np.empty((self.n, self.d + 2), dtype) if wide is None else wide
        if wide is None:
            self.wide[:, : self.d] = x
        self.wide[:, self.d] = 1
        self.wide[:, self.d + 1] = np.einsum("ij,ij->i", self.points, self.points)
        self.weights = None if weights is None else weights.astype(dtype)
        weighted = self.wide if self.weights is None else self.wide * self.weights[:, None]
        self.weighted: np.ndarray = weighted
        # Contiguous, a product of few centres takes half the time; wide ones have no room twice.
        twice = self.dtype == np.float32 or self.wide.size <= _TILE
        self.columns: np.ndarray = np.ascontiguousarray(self.wide.T) if twice else self.wide.T
        self.runtime = replace(runtime, on_rows=None) if runtime.on_rows else runtime
        self._kept = local()

    @property
    def points(self) -> np.ndarray:
        """The rows themselves: a view of shape (n, d)."""
        return self.wide[:, : self.d]

    def mean_variance(self) -> float:
        """Mean variance of the columns, up to rounding."""
        ones: Any = np.ones(self.n, self.dtype) if self.weights is None else self.weights
        sums = (ones @ self.wide).astype(np.float64) / float(ones.sum(dtype=np.float64))
        means = sums[: self.d]
        variance = float(sums[self.d + 1]) - float(means @ means)
        return max(variance, 0.0) / int(self.d)

    def too_coarse(self, scatter: float) -> bool:
        """Whether rows lie so much closer to centres than to zero that products do not do.

        Parameters
        ----------
        scatter : float
            Sum of squared distances to the nearest centre, as :meth:`total` gives it.
        """
        if self.apart:
            return False
        rounding = _COARSE * float(np.finfo(self.dtype).eps)
        return scatter < rounding * self.total(self.wide[:, self.d + 1])

    def finer(self, x: np.ndarray) -> Rows:
        """Lay the rows out in float64, or for differences where they are; these ones are left.

        Parameters
        ----------
        x : array of shape (n, d)
            What this was made of.
        """
        del self.wide, self.columns, self.weighted  # there is no room for both
        apart = self.dtype == np.float64
        return Rows(x, self.given_weights, self.runtime, np.float64, apart=apart)

    def _squares(self, factor: np.ndarray, columns: np.ndarray, out: np.ndarray | None) -> Any:
        """Squared distances of rows, by column, to the points of a factor, by row."""
        if not self.apart:
            return np.matmul(factor, columns, out=out)
        found = np.empty((len(factor), columns.shape[1]), self.dtype) if out is None else out
        found[:] = 0
        for point, column in zip(factor.T[: self.d], columns, strict=False):
            difference = column + point[:, None] / 2
            difference *= difference
            found += difference
        return found

    def near(
        self, centres: np.ndarray, some: np.ndarray | None = None, *, second: bool = True
    ) -> Near:
        """Find the two nearest centres of all rows, or of some.

        Parameters
        ----------
        centres : float64 array of shape (k, d)
        some : int array of shape (m,), optional
            Numbers of rows.
        second : bool
            Whether the second nearest is asked for.
        """
        n = self.n if some is None else len(some)
        out = [np.empty(n, np.intp), np.empty(n, self.dtype)]
        out += [np.empty(n, self.dtype)] * second
        by_kernel = not self.apart and takes(self.points)
        factor = self._factor(centres)
        step = max(_LEAST_TILE, _TILE // len(factor))

        def chunk(numbers: np.ndarray, *out: np.ndarray) -> None:
            if by_kernel:
                part: np.ndarray = self.points
                which: np.ndarray | None = numbers
                if some is None:
                    first = int(numbers[0])
                    part, which = part[first : first + len(numbers)], None
                two_nearest(part, which, centres, out[0], out[1], out[2] if second else None)
                return
            for s in range(0, len(numbers), step):
                tile = numbers[s : s + step]
                if some is None:
                    columns = self.columns[:, tile[0] : tile[0] + len(tile)]
                else:
                    columns = self.wide.take(tile, axis=0).T
                distances = self._squares(factor, columns, self.room(len(factor), len(tile)))
                _two_nearest(distances, *(o[s : s + step] for o in out))

        numbers = self._numbers if some is None else some
        if n <= CHUNK_ROWS:
            chunk(numbers, *out)
        else:
            self.runtime.reduce(chunk, numbers, out=tuple(out))
        return Near(out[0], out[1], out[2] if second else np.empty(0, self.dtype))

    @cached_property
    def _numbers(self) -> np.ndarray:
        return np.arange(self.n)

    def room(self, k: int, m: int) -> np.ndarray:
        """Distances of one thread, kept: memory asked for anew is handed out page by page."""
        kept: np.ndarray | None = getattr(self._kept, "distances", None)
        if kept is None or len(kept) < k * m:
            kept = self._kept.distances = np.empty(max(k * m, min(_TILE, k * self.n)), self.dtype)
        return kept[: k * m].reshape(k, m)

    def _factor(self, centres: np.ndarray) -> np.ndarray:
        factor = np.empty((len(centres), self.d + 2), self.dtype)
        factor[:, : self.d] = centres
        factor[:, : self.d] *= -2
        factor[:, self.d] = np.einsum("ij,ij->i", centres, centres)
        factor[:, self.d + 1] = 1
        return factor

    def distances(self, some: np.ndarray, room: np.ndarray | None = None) -> np.ndarray:
        """Squared distances of all rows to a few of them: shape (len(some), n), in ``room``.

        Up to rounding, so that those of near rows may be below zero.
        """
        factor = self.wide.take(some, axis=0)
        factor[:, : self.d] *= -2
        factor[:, self.d] = factor[:, self.d + 1]
        factor[:, self.d + 1] = 1
        return np.asarray(self._squares(factor, self.columns, room))

    def sums(self, labels: np.ndarray, k: int, some: np.ndarray | None = None) -> np.ndarray:
        """Add rows up by cluster: float64 (k, d + 2), of ``(x, 1, |x|^2)`` times the weight."""
        part = self.weighted if some is None else self.weighted.take(some, axis=0)
        return added_up(part, labels, k).astype(np.float64)

    def total(self, values: np.ndarray) -> float:
        """Sum of a value of each row times its weight."""
        if self.weights is None:
            return float(values.sum(dtype=np.float64))
        return float(values.astype(np.float64) @ self.weights)


def _two_nearest(
    distances: np.ndarray,
    labels: np.ndarray,
    nearest: np.ndarray,
    second: np.ndarray | None = None,
) -> None:
    """Fill in what is nearest by distances of shape (k, m), which are used up."""
    k, m = distances.shape
    bits: Any = distances.view(np.int32 if distances.dtype == np.float32 else np.int64)
    number = bits.dtype.type((1 << (k - 1).bit_length()) - 1)
    bits &= ~number
    bits |= np.arange(k, dtype=bits.dtype)[:, None]
    best = bits.min(axis=0)
    np.bitwise_and(best, number, out=labels, casting="unsafe")
    np.maximum(best.view(distances.dtype), 0, out=nearest)
    if second is None:
        return
    if k == 1:
        second[:] = np.inf
        return
    distances.ravel().put(labels * m + np.arange(m), np.inf)
    np.maximum(distances.min(axis=0), 0, out=second)


def added_up(rows: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Add rows up by label, in their own type: shape (k, n_columns)."""
    return _product(rows, k, labels)


def moved_over(rows: np.ndarray, old: np.ndarray, new: np.ndarray, k: int) -> np.ndarray:
    """Add rows to their new cluster and take them from the old one: shape (k, n_columns)."""
    return _product(rows, k, new, old)


def _product(
    rows: np.ndarray, k: int, plus: np.ndarray, minus: np.ndarray | None = None
) -> np.ndarray:
    n, each = len(rows), 1 if minus is None else 2
    if k * n <= DENSE:
        one_hot = plus == np.arange(k)[:, None]
        if minus is None:
            return np.asarray(one_hot.astype(rows.dtype) @ rows)
        taken = minus == np.arange(k)[:, None]
        return np.asarray(np.subtract(one_hot, taken, dtype=rows.dtype) @ rows)
    from scipy.sparse import csc_array

    signs, where = np.ones((n, each), rows.dtype), plus
    if minus is not None:
        signs[:, 1] = -1
        where = np.stack((plus, minus), axis=1)
    ends = np.arange(0, each * n + 1, each)
    return np.asarray(csc_array((signs.ravel(), where.ravel(), ends), shape=(k, n)) @ rows)
