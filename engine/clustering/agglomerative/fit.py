"""Agglomerative clustering of any number of rows: the tree, its cut, and what is told about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.clustering.agglomerative.cutting import (
    MICRO,
    check_distinct,
    check_leaves,
    leaves_told,
    segmented,
    told_apart,
)
from engine.clustering.agglomerative.joining import joined
from engine.clustering.agglomerative.micro import condensed
from engine.clustering.agglomerative.params import AgglomerativeParams, too_many
from engine.clustering.agglomerative.single import single
from engine.clustering.agglomerative.ward import ward
from engine.clustering.algorithm import Fit, Task
from engine.clustering.representatives import Representatives
from engine.clustering.tree import Tree, grown
from engine.errors import DataError
from engine.places.runtime import Runtime
from engine.utilities.rows import mapped
from engine.utilities.specks import specks


@dataclass(frozen=True)
class Joined:
    """A tree and where the rows hang.

    Attributes
    ----------
    tree : Tree
    points : float64 array of shape (n_leaves, n_columns)
        A row's leaf is the nearest of these, the first of equals or another equal one.
    leaves : int32 array of shape (n_rows,)
    """

    tree: Tree
    points: np.ndarray
    leaves: np.ndarray

    @property
    def most(self) -> int:
        """Segments that the tree can be cut into."""
        return told_apart(self.tree)

    def labels_of(self, rows: np.ndarray, sample: Any, k: int) -> np.ndarray:
        """Give the segments of a few of the rows."""
        labels: np.ndarray = self._cut(k).segments[self.leaves[rows]]
        return labels

    def _cut(self, k: int, *, part_equal: bool = False) -> Representatives:
        return segmented(self.tree, self.points, k, part_equal=part_equal)

    def fit(
        self, k: int, notes: tuple[str, ...] = (), *, part_equal: bool = False, told: bool = True
    ) -> Fit:
        """Cut into ``k`` segments; O(n_rows), without looking at the rows again."""
        found = self._cut(k, part_equal=part_equal)
        labels = mapped(found.segments.take, self.leaves)
        if not told:
            return Fit(found, labels, 1, notes, self.tree)
        sizes = np.bincount(found.segments, weights=self.tree.weights, minlength=k)
        notes = (*leaves_told(self.tree), *notes, *specks(sizes))
        return Fit(found, labels, 1, notes, self.tree)


def fit(task: Task, params: AgglomerativeParams, runtime: Runtime) -> Fit:
    """Cluster all rows of a task.

    Parameters
    ----------
    task : Task
        With ``distance_threshold`` its ``k`` does not count: the segments are those of the height.
    params : AgglomerativeParams
    runtime : Runtime

    Returns
    -------
    fit : Fit
        The representatives are the leaves' points, so that ``tree.cut`` speaks of them one by one.

    Raises
    ------
    DataError
        ``k`` is larger than the number of (distinct) rows or of micro-clusters; or complete or
        average linkage above ``exact_limit``.

    Notes
    -----
    Exact: O(n^2 d). Above: O(n m d) for the one pass and O(m^2 d) for the tree.
    """
    found = join(task, params, runtime)
    if params.distance_threshold is None:
        return found.fit(task.k)
    k = found.tree.count_at(params.distance_threshold)
    height = f"cutting the tree at {params.distance_threshold:g} gives {k:,} segments"
    return found.fit(k, (height,))


def join(task: Task, params: AgglomerativeParams, runtime: Runtime) -> Joined:
    """Grow the tree of all rows, or of their micro-clusters; raises as :func:`fit` does."""
    n, wanted = len(task.x), 1 if params.distance_threshold is not None else task.k
    if wanted > n:
        message = f"clustering.k is {wanted}, but there are only {n:,} customers."
        raise DataError(message)
    if n <= params.exact_limit:
        x = np.ascontiguousarray(runtime.take(task.x, np.arange(n)))
        tree = joined(x, params.linkage, runtime)
        check_distinct(tree, wanted)
        return Joined(tree, tree.means, np.arange(n, dtype=np.int32))
    if refusal := too_many(n, params):
        raise DataError(refusal)
    check_leaves(params.micro_clusters, wanted, MICRO)
    few = condensed(task, params.micro_clusters, runtime)
    check_leaves(len(few.points), wanted, MICRO)
    # Single linkage does not count rows: on means it found what it finds on all rows (moons,
    # circles, mixtures; ARI within 0.003), and chains through noise as it does there.
    by_ward = params.linkage == "ward"
    merges = ward(few.means, few.weights, runtime) if by_ward else single(few.means, runtime)
    return Joined(grown(*merges, weights=few.weights, means=few.means), few.points, few.leaves)
