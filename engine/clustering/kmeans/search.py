"""The search for centres: k-means++ starts on few rows, each with swaps; the best goes on over all.

One start is enough as a rule: swaps mend what it missed, and first iterations that go too far lead
out of poor ones. More starts (``n_init``) run side by side, from seeds of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.clustering.kmeans.descent import descend
from engine.clustering.kmeans.distinct import merged
from engine.clustering.kmeans.layout import Rows
from engine.clustering.kmeans.seeding import seeds
from engine.clustering.kmeans.swaps import improved
from engine.places.runtime import one_blas_thread

if TYPE_CHECKING:
    from engine.places.runtime import Runtime

_START_ROWS, _START_ROWS_A_CLUSTER = 10_000, 200
"""Rows that starts run on, in all or for each cluster if that is more."""

_MOST_STARTS, _EACH = 4, 2.5
"""Starts where their number is left to the search: one more for every so many times the rows that
they run on, as going over all of them takes that much longer than a start."""

_TILE = 20_000
"""Values at a time: what is larger is asked of the system anew, page by page."""

_FAR = 20
"""First iterations of a start that go almost twice as far as the means."""


@dataclass(frozen=True)
class Searched:
    """What the search found.

    Attributes
    ----------
    centres : float64 array of shape (k, d)
    n_iter : int
        Iterations of the start that was kept, or those over all rows after it.
    """

    centres: np.ndarray
    n_iter: int


@dataclass(frozen=True)
class _Asked:
    """How iterations go: how many clusters, most of them, and where to stop."""

    k: int
    limit: float
    max_iter: int
    runtime: Runtime


def searched(
    x: np.ndarray,
    k: int,
    *,
    weights: np.ndarray | None = None,
    seed: int,
    n_init: int | Literal["auto"] = "auto",
    max_iter: int = 300,
    tol: float = 1e-4,
    limit: float | None = None,
    runtime: Runtime,
) -> Searched:
    """Search for the centres of least inertia.

    Parameters
    ----------
    x : float32 or float64 array of shape (n, d)
        Rows near zero, in memory; distances are computed in their type.
    k : int
        Number of clusters, at most n.
    weights : float64 array of shape (n,) or None
        What each row counts for; not all zero.
    seed : int
        Decides every draw.
    n_init : int or "auto"
        Number of starts; from one to four where it is left to the search.
    max_iter : int
        Most iterations, of each start and over all rows.
    tol : float
        Stop once the squared movement to the means is below this share of the mean variance.
    limit : float, optional
        The same as it is, in the place of ``tol``.
    runtime : Runtime

    Returns
    -------
    found : Searched
        The same bits at any number of threads. With fewer distinct rows than ``k`` some centres
        are equal.

    Notes
    -----
    O(n_iter x n x k x d), of which most rows are spared in late iterations. Rows of which few are
    distinct are taken once each, with their number as weight.
    """
    with one_blas_thread():
        limit = tol * mean_variance(x) if limit is None else limit
        asked = _Asked(k, limit, max_iter, runtime)
        if weights is not None:
            counting = np.flatnonzero(weights)
            if len(counting) < len(x):
                x, weights = x[counting], weights[counting]
            weights = weights / weights.max()
        x, weights = merged(x, weights)
        if len(x) <= k:
            return Searched(np.resize(x.astype(np.float64), (k, x.shape[1])), 1)
        few, few_weights = _few(x, weights, k, seed)
        starts = starts_for(len(x), len(few)) if n_init == "auto" else n_init
        centres, n_iter = _best_start(few, few_weights, asked, seed, starts)
        if few is not x:
            return gone_on(x, centres, asked.limit, max_iter, weights=weights, runtime=runtime)
        return Searched(centres, n_iter)


def gone_on(
    x: np.ndarray,
    centres: np.ndarray,
    limit: float,
    max_iter: int,
    *,
    weights: np.ndarray | None = None,
    runtime: Runtime,
) -> Searched:
    """Iterate over rows in memory from given centres.

    Parameters
    ----------
    x, max_iter, weights, runtime
        As for :func:`searched`.
    centres : float64 array of shape (k, d)
    limit : float
        Squared movement at which to stop.
    """
    with one_blas_thread():
        rows = Rows(x, weights, runtime, x.dtype)
        if rows.too_coarse(rows.total(rows.near(centres, second=False).nearest)):
            rows = rows.precise
        return Searched(*descend(rows, centres, limit, max_iter))


def starts_for(n_rows: int, n_few: int) -> int:
    """Number of starts on few of the rows, where it is left to the search.

    Examples
    --------
    >>> [starts_for(rows, min(rows, 10_000)) for rows in (500, 10_000, 30_000, 100_000, 10**7)]
    [1, 1, 2, 4, 4]
    """
    return min(_MOST_STARTS, 1 + int(n_rows / (_EACH * n_few)))


def mean_variance(x: np.ndarray) -> float:
    """Mean variance of the columns.

    Examples
    --------
    >>> mean_variance(np.array([[0.0, 1.0], [2.0, 1.0]]))
    0.5
    """
    total, mean = 0.0, np.ones(len(x), x.dtype) @ x / len(x)
    step = max(1, _TILE // x.shape[1])
    for start in range(0, len(x), step):  # by tiles and products: a quarter of the time of x.var
        near = x[start : start + step] - mean
        total += float(np.einsum("ij,ij->i", near, near).sum(dtype=np.float64))
    return total / x.size


def _few(
    x: np.ndarray, weights: np.ndarray | None, k: int, seed: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Draw the rows that starts run on, as often as they weigh."""
    most = max(_START_ROWS, _START_ROWS_A_CLUSTER * k)
    if len(x) <= most:
        return x, weights
    rng = np.random.default_rng(seed)
    if weights is None:
        return x[rng.choice(len(x), most, replace=False, shuffle=False)], None
    return merged(x[rng.choice(len(x), most, p=weights / weights.sum())], None)


def _best_start(
    x: np.ndarray, weights: np.ndarray | None, asked: _Asked, seed: int, starts: int
) -> tuple[np.ndarray, int]:
    """Run the starts and keep the one of least inertia, the first of equals."""
    rows = Rows(x, weights, asked.runtime, x.dtype)
    own = np.random.SeedSequence(seed).spawn(starts)
    if len(own) == 1:
        return _start(rows, asked, own[0])[1:]
    found = asked.runtime.map(lambda sequence: _start(rows, asked, sequence), own)
    _, centres, n_iter = min(found, key=lambda result: float(result[0]))
    return centres, n_iter


def _start(
    rows: Rows, asked: _Asked, sequence: np.random.SeedSequence
) -> tuple[float, np.ndarray, int]:
    rng = np.random.default_rng(sequence)
    centres, scatter = seeds(rows, asked.k, rng)
    if rows.too_coarse(scatter):
        return _start(rows.precise, asked, sequence)
    centres, n_iter = descend(rows, centres, asked.limit, asked.max_iter, far=_FAR)
    better, inertia = improved(rows, centres, asked.limit, rng)
    if better is centres:
        return inertia, centres, n_iter
    return inertia, *descend(rows, better, asked.limit, asked.max_iter)
