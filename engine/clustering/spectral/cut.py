"""The normalised cut of a neighbour graph into k: coordinates of its nodes, then k-means on them.

Components are solved one by one: together, their eigenvalue 1 is there as often as there are
components, and its eigenvectors would be any mixture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.clustering.kmeans.algorithm import KMeansParams
from engine.clustering.kmeans.lloyd import best_start
from engine.clustering.spectral.eigen import leading
from engine.clustering.spectral.graph import Graph, join_components, tie_specks
from engine.errors import DataError
from engine.runtime import Runtime, one_blas_thread


@dataclass(frozen=True)
class Cut:
    """Coordinates in which segments are compact.

    Attributes
    ----------
    coordinates : float64 array of shape (n_nodes, k)
        The k leading solutions of W v = value D v, scaled so that their mean square over the
        graph's volume is 1.
    notes : tuple of str
        What was met and decided, for people.
    """

    coordinates: np.ndarray
    notes: tuple[str, ...]


def normalised_cut(graph: Graph, k: int, *, seed: int, runtime: Runtime) -> Cut:
    """Solve the relaxed normalised cut into ``k``.

    Parameters
    ----------
    graph : Graph
    k : int
        At most the number of nodes.
    seed : int
    runtime : Runtime
        On a GPU large graphs are solved there; what is given and what comes back lie on the host.

    Returns
    -------
    cut : Cut

    References
    ----------
    Shi and Malik (2000), IEEE TPAMI 22(8); Yu and Shi (2003), ICCV, for k at once.
    """
    runtime, notes = replace(runtime, on_rows=None), []
    graph, n_specks = tie_specks(graph, k, runtime)
    if n_specks:
        notes.append(
            f"Small groups of customers apart from all others (noise or outliers): {n_specks:,}. "
            "They were joined to what lies nearest, so that none became a segment of its own."
        )
    count, label = graph.components()
    if count > k > 1:
        coordinates = _between(graph, label, count, k, runtime)
        notes.append(
            f"The neighbour graph has {count:,} unconnected parts, more than the {k} segments "
            "asked for: parts near each other were put together."
        )
    elif k == 1:
        coordinates = np.ones((len(label), 1))
    else:
        coordinates = _within(graph, label, count, k, seed=seed, runtime=runtime)
    volume = float(graph.weights.sum())
    return Cut(coordinates * np.sqrt(volume), tuple(notes))


def _within(
    graph: Graph, label: np.ndarray, count: int, k: int, *, seed: int, runtime: Runtime
) -> np.ndarray:
    """Take the k largest eigenvalues of all components, of equals the first component's."""
    values, owners, columns = [], [], []
    for component in range(count):
        inside = np.flatnonzero(label == component)
        weights = graph.weights[inside][:, inside]
        n_columns, most = graph.points.shape[1], k - count + 1
        found, vectors = leading(weights, most, n_columns, seed=seed, runtime=runtime)
        # Exactly 1, so that rounding never puts another component's second before it.
        values += [2.0, *found[1:]]
        owners += [inside] * len(found)
        columns += list(vectors.T)
    best = np.argsort(-np.array(values), kind="stable")[:k]
    coordinates = np.zeros((len(label), k))
    for column, which in enumerate(best):
        coordinates[owners[which], column] = columns[which]
    return coordinates


def _between(graph: Graph, label: np.ndarray, count: int, k: int, runtime: Runtime) -> np.ndarray:
    """Cut the graph of components, of which each has the volume of its rows.

    This is the cut of the whole graph in the limit of weak links: eigenvectors are then constant
    on components.
    """
    from scipy.linalg import eigh

    between = join_components(graph, runtime).toarray()
    rows = np.bincount(label, graph.mass, count)
    scale = 1 / np.sqrt(rows / rows.mean())
    laplacian = np.diag(between.sum(axis=1)) - between
    with one_blas_thread():
        _, vectors = eigh(laplacian * scale[:, None] * scale, subset_by_index=[0, k - 1])
    volume = float(graph.weights.sum())
    coordinates: np.ndarray = (vectors * scale[:, None])[label] / np.sqrt(volume / count)
    return coordinates


def centres_in(
    coordinates: np.ndarray, k: int, n_init: int, *, seed: int, runtime: Runtime
) -> np.ndarray:
    """Centres of the best of k-means' starts on coordinates: float64 of shape (k, n_columns).

    Raises
    ------
    DataError
        There are fewer than k distinct coordinates.
    """
    few = coordinates.astype(np.float32)
    distinct = len(np.unique(few, axis=0))
    if distinct < k:
        message = (
            f"clustering.k is {k}, but spectral clustering can tell only {distinct} groups of "
            f"customers apart; ask for at most {distinct}."
        )
        raise DataError(message)
    settings = KMeansParams(n_init=n_init)
    return best_start(few, k, settings, seed=seed, runtime=runtime)[0]
