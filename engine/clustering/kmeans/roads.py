"""The roads of a fit that is told how to start: scikit-learn's iterations, or ours on many rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clustering.algorithm import Fit, Task
from engine.clustering.frame import Frame
from engine.clustering.kmeans.lloyd import coarse_to_fine, refine, tolerance
from engine.clustering.kmeans.options import KMeansOptions, Road
from engine.clustering.kmeans.partial import totals
from engine.clustering.kmeans.rows import Centres
from engine.clustering.kmeans.starts import best_of, drawn_starts
from engine.clustering.representatives import Representatives, in_canonical_order
from engine.evaluation.scores import inertia
from engine.places.runtime import local_runtime

if TYPE_CHECKING:
    from engine.places.runtime import Runtime


@dataclass(frozen=True)
class Wanted:
    """How a fit is to go, and to start.

    Attributes
    ----------
    road : {"search", "few", "full"}
        See :meth:`KMeansOptions.road`.
    options : KMeansOptions
    starts : list of float64 array of shape (k, n_columns), or None
        Centres that the caller gave, inside the frame; None where starts are drawn.
    random : RandomState
        What they are drawn from.
    """

    road: Road
    options: KMeansOptions
    starts: list[np.ndarray] | None
    random: np.random.RandomState


def by_scikit_learn(task: Task, wanted: Wanted, runtime: Runtime) -> Fit:
    """Go over all rows from every start by scikit-learn's iterations.

    Parameters
    ----------
    task : Task
        Its rows may be float64, and a CSR matrix.
    wanted : Wanted
    runtime : Runtime
        A CPU.

    Returns
    -------
    fit : Fit
        O(starts x n_iter x n_rows x k x n_columns).
    """
    starts = wanted.starts
    if starts is None:
        starts = drawn_starts(task.x, wanted.options, task.weights, wanted.random, runtime)
    centres, n_iter = best_of(task.x, starts, wanted.options, task.weights, runtime)
    return settled(
        task.x,
        _still(task.x.shape[1]),
        centres,
        n_iter,
        in_order=wanted.starts is not None,
        weights=task.weights,
    )


def by_few_rows(task: Task, wanted: Wanted, runtime: Runtime) -> Fit:
    """Start on few of many rows, and go on over all; from given centres over all at once.

    Parameters
    ----------
    task : Task
    wanted : Wanted
    runtime : Runtime

    Returns
    -------
    fit : Fit

    Raises
    ------
    DataError
        ``k`` is larger than the number of distinct rows of the sample.
    """
    options, starts = wanted.options, wanted.starts

    def start(few: np.ndarray, _: float) -> tuple[np.ndarray, int]:
        drawn = drawn_starts(few, options, None, wanted.random, runtime)
        return best_of(few, drawn, options, None, runtime)

    def go_on(x: Any, centres: np.ndarray, limit: float) -> tuple[np.ndarray, int]:
        return refine(x, centres, limit, options.max_iter, runtime)

    if starts is None:
        return coarse_to_fine(task, options, runtime, start, go_on)
    limit = tolerance(task.x, options)
    ends = [go_on(task.x, centres, limit) for centres in starts]
    still = _still(task.x.shape[1])
    fits = [settled(task.x, still, centres, n_iter, in_order=True) for centres, n_iter in ends]

    def squares(fit: Fit) -> float:
        return inertia(task.x, fit.representatives.centres, fit.labels, runtime=runtime)

    return min(fits, key=squares) if len(fits) > 1 else fits[0]


def in_float64(x: np.ndarray, frame: Frame, fit: Fit, *, in_order: bool) -> Fit:
    """Take one more step in float64, from rows as they were given, after steps in float32.

    Parameters
    ----------
    x : float64 array of shape (n_rows, n_columns)
        In the units of the caller.
    frame : Frame
    fit : Fit
        What was found in float32, inside the frame.
    in_order : bool
        Whether the centres keep their numbers.

    Returns
    -------
    fit : Fit
        Centres that stood still are now the means of their rows to the last digits.
    """
    old = fit.representatives.centres

    def chunk(given: np.ndarray, mine: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return totals(frame.inside(given, np.float64), mine, np.ones(len(mine)), len(old))

    sums, held = local_runtime().reduce(chunk, x, fit.labels)
    means = np.where(held[:, None] > 0, sums / np.maximum(held, 1)[:, None], old)
    found = settled(x, frame, means, fit.n_iter, in_order=in_order)
    if len(np.unique(found.labels)) == np.count_nonzero(held):
        return replace(found, notes=fit.notes)
    return settled(x, frame, old, fit.n_iter, in_order=in_order)  # a cluster lost all of its rows


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


def _still(n_columns: int) -> Frame:
    """Give the frame of rows that lie inside one already."""
    return Frame(np.zeros(n_columns), 1.0)
