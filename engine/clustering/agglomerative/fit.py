"""Agglomerative clustering of any number of rows: the tree, its cut, and what is told about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.clustering.agglomerative.algorithm import AgglomerativeParams
from engine.clustering.agglomerative.joining import joined
from engine.clustering.agglomerative.micro import condensed
from engine.clustering.agglomerative.single import single
from engine.clustering.agglomerative.tree import Tree, grown, weighted_means
from engine.clustering.agglomerative.ward import ward
from engine.clustering.algorithm import Fit, Task
from engine.clustering.representatives import Representatives, canonical_order
from engine.errors import DataError
from engine.runtime import Runtime

_SPECK_ROWS = 10
_SPECK_SHARE = 0.001


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

    def fit(self, k: int, notes: tuple[str, ...] = ()) -> Fit:
        """Cut into ``k`` segments; O(n_rows), without looking at the rows again."""
        found = segmented(self.tree, self.points, k)
        labels = found.segments[self.leaves]
        sizes = np.bincount(found.segments, weights=self.tree.weights, minlength=k)
        told = (*notes, *specks(sizes))
        return Fit(found, labels, 1, told, self.tree)


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
        return found.fit(task.k, _leaves_told(found))
    k = found.tree.count_at(params.distance_threshold)
    height = f"cutting the tree at {params.distance_threshold:g} gives {k:,} segments"
    return found.fit(k, (*_leaves_told(found), height))


def join(task: Task, params: AgglomerativeParams, runtime: Runtime) -> Joined:
    """Grow the tree of all rows, or of their micro-clusters; raises as :func:`fit` does."""
    n, wanted = len(task.x), 1 if params.distance_threshold is not None else task.k
    if wanted > n:
        message = f"clustering.k is {wanted}, but there are only {n:,} customers."
        raise DataError(message)
    if n <= params.exact_limit:
        x = np.ascontiguousarray(runtime.take(task.x, np.arange(n)))
        tree = joined(x, params.linkage, runtime)
        _check_distinct(tree, wanted)
        return Joined(tree, tree.means, np.arange(n, dtype=np.int32))
    if params.linkage in ("complete", "average"):
        message = (
            f"clustering.agglomerative.linkage is {params.linkage}, which is only offered up to "
            f"exact_limit ({params.exact_limit:,} customers), but there are {n:,}: among many a "
            "few outlying customers decide its segments; use ward."
        )
        raise DataError(message)
    few = condensed(task, params.micro_clusters, runtime)
    _check_leaves(
        len(few.points), wanted, "micro-clusters (clustering.agglomerative.micro_clusters)"
    )
    # Single linkage does not count rows: on means it found what it finds on all rows (moons,
    # circles, mixtures; ARI within 0.003), and chains through noise as it does there.
    by_ward = params.linkage == "ward"
    merges = ward(few.means, few.weights, runtime) if by_ward else single(few.means, runtime)
    return Joined(grown(*merges, weights=few.weights, means=few.means), few.points, few.leaves)


def _check_leaves(n_leaves: int, k: int, what: str) -> None:
    if k > n_leaves:
        message = (
            f"clustering.k is {k}, but the customers have only {n_leaves:,} {what}; "
            f"ask for at most {n_leaves}."
        )
        raise DataError(message)


def _check_distinct(tree: Tree, k: int) -> None:
    """Refuse to part equal rows, which were joined at height 0: new ones could not be told."""
    _check_leaves(int(np.count_nonzero(tree.heights)) + 1, k, "distinct prepared rows")


def segmented(tree: Tree, points: np.ndarray, k: int) -> Representatives:
    """Cut a tree into segments in canonical order.

    Parameters
    ----------
    tree : Tree
    points : float64 array of shape (n_leaves, n_columns)
        The representatives of a fit with this tree.
    k : int

    Returns
    -------
    representatives : Representatives
        The same points with the segments of this cut, and those segments' centres: what a fit
        with this ``k`` would have given. O(n_leaves).

    Raises
    ------
    DataError
        ``k`` is out of range, or would part equal rows.
    """
    _check_distinct(tree, k)
    clusters = tree.cut(k)
    centres = weighted_means(tree.means, tree.weights, clusters)
    order = canonical_order(np.bincount(clusters, weights=tree.weights), centres)
    rank = np.empty(k, np.int32)
    rank[order] = np.arange(k, dtype=np.int32)
    return Representatives(points, rank[clusters], np.ascontiguousarray(centres[order]))


def specks(sizes: np.ndarray) -> tuple[str, ...]:
    """Tell which segments are too small to be more than noise.

    A speck has fewer than 0.1% of the customers (at least 10), and less than a tenth of what
    equal shares would give.

    Parameters
    ----------
    sizes : array of shape (k,)

    Examples
    --------
    >>> specks(np.array([900.0, 700.0, 4.0, 1.0]))
    ('segments 2, 3 hold 5 of 1,605 customers: specks, outlying customers rather than a segment',)
    """
    total = sizes.sum()
    least = min(max(_SPECK_ROWS, _SPECK_SHARE * total), total / (10 * len(sizes)))
    small = np.flatnonzero(sizes < least)
    if not len(small):
        return ()
    names = ", ".join(map(str, small))
    who, are = ("segment", "a speck") if len(small) == 1 else ("segments", "specks")
    held = f"{int(sizes[small].sum()):,} of {int(total):,} customers"
    verb = "holds" if len(small) == 1 else "hold"
    return (f"{who} {names} {verb} {held}: {are}, outlying customers rather than a segment",)


def _leaves_told(found: Joined) -> tuple[str, ...]:
    if found.tree.n_leaves == len(found.leaves):
        return ()
    return (
        f"the tree joins {found.tree.n_leaves:,} micro-clusters, each with the weight of its "
        f"customers, instead of {len(found.leaves):,} customers one by one",
    )
