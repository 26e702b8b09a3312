"""How a fit ends: every row at its nearest centre, clusters in order, in all digits of the rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clustering.algorithm import Fit
from engine.clustering.frame import Frame
from engine.clustering.kmeans.partial import totals
from engine.clustering.kmeans.rows import Centres
from engine.clustering.representatives import Representatives, in_canonical_order
from engine.places.runtime import local_runtime

if TYPE_CHECKING:
    from engine.clustering.kmeans.asked import Wanted


def of_all_rows(fit: Fit, wanted: Wanted) -> Fit:
    """Label all rows where the fit is of those that count for something.

    Parameters
    ----------
    fit : Fit
    wanted : Wanted
    """
    return settled(
        wanted.rows,
        wanted.left,
        fit.representatives.centres,
        fit.n_iter,
        in_order=wanted.starts is not None,
        weights=wanted.weights,
    )


def in_float64(fit: Fit, wanted: Wanted) -> Fit:
    """Take one more step in float64, from rows in all of their digits, after steps in float32.

    Parameters
    ----------
    fit : Fit
        What was found in float32, inside the frame.
    wanted : Wanted

    Returns
    -------
    fit : Fit
        Centres that stood still are now the means of their rows to the last digits.
    """
    x, frame, old = wanted.rows, wanted.left, fit.representatives.centres

    def chunk(given: np.ndarray, mine: np.ndarray, *weight: np.ndarray) -> tuple[Any, Any]:
        each = weight[0] if weight else np.ones(len(mine))
        return totals(frame.inside(given, np.float64), mine, each, len(old))

    weighed = () if wanted.weights is None else (wanted.weights,)
    sums, held = local_runtime().reduce(chunk, x, fit.labels, *weighed)
    counts = held[:, None] > 0
    means = np.where(counts, sums / np.where(counts, held[:, None], 1.0), old)
    in_order, weights = wanted.starts is not None, wanted.weights
    found = settled(x, frame, means, fit.n_iter, in_order=in_order, weights=weights)
    if np.count_nonzero(np.bincount(found.labels)) == np.count_nonzero(np.bincount(fit.labels)):
        return replace(found, notes=fit.notes)
    # A cluster lost all of its rows.
    return settled(x, frame, old, fit.n_iter, in_order=in_order, weights=weights)


def settled(
    x: Any,
    frame: Frame,
    centres: np.ndarray,
    n_iter: int,
    *,
    in_order: bool,
    weights: np.ndarray | None = None,
) -> Fit:
    """Label every row by its nearest centre; in canonical order, unless the centres' own is kept.

    Parameters
    ----------
    x : array or CSR of shape (n_rows, n_columns)
    frame : Frame
    centres : float64 array of shape (k, n_columns)
        Inside the frame.
    n_iter : int
    in_order : bool
    weights : float64 array of shape (n_rows,), optional

    Returns
    -------
    fit : Fit
    """
    numbers = np.arange(len(centres), dtype=np.int32)

    def placed(points: np.ndarray) -> Centres:
        there = Representatives(points, numbers, points)
        return Centres(frame, there, frame.outside(points), x.dtype)

    labels = placed(centres).nearest(x)
    if not in_order:
        sizes = np.bincount(labels, weights, minlength=len(centres))
        rank, centres = in_canonical_order(sizes, centres)
        if (rank != numbers).any():
            # Anew: of centres that are as near the first is taken, and another is the first now.
            labels = placed(centres).nearest(x)
    return Fit(placed(centres).inside, labels, n_iter)
