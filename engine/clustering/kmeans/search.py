"""The search for centres: on few rows from k-means++ starts, with swaps, then over all of them."""

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

_START_ROWS, _START_ROWS_A_CLUSTER = 10_000, 100
_FAR = 20

_COARSE = 1_000 * float(np.finfo(np.float32).eps)
"""Squared distance to the nearest centre, as a share of that from zero, at which float32 ends."""


@dataclass(frozen=True)
class Searched:
    """What the search found.

    Attributes
    ----------
    centres : float64 array of shape (k, d)
    n_iter : int
        Iterations over all rows, of the last stage.
    """

    centres: np.ndarray
    n_iter: int


def searched(
    x: np.ndarray,
    k: int,
    *,
    weights: np.ndarray | None = None,
    seed: int,
    n_init: int | Literal["auto"] = "auto",
    max_iter: int = 300,
    tol: float = 1e-4,
    runtime: Runtime,
) -> Searched:
    """Search for the centres of least inertia."""
    with one_blas_thread():
        limit = tol * _mean_variance(x)
        rng = np.random.default_rng(seed)
        x, weights = merged(x, weights)
        return _searched(x, weights, k, limit, max_iter, n_init, rng, runtime)


def _mean_variance(x: np.ndarray) -> float:
    """Mean variance of the columns of rows near zero."""
    ones = np.ones(len(x), x.dtype)
    mean, square = (ones @ x) / len(x), float(np.einsum("ij,ij->", x, x)) / len(x)
    return max(square - float(mean @ mean), 0.0) / x.shape[1]


def _searched(x, weights, k, limit, max_iter, n_init, rng, runtime):
    m = max(_START_ROWS, _START_ROWS_A_CLUSTER * k)
    few = few_w = None
    if m < len(x):
        some = rng.choice(len(x), m, replace=False, shuffle=False)
        few, few_w = x[some], None if weights is None else weights[some]
    rows = Rows(few if few is not None else x, few_w if few is not None else weights, runtime)
    best = None
    for _ in range(1 if n_init == "auto" else n_init):
        centres, mean = seeds(rows, k, rng)
        if rows.dtype == np.float32 and mean < _COARSE * rows.total(rows.squares) / rows.n:
            rows = Rows(rows.points, rows.weights, runtime, np.float64)
            centres, mean = seeds(rows, k, rng)
        descent = descend(rows, centres, limit, max_iter, far=_FAR)
        centres, worth = improved(rows, descent.centres, limit, rng)
        done = descent.n_iter if centres is descent.centres else 0
        if best is None or worth < best[1]:
            best = centres, worth, done
    centres, _, done = best
    if few is None and done:
        return Searched(centres, done)
    if few is not None:
        rows = Rows(x, weights, runtime, rows.dtype)
    found = descend(rows, centres, limit, max_iter)
    return Searched(found.centres, found.n_iter)
