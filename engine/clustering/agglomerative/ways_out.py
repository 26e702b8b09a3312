"""The shortest way out of each group of points: what is joined next while groups grow (Boruvka)."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.clustering.agglomerative.neighbours import Neighbours, first_of_each
from engine.places.runtime import Runtime


def ways_out(
    found: Neighbours,
    group: np.ndarray,
    nearest: Any,
    squares: Any,
    runtime: Runtime,
    *,
    grown: bool,
) -> np.ndarray:
    """Find the shortest way out of each group, the same ones however equals are met.

    Parameters
    ----------
    found : Neighbours
    group : int array of shape (n_points,)
        In host memory.
    nearest : int64 array of shape (n_points,)
        The nearest point that was outside the group when it was looked for; made up to date here,
        in place, where the shortest way may start.
    squares : float64 array of shape (n_points,)
        Squared distance to it; likewise.
    runtime : Runtime
        Where the last two are.
    grown : bool
        Whether groups have grown since.

    Returns
    -------
    pairs : int64 array of shape (n_groups, 2)
        Point inside and point outside, in host memory, by ascending group.
    """
    xp, groups = runtime.xp, runtime.put(group)
    if grown:
        _look_again(xp, found, groups, nearest, squares)
    outward = xp.flatnonzero(groups[nearest] != groups)
    tie = found.tie(outward, nearest[outward])
    chosen = outward[first_of_each(xp, groups[outward], squares[outward], tie)]
    return np.column_stack([runtime.get(chosen), runtime.get(nearest[chosen])])


def _look_again(xp: Any, found: Neighbours, group: Any, nearest: Any, squares: Any) -> None:
    """Find new neighbours where a group's shortest way may start; in place."""
    inside = group[nearest] == group
    known = xp.where(inside, np.inf, squares)
    least = first_of_each(xp, group, known, xp.zeros(len(group), np.uint64))
    rows = xp.flatnonzero(inside & (squares <= known[least][group]))
    nearest[rows], squares[rows] = found.nearest(rows, group)
