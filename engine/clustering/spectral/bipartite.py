"""Places landmarks among rows, and connects those that share rows: the graph that is cut."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from engine.clustering.kmeans.passes import lloyd_step
from engine.clustering.spectral.assigner import affinities
from engine.clustering.spectral.exact import check_k
from engine.clustering.spectral.graph import Graph, thinness
from engine.clustering.spectral.neighbours import NearestFew, far_unit
from engine.places.runtime import Runtime
from engine.utilities.rows import kth_smallest

_MOVES = 3
"""Lloyd steps from random rows. Landmarks must be as dense as the rows: k-means++ starts and many
steps give most of them to noise."""

_CELLS = 1 << 22
"""Affinities of rows and all landmarks, held at a time on a GPU: 32 MiB."""


def place_landmarks(sample: np.ndarray, m: int, k: int, runtime: Runtime) -> np.ndarray:
    """Move distinct rows of the sample towards the middle of what they stand for.

    Parameters
    ----------
    sample : float32 array of shape (n_rows, n_columns)
        In the order of the draw.
    m : int
        Landmarks; fewer where there are fewer distinct rows.
    k : int
        Least number of landmarks.
    runtime : Runtime

    Returns
    -------
    points : float64 array of shape (at most m, n_columns)
        Distinct.

    Raises
    ------
    DataError
        Fewer distinct rows than ``k``.
    """
    unit = far_unit(sample)
    sample = (sample + np.float32(0)) / np.float32(unit)  # -0 becomes 0
    distinct, first = np.unique(sample, axis=0, return_index=True)
    check_k(k, len(sample), len(distinct))
    points = sample[np.sort(first)[:m]].astype(np.float64)
    quiet = replace(runtime, on_rows=None)
    for _ in range(_MOVES if len(distinct) > m else 0):
        counts, sums = lloyd_step(runtime.put(sample), points, quiet)
        points = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], points)
    _, first = np.unique(points, axis=0, return_index=True)
    placed: np.ndarray = points[np.sort(first)] * unit
    return placed


def last_squares(sample: np.ndarray, near: NearestFew, runtime: Runtime) -> np.ndarray:
    """Squared distance of each row to the last of its landmarks: float64 of shape (n_rows,)."""
    last = np.empty(len(sample))

    def chunk(rows: Any, out: Any) -> None:
        out[:] = near(rows)[1][:, -1]

    replace(runtime, on_rows=None).reduce(chunk, sample, out=(last,))
    return last


def landmark_graph(
    x: Any,
    points: np.ndarray,
    near: NearestFew,
    median: float,
    runtime: Runtime,
    some: tuple[Any, int] | None = None,
) -> Graph:
    """Connect landmarks by the rows they share, in one pass over those.

    Parameters
    ----------
    x : float32 array of shape (n_rows, n_columns)
    points : float64 array of shape (n_landmarks, n_columns)
    near : NearestFew
        Of the landmarks.
    median : float
        Of the rows' squared distance to the last of their landmarks.
    runtime : Runtime
    some : tuple of (uint64 array of shape (n_rows,), int), optional
        The rows' priorities, and how many of the smallest count: all without it.

    Returns
    -------
    graph : Graph
        Weights: sum over rows of affinity x affinity, times :func:`thinness`: rows in sparse
        surroundings bridge segments, and count less. Mass: sum of affinities.
    """
    from scipy.sparse import csr_array

    m, xp = len(points), runtime.xp
    add_rows = runtime.either(_dense_products, _sparse_products)
    most = kth_smallest(*some) if some else None

    def chunk(rows: Any, *priority: Any) -> tuple[Any, Any] | None:
        if priority:
            rows = rows[priority[0] <= most]
        if not len(rows):
            return None
        index, squares = near(rows)
        affinity = affinities(squares, xp)
        share = thinness(squares[:, -1], median)
        weights, mass = add_rows(index, affinity, share, m, xp=xp)
        return weights, mass

    weights, mass = runtime.reduce(chunk, x, *(some[:1] if some else ()))
    weights = csr_array(weights)
    # Exactly symmetric: sums of the two halves may differ by their last bits.
    return Graph(((weights + weights.T) / 2).tocsr(), points, np.asarray(mass))


def _sparse_products(index: Any, affinity: Any, share: Any, m: int, *, xp: Any) -> tuple[Any, Any]:
    from scipy.sparse import csr_array

    n, p = index.shape
    starts = xp.arange(0, n * p + 1, p)
    left = csr_array((affinity.ravel(), index.ravel(), starts), (n, m))
    right = csr_array(((affinity * share[:, None]).ravel(), index.ravel(), starts), (n, m))
    mass = np.bincount(index.ravel(), affinity.ravel(), m)
    return left.T.tocsr() @ right, mass


def _dense_products(index: Any, affinity: Any, share: Any, m: int, *, xp: Any) -> tuple[Any, Any]:
    """Give the weights and the mass by products of rows that hold a cell for each landmark.

    Not by CuPy's ``bincount``, which adds weights in another order each time.
    """
    weights, mass = xp.zeros((m, m)), xp.zeros(m)
    step = max(1, _CELLS // m)
    for start in range(0, len(index), step):
        some = index[start : start + step]
        held = xp.zeros((len(some), m))
        held[xp.arange(len(some))[:, None], some] = affinity[start : start + step]
        mass += xp.ones(len(some)) @ held
        weights += held.T @ (held * share[start : start + step, None])
    return weights, mass
