"""Fits of few rows, from rows to inertia in one go: what they cost is calls, more than numbers.

The search runs on all of them, so that no sample is drawn. What tells the labels in float64 tells
sizes, means and the inertia as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import check_random_state

from engine.clustering.algorithm import Fit
from engine.clustering.frame import Frame
from engine.clustering.kmeans.distinct import are_many, merged
from engine.clustering.kmeans.layout import added_up
from engine.clustering.kmeans.search import searched_whole
from engine.clustering.kmeans.span import FEW_VALUES, needs_float64
from engine.clustering.representatives import Representatives, in_canonical_order
from engine.places.runtime import one_blas_thread

if TYPE_CHECKING:
    from engine.clustering.kmeans.options import KMeansOptions

_MOST_CLUSTERS = 256
_MOST_VALUES = 1 << 20
"""Clusters, and values of rows, up to which it goes at once."""

_TILE, _SCORES = 1 << 14, 1 << 17
"""Values and distances at a time, which stay in a core's cache."""


@dataclass(frozen=True)
class AtOnce:
    """A fit of all rows.

    Attributes
    ----------
    frame : Frame
    fit : Fit
    sizes : int64 or float64 array of shape (k,)
        What the rows of each cluster weigh.
    inertia : float
        In the units of the rows as given.
    """

    frame: Frame
    fit: Fit
    sizes: np.ndarray
    inertia: float


def at_once(
    x: np.ndarray, options: KMeansOptions, weights: np.ndarray | None, random_state: Any
) -> AtOnce | None:
    """Search on all rows, and label them.

    Parameters
    ----------
    x : float64 or float32 array of shape (n_rows, n_columns)
    options : KMeansOptions
        Which leave the start to the search.
    weights : float64 array of shape (n_rows,) or None
    random_state : int, RandomState instance or None
        A whole number is the seed as it is.

    Returns
    -------
    found : AtOnce or None
        None where rows or clusters are many, rows do not weigh alike or lie too far apart for
        float32, or fewer than ``k`` may differ. The same bits at any number of threads.
        O(n_iter x n_rows x k x n_columns).
    """
    k = options.n_clusters
    if len(x) > options.start_rows or k > _MOST_CLUSTERS or x.size > _MOST_VALUES:
        return None
    if weights is not None:
        if weights.min() < weights.max():
            return None
        plain, each = at_once(x, options, None, random_state), float(weights[0])
        return plain and replace(plain, sizes=plain.sizes * each, inertia=plain.inertia * each)
    with one_blas_thread():
        given = _Given(x, Frame.of(x))
        if given.rows.dtype != x.dtype and needs_float64(x, given.rows, given.frame):
            return None
        rows, weights = given.rows, None
        if not are_many(rows, k):
            rows, weights = merged(rows, None)
            if len(rows) <= k or weights is None:
                return None
        found, labels = searched_whole(
            given.wide if weights is None else rows,
            weights,
            k,
            seed=_seed(random_state),
            tol=options.tol,
            max_iter=options.max_iter,
        )
        centres = found.centres
        if given.rows.dtype != x.dtype:
            labels = _Nearest(given, centres).labels if labels is None else labels
            centres = given.means(labels, centres)
        return _ended(given, centres, found.n_iter)


class _Given:
    """Rows as given, inside their frame: for the search, and again by tiles in all their digits.

    Moved anew for each pass, for a large copy is handed out by the system page by page.

    Parameters
    ----------
    x : float64 or float32 array of shape (n, d)
    frame : Frame

    Attributes
    ----------
    wide : float64 or float32 array of shape (n, d + 2)
        The rows, and room for what the search lays beside them.
    rows : array of shape (n, d)
        A view of them.
    """

    def __init__(self, x: np.ndarray, frame: Frame) -> None:
        self.x, self.frame, self.d = x, frame, x.shape[1]
        dtype = x.dtype if x.size <= FEW_VALUES else np.float32
        self.wide = np.empty((len(x), self.d + 2), dtype)
        self.rows = self.wide[:, : self.d]
        for at in self.tiles(1):
            self.rows[at] = self._moved(at)

    def tiles(self, k: int) -> list[slice]:
        """Cut rows into tiles, of which distances to k centres are few as well."""
        step = max(1, min(_TILE // self.d, _SCORES // k))
        return [slice(start, start + step) for start in range(0, len(self.x), step)]

    def _moved(self, at: slice) -> np.ndarray:
        return self.frame.whole(self.x[at])  # none is too far out: it was found for these

    def tile(self, at: slice) -> tuple[np.ndarray, np.ndarray]:
        """Give some rows in float64: as ``predict`` sees them, and in all digits."""
        if self.rows.dtype == np.float64:
            return self.rows[at], self.rows[at]
        moved = self._moved(at)
        if self.x.dtype == np.float64:
            return moved, moved
        return self.rows[at].astype(np.float64), moved

    def means(self, labels: np.ndarray, centres: np.ndarray) -> np.ndarray:
        """Take a step in float64, from labels found in float32."""
        k = len(centres)
        sizes, sums = np.bincount(labels, minlength=k), np.zeros(centres.shape)
        if not sizes.all():
            return centres
        for at in self.tiles(k):
            sums += added_up(self._moved(at), labels[at], k)
        return np.asarray(sums / sizes[:, None])


def _seed(random_state: Any) -> int:
    if isinstance(random_state, Integral) and 0 <= int(random_state) < 2**31:
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def _ended(given: _Given, centres: np.ndarray, n_iter: int) -> AtOnce:
    """Label rows by centres in canonical order, of equals the first."""
    k, near = len(centres), _Nearest(given, centres)
    rank, centres = in_canonical_order(np.bincount(near.labels, minlength=k), centres)
    labels = rank.take(near.labels)
    for at, unsure in near.unsure:
        labels[at][unsure] = _by_differences(given.tile(at)[0].take(unsure, axis=0), centres)
    there = Representatives(centres, np.arange(k, dtype=np.int32), centres)
    sizes = np.bincount(labels, minlength=k)
    inertia = near.squares * given.frame.scale**2
    return AtOnce(given.frame, Fit(there, labels, n_iter), sizes, inertia)


class _Nearest:
    """Rows by their nearest centre.

    Parameters
    ----------
    given : _Given
    centres : float64 array of shape (k, d)

    Attributes
    ----------
    labels : int64 array of shape (n,)
    squares : float
        Sum of squared distances, from differences.
    unsure : list of slice and int64 array
        Of some tiles the rows that have two centres as near each other as a product cannot tell.
        They are decided by differences, as ``predict`` does it.
    """

    def __init__(self, given: _Given, centres: np.ndarray) -> None:
        k, d = centres.shape
        factor, norms = -2 * centres, np.einsum("ij,ij->i", centres, centres)[:, None]
        # Rounding of the difference of two scores, d + 4 terms each, with room to spare.
        share = 16 * (d + 4) * float(np.finfo(np.float64).eps)
        most, numbers = float(norms.max()), np.arange(k, dtype=np.float64)
        self.labels, self.squares = np.empty(len(given.x), np.intp), 0.0
        self.unsure: list[tuple[slice, np.ndarray]] = []
        for at in given.tiles(k):
            part, all_digits = given.tile(at)
            scores = factor @ part.T
            scores += norms
            farthest = max(float(part.max()), -float(part.min()))
            bound = share * (most + d * farthest**2)
            within = scores <= scores.min(axis=0) + bound
            mine = self.labels[at]
            np.matmul(numbers, within, out=mine, casting="unsafe")
            if np.count_nonzero(within) > len(part):
                some = np.flatnonzero(np.count_nonzero(within, axis=0) > 1)
                mine[some] = _by_differences(part.take(some, axis=0), centres)
                self.unsure.append((at, some))
            apart = all_digits - centres.take(mine, axis=0)
            self.squares += float(np.einsum("ij,ij->", apart, apart))


def _by_differences(rows: np.ndarray, centres: np.ndarray) -> np.ndarray:
    nearest = np.empty(len(rows), np.intp)
    step = max(1, _SCORES // centres.size)
    for start in range(0, len(rows), step):
        apart = rows[start : start + step, None, :] - centres
        nearest[start : start + step] = np.einsum("ijk,ijk->ij", apart, apart).argmin(axis=1)
    return nearest
