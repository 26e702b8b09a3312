"""Two centres in one group while another group shares one: centres move to where they are missed.

What a cluster would gain by being cut in two is found for all clusters at once, by iterations of
2-means within each. What is lost without a centre is what its rows are farther from their second
nearest. As long as there is a gain above a loss, the one centre goes where the other is cut.

Points alone as candidates (as in local search for k-means++) miss overlapping groups in many
columns, where every row is farther from any other row than from a mean between two groups.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from engine.clustering.kmeans.descent import descend
from engine.clustering.kmeans.layout import DENSE, added_up
from engine.native.starts import cut_in_two

if TYPE_CHECKING:
    from engine.clustering.kmeans.layout import Near, Rows

_ROUNDS = 20
_CUTS, _CUTS_OF_FEW = 3, 2
"""Iterations of 2-means within each cluster; of few rows a third takes longer than it is worth."""

_CUT_ROWS, _CUT_ROWS_A_CLUSTER = 2_000, 60
"""Rows by which clusters are cut, in all or for each if that is more."""

_AFTER = 8
"""Iterations after a swap before it is judged."""

_WORTH = 1e-4
"""Share of the inertia that a round must take off for another to follow."""

_NONE = 1e-9
"""Share of a cluster's weight below which one side of a cut is empty: it is a difference."""

_AT_ONCE = 8
"""One swap a round for every so many clusters."""


def improved(
    rows: Rows, centres: np.ndarray, limit: float, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Swap centres as long as it pays.

    Parameters
    ----------
    rows : Rows
    centres : float64 array of shape (k, d)
        Where iterations came to rest.
    limit : float
        As for :func:`engine.clustering.kmeans.descent.descend`.
    rng : numpy.random.Generator

    Returns
    -------
    centres : float64 array of shape (k, d)
    inertia : float
        Never above that of the centres given.
    """
    near = rows.near(centres)
    inertia = rows.total(near.nearest)
    for _ in range(_ROUNDS if len(centres) > 1 else 0):
        swapped = _swapped(rows, centres, near, inertia, rng)
        if swapped is None:
            break
        other, _ = descend(rows, swapped, limit, _AFTER)
        near = rows.near(other)
        after = rows.total(near.nearest)
        if after >= inertia:
            break
        gained, centres, inertia = inertia - after, other, after
        if gained < _WORTH * inertia:
            break
    return centres, inertia


def _swapped(
    rows: Rows, centres: np.ndarray, near: Near, inertia: float, rng: np.random.Generator
) -> np.ndarray | None:
    """Give the centres after all swaps that promise to pay and do not touch; None without any."""
    k, weights = len(centres), rows.weights
    beyond = near.second - near.nearest
    scatter, loss = (
        np.bincount(near.labels, values if weights is None else values * weights, k)
        for values in (near.nearest, beyond)
    )
    least = float(loss.min()) + _WORTH * inertia
    if scatter.max() <= least:
        return None
    gain, halves = _cut(rows, centres, near, np.where(scatter > least, least, np.inf), rng)
    used, new, swaps = np.zeros(k, bool), centres.copy(), 0
    cheapest = np.argsort(loss, kind="stable")
    for most in np.argsort(-gain, kind="stable"):
        free = cheapest[~used[cheapest] & (cheapest != most)]
        if used[most] or not len(free):
            continue
        last = free[0]
        if gain[most] <= loss[last] + _WORTH * inertia or swaps >= max(1, k // _AT_ONCE):
            break
        new[most], new[last] = halves[most]
        apart = ((centres - centres[last]) ** 2).sum(axis=1)
        apart[last] = np.inf
        used[[most, last, int(apart.argmin())]] = True  # its neighbour takes what it leaves
        swaps += 1
    return new if swaps else None


def _cut(
    rows: Rows, centres: np.ndarray, near: Near, least: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Cut clusters in two, each along a line through one of its rows at first.

    On a part of the rows, and once more on all for those that seem to gain more than ``least``,
    of shape (k,).

    Returns
    -------
    gain : float64 array of shape (k,)
        What the cut takes off the inertia; 0 for those not cut.
    halves : float64 array of shape (k, 2, d)
        Means of the two parts.
    """
    k, d = centres.shape
    step = max(1, rows.n // max(_CUT_ROWS, _CUT_ROWS_A_CLUSTER * k))
    asked = np.isfinite(least)
    if step == 1 and asked.all():
        labels, wide, weighted, squares = near.labels, rows.wide, rows.weighted, near.nearest
    else:
        some = np.arange(0, rows.n, step)
        # One of each ``step`` rows: groups may take turns in the order of the rows.
        some = np.minimum(some + rng.integers(step, size=len(some)), rows.n - 1)
        some = some[asked.take(near.labels.take(some))]
        if not len(some):  # of clusters that few rows make
            return np.zeros(k), np.zeros((k, 2, d))
        labels, squares = near.labels.take(some), near.nearest.take(some)
        wide, weighted = rows.wide.take(some, axis=0), rows.weighted.take(some, axis=0)
    last, middle = _far_rows(squares, labels, k, rng), centres
    drawn = np.flatnonzero(last >= 0)
    along = np.zeros_like(centres)
    along[drawn] = wide[last[drawn], :d] - centres[drawn]
    rounds = _CUTS if k * len(labels) > DENSE else _CUTS_OF_FEW
    gain, halves, along, middle = _parted(wide, weighted, labels, along, middle, rounds)
    if step == 1:
        return gain, halves
    promising = gain * step > least
    if not promising.any():
        return np.zeros(k), halves
    some = np.flatnonzero(promising.take(near.labels))
    wide, weighted = rows.wide.take(some, axis=0), rows.weighted.take(some, axis=0)
    return _parted(wide, weighted, near.labels.take(some), along, middle, 1)[:2]


def _far_rows(
    squares: np.ndarray, labels: np.ndarray, k: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw a row of each cluster, far from the centre rather than near it; -1 without any."""
    draws = squares * rng.random(len(labels), dtype=np.float32)
    if k * len(labels) <= DENSE:
        each = np.where(labels == np.arange(k)[:, None], draws, -1.0)
        last: np.ndarray = each.argmax(axis=1)
        last[each[np.arange(k), last] < 0] = -1
        return last
    order, last = np.argsort(draws), np.full(k, -1)
    last[labels.take(order)] = order  # the greatest draw of each cluster is written last
    return last


def _adding(weighted: np.ndarray, labels: np.ndarray, k: int) -> Callable[[np.ndarray], np.ndarray]:
    """Give what adds rows up by cluster and by side: (k, 2, d + 2), of a bool array (n,)."""
    if k * len(labels) > DENSE:
        return lambda side: added_up(weighted, 2 * labels + side, 2 * k).reshape(k, 2, -1)
    mine = (labels == np.arange(k)[:, None]).astype(weighted.dtype)
    parts, whole = np.empty((k, 2, weighted.shape[1]), weighted.dtype), mine @ weighted

    def added(side: np.ndarray) -> np.ndarray:  # half of what is added up both ways
        np.matmul(mine * side, weighted, out=parts[:, 1])
        np.subtract(whole, parts[:, 1], out=parts[:, 0])
        return parts

    return added


def _parted(
    wide: np.ndarray,
    weighted: np.ndarray,
    labels: np.ndarray,
    along: np.ndarray,
    middle: np.ndarray,
    rounds: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Part the rows of each cluster by planes: see :func:`engine.native.starts.cut_in_two`."""
    known = cut_in_two(wide, weighted, labels, along, middle, _NONE, rounds)
    if known is not None:
        return known
    added = _adding(weighted, labels, len(along))
    for _ in range(rounds):
        gain, halves = _parted_once(wide, labels, along, middle, added)
        along, middle = halves[:, 1] - halves[:, 0], (halves[:, 0] + halves[:, 1]) / 2
    return gain, halves, along, middle


def _parted_once(
    wide: np.ndarray,
    labels: np.ndarray,
    along: np.ndarray,
    middle: np.ndarray,
    added: Callable[[np.ndarray], np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Part the rows of each cluster by a plane: what that takes off the inertia, and the means."""
    k, d = along.shape
    plane = np.zeros((k, d + 2), wide.dtype)
    plane[:, :d] = along
    np.negative(np.einsum("ij,ij->i", along, middle), out=plane[:, d], casting="same_kind")
    side = np.einsum("ij,ij->i", wide, plane.take(labels, axis=0)) > 0
    parts = added(side).astype(np.float64)
    weight = parts[:, :, d]
    total = weight.sum(axis=1)
    weight = np.where(weight > _NONE * total[:, None], weight, 0)  # what rounding left
    halves = parts[:, :, :d] / np.where(weight > 0, weight, 1)[:, :, None]
    apart = halves[:, 1] - halves[:, 0]
    share = weight[:, 0] * weight[:, 1] / np.where(total > 0, total, 1)
    return share * np.einsum("ij,ij->i", apart, apart), halves
