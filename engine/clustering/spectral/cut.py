"""The normalised cut of a neighbour graph into k: coordinates of its nodes.

Components are solved one by one: together, their eigenvalue 1 is there as often as there are
components, and its eigenvectors would be any mixture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.clustering.spectral.eigen import leading
from engine.clustering.spectral.graph import Graph, join_components, specks_among, tied
from engine.clustering.spectral.tree import slowest
from engine.places.runtime import Runtime

_SOLVED = 10
"""Eigenvectors solved at once: as many as the largest number of segments that is usually tried."""


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
    return Cuts(graph, seed=seed, runtime=runtime).into(k)


class Cuts:
    """The cuts of one graph into any number of segments; what they share is done once.

    Parameters
    ----------
    graph : Graph
    seed : int
    runtime : Runtime

    Notes
    -----
    A cut is the same bits whatever others were asked for before. Held are the graph, the same with
    specks tied, and the eigenvectors that were solved last.
    """

    def __init__(self, graph: Graph, *, seed: int, runtime: Runtime) -> None:
        self._whole, self._seed = graph, seed
        self._runtime = replace(runtime, on_rows=None)
        self._tie(np.zeros(graph.components()[0], bool))

    def _tie(self, speck: np.ndarray) -> None:
        self._specks, self._graph = speck, tied(self._whole, speck, self._runtime)
        self._count, self._label = self._graph.components()
        # Of a copy: SciPy sorts what it sums, and rows would then be added up in another order
        # for a second number of segments than for a first.
        self._volume = float(self._graph.weights.copy().sum())
        self._links: Any = None
        self._solved: dict[int, tuple[int, np.ndarray, np.ndarray]] = {}

    def into(self, k: int, n_components: int | None = None) -> Cut:
        """Cut into ``k``, as :func:`normalised_cut` does, or solve for more or fewer vectors."""
        width = min(n_components or k, len(self._label))
        speck, notes = specks_among(self._whole, k), []
        if not np.array_equal(speck, self._specks):
            self._tie(speck)
        if speck.any():
            notes.append(
                "Small groups of customers apart from all others (noise or outliers): "
                f"{speck.sum():,}. They were joined to what lies nearest, so that none became a "
                "segment of its own."
            )
        if self._count > k > 1:
            coordinates = self._between(min(width, self._count - 1))
            notes.append(
                f"The neighbour graph has {self._count:,} unconnected parts, more than the {k} "
                "segments asked for: parts near each other were put together."
            )
        elif k == 1:
            coordinates = np.ones((len(self._label), 1))
        else:
            coordinates = self._within(width)
        return Cut(coordinates * np.sqrt(self._volume), tuple(notes))

    @property
    def whole(self) -> Graph:
        """The graph as it was given, before specks are tied."""
        return self._whole

    def _within(self, k: int) -> np.ndarray:
        """Take the k largest eigenvalues of all components, of equals the first component's."""
        values, owners, columns = [], [], []
        for component in range(self._count):
            inside = np.flatnonzero(self._label == component)
            found, vectors = self._leading(component, inside, max(1, k - self._count + 1))
            # Exactly 1, so that rounding never puts another component's second before it.
            values += [2.0, *found[1:]]
            owners += [inside] * len(found)
            columns += list(vectors.T)
        best = np.argsort(-np.array(values), kind="stable")[:k]
        coordinates = np.zeros((len(self._label), k))
        for column, which in enumerate(best):
            coordinates[owners[which], column] = columns[which]
        return coordinates

    def _leading(
        self, component: int, inside: np.ndarray, most: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Give the leading eigenvectors of a component: the first of as many as are solved."""
        wanted = solved_for(most)
        if self._solved.get(component, (0,))[0] != wanted:
            self._solved.pop(component, None)
            weights, n_columns = self._graph.weights, self._graph.points.shape[1]
            if self._count > 1:
                weights = weights[inside][:, inside]
            found = leading(weights, wanted, n_columns, seed=self._seed, runtime=self._runtime)
            self._solved[component] = (wanted, *found)
        _, values, vectors = self._solved[component]
        return values[:most], vectors[:, :most]

    def _between(self, k: int) -> np.ndarray:
        """Cut the graph of components, of which each has the volume of its rows.

        This is the cut of the whole graph in the limit of weak links: eigenvectors are then
        constant on components.
        """
        if self._links is None:
            self._links = join_components(self._graph, self._runtime)
        rows = np.bincount(self._label, self._graph.mass, self._count)
        vectors = slowest(self._links, rows / rows.mean(), k, seed=self._seed)
        coordinates: np.ndarray = vectors[self._label] / np.sqrt(self._volume / self._count)
        return coordinates


def solved_for(count: int) -> int:
    """Give the number of eigenvectors that are solved where ``count`` are wanted: whole tens.

    The same for many numbers of segments, so that one solution serves them all. A component's
    first needs no solution.

    Examples
    --------
    >>> [solved_for(count) for count in (1, 2, 10, 11)]
    [1, 10, 10, 20]
    """
    return 1 if count == 1 else -(-count // _SOLVED) * _SOLVED
