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
from engine.clustering.representatives import Representatives, in_canonical_order
from engine.places.runtime import one_blas_thread

if TYPE_CHECKING:
    from engine.clustering.kmeans.options import KMeansOptions

_MOST_CLUSTERS = 256
_MOST_VALUES = 1 << 20
"""Clusters, and values of rows, up to which it goes at once."""

_FEW = 1 << 16
"""Values up to which the search runs in the digits of the rows: no step follows it in float64."""

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
        None where rows or clusters are many, rows do not weigh alike, or fewer than ``k`` may
        differ. The same bits at any number of threads. O(n_iter x n_rows x k x n_columns).
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
        frame = Frame.of(x)
        wide = frame.inside(x, np.float64)
        rows = wide if x.dtype == np.float64 else frame.inside(x)
        same = x.size <= _FEW or x.dtype == np.float32
        kept: tuple[np.ndarray, np.ndarray | None] = (rows, None)
        if not are_many(rows, k):
            kept = merged(rows, None)
            if len(kept[0]) <= k or kept[1] is None:
                return None
        centres, n_iter = searched_whole(
            *kept,
            k,
            seed=_seed(random_state),
            tol=options.tol,
            max_iter=options.max_iter,
            dtype=rows.dtype if same else np.float32,
        )
        if rows is not wide:
            rows = rows.astype(np.float64)
        if not same:
            centres = _means(rows, centres)
        return _ended(frame, wide, rows, centres, n_iter)


def _seed(random_state: Any) -> int:
    if isinstance(random_state, Integral) and 0 <= int(random_state) < 2**31:
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def _means(rows: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Take one step in float64; none where a centre has no rows, before it or after."""
    near = _Nearest(rows, centres)
    if not near.sizes.all():
        return centres
    sums = added_up(rows, near.labels, len(centres))
    means = np.asarray(sums / near.sizes[:, None])
    return means


def _ended(
    frame: Frame, wide: np.ndarray, rows: np.ndarray, centres: np.ndarray, n_iter: int
) -> AtOnce:
    """Label rows by centres in canonical order, of equals the first."""
    k = len(centres)
    near = _Nearest(rows, centres)
    rank, centres = in_canonical_order(near.sizes, centres)
    labels, unsure = rank.take(near.labels), near.unsure
    if len(unsure):
        labels[unsure] = _by_differences(rows.take(unsure, axis=0), centres)
    squares, step = 0.0, max(1, _TILE // rows.shape[1])
    for start in range(0, len(rows), step):
        apart = wide[start : start + step] - centres.take(labels[start : start + step], axis=0)
        squares += float(np.einsum("ij,ij->", apart, apart))
    there = Representatives(centres, np.arange(k, dtype=np.int32), centres)
    sizes = np.bincount(labels, minlength=k)
    return AtOnce(frame, Fit(there, labels, n_iter), sizes, squares * frame.scale**2)


class _Nearest:
    """Rows by their nearest centre.

    Parameters
    ----------
    rows : float64 array of shape (n, d)
    centres : float64 array of shape (k, d)

    Attributes
    ----------
    labels : int64 array of shape (n,)
    sizes : int64 array of shape (k,)
    unsure : int64 array
        Rows that have two centres as near each other as a product cannot tell. They are decided by
        differences, as ``predict`` does it.
    """

    def __init__(self, rows: np.ndarray, centres: np.ndarray) -> None:
        (n, d), k = rows.shape, len(centres)
        factor, norms = -2 * centres, np.einsum("ij,ij->i", centres, centres)
        # Rounding of the difference of two scores, d + 4 terms each, with room to spare.
        share = 16 * (d + 4) * float(np.finfo(np.float64).eps)
        most, numbers = float(norms.max()), np.arange(k, dtype=np.float64)
        step = max(1, min(_TILE // d, _SCORES // k))
        self.labels, unsure = np.empty(n, np.intp), []
        for start in range(0, n, step):
            part = rows[start : start + step]
            scores = factor @ part.T
            scores += norms[:, None]
            bound = np.einsum("ij,ij->i", part, part)
            bound += most
            bound *= share
            bound += scores.min(axis=0)
            within = scores <= bound
            mine = self.labels[start : start + step]
            np.matmul(numbers, within, out=mine, casting="unsafe")
            if np.count_nonzero(within) > len(part):
                some = np.flatnonzero(np.count_nonzero(within, axis=0) > 1)
                mine[some] = _by_differences(part.take(some, axis=0), centres)
                unsure.append(some + start)
        self.sizes = np.bincount(self.labels, minlength=k)
        self.unsure = np.concatenate(unsure) if unsure else np.empty(0, np.intp)


def _by_differences(rows: np.ndarray, centres: np.ndarray) -> np.ndarray:
    nearest = np.empty(len(rows), np.intp)
    step = max(1, _SCORES // centres.size)
    for start in range(0, len(rows), step):
        apart = rows[start : start + step, None, :] - centres
        nearest[start : start + step] = np.einsum("ijk,ijk->ij", apart, apart).argmin(axis=1)
    return nearest
