"""The neighbour graph of rows: who is near whom, found exactly when few and by Faiss when many.

On a GPU without Faiss every distance is looked at, however many they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.clustering.ann_methods.exact_blocks import nearest_few
from engine.clustering.ann_methods.index import FLAT_ROWS, build
from engine.clustering.spectral.graph import Graph, thinness
from engine.places.runtime import Runtime

_FARTHER = 1.5
"""What stands for the distance to neighbours that Faiss did not find, by those it found."""


@dataclass(frozen=True)
class Neighbours:
    """The nearest of each point, itself not counted.

    Attributes
    ----------
    index : int64 array of shape (n_points, k)
        -1 where fewer were found.
    last : float64 array of shape (n_points,)
        Squared distance to the last.
    recall : float
        Share of the true nearest that was found.
    kind : str
        "exact", or the kind of Faiss index.
    """

    index: np.ndarray
    last: np.ndarray
    recall: float
    kind: str


def neighbours(
    points: np.ndarray, k: int, *, recall: float, seed: int, runtime: Runtime
) -> Neighbours:
    """Find the ``k`` nearest other points of each point.

    Parameters
    ----------
    points : float32 array of shape (n_points, n_columns)
        Distinct.
    k : int
        Capped at the number of other points.
    recall : float
        Share of the true neighbours to find at least; up to 20,000 points all are.
    seed : int
    runtime : Runtime

    Returns
    -------
    neighbours : Neighbours

    Notes
    -----
    Exact up to 20,000 points, where distances in float64 decide: half the time of a flat index of
    Faiss at 16 columns, a tenth at 2. Beyond, an index of Faiss. On a GPU that is Faiss's at any
    size where it is there, and else exact at any size.
    """
    k = min(k, len(points) - 1)
    by_faiss = runtime.parts.has_faiss if runtime.device_memory else len(points) > FLAT_ROWS
    if not by_faiss:
        index, last = _exactly(points, k, runtime)
        return Neighbours(index, last, 1.0, "exact")
    made = build(points, recall=recall, k=k + 1, seed=seed, runtime=runtime)
    index, squares = made.search(points, k + 1)
    squares[index < 0] = -1
    last = squares.max(axis=1).astype(np.float64)
    last[(index < 0).any(axis=1)] *= _FARTHER
    return Neighbours(_without_self(index), last, made.recall, made.kind)


def _exactly(points: np.ndarray, k: int, runtime: Runtime) -> tuple[np.ndarray, np.ndarray]:
    nearest = nearest_few(points.astype(np.float64), k + 1, runtime)
    index, last = np.empty((len(points), k + 1), np.int64), np.empty(len(points))

    def chunk(rows: Any, out: Any, away: Any) -> None:
        out[:], squares = nearest(rows)
        away[:] = squares[:, -1]

    runtime.reduce(chunk, points, out=(index, last))
    return _without_self(index), last


def _without_self(index: np.ndarray) -> np.ndarray:
    """Leave out each point itself, or the farthest where it was not found."""
    own = index == np.arange(len(index))[:, None]
    own[~own.any(axis=1), -1] = True
    # A point is found once, so one column a row goes.
    others: np.ndarray = index[~own].reshape(len(index), index.shape[1] - 1)
    return others


def connected(points: np.ndarray, counts: np.ndarray, found: Neighbours) -> Graph:
    """Connect each point with its neighbours, sparse surroundings less.

    Parameters
    ----------
    points : float32 array of shape (n_points, n_columns)
    counts : int array of shape (n_points,)
        Rows that each stands for.
    found : Neighbours

    Returns
    -------
    graph : Graph
        Its weights are float32 with int32 indices. An edge weighs half for each side that names
        the other, times the rows of the side that names, times the root of both sides'
        :func:`~engine.clustering.spectral.graph.thinness`.
    """
    from scipy.sparse import csr_array

    n, k = found.index.shape
    thin = np.sqrt(thinness(found.last, float(np.median(found.last)))) if n else np.empty(0)
    side = (np.repeat(counts / 2 * thin, k) * thin[found.index.ravel()]).astype(np.float32)
    side[found.index.ravel() < 0] = 0
    columns = np.maximum(found.index, 0).astype(np.int32).ravel()
    starts = (np.arange(n + 1) * k).astype(np.int32)
    named = csr_array((side, columns, starts), (n, n))
    named.eliminate_zeros()
    weights = (named + named.T).tocsr()
    return Graph(weights, points.astype(np.float64), counts.astype(float))
