"""Lloyd's passes over all rows, in any place; rows may lie in a file."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.clustering.kmeans.bounded import BoundedPasses
from engine.clustering.kmeans.pace import Pace
from engine.clustering.nearest import CELLS, Nearest
from engine.clustering.representatives import Representatives
from engine.places.runtime import Runtime
from engine.utilities.rows import largest

_BOUNDED_FROM = 2
"""Pass over all rows from which they have bounds, which are for nothing where one pass does."""


def refine(
    x: np.ndarray,
    centres: np.ndarray,
    tolerance: float,
    max_iter: int,
    runtime: Runtime,
    *,
    weights: np.ndarray | None = None,
    beyond: bool = False,
) -> tuple[np.ndarray, int]:
    """Lloyd iterations over all rows until the centres move no more than ``tolerance``.

    Parameters
    ----------
    x : float32 array of shape (n_rows, n_columns)
    centres : float64 array of shape (k, n_columns)
    tolerance : float
        On the sum of squared movements, as in scikit-learn.
    max_iter : int
    runtime : Runtime
    weights : float64 array of shape (n_rows,) or None
        What each row counts for.
    beyond : bool
        Whether centres that move slowly go beyond the means, which saves a third of the passes and
        may end elsewhere than the means would.

    Returns
    -------
    centres : float64 array of shape (k, n_columns)
    n_iter : int
    """
    n_iter, bounded, pace = 0, None, Pace(0, max_iter)
    while n_iter < max_iter:
        n_iter += 1
        if n_iter == _BOUNDED_FROM and weights is None and BoundedPasses.take(x, runtime):
            bounded = BoundedPasses(x, None, len(centres), runtime)
        if bounded is None:
            counts, sums = lloyd_step(x, centres, runtime, weights)
        else:
            bounded.step(centres)
            counts, sums = bounded.counts, bounded.sums
        held = counts > 0
        moved = np.where(held[:, None], sums / np.where(held, counts, 1.0)[:, None], centres)
        if not held.all():
            moved = refill(x, moved, ~held, runtime)
        step = moved - centres
        movement = float((step**2).sum())
        factor = pace.factor(n_iter, movement, 1.0)
        goes = beyond and movement > tolerance and held.all()
        centres = centres + factor * step if goes else moved
        if movement <= tolerance:
            break
    return centres, n_iter


def refill(x: np.ndarray, centres: np.ndarray, empty: np.ndarray, runtime: Runtime) -> np.ndarray:
    """Move centres that lost all their rows to the rows farthest from theirs.

    Parameters
    ----------
    x : float32 array of shape (n_rows, n_columns)
    centres : float64 array of shape (k, n_columns)
    empty : bool array of shape (k,)
    runtime : Runtime

    Returns
    -------
    centres : float64 array of shape (k, n_columns)
        As scikit-learn does it: the farthest row goes first, the first of equals.
    """
    found = Representatives(centres, np.arange(len(centres), dtype=np.int32), centres)
    away = found.distances(x, found.assign(x, runtime=runtime), runtime=runtime)
    farthest = largest(away, int(np.count_nonzero(empty)))
    centres = centres.copy()
    centres[empty] = runtime.take(x, farthest)
    return centres


def lloyd_step(
    x: np.ndarray, centres: np.ndarray, runtime: Runtime, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Count and add up the rows nearest to each centre, in float64, times their weights if any.

    Returns
    -------
    counts : float64 array of shape (k,)
    sums : float64 array of shape (k, n_columns)
    """
    nearest, k, xp = Nearest(centres, runtime), len(centres), runtime.xp
    add_rows = runtime.either(_dense_sums, _sparse_sums)
    if (whole := _whole(x, nearest, runtime, weights)) is not None:
        return whole

    def chunk(rows: Any, weight: Any = None) -> tuple[Any, Any]:
        kernel = nearest.kernel or nearest.on_device  # asked where this runs: of a worker its own
        if kernel is not None and kernel.takes(rows):
            return kernel.sums(rows, weight)
        wide = rows.astype(xp.float64)
        labels = (nearest.exact if rows.dtype == xp.float64 else nearest.quick)(rows)
        counts, sums = add_rows(wide, labels, k, weight, xp=xp)
        return counts, sums

    counts, sums = runtime.reduce(chunk, x, *(() if weights is None else (weights,)))
    return counts, sums


def _whole(
    x: Any, nearest: Nearest, runtime: Runtime, weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray] | None:
    """Take rows that lie on a GPU in one launch: chunks of them would cost more than their rows."""
    by = nearest.on_device
    if by is None or isinstance(x, np.ndarray) or not by.takes(x):
        return None
    try:
        found = by.sums(x, None if weights is None else runtime.put(weights))
    except MemoryError:
        return None
    if runtime.on_rows:
        runtime.on_rows(len(x))
    return runtime.get(found[0]), runtime.get(found[1])


def _sparse_sums(rows: Any, labels: Any, k: int, weight: Any, *, xp: Any) -> tuple[Any, Any]:
    """Add rows to centres by a sparse one-hot product: 0.7 of the time of bincount by column."""
    from scipy.sparse import csc_array

    n = len(rows)
    if weight is not None:
        rows *= weight[:, None]
    one_hot = csc_array((xp.ones(n), labels, xp.arange(n + 1)), shape=(k, n))
    return np.bincount(labels, weight, minlength=k), one_hot @ rows


def _dense_sums(rows: Any, labels: Any, k: int, weight: Any, *, xp: Any) -> tuple[Any, Any]:
    """Add rows to centres by a dense one-hot product, of which a GPU has plenty to spare.

    Weights are a column of it: CuPy's ``bincount`` adds them up in another order each time.
    """
    each = xp.ones(len(rows)) if weight is None else weight
    wide = xp.concatenate([rows * each[:, None], each[:, None]], axis=1)
    step = max(1, CELLS // k)
    parts = [
        (labels[s : s + step] == xp.arange(k)[:, None]).astype(xp.float64) @ wide[s : s + step]
        for s in range(0, len(rows), step)
    ]
    total = sum(parts[1:], parts[0])
    return total[:, -1], total[:, :-1]
