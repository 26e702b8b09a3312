"""As many communities of a graph as are asked for, where that can be, by resolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.clustering.agglomerative.ward import ward
from engine.clustering.ann_methods.leiden import between_communities, leiden, numbered
from engine.clustering.spectral.graph import Graph, specks_among, tied
from engine.clustering.tree import grown, weighted_means
from engine.places.runtime import Runtime

_LOWEST, _FIRST, _STEP = 1e-6, 1e-2, 32.0
"""Resolutions: the lowest tried, the first tried, and by how much they move until k is between."""

_TRIALS = 20
"""Most runs in search of a resolution; each halves what is left, as a ratio."""

_DENSE = 2_000
"""Communities up to which they are joined by the weights between them."""


@dataclass(frozen=True)
class Communities:
    """Communities of a graph.

    Attributes
    ----------
    labels : int32 array of shape (n_nodes,)
    count : int
    resolution : float
        At which they were found.
    joined : int
        How many communities with no way between them were joined by their centres.
    """

    labels: np.ndarray
    count: int
    resolution: float
    joined: int = 0


class Cuts:
    """The communities of one graph, at any number of them; what they share is done once.

    Parameters
    ----------
    graph : Graph
    seed : int
    runtime : Runtime

    Notes
    -----
    Communities are the same bits whatever others were asked for before.
    """

    def __init__(self, graph: Graph, *, seed: int, runtime: Runtime) -> None:
        self._whole, self._seed, self._runtime = graph, seed, runtime
        self._tie(np.zeros(graph.components()[0], bool))

    def _tie(self, speck: np.ndarray) -> None:
        self._specks, self.graph = speck, tied(self._whole, speck, self._runtime)
        self._known: dict[float, np.ndarray] = {}

    @property
    def specks(self) -> int:
        """Small groups that were tied to others for what was asked last."""
        return int(self._specks.sum())

    def into(self, k: int) -> Communities:
        """Find exactly ``k``, as :func:`into` does, with specks tied."""
        self._tied_for(k)
        return into(self.graph, k, seed=self._seed, runtime=self._runtime, known=self._known)

    def at(self, resolution: float, k: int) -> Communities:
        """Find those at a resolution; ``k`` stands for their number in telling what is a speck."""
        self._tied_for(k)
        labels = leiden(self.graph.weights, resolution, self._seed)
        return Communities(labels, int(labels.max()) + 1, resolution)

    def _tied_for(self, k: int) -> None:
        speck = specks_among(self._whole, k)
        if not np.array_equal(speck, self._specks):
            self._tie(speck)


def into(
    graph: Graph,
    k: int,
    *,
    seed: int,
    runtime: Runtime,
    known: dict[float, np.ndarray] | None = None,
) -> Communities:
    """Find exactly ``k`` communities.

    The resolution is bisected. Where no resolution gives ``k``, the fewest beyond are joined in the
    order in which a lower resolution would join them, and those that no edge connects by ward's
    linkage on their centres.

    Parameters
    ----------
    graph : Graph
    k : int
        At most the number of nodes.
    seed : int
    runtime : Runtime
    known : dict, optional
        Communities of this graph by resolution, those found before; these are added.

    Returns
    -------
    communities : Communities
    """
    if k == 1:
        return Communities(np.zeros(len(graph.mass), np.int32), 1, 0.0)
    best = _bisected(graph.weights, k, seed, {} if known is None else known)
    labels = best.labels
    if best.count > k and best.count <= _DENSE:
        labels = _join_connected(graph.weights, labels, k)
    count = int(labels.max()) + 1
    if count > k:
        labels = _join_centres(graph, labels, k, runtime)
    return Communities(labels, k, best.resolution, count - k)


def _bisected(weights: Any, k: int, seed: int, known: dict[float, np.ndarray]) -> Communities:
    """Find the fewest communities that are not fewer than ``k``."""
    n = weights.shape[0]
    best = Communities(np.arange(n, dtype=np.int32), n, np.inf)
    low, high, at = 0.0, np.inf, _FIRST
    for _ in range(_TRIALS):
        if at not in known:
            known[at] = leiden(weights, at, seed)
        labels = known[at]
        count = int(labels.max()) + 1
        if k <= count < best.count:
            best = Communities(labels, count, at)
        if best.count == k or (count > k and at <= _LOWEST):
            break
        low, high = (at, high) if count < k else (low, at)
        at = _next(low, high)
    return best


def _next(low: float, high: float) -> float:
    """Give the next resolution to try.

    Examples
    --------
    >>> _next(0.0, 0.01), _next(0.01, np.inf), round(_next(0.01, 0.04), 9)
    (0.0003125, 0.32, 0.02)
    """
    if high == np.inf:
        return low * _STEP
    if low == 0:
        return max(high / _STEP, _LOWEST)
    return float((low * high) ** 0.5)


def _join_connected(weights: Any, labels: np.ndarray, k: int) -> np.ndarray:
    """Join the two communities that would be first to gain by it as the resolution falls.

    That is where the weight between them is the largest share of what chance would give.
    """
    between = between_communities(weights, labels).toarray().astype(np.float64)
    shares, owner = between.sum(axis=1), np.arange(len(between))
    ratio = between / np.maximum(np.outer(shares, shares), np.finfo(float).tiny)
    np.fill_diagonal(ratio, 0)
    for _ in range(len(between) - k):
        a, b = np.unravel_index(int(ratio.argmax()), ratio.shape)
        if ratio[a, b] <= 0:
            break
        between[a] += between[b]
        between[:, a] += between[:, b]
        shares[a] += shares[b]
        owner[owner == b] = a
        between[b], between[:, b], ratio[b], ratio[:, b] = 0, 0, 0, 0
        ratio[a] = between[a] / np.maximum(shares[a] * shares, np.finfo(float).tiny)
        ratio[a, a] = 0
        ratio[:, a] = ratio[a]
    return numbered(owner[labels])


def _join_centres(graph: Graph, labels: np.ndarray, k: int, runtime: Runtime) -> np.ndarray:
    mass = np.bincount(labels, graph.mass)
    means = weighted_means(graph.points, graph.mass, labels)
    tree = grown(*ward(means, mass, runtime), weights=mass.astype(np.int64), means=means)
    joined: np.ndarray = tree.cut(k)[labels]
    return joined
