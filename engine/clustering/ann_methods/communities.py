"""Communities of a graph by the Leiden method, as many as asked for where that can be.

The local moving is scikit-network's compiled one. Its own ``Leiden`` is not used: in version 0.33.5
the refinement can go round for ever on near ties (its issue 592), and draws from C's ``rand``,
which no seed reaches. Here the refinement is the same local moving inside the communities, which
takes the best move instead of a random good one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.clustering.agglomerative.ward import ward
from engine.clustering.spectral.graph import Graph
from engine.clustering.tree import grown, weighted_means
from engine.errors import EngineError
from engine.places.runtime import Runtime

_TOLERANCE = 1e-5
"""Least gain of a pass, in shares of all weights: above what float32 rounds off in one."""

_LOWEST, _FIRST, _STEP = 1e-6, 1e-2, 32.0
"""Resolutions: the lowest tried, the first tried, and by how much they move until k is between."""

_TRIALS = 20
"""Most runs in search of a resolution; each halves what is left, as a ratio."""

_MOST_LEVELS = 50

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


def leiden(weights: Any, resolution: float, seed: int) -> np.ndarray:
    """Maximise the modularity of a partition by the Leiden method.

    Parameters
    ----------
    weights : sparse array of shape (n_nodes, n_nodes)
        Symmetric, not negative.
    resolution : float
        The higher, the more and smaller the communities.
    seed : int
        Decides the order in which nodes are visited.

    Returns
    -------
    labels : int32 array of shape (n_nodes,)
        Numbered from 0. The same bits at any number of threads.

    Raises
    ------
    EngineError
        scikit-network is not installed.

    References
    ----------
    Traag, Waltman and van Eck (2019), From Louvain to Leiden: guaranteeing well-connected
    communities, Scientific Reports 9, doi:10.1038/s41598-019-41695-z. Bonald, de Lara, Lutz and
    Charpentier (2020), Scikit-network: graph analysis in Python, JMLR 21(185).

    Notes
    -----
    About O(n_edges) a level; some 5 levels.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> two = np.kron(np.eye(2), 1 - np.eye(3))
    >>> two[2, 3] = two[3, 2] = 0.1
    >>> sorted(np.bincount(leiden(csr_array(two), 1.0, 0)).tolist())
    [3, 3]
    """
    order = np.random.default_rng(seed).permutation(weights.shape[0])
    level = _Level.of(weights[order][:, order].tocsr())
    member = np.arange(weights.shape[0])  # the level's node of each node of the graph
    labels = np.arange(weights.shape[0], dtype=np.int32)
    for _ in range(_MOST_LEVELS):
        labels, gain = level.moved(labels, resolution)
        refined = level.inside(labels).moved(np.arange(len(labels), dtype=np.int32), resolution)[0]
        if gain <= _tolerance(resolution) or len(labels) == refined.max() + 1:
            break
        first = np.unique(refined, return_index=True)[1]
        level, labels, member = level.merged(refined), labels[first], refined[member]
    found = np.empty(len(order), np.int32)
    found[order] = labels[member]
    return _numbered(found)


def _tolerance(resolution: float) -> float:
    return _TOLERANCE * max(1.0, resolution)


def _numbered(labels: np.ndarray) -> np.ndarray:
    return np.unique(labels, return_inverse=True)[1].ravel().astype(np.int32)


@dataclass(frozen=True)
class _Level:
    """A graph whose weights sum to 1, and the share of the weights at each node."""

    weights: Any
    shares: np.ndarray

    @classmethod
    def of(cls, weights: Any) -> _Level:
        degrees = np.asarray(weights.sum(axis=1, dtype=np.float64)).ravel()
        total = float(degrees.sum()) or 1.0
        return cls((weights / total).tocsr(), degrees / total)

    def moved(self, labels: np.ndarray, resolution: float) -> tuple[np.ndarray, float]:
        """Move nodes to neighbouring communities as long as that gains; the labels and the gain."""
        optimize_core = _moving()
        n, graph = len(self.shares), self.weights
        of_cluster = np.bincount(labels, self.shares, n).astype(np.float32)
        shares = self.shares.astype(np.float32)
        found, gain = optimize_core(
            labels.astype(np.int32),
            graph.indices.astype(np.int32),
            graph.indptr.astype(np.int32),
            graph.data.astype(np.float32),
            shares,
            shares,
            of_cluster,
            of_cluster.copy(),
            np.zeros(n, np.float32),
            graph.diagonal().astype(np.float32),
            resolution,
            _tolerance(resolution),
        )
        return _numbered(np.asarray(found)), float(gain)

    def inside(self, labels: np.ndarray) -> _Level:
        """Keep only the edges inside communities; the nodes keep their shares."""
        graph = self.weights.tocoo()
        row, column = graph.coords
        kept = labels[row] == labels[column]
        from scipy.sparse import csr_array

        inner = csr_array((graph.data[kept], (row[kept], column[kept])), shape=graph.shape)
        return _Level(inner, self.shares)

    def merged(self, labels: np.ndarray) -> _Level:
        """Make one node of each community."""
        between = _between(self.weights, labels)
        return _Level(between, np.bincount(labels, self.shares))


def _between(weights: Any, labels: np.ndarray) -> Any:
    """Add up the weights between communities: sparse (n_communities, n_communities)."""
    from scipy.sparse import csr_array

    n = len(labels)
    member = csr_array((np.ones(n), labels, np.arange(n + 1)), (n, int(labels.max()) + 1))
    return (member.T.tocsr() @ weights @ member).tocsr()


def _moving() -> Any:
    try:
        from sknetwork.clustering.louvain_core import optimize_core
    except ImportError:
        message = (
            "scikit-network is not installed, which finds the communities; "
            "install it (pip install scikit-network)."
        )
        raise EngineError(message) from None
    return optimize_core


def into(graph: Graph, k: int, *, seed: int, runtime: Runtime) -> Communities:
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

    Returns
    -------
    communities : Communities
    """
    if k == 1:
        return Communities(np.zeros(len(graph.mass), np.int32), 1, 0.0)
    best = _bisected(graph.weights, k, seed)
    labels = best.labels
    if best.count > k and best.count <= _DENSE:
        labels = _join_connected(graph.weights, labels, k)
    count = int(labels.max()) + 1
    if count > k:
        labels = _join_centres(graph, labels, k, runtime)
    return Communities(labels, k, best.resolution, count - k)


def _bisected(weights: Any, k: int, seed: int) -> Communities:
    """Find the fewest communities that are not fewer than ``k``."""
    n = weights.shape[0]
    best = Communities(np.arange(n, dtype=np.int32), n, np.inf)
    low, high, at = 0.0, np.inf, _FIRST
    for _ in range(_TRIALS):
        labels = leiden(weights, at, seed)
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
    between = _between(weights, labels).toarray().astype(np.float64)
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
    return _numbered(owner[labels])


def _join_centres(graph: Graph, labels: np.ndarray, k: int, runtime: Runtime) -> np.ndarray:
    mass = np.bincount(labels, graph.mass)
    means = weighted_means(graph.points, graph.mass, labels)
    tree = grown(*ward(means, mass, runtime), weights=mass.astype(np.int64), means=means)
    joined: np.ndarray = tree.cut(k)[labels]
    return joined
