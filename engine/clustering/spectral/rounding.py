"""From coordinates to segments: marks, of which the nearest decides where a row belongs.

The least normalised cut of a graph is not where shapes meet: k-means on the coordinates finds a
cheaper one than the right one on lines that cross (0.017 against 0.115), by cutting single lines
where rows happen to be few. A pivoted QR factorisation takes the rows that stand out most, one a
segment, and asks of every other which of them it leans to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.clustering.kmeans.lloyd import best_start
from engine.clustering.kmeans.params import KMeansParams
from engine.clustering.kmeans.passes import refine
from engine.clustering.spectral.distinct import TooFewDistinctError, n_distinct
from engine.places.runtime import Runtime, one_blas_thread

if TYPE_CHECKING:
    from engine.clustering.spectral.params import SpectralParams

AssignLabels = Literal["cluster_qr", "kmeans", "discretize"]

_STARTS = 10
"""Starts of k-means where there are no pivots to start from: among 5 components of 3 segments only
4 of 10 find the best."""

_TURNS = 30
"""Turns of the discretisation at most; 10 are usual."""

_SETTLED = 1e-10
"""Growth of its objective, a share of it, at which it has settled."""


@dataclass(frozen=True)
class Rounding:
    """How coordinates become segments.

    Attributes
    ----------
    assign_labels : str
        "cluster_qr", "kmeans" or "discretize".
    n_init : int or "auto"
        Starts of k-means, of which the best counts.
    seed : int
    runtime : Runtime
    n_components : int or None
        Eigenvectors; None for one a segment.
    """

    assign_labels: AssignLabels
    n_init: int | Literal["auto"]
    seed: int
    runtime: Runtime
    n_components: int | None = None

    @classmethod
    def of(
        cls, params: SpectralParams, seed: int, runtime: Runtime, n_components: int | None = None
    ) -> Rounding:
        """Round as the settings say."""
        return cls(params.assign_labels, params.n_init, seed, runtime, n_components)

    def marks_in(self, coordinates: np.ndarray, k: int) -> np.ndarray:
        """Place a mark for each segment; that of the nearest is a row's.

        Parameters
        ----------
        coordinates : float array of shape (n_rows, n_components)
            In host memory.
        k : int

        Returns
        -------
        marks : float64 array of shape (k, n_components)
            Each is the nearest of at least one row. Fewer, where fewer components than k tell
            fewer groups of rows apart.

        Raises
        ------
        TooFewDistinctError
            There are fewer than k distinct coordinates, for another reason.

        Notes
        -----
        Where ``n_components`` is not ``k``, or a segment would be left without rows, k-means
        decides: the two others give one segment a component. O(n_rows x k^2) time.
        """
        few = coordinates.astype(np.float32)
        distinct = n_distinct(few + np.float32(0))
        if self.n_components and self.n_components < k:
            k = min(k, distinct)
        if distinct < k:
            message = (
                f"clustering.k is {k}, but spectral clustering can tell only {distinct} groups of "
                f"customers apart; ask for at most {distinct}."
            )
            raise TooFewDistinctError(message, distinct)
        one_each = 1 < k == coordinates.shape[1]
        marks = self._turned_to(coordinates.astype(np.float64)) if one_each else None
        if marks is None or self.assign_labels == "kmeans" or not _all_used(few, marks):
            return self._means(few, k, marks)
        return marks

    def _means(self, few: np.ndarray, k: int, marks: np.ndarray | None) -> np.ndarray:
        """Centres by k-means: the best of its starts, or where that is better from the marks."""
        known = self.n_init == "auto" and marks is not None and _all_used(few, marks)
        starts = self.n_init if self.n_init != "auto" else 1 if known else _STARTS
        settings = KMeansParams(n_init=starts)
        centres = best_start(few, k, settings, seed=self.seed, runtime=self.runtime)[0]
        if not known or marks is None:
            return centres
        leans = (few @ marks.T.astype(np.float32)).argmax(axis=1)
        first = _sums(few, leans, k) / np.bincount(leans, minlength=k)[:, None]
        limit = settings.tol * float(few.var(axis=0, dtype=np.float64).mean())
        others = refine(few, first, limit, settings.max_iter, self.runtime)[0]
        return min(centres, others, key=lambda found: _inertia(few, found))

    def _turned_to(self, coordinates: np.ndarray) -> np.ndarray:
        # On one thread: the same bits whatever BLAS is told.
        with one_blas_thread():
            marks = marks_of_pivots(coordinates)
            return turned(coordinates, marks) if self.assign_labels == "discretize" else marks


def marks_of_pivots(coordinates: np.ndarray) -> np.ndarray:
    """Turn the axes onto the rows that stand out most, as nearly as a rotation can.

    Parameters
    ----------
    coordinates : float64 array of shape (n_rows, k)

    Returns
    -------
    marks : float64 array of shape (k, k)
        Orthogonal and of unit length: the nearest is the one that a row leans to most.

    References
    ----------
    Damle, Minden and Ying (2019), Simple, direct and efficient multi-way spectral clustering,
    Information and Inference 8(1), doi:10.1093/imaiai/iay008.

    Examples
    --------
    >>> marks_of_pivots(np.array([[1.0, 1.0], [3.0, 3.0], [2.0, -2.0]])).round(3).tolist()
    [[0.707, 0.707], [0.707, -0.707]]
    """
    from scipy.linalg import qr

    pivots = qr(coordinates.T, mode="r", pivoting=True)[1][: coordinates.shape[1]]
    return _nearest_rotation(coordinates[pivots])


def turned(coordinates: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """Turn marks, as long as it helps, so that every row leans to one of them.

    Parameters
    ----------
    coordinates : float64 array of shape (n_rows, k)
    marks : float64 array of shape (k, k)
        The first ones; orthogonal.

    Returns
    -------
    marks : float64 array of shape (k, k)

    References
    ----------
    Yu and Shi (2003), Multiclass spectral clustering, ICCV, doi:10.1109/ICCV.2003.1238361.
    """
    k = coordinates.shape[1]
    lengths = np.linalg.norm(coordinates, axis=1, keepdims=True)
    rows, before = coordinates / np.where(lengths > 0, lengths, 1), 0.0
    for _ in range(_TURNS):
        leans = (rows @ marks.T).argmax(axis=1)
        sums = _sums(rows, leans, k)
        marks = _nearest_rotation(sums)
        reached = float((sums * marks).sum())
        if reached - before <= _SETTLED * reached:
            break
        before = reached
    return marks


def _all_used(few: np.ndarray, marks: np.ndarray) -> bool:
    leans = (few @ marks.T.astype(np.float32)).argmax(axis=1)
    return len(np.unique(leans)) == len(marks)


def _sums(rows: np.ndarray, leans: np.ndarray, k: int) -> np.ndarray:
    """Add up, in float64, the rows that lean to each mark."""
    from scipy.sparse import csc_array

    n = len(rows)
    one_hot = csc_array((np.ones(n), leans, np.arange(n + 1)), shape=(k, n))
    return np.asarray(one_hot @ rows)


def _inertia(rows: np.ndarray, centres: np.ndarray) -> float:
    """Sum of squared distances to the nearest centre, but for what all centres share."""
    shorter = (centres**2).sum(axis=1) - 2 * (rows.astype(np.float64) @ centres.T)
    return float(shorter.min(axis=1).sum())


def _nearest_rotation(matrix: np.ndarray) -> np.ndarray:
    """Give the orthogonal matrix nearest to one (Schoenemann 1966, Psychometrika 31(1))."""
    left, _, right = np.linalg.svd(matrix)
    rotation: np.ndarray = left @ right
    return rotation
