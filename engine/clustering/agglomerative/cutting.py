"""A tree cut into segments, in canonical order, with their centres; and its top, for a figure."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.clustering.representatives import Representatives, in_canonical_order
from engine.clustering.tree import Tree, weighted_means
from engine.errors import DataError

MICRO = "micro-clusters (clustering.agglomerative.micro_clusters)"

LEAST_BRANCHES, MOST_BRANCHES = 24, 60
"""Branches of a tree that are drawn; a figure with more of them cannot be read."""


def check_leaves(n_leaves: int, k: int, what: str) -> None:
    """Refuse more segments than there are leaves.

    Raises
    ------
    DataError
    """
    if isinstance(k, int | np.integer) and k > n_leaves:
        message = (
            f"clustering.k is {k}, but the customers have only {n_leaves:,} {what}; "
            f"ask for at most {n_leaves}."
        )
        raise DataError(message)


def told_apart(tree: Tree) -> int:
    """Count the segments that a tree has at most: rows joined at height 0 are equal."""
    return int(np.count_nonzero(tree.heights)) + 1


def check_distinct(tree: Tree, k: int) -> None:
    """Refuse to part equal rows, which were joined at height 0: new ones could not be told."""
    rows = tree.n_leaves == tree.weights.sum()
    check_leaves(told_apart(tree), k, "distinct prepared rows" if rows else MICRO)


def leaves_told(tree: Tree) -> tuple[str, ...]:
    """Say that leaves are micro-clusters, where they are."""
    rows = int(tree.weights.sum())
    if tree.n_leaves == rows:
        return ()
    return (
        f"the tree joins {tree.n_leaves:,} micro-clusters, each with the weight of its "
        f"customers, instead of {rows:,} customers one by one",
    )


def segmented(
    tree: Tree, points: np.ndarray, k: int, *, part_equal: bool = False
) -> Representatives:
    """Cut a tree into segments in canonical order.

    Parameters
    ----------
    tree : Tree
    points : float64 array of shape (n_leaves, n_columns)
        The representatives of a fit with this tree.
    k : int
    part_equal : bool
        Part equal rows where ``k`` is more than there are distinct ones.

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
    if not part_equal:
        check_distinct(tree, k)
    clusters = tree.cut(k)
    centres = weighted_means(tree.means, tree.weights, clusters)
    rank, ordered = in_canonical_order(np.bincount(clusters, weights=tree.weights), centres)
    return Representatives(points, rank[clusters], ordered)


def branches(tree: Tree | None, found: Representatives) -> dict[str, Any] | None:
    """Give the last merges as plain lists; every segment is at least one leaf of them.

    Parameters
    ----------
    tree : Tree or None
    found : Representatives
        A cut of it.

    Returns
    -------
    branches : dict or None
        ``children`` and ``heights`` as in scikit-learn, ``customers`` and ``segments`` of the
        leaves, ``n_leaves`` of the whole tree and ``cut``, the heights of the last merge that was
        done and of the first that was not (None where there is none). None without a tree, and
        for more segments than a figure holds.
    """
    k = found.n_segments
    if tree is None or k > MOST_BRANCHES:
        return None
    leaves = min(max(k, LEAST_BRANCHES), tree.n_leaves)
    # Each branch lies in one segment: any leaf below tells which.
    _, below = np.unique(tree.cut(leaves), return_index=True)
    top, done = tree.top(leaves - 1), tree.n_leaves - k
    around = [float(h) for h in tree.heights[max(done - 1, 0) : done + 1]]
    return {
        "children": top.children.tolist(),
        "heights": top.heights.tolist(),
        "customers": top.weights.tolist(),
        "segments": found.segments[below].tolist(),
        "n_leaves": tree.n_leaves,
        "cut": [around[0] if done else None, around[-1] if k > 1 else None],
    }
