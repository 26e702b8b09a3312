"""The roads of a fit that is told how to start: scikit-learn's iterations, or ours on many rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clustering.algorithm import Fit, Task
from engine.clustering.frame import Frame
from engine.clustering.kmeans.lloyd import coarse_to_fine, refine, tolerance
from engine.clustering.kmeans.options import KMeansOptions, Road
from engine.clustering.kmeans.rows import Centres
from engine.clustering.kmeans.starts import best_of, drawn_starts
from engine.clustering.representatives import Representatives, in_canonical_order
from engine.evaluation.scores import inertia

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
    return settled(task, centres, n_iter, in_order=wanted.starts is not None)


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
    fits = [settled(task, centres, n_iter, in_order=True) for centres, n_iter in ends]

    def squares(fit: Fit) -> float:
        return inertia(task.x, fit.representatives.centres, fit.labels, runtime=runtime)

    return min(fits, key=squares) if len(fits) > 1 else fits[0]


def settled(task: Task, centres: np.ndarray, n_iter: int, *, in_order: bool) -> Fit:
    """Label every row by its nearest centre; in canonical order, unless the centres' own is kept.

    Parameters
    ----------
    task : Task
    centres : float64 array of shape (k, n_columns)
    n_iter : int
    in_order : bool

    Returns
    -------
    fit : Fit
    """
    labels = _placed(task, centres).nearest(task.x)
    if not in_order:
        sizes = np.bincount(labels, task.weights, minlength=task.k)
        _, centres = in_canonical_order(sizes, centres)
        # Anew: of centres that are as near the first is taken, and now another may be the first.
        labels = _placed(task, centres).nearest(task.x)
    return Fit(_placed(task, centres).inside, labels, n_iter)


def _placed(task: Task, centres: np.ndarray) -> Centres:
    points = Representatives(centres, np.arange(task.k, dtype=np.int32), centres)
    return Centres(Frame(np.zeros(centres.shape[1]), 1.0), points, centres, task.x.dtype)
