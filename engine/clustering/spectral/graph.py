"""Makes a neighbour graph fit to be cut: finds its components, and joins those that must not count.

The cut between components costs nothing, so a handful of rows apart from the rest would be a
segment before any real one. Specks are therefore tied to their nearest neighbours; and where more
components than segments remain, they are tied together by weights that fall with distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clustering.spectral.outside import joining_ways, shortest_ways
from engine.places.runtime import Runtime

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SPECK = 0.01
"""A component with less than this share of an average segment's rows is a speck."""

_SPECK_IN_EXCESS = 0.1
"""The same where there are more components than segments: then something must be joined."""

_ALL_SPECKS = 0.1
"""Share of the rows above which small components are no specks: they are what there is."""

_SPARSE = 1 / 9
"""Thinness of rows whose last neighbour is three times as far away as usual."""

_WORTH_A_NOTE = 0.01
"""Share of rows from which on people are told."""


@dataclass(frozen=True)
class Graph:
    """A neighbour graph and what its nodes stand for.

    Attributes
    ----------
    weights : sparse float64 array of shape (n_nodes, n_nodes)
        Symmetric, not negative; in host memory, as all of a graph.
    points : float64 array of shape (n_nodes, n_columns)
    mass : float64 array of shape (n_nodes,)
        Rows that each node stands for.
    """

    weights: csr_array
    points: np.ndarray
    mass: np.ndarray

    def components(self) -> tuple[int, np.ndarray]:
        """Tell the number of components, and that of each node."""
        from scipy.sparse.csgraph import connected_components

        count, label = connected_components(self.weights, directed=False)
        return int(count), label


def thinness(squares: Any, median: float) -> Any:
    """How sparse a row's surrounding is: the median squared distance by the row's, at most 1.

    Parameters
    ----------
    squares : float64 array of shape (n_rows,)
        Squared distance to the last neighbour; of ``numpy``, or of ``cupy`` in a pass on a GPU.
    median : float

    Returns
    -------
    share : float64 array of shape (n_rows,)

    Examples
    --------
    >>> thinness(np.array([0.0, 1.0, 4.0]), 1.0).tolist()
    [1.0, 1.0, 0.25]
    """
    return median / squares.clip(max(median, float(np.finfo(float).tiny)), None)


def sparse_note(squares: np.ndarray) -> tuple[str, ...]:
    """Tell how many rows count less because they lie in sparse surroundings; nothing if hardly any.

    Parameters
    ----------
    squares : float64 array of shape (n_rows,)
        Squared distance to the last neighbour, of all rows or a sample.

    Examples
    --------
    >>> sparse_note(np.array([1.0] * 96 + [100.0] * 4))[0][:48]
    '4.0% of the customers lie in sparse surroundings'
    """
    share = float((thinness(squares, float(np.median(squares))) < _SPARSE).mean())
    if share < _WORTH_A_NOTE:
        return ()
    return (
        f"{share:.1%} of the customers lie in sparse surroundings (their neighbours are more than "
        "3 times as far away as usual: noise or outliers) and counted less in finding the cut.",
    )


def specks_among(graph: Graph, k: int) -> np.ndarray:
    """Tell which components are to be tied to others: bool of shape (n_components,)."""
    count, label = graph.components()
    rows = np.bincount(label, graph.mass, count)
    speck = _specks(rows, k)
    if rows[speck].sum() > _ALL_SPECKS * rows.sum():
        return np.zeros(count, bool)
    return speck


def tied(graph: Graph, speck: np.ndarray, runtime: Runtime) -> Graph:
    """Tie each speck to the nearest node outside all specks, as strongly as it hangs together.

    Parameters
    ----------
    graph : Graph
    speck : bool array of shape (n_components,)
        Without any, the graph itself is given.
    runtime : Runtime

    Notes
    -----
    Tied by its own total weight, a speck costs a third of its volume to cut off, and no eigenvector
    is spent on it.
    """
    from scipy.sparse import coo_array

    if not speck.any():
        return graph
    count, label = graph.components()
    small = speck[label]
    ends, _ = shortest_ways(graph.points, label, np.flatnonzero(small), ~small, runtime)
    volume = np.bincount(label, np.asarray(graph.weights.sum(axis=1)).ravel(), count)
    half = coo_array((volume[label[ends[:, 0]]], tuple(ends.T)), shape=graph.weights.shape)
    return Graph((graph.weights + half + half.T).tocsr(), graph.points, graph.mass)


def _specks(rows: np.ndarray, k: int) -> np.ndarray:
    """Tell which components are specks, by their rows: bool of the same shape.

    Examples
    --------
    >>> _specks(np.array([50.0, 45.0, 3.0, 2.0, 0.1]), 3).tolist()
    [False, False, False, True, True]
    """
    average = rows.sum() / k
    speck: np.ndarray = rows < SPECK * average
    excess = max(len(rows) - int(speck.sum()) - k, 0)
    smallest = np.argsort(np.where(speck, np.inf, rows), kind="stable")[:excess]
    speck[smallest] |= rows[smallest] < _SPECK_IN_EXCESS * average
    return speck


def join_components(graph: Graph, runtime: Runtime) -> Any:
    """Weights between components: each with its nearest, round by round, until all hang together.

    Parameters
    ----------
    graph : Graph
    runtime : Runtime

    Returns
    -------
    between : sparse float64 array of shape (n_components, n_components)
        Inverse squared distances of the links, relative to the shortest; the links are a tree.
    """
    from scipy.sparse import coo_array

    count, label = graph.components()
    ends, squares = joining_ways(graph.points, label, runtime)
    strength = 1 / squares
    half = coo_array((strength / strength.max(), tuple(label[ends].T)), shape=(count, count))
    return (half + half.T).tocsr()
