"""The search for centres: k-means++ starts on few rows, each with swaps; the best goes on over all.

One start is enough as a rule: swaps mend what it missed, and first iterations that go too far lead
out of poor ones. More starts (``n_init``) run side by side, from seeds of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.clustering.kmeans.descent import descend
from engine.clustering.kmeans.distinct import merged
from engine.clustering.kmeans.layout import Rows
from engine.clustering.kmeans.seeding import seeds
from engine.clustering.kmeans.swaps import improved
from engine.places.runtime import Runtime, one_blas_thread

START_ROWS_A_CLUSTER = 200
"""Rows that starts run on for each cluster, if that is more than those for all."""

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
    start_rows: int = 10_000,
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
    start_rows : int
        Rows that starts run on, or 200 a cluster if that is more.
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
    runtime = runtime.on_host()
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
        few, few_weights = _few(x, weights, max(start_rows, START_ROWS_A_CLUSTER * k), seed)
        starts, on_all = starts_for(len(x), len(few)), few is x
        centres, n_iter = _best_start(
            few, few_weights, asked, seed, starts if n_init == "auto" else n_init
        )
        del few
        if not on_all:
            return gone_on(
                x, centres, limit, max_iter, weights=weights, swaps=seed, runtime=runtime
            )
        return Searched(centres, n_iter)


def searched_whole(
    x: np.ndarray,
    weights: np.ndarray | None,
    k: int,
    *,
    seed: int,
    tol: float,
    max_iter: int,
) -> tuple[Searched, np.ndarray | None]:
    """Search from one start on all rows, which are few: as :func:`searched` for those.

    Parameters
    ----------
    x : float32 or float64 array of shape (n, d), or (n, d + 2) without weights
        Rows near zero, more than ``k`` of them distinct; with room beside them they are not copied.
    weights : float64 array of shape (n,) or None
        Above zero, 1 at most.
    k, seed, tol, max_iter
        As for :func:`searched`.

    Returns
    -------
    found : Searched
    labels : int64 array of shape (n,) or None
        Where the search was in float32, and rows have no weights.
    """
    runtime, wide = Runtime(), x if weights is None else None
    x = x if wide is None else x[:, :-2]
    rows, first, rng = _seeded(Rows(x, weights, runtime, x.dtype, wide), x, k, seed)
    asked = _Asked(k, tol * rows.mean_variance(), max_iter, runtime)
    _, centres, n_iter = _from(rows, first, asked, rng)
    if x.dtype == np.float64 or weights is not None:
        return Searched(centres, n_iter), None
    return Searched(centres, n_iter), rows.near(centres, second=False).labels


def gone_on(
    x: np.ndarray,
    centres: np.ndarray,
    limit: float,
    max_iter: int,
    *,
    weights: np.ndarray | None = None,
    swaps: int | None = None,
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
    swaps : int, optional
        Seed of swaps after it: few rows tell little of what is far out.
    """
    runtime = runtime.on_host()
    with one_blas_thread():
        rows = Rows(x, weights, runtime, x.dtype)
        while rows.too_coarse(rows.total(rows.near(centres, second=False).nearest)):
            rows = rows.finer(x)
        centres, n_iter = descend(rows, centres, limit, max_iter)
        if swaps is not None:
            better, _ = improved(rows, centres, limit, np.random.default_rng(swaps))
            if better is not centres:
                centres, n_iter = descend(rows, better, limit, max_iter)
        return Searched(centres, n_iter)


def starts_for(n_rows: int, n_few: int) -> int:
    """Give the number of starts on few of the rows, where it is left to the search.

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
    mean = (np.ones(len(x), x.dtype) @ x) / len(x)
    return float(squares_about(x, mean).sum(dtype=np.float64)) / x.size


def _few(
    x: np.ndarray, weights: np.ndarray | None, most: int, seed: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Draw the rows that starts run on: half of them evenly, half by their share of the scatter.

    Each weighs what it stands for. So the few rows far out, which decide on where centres go, are
    among them (Bachem, Lucic and Krause 2018, lightweight coresets, algorithm 1).
    """
    if len(x) <= most:
        return x, weights
    own = np.ones(len(x)) if weights is None else weights
    mean = ((own.astype(x.dtype) @ x) / own.sum()).astype(x.dtype)
    scatter = own * squares_about(x, mean)
    share = own / own.sum()
    if (total := scatter.sum()) > 0:
        share = (share + scatter / total) / 2
    ends = np.cumsum(share)
    at = (np.arange(most) + np.random.default_rng(seed).random()) / most * ends[-1]
    drawn, times = np.unique(np.searchsorted(ends, at, side="right"), return_counts=True)
    each = own[drawn] * times / share[drawn]
    return x.take(drawn, axis=0), each / each.max()


def squares_about(x: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Squared distances of rows to a point: shape (n,)."""
    squares, step = np.empty(len(x), x.dtype), max(1, _TILE // x.shape[1])
    for start in range(0, len(x), step):  # by tiles and products: a quarter of the time of x.var
        near = x[start : start + step] - point
        np.einsum("ij,ij->i", near, near, out=squares[start : start + step])
    return squares


def _seeded(
    rows: Rows, x: np.ndarray, k: int, seed: int | np.random.SeedSequence
) -> tuple[Rows, np.ndarray, np.random.Generator]:
    """Draw first centres, anew among finer rows where these are too coarse to part them."""
    rng = np.random.default_rng(seed)
    first, scatter = seeds(rows, k, rng)
    while rows.too_coarse(scatter):
        rows, rng = rows.finer(x), np.random.default_rng(seed)
        first, scatter = seeds(rows, k, rng)
    return rows, first, rng


def _best_start(
    x: np.ndarray, weights: np.ndarray | None, asked: _Asked, seed: int, starts: int
) -> tuple[np.ndarray, int]:
    """Run the starts and keep the one of least inertia, the first of equals."""
    own = np.random.SeedSequence(seed).spawn(starts)
    rows, first, rng = _seeded(Rows(x, weights, asked.runtime, x.dtype), x, asked.k, own[0])

    def again(sequence: np.random.SeedSequence) -> tuple[float, np.ndarray, int]:
        other = np.random.default_rng(sequence)
        return _from(rows, seeds(rows, asked.k, other)[0], asked, other)

    if starts == 1:
        return _from(rows, first, asked, rng)[1:]
    found = asked.runtime.map(
        lambda n: again(own[n]) if n else _from(rows, first, asked, rng), range(starts)
    )
    _, centres, n_iter = min(found, key=lambda result: float(result[0]))
    return centres, n_iter


def _from(
    rows: Rows, centres: np.ndarray, asked: _Asked, rng: np.random.Generator
) -> tuple[float, np.ndarray, int]:
    """Iterate from seeds, swap, and iterate again: inertia, centres and iterations."""
    centres, n_iter = descend(rows, centres, asked.limit, asked.max_iter, far=_FAR)
    better, inertia = improved(rows, centres, asked.limit, rng)
    if better is centres:
        return inertia, centres, n_iter
    return inertia, *descend(rows, better, asked.limit, asked.max_iter)
