"""Communities of a graph at one resolution, by the Leiden method.

The local moving is scikit-network's compiled one. Its own ``Leiden`` is not used: in version 0.33.5
the refinement can go round for ever on near ties (its issue 592), and draws from C's ``rand``,
which no seed reaches. Here the refinement is the same local moving inside the communities, which
takes the best move instead of a random good one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.errors import EngineError

_TOLERANCE = 1e-5
"""Least gain of a pass, in shares of all weights: above what float32 rounds off in one."""

_MOST_LEVELS = 50


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
    return numbered(found)


def _tolerance(resolution: float) -> float:
    return _TOLERANCE * max(1.0, resolution)


def numbered(labels: np.ndarray) -> np.ndarray:
    """Give labels numbers from 0, in their order: int32 of the same shape."""
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
        return numbered(np.asarray(found)), float(gain)

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
        between = between_communities(self.weights, labels)
        return _Level(between, np.bincount(labels, self.shares))


def between_communities(weights: Any, labels: np.ndarray) -> Any:
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
