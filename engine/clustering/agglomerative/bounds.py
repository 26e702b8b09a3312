"""Lower bounds of squared distances between points, by one matrix product."""

from __future__ import annotations

from typing import Any

import numpy as np

_FAR = 1e25
"""Above every squared distance, ward's of 10^12 rows included; infinity in a matrix product would
raise floating-point flags in the BLAS."""


class Bounds:
    """Lower bounds of squared distances by one matrix product, ``left @ right``.

    |x - y|^2 = |x|^2 + |y|^2 - 2 x.y takes two columns more. Its rounding error is at most
    (d + 2) eps (|x|^2 + |y|^2) (Higham 2002, section 3.1), with the rounding of the inputs and of
    the factor that follows below twice (d + 8) of it; taken off the two squares beforehand it
    costs nothing. What products below the smallest normal number lose is taken off as well.

    Rounding is relative to the distance from the origin, so the points are moved there first; by
    that each coordinate loses at most eps of float64 times the largest value, which is 1.
    """

    def __init__(
        self, xp: Any, points: Any, weights: Any | None, shift: Any, dtype: type[Any]
    ) -> None:
        self._dtype, self._d, self._shift = dtype, points.shape[1], shift
        self._left = xp.empty((len(points), self._d + 2), dtype)
        self._right = xp.empty((self._d + 2, len(points)), dtype)
        self._left[:, self._d], self._right[self._d + 1] = 1, 1
        self.move(slice(None), points)
        # Ward's factor is one number while all weights are equal; otherwise 1 / (1/a + 1/b).
        self._factor: Any = dtype(1)
        if weights is not None:
            self._inverse = (1 / weights).astype(dtype)
            lightest = float(weights.min())
            self._factor = dtype(lightest / 2) if lightest == float(weights.max()) else None

    def of(self, rows: Any) -> Any:
        """Give the bounds of some rows to all points."""
        if self._factor is not None:
            return (self._left[rows] * self._factor) @ self._right
        bounds = self._left[rows] @ self._right
        bounds /= self._inverse[rows][:, None] + self._inverse
        return bounds

    def weigh(self, rows: Any, weights: Any) -> None:
        """Set the weights of some points."""
        self._inverse[rows], self._factor = 1 / weights, None

    def move(self, rows: Any, points: Any) -> None:
        """Set the coordinates of some points."""
        d, limits = self._d, np.finfo(self._dtype)
        margin, lost = 2 * (d + 8) * float(limits.eps), 8 * (d + 8) * float(limits.tiny)
        slip = float(np.sqrt(d) * np.finfo(np.float64).eps)
        points = points - self._shift
        squares = (points * points).sum(axis=1)
        squares = squares * (1 - margin) - 4 * slip * squares**0.5 - 2 * slip**2 - lost
        self._left[rows, :d], self._left[rows, d + 1] = -2 * points, squares
        self._right[:d, rows], self._right[d, rows] = points.T, squares

    def drop(self, rows: Any) -> None:
        """Put some points out of reach."""
        self._right[self._d, rows] = _FAR
