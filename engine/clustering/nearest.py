"""The nearest of fixed points for rows: exactly, whatever the block they are in.

Distances come from a float32 matrix product. Where the two nearest are closer together than that
product's rounding error, the row is decided again in float64 from differences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from threading import local
from typing import Any

import numpy as np

from engine.clustering.frame import Frame
from engine.clustering.point_tree import PointTree
from engine.clustering.sparse_rows import dense
from engine.cuda.lloyd import DevicePoints
from engine.native.ball_tree import BallTree
from engine.native.nearest import Moved, NearestKernel
from engine.places.runtime import Runtime

CELLS = 4_000_000
"""Distances held at a time by one thread of a CPU: 16 MB."""

_FEW_TO_DECIDE = 32
"""Points up to which differences to all of them take no longer than a product before."""

_EPS = float(np.finfo(np.float32).eps)
_TINY = float(np.finfo(np.float32).tiny)


class UnusableError(ValueError):
    """Rows are not finite, or lie too far out: who gave them is told in what."""


class Nearest:
    """Finds the nearest of fixed points for rows of a chunk.

    Parameters
    ----------
    points : float64 array of shape (n_points, n_columns)
    runtime : Runtime
        Its place is where the rows are.

    Notes
    -----
    Many points in few columns go through a k-d tree on a CPU. Otherwise scores of a tile of rows
    stay in a core's cache, in memory that each thread keeps: at 2,000 to 4,000 points 1.3 to 1.5
    times as fast as 16 MB asked for anew.
    """

    _TILE = 1 << 18
    """Scores held at a time on a CPU: 1 MB."""

    _FEW_POINTS, _FEW_CELLS = 64, 1 << 16
    """Points up to which scores lie by point, and scores or values of rows at a time then."""

    _BALL_POINTS = 2_000
    """Least points for the kernel's tree of balls: below, it takes as long to look at all."""

    _TREE_POINTS = 1_000
    """Least points for the tree: at 1,000 in four columns the product is as fast."""

    on_device: DevicePoints | None

    def __init__(self, points: np.ndarray, runtime: Runtime) -> None:
        self._xp = runtime.xp
        self._cells = runtime.cells(CELLS)
        self._tile = self._cells if runtime.device_memory else min(self._cells, self._TILE)
        self._kept = None if runtime.device_memory else local()
        self._made_of = points, runtime
        points = runtime.put(points)
        self._points = points
        # Both sides are moved near the origin: rounding is relative to the shifted norms.
        self._shift = points.mean(axis=0).astype(np.float32)
        shifted = points - self._shift
        self._factor = self._xp.ascontiguousarray((-2 * shifted).T, dtype=np.float32)
        self._squares = (shifted**2).sum(axis=1).astype(np.float32)
        self._norm = float(np.sqrt(float((shifted**2).sum(axis=1).max())))
        self.kernel: NearestKernel | None = None
        self.on_device = None
        if self._kept is not None:
            self.kernel = NearestKernel.of(self._shift, self._factor.T, self._squares, self._norm)
        else:
            rounding = self._rounding(points.shape[1])
            self.on_device = DevicePoints.of(self._xp, points, self._shift, rounding, self._norm)

    def __reduce__(self) -> Any:
        """Be made anew where it is sent, of that place's runtime."""
        return Nearest, self._made_of

    def quick(self, rows: Any) -> Any:
        """Nearest up to float32 rounding: int64 or int32 (n_rows,). What Lloyd iterations need."""
        if self.on_device is not None and self.on_device.takes(rows):
            return self.on_device.labels(rows)
        found = [self._scores(part)[0].argmin(axis=1) for part in self._parts(rows)]
        return self._xp.concatenate(found)

    def exact(self, rows: Any) -> Any:
        """Nearest in float64, the first of equals: int64 or int32 (n_rows,)."""
        if self.kernel is not None and self.kernel.labels_of(rows):
            return self._by_kernel(rows, self.kernel)
        if self.on_device is not None and self.on_device.takes(rows):
            return self.on_device.labels(rows)
        if self._tree is None:
            return self._by_product(rows)
        rows = dense(rows)  # there is a tree where columns are few
        nearest, unsure = self._tree.nearest(rows)
        if len(unsure):
            nearest[unsure] = self._by_product(rows[unsure])
        return nearest

    def label(
        self,
        rows: Any,
        names: Any = None,
        *,
        out: Any = None,
        frame: Frame | None = None,
        precision: Any = None,
        usable: Callable[[Any], bool] | None = None,
    ) -> Any:
        """Nearest in float64, the first of equals, of each row of a chunk, by name.

        Parameters
        ----------
        rows : array of shape (n_rows, n_columns)
        names : int32 array of shape (n_points,), optional
            What the points are called, in the place; by their numbers without.
        out : int32 array of shape (n_rows,), optional
            Where it is written.
        frame : Frame, optional
            Where the points are: rows are moved into it, in numbers of type ``precision``.
        usable : callable, optional
            Asked of rows that :meth:`by_one_kernel` says are seen: those that hold what is not
            finite, or lie far out, among others.

        Returns
        -------
        labels : int32 or int64 array of shape (n_rows,)

        Raises
        ------
        UnusableError
            There are rows that are not.
        """
        if not self.by_one_kernel(rows):
            found = self.exact(rows if frame is None else frame.inside(rows, precision))
            found = found if names is None else names[found]
            if out is not None:
                out[:] = found
            return found
        rounding, moved = self._rounding(rows.shape[1]), _moved(frame, rows.dtype, precision)
        by: Any = self.kernel
        labels, unsure = by.exact(rows, *rounding, labels=out, names=names, moved=moved)
        if len(unsure):
            if usable is not None and not usable(rows[unsure]):
                raise UnusableError
            some = rows[unsure] if frame is None else frame.inside(rows[unsure], precision)
            found = np.empty(len(unsure), np.int32)
            self._decide(some, found, np.arange(len(some)))
            labels[unsure] = found if names is None else names[found]
        return labels

    def by_one_kernel(self, rows: Any) -> bool:
        """Whether rows are labelled in one pass, which sees what is not finite or lies far out."""
        return self.kernel is not None and self.kernel.labels_of(rows) and self._balls is None

    @cached_property
    def _tree(self) -> PointTree | None:
        few = self._kept is None or len(self._points) < self._TREE_POINTS
        return None if few or not PointTree.takes(self._points) else PointTree(self._points)

    @cached_property
    def _balls(self) -> BallTree | None:
        few = self._kept is None or len(self._points) < self._BALL_POINTS
        return None if few else BallTree.of(self._points)

    def _by_kernel(self, rows: np.ndarray, kernel: NearestKernel) -> np.ndarray:
        balls = self._balls if kernel.takes(rows) else None
        found = None if balls is None else balls.nearest(rows)
        if found is None:
            found = kernel.exact(rows, *self._rounding(rows.shape[1]))
        labels, unsure = found
        self._decide(rows, labels, unsure)
        return labels

    def _by_product(self, rows: Any) -> Any:
        if self._kept is not None and 1 < len(self._points) <= self._FEW_POINTS:
            step = max(1, self._FEW_CELLS // max(self._points.shape))
            parts = (dense(rows[s : s + step]) for s in range(0, len(rows), step))
            return np.concatenate([self._exact_of_few(part) for part in parts])
        return self._xp.concatenate([self._exact(part) for part in self._parts(rows)])

    def _parts(self, rows: Any) -> Iterator[Any]:
        step = max(1, self._tile // len(self._points))
        for start in range(0, len(rows), step):
            yield dense(rows[start : start + step])

    def _scores(self, rows: Any) -> tuple[Any, Any]:
        shifted = rows - self._shift
        scores = self._xp.matmul(shifted, self._factor, out=self._room(shifted))
        scores += self._squares
        return scores, shifted

    def _room(self, shifted: Any) -> Any:
        """Scores of one thread, kept: memory asked for anew is handed out page by page."""
        if self._kept is None or shifted.dtype != np.float32:
            return None
        kept = getattr(self._kept, "scores", None)
        if kept is None or len(kept) < len(shifted):
            kept = self._kept.scores = np.empty((len(shifted), len(self._points)), np.float32)
        return kept[: len(shifted)]

    def _exact_of_few(self, rows: np.ndarray) -> np.ndarray:
        """Give what ``_exact`` gives, by rows of scores: a third of its time where points are few.

        Which points are within rounding of the nearest is counted, and their numbers are added up:
        where there is one, that is its number.
        """
        shifted = rows - self._shift
        scores = self._factor.T @ shifted.T
        scores += self._squares[:, None]
        within = scores <= scores.min(axis=0) + self._bound(shifted)
        found = np.stack((np.ones(len(scores)), np.arange(len(scores)))).astype(np.float32)
        count, number = found @ within.astype(np.float32)
        nearest: np.ndarray = number.astype(np.intp)
        self._decide(rows, nearest, self._xp.flatnonzero(count != 1))  # 0 for a NaN
        return nearest

    def _exact(self, rows: Any) -> Any:
        xp, (scores, shifted) = self._xp, self._scores(rows)
        nearest = scores.argmin(axis=1)
        if len(self._points) == 1:
            return nearest
        each = xp.arange(len(rows))
        best = scores[each, nearest]
        scores[each, nearest] = xp.inf
        second = scores[each, scores.argmin(axis=1)]  # half the time of min in few columns
        # "Not clearly farther", so that a NaN or an overflow is decided in float64 as well.
        self._decide(rows, nearest, xp.flatnonzero(~(second - best > self._bound(shifted))))
        return nearest

    def _bound(self, shifted: Any) -> Any:
        """Give the rounding of the difference of two scores of each row."""
        norms = self._xp.sqrt(self._xp.einsum("ij,ij->i", shifted, shifted))
        # Error of a dot product of d terms is at most gamma_d |x||y| (Higham 2002, section 3.1),
        # for both scores, with the rounding of the inputs and of the squared norms.
        # Products below the smallest normal number lose up to that much each, whatever their size.
        share, least = self._rounding(shifted.shape[1])
        return share * self._norm * (2 * norms + self._norm) + least

    @staticmethod
    def _rounding(d: int) -> tuple[float, float]:
        """Give the share of norms, and the least, that a difference of two scores may be off."""
        terms = d + 4
        return 2 * terms * _EPS, 4 * terms * _TINY

    def _decide(self, rows: Any, nearest: Any, close: Any) -> None:
        """Write the nearest of some rows, by differences in float64."""
        xp, step = self._xp, max(1, self._cells // self._points.size)
        if self._kept is not None and len(close) > 1 and len(self._points) > _FEW_TO_DECIDE:
            with np.errstate(all="ignore"):  # where rows are not finite
                close = self._decided(rows, nearest, close)
        for start in range(0, len(close), step):
            some = close[start : start + step]
            difference = rows[some, None, :].astype(np.float64) - self._points[None]
            nearest[some] = xp.einsum("ijk,ijk->ij", difference, difference).argmin(axis=1)

    def _decided(self, rows: Any, nearest: Any, close: Any) -> Any:
        """Write the nearest of rows that a product in float64 tells, and give the others."""
        xp, points = self._xp, self._points - self._shift
        sizes, d = xp.einsum("ij,ij->i", points, points), points.shape[1]
        left, step = [], max(1, self._cells // (8 * max(points.shape)))
        for start in range(0, len(close), step):
            some = close[start : start + step]
            near = rows[some].astype(np.float64) - self._shift
            scores = near @ (-2 * points).T + sizes
            best = scores.min(axis=1)
            # Rounding of the products, and of what differences would give.
            share = 64 * (d + 4) * float(np.finfo(np.float64).eps)
            away = abs(near).max(axis=1) + float(abs(self._shift).max())
            bound = share * (sizes.max() + d * away**2)
            within = xp.count_nonzero(scores <= (best + bound)[:, None], axis=1)
            nearest[some] = scores.argmin(axis=1)
            left.append(some[within != 1])  # 0 for a NaN
        return xp.concatenate(left)


def _moved(frame: Frame | None, given: Any, precision: Any) -> Moved | None:
    """Give what moves rows of type ``given`` into a frame; None where they are in it."""
    if frame is None or (frame.scale == 1 and given == precision and not frame.shift.any()):
        return None
    shift = np.ascontiguousarray(frame.shift, np.float64)
    return Moved(shift, 1 / frame.scale, precision == np.float32)
