"""Distances other than Euclidean: which are known, of which rows they say nothing, what is nearest.

The trees are scikit-learn's and SciPy's. New rows are compared by differences, so that a row of the
fit is at distance 0 from itself wherever rows lie.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np

from engine.clustering.agglomerative.exact_frame import exact_frame
from engine.clustering.frame import Frame
from engine.clustering.nearest import Nearest
from engine.places.runtime import local_runtime

Metric = Literal[
    "euclidean", "l2", "minkowski", "manhattan", "l1", "cityblock", "cosine", "precomputed",
    "chebyshev", "sqeuclidean", "correlation", "braycurtis", "canberra", "hamming", "jaccard",
    "dice", "rogerstanimoto", "sokalsneath",
]  # fmt: skip
"""Names of distances; the first three are one, and so are the three that follow."""

EUCLIDEAN = ("euclidean", "l2", "minkowski")

_SQUARED = (*EUCLIDEAN, "sqeuclidean")
"""Those that square differences of rows as they are."""

_OF_PAIRS = (*EUCLIDEAN, "manhattan", "l1", "cityblock", "cosine", "precomputed")
"""Those that scikit-learn has for the pairs of rows that a connectivity allows."""

_OF_DIRECTIONS = ("cosine", "correlation")

_CELLS = 1 << 20
"""Distances held at a time: 8 MB."""


def is_euclidean(metric: Any) -> bool:
    """Whether distances are Euclidean: then rows can be moved and scaled, and have means."""
    return isinstance(metric, str) and metric in EUCLIDEAN


def is_squared(metric: Any) -> bool:
    """Whether values must be small enough to be squared."""
    return isinstance(metric, str) and metric in _SQUARED


def is_of_pairs(metric: Any) -> bool:
    """Whether a metric goes with a ``connectivity``."""
    return callable(metric) or metric in _OF_PAIRS


def comparable(x: np.ndarray, metric: str) -> np.ndarray:
    """Scale rows whose length does not count, so that their squares are numbers.

    Parameters
    ----------
    x : float64 array of shape (n, n_columns)
    metric : str

    Returns
    -------
    rows : float64 array of shape (n, n_columns)
        Each row by a power of two, which changes no bit of its angles to others; with other metrics
        than of directions the same memory as ``x``.
    """
    if metric not in _OF_DIRECTIONS:
        return x
    exponents = np.frexp(np.abs(x).max(axis=1))[1]
    rows: np.ndarray = np.ldexp(x, -exponents[:, None])
    return rows


def check_rows(x: np.ndarray, metric: str) -> None:
    """Refuse rows that have no distance to others.

    Raises
    ------
    ValueError
        Rows of zeros with "cosine", of one value throughout with "correlation".
    """
    lost: Any = np.zeros(len(x), bool)
    if metric == "cosine":
        lost = ~x.any(axis=1)
        what = "Cosine affinity cannot be used when X contains zero vectors"
    elif metric == "correlation":
        lost = x.min(axis=1) == x.max(axis=1)
        what = "metric='correlation' cannot be used when X contains rows of one value throughout"
    if lost.any():
        message = f"{what}, such as row {int(np.flatnonzero(lost)[0])}."
        raise ValueError(message)


def undefined(x: np.ndarray, metric: Any) -> str:
    """Say which pair of rows has no distance, the first there is; O(n^2 n_columns)."""
    from scipy.spatial.distance import cdist

    for row in range(len(x) - 1):
        distances = cdist(x[row : row + 1], x[row + 1 :], metric)[0]
        lost = np.flatnonzero(~np.isfinite(distances))
        if len(lost):
            other = row + 1 + int(lost[0])
            return (
                f"metric={metric!r} gives {distances[lost[0]]} for rows {row} and {other} of X: "
                "rows without a distance cannot be joined."
            )
    return f"metric={metric!r} gives distances that are not finite."


def distances_by(function: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    """Let a function of the caller's give the distances of all rows.

    Returns
    -------
    distances : float64 array of shape (n, n)

    Raises
    ------
    ValueError
        What it gives are no finite distances of all rows to all.
    """
    given, n = function(x.copy()), len(x)
    try:
        distances = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        distances = np.empty(0)
    if given is None or distances.shape != (n, n):
        what = "None" if given is None else f"{type(given).__name__} of shape {np.shape(given)}"
        message = (
            f"The function given as metric must give the distances of all rows to all, of shape "
            f"({n}, {n}). Got {what} instead."
        )
        raise ValueError(message)
    if not np.isfinite(distances).all():
        row, other = np.argwhere(~np.isfinite(distances))[0].tolist()
        message = (
            f"The function given as metric gives {distances[row, other]} for rows {row} and "
            f"{other} of X: rows without a distance cannot be joined."
        )
        raise ValueError(message)
    return distances


def of_pairs_by(function: Callable[..., Any]) -> Callable[[np.ndarray, np.ndarray], float]:
    """Check what a function of the caller's gives of two rows.

    Raises
    ------
    ValueError
        When it is called: it gives anything but a finite number.
    """

    def distance(row: np.ndarray, other: np.ndarray) -> float:
        given = function(row.copy(), other.copy())
        try:
            found = float(given)
        except (TypeError, ValueError):
            found = np.nan
        if not np.isfinite(found):
            message = (
                "The function given as metric must give the distance of two rows, a finite number, "
                f"with a connectivity. Got {given!r} instead."
            )
            raise ValueError(message)
        return found

    return distance


@dataclass(frozen=True)
class Leaves:
    """Rows of a fit, the nearest of which is asked for.

    Attributes
    ----------
    rows : float64 array of shape (n, n_columns)
        As they were given, or their directions, near zero.
    metric : str
        Not Euclidean, nor its square.
    frame : Frame or None
        Where directions were moved to.
    """

    rows: np.ndarray
    metric: str
    frame: Frame | None

    @classmethod
    def of(cls, x: np.ndarray, metric: str) -> Self:
        """Take float64 rows of shape (n, n_columns)."""
        if metric not in _OF_DIRECTIONS:
            return cls(x, metric, None)
        directions = _directions(x, metric)
        frame = exact_frame(directions)
        return cls(frame.whole(directions), metric, frame)

    def nearest(self, x: np.ndarray) -> np.ndarray:
        """Give the first of the nearest rows of each row.

        Parameters
        ----------
        x : float64 array of shape (m, n_columns)

        Returns
        -------
        nearest : int64 array of shape (m,)
            O(m n n_columns).
        """
        nearest, visit = np.empty(len(x), np.int64), self._by_distances
        if self.frame is not None:
            visit = self._by_directions
        local_runtime().reduce(visit, x, out=(nearest,))
        return nearest

    def _by_distances(self, x: np.ndarray, out: np.ndarray) -> None:
        from scipy.spatial.distance import cdist

        metric: Any = "cityblock" if self.metric in ("manhattan", "l1") else self.metric
        step = max(1, _CELLS // len(self.rows))
        for start in range(0, len(x), step):
            some = slice(start, start + step)
            out[some] = cdist(x[some], self.rows, metric).argmin(axis=1)

    def _by_directions(self, x: np.ndarray, out: np.ndarray) -> None:
        assert self.frame is not None
        directions = _directions(x, self.metric)
        out[:] = Nearest(self.rows, local_runtime()).exact(self.frame.whole(directions))
        out[~directions.any(axis=1)] = 0  # as far from all


def _directions(x: np.ndarray, metric: str) -> np.ndarray:
    """Give rows the length 1: half of a squared difference is then 1 - cosine. Zeros stay so."""
    rows = comparable(x, metric)
    if metric == "correlation":
        rows = rows - rows.mean(axis=1, keepdims=True)
        rows[x.min(axis=1) == x.max(axis=1)] = 0
        rows = comparable(rows, metric)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    directions: np.ndarray = rows / np.where(lengths > 0, lengths, 1)[:, None]
    return directions
