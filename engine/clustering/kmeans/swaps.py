"""Two centres in one group while another group shares one: centres move to where they are missed.

What a cluster would gain by being cut in two is found for all clusters at once, by iterations of
2-means within each. What is lost without a centre is what its rows are farther from their second
nearest. As long as there is a gain above a loss, the one centre goes where the other is cut.

Points alone as candidates (as in local search for k-means++) miss overlapping groups in many
columns, where every row is farther from any other row than from a mean between two groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.clustering.kmeans.descent import descend
from engine.clustering.kmeans.rows import added_up

if TYPE_CHECKING:
    from engine.clustering.kmeans.rows import Near, Rows

_ROUNDS = 20
_CUTS = 4
"""Iterations of 2-means within each cluster."""

_AFTER = 8
"""Iterations after a swap before it is judged."""

_WORTH = 1e-4
"""Share of the inertia that a round must take off for another to follow."""

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
        other = descend(rows, swapped, limit, _AFTER).centres
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
    worth = np.flatnonzero(scatter > loss.min())
    if not len(worth):
        return None
    gain, halves = _cut(rows, near, k, worth, rng)
    used, new, swaps = np.zeros(k, bool), centres.copy(), 0
    cheapest = np.argsort(loss, kind="stable")
    for most in np.argsort(-gain, kind="stable"):
        free = cheapest[~used[cheapest] & (cheapest != most)]
        if used[most] or not len(free):
            continue
        least = free[0]
        if gain[most] <= loss[least] + _WORTH * inertia or swaps >= max(1, k // _AT_ONCE):
            break
        new[most], new[least] = halves[most]
        apart = ((centres - centres[least]) ** 2).sum(axis=1)
        apart[least] = np.inf
        used[[most, least, int(apart.argmin())]] = True  # its neighbour takes what it leaves
        swaps += 1
    return new if swaps else None


def _cut(
    rows: Rows, near: Near, k: int, worth: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Cut clusters in two, each along a line through one of its rows at first.

    Returns
    -------
    gain : float64 array of shape (k,)
        What the cut takes off the inertia; 0 for those not cut.
    halves : float64 array of shape (k, 2, d)
        Means of the two parts.
    """
    d, asked = rows.d, np.zeros(k, bool)
    asked[worth] = True
    some = np.flatnonzero(asked[near.labels])
    labels, wide, weighted = near.labels[some], rows.wide[some], rows.weighted[some]
    sums = added_up(weighted, labels, k).astype(np.float64)
    weight = np.where(asked, sums[:, d], 1.0)
    means = sums[:, :d] / weight[:, None]
    # A row far from the centre rather than near it: each has a draw in proportion to its square.
    draw = near.nearest[some] * rng.random(len(some), dtype=np.float32)
    order = np.lexsort((draw, labels))
    last = order[np.flatnonzero(np.diff(labels[order], append=-1))]
    along = np.zeros((k, d))
    along[labels[last]] = wide[last, :d] - means[labels[last]]
    middle = means
    plane = np.zeros((k, d + 2), rows.dtype)
    for _ in range(_CUTS):
        plane[:, :d], plane[:, d] = along, -(along * middle).sum(axis=1)
        side = np.einsum("ij,ij->i", wide, plane[labels]) > 0
        parts = added_up(weighted, 2 * labels + side, 2 * k).astype(np.float64)
        parts = parts.reshape(k, 2, d + 2)
        held = parts[:, :, d] > 0
        halves = parts[:, :, :d] / np.where(held, parts[:, :, d], 1.0)[:, :, None]
        along, middle = halves[:, 1] - halves[:, 0], halves.mean(axis=1)
    gain = parts[:, 0, d] * parts[:, 1, d] / weight * (along**2).sum(axis=1)
    return np.where(asked & held.all(axis=1), gain, 0.0), halves
