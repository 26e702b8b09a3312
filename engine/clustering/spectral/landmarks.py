"""Spectral clustering of many rows by landmarks: two passes over the rows, beyond a million one.

The first adds up which landmarks share rows (a million rows tell); the small graph of landmarks is
cut; the second lifts the cut's coordinates to every row and assigns it. The cut of the landmark
graph solves that of the bipartite graph of rows and landmarks (Li, Wu and Chang, CVPR 2012; Huang
et al., 2020).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clustering.algorithm import Fit, Task
from engine.clustering.kmeans.lloyd import lloyd_step
from engine.clustering.representatives import canonical_order
from engine.clustering.spectral.assigner import Landmarks, Lift, affinities
from engine.clustering.spectral.cut import centres_in, normalised_cut
from engine.clustering.spectral.exact import check_k
from engine.clustering.spectral.graph import Graph, sparse_note, thinness
from engine.clustering.spectral.neighbours import NearestFew
from engine.runtime import Runtime
from engine.utilities.sampling import draw

if TYPE_CHECKING:
    from engine.clustering.spectral.algorithm import SpectralParams

SAMPLE_ROWS = 50_000
"""Rows that landmarks are moved on."""

GRAPH_ROWS = 1_000_000
"""Rows that the landmark graph is made from: 1,000 a landmark. All of 5 million take twice the
time for the same segments."""

_LIFTED_ROWS = 20_000
"""Rows of the sample that k-means sees the coordinates of."""

_MOVES = 3
"""Lloyd steps from random rows. Landmarks must be as dense as the rows: k-means++ starts and many
steps give most of them to noise."""

_LANDMARKS_A_SEGMENT = 20


def n_landmarks(k: int, params: Any) -> int:
    """Landmarks to draw: as set, or 20 a segment if that is more."""
    return max(int(params.landmarks), _LANDMARKS_A_SEGMENT * k)


def fit(task: Task, params: SpectralParams, runtime: Runtime) -> Fit:
    """Cluster all rows of a task by landmarks.

    Returns
    -------
    fit : Fit
        Its representatives are :class:`Landmarks`.

    Raises
    ------
    DataError
        ``k`` is larger than the number of rows, or of distinct rows in the sample.

    References
    ----------
    Huang, Wang, Wu, Lai and Kwoh (2020), Ultra-scalable spectral clustering and ensemble
    clustering, IEEE TKDE 32(6), doi:10.1109/TKDE.2019.2903410.

    Notes
    -----
    O(n x n_landmarks x n_columns) time, O(n_landmarks^2) memory beside labels and chunks.
    """
    several = len(task.x) <= GRAPH_ROWS
    drawn = draw(task.priority, SAMPLE_ROWS if several else GRAPH_ROWS)
    graph_rows = task.x if several else runtime.take(task.x, drawn)
    sample = runtime.take(task.x, drawn[:SAMPLE_ROWS])
    told = runtime if several else replace(runtime, on_rows=None)
    points = place_landmarks(sample, n_landmarks(task.k, params), task.k, runtime)
    near = NearestFew(points, params.nearest_landmarks, runtime)
    last = _last_squares(sample, near, runtime)
    graph = landmark_graph(graph_rows, points, near, float(np.median(last)), told)
    del graph_rows
    cut = normalised_cut(graph, task.k, seed=task.seed, runtime=runtime)
    lifted = _lift_few(sample[:_LIFTED_ROWS], points, cut.coordinates, near.p, runtime)
    marks = centres_in(lifted, task.k, params.n_init, seed=task.seed, runtime=runtime)
    found = _unnumbered(points, cut.coordinates, marks, near.p)
    notes = (*sparse_note(last), *cut.notes)
    return replace(_settle(task.x, found, notes, runtime), n_iter=2 if several else 1)


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
    sample = sample + np.float32(0)  # -0 becomes 0
    distinct, first = np.unique(sample, axis=0, return_index=True)
    check_k(k, len(sample), len(distinct))
    points = sample[np.sort(first)[:m]].astype(np.float64)
    quiet = replace(runtime, on_rows=None)
    for _ in range(_MOVES if len(distinct) > m else 0):
        counts, sums = lloyd_step(runtime.put(sample), points, quiet)
        points = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], points)
    _, first = np.unique(points, axis=0, return_index=True)
    return points[np.sort(first)]


def _last_squares(sample: np.ndarray, near: NearestFew, runtime: Runtime) -> np.ndarray:
    last = np.empty(len(sample))

    def chunk(rows: Any, out: Any) -> None:
        out[:] = near(rows)[1][:, -1]

    replace(runtime, on_rows=None).reduce(chunk, sample, out=(last,))
    return last


def landmark_graph(
    x: np.ndarray, points: np.ndarray, near: NearestFew, median: float, runtime: Runtime
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

    Returns
    -------
    graph : Graph
        Weights: sum over rows of affinity x affinity, times :func:`thinness`: rows in sparse
        surroundings bridge segments, and count less. Mass: sum of affinities.
    """
    from scipy.sparse import csr_array

    m, xp = len(points), runtime.xp
    add_rows = _dense_products if runtime.device_memory else _sparse_products

    def chunk(rows: Any) -> tuple[Any, Any]:
        index, squares = near(rows)
        affinity = affinities(squares, xp)
        share = thinness(squares[:, -1], median)
        mass = xp.bincount(index.ravel(), affinity.ravel(), m)
        return add_rows(xp, index, affinity, share, m), mass

    weights, mass = runtime.reduce(chunk, x)
    weights = csr_array(weights)
    # Exactly symmetric: sums of the two halves may differ by their last bits.
    return Graph(((weights + weights.T) / 2).tocsr(), points, np.asarray(mass))


def _sparse_products(_: Any, index: Any, affinity: Any, share: Any, m: int) -> Any:
    from scipy.sparse import csr_array

    n, p = index.shape
    starts = np.arange(0, n * p + 1, p)
    left = csr_array((affinity.ravel(), index.ravel(), starts), (n, m))
    right = csr_array(((affinity * share[:, None]).ravel(), index.ravel(), starts), (n, m))
    return left.T.tocsr() @ right


def _dense_products(xp: Any, index: Any, affinity: Any, share: Any, m: int) -> Any:
    total = xp.zeros(m * m)
    for j in range(index.shape[1]):
        weight = affinity * (affinity[:, j] * share)[:, None]
        cell = index[:, j, None] * m + index
        total += xp.bincount(cell.ravel(), weight.ravel(), m * m)
    return total.reshape(m, m)


def _unnumbered(
    points: np.ndarray, coordinates: np.ndarray, marks: np.ndarray, nearest: int
) -> Landmarks:
    """Landmarks whose segments are not yet in order, with room for what is not yet known."""
    k = len(marks)
    return Landmarks(
        points=points,
        segments=np.zeros(len(points), np.int32),
        centres=np.zeros((k, points.shape[1])),
        coordinates=coordinates,
        marks=marks,
        mark_segments=np.arange(k, dtype=np.int32),
        nearest=nearest,
    )


def _lift_few(
    few: np.ndarray, points: np.ndarray, coordinates: np.ndarray, nearest: int, runtime: Runtime
) -> np.ndarray:
    lift = Lift(_unnumbered(points, coordinates, coordinates[:1], nearest), runtime)
    lifted = np.empty((len(few), coordinates.shape[1]), np.float32)

    def chunk(rows: Any, out: Any) -> None:
        out[:] = lift.coordinates(rows)

    replace(runtime, on_rows=None).reduce(chunk, few, out=(lifted,))
    return lifted


def _settle(x: np.ndarray, found: Landmarks, notes: tuple[str, ...], runtime: Runtime) -> Fit:
    """Assign every row, and put the segments in canonical order by what was counted on the way."""
    k, xp, lift = len(found.marks), runtime.xp, Lift(found, runtime)
    marks = np.empty(len(x), np.int32)

    def chunk(rows: Any, out: Any) -> tuple[Any, Any]:
        out[:] = mark = lift.mark(rows)
        wide = rows.astype(np.float64)
        sums = [xp.bincount(mark, wide[:, c], k) for c in range(rows.shape[1])]
        return xp.bincount(mark, minlength=k), xp.stack(sums, axis=1)

    counts, sums = runtime.reduce(chunk, x, out=(marks,))
    centres = sums / np.maximum(counts, 1)[:, None]
    order = canonical_order(counts, centres)
    rank = np.empty(k, np.int32)
    rank[order] = np.arange(k, dtype=np.int32)
    found = replace(found, mark_segments=rank, centres=np.ascontiguousarray(centres[order]))
    quiet = Runtime(threads=runtime.threads)
    of_landmarks = found.assign(found.points.astype(np.float32), runtime=quiet)
    return Fit(replace(found, segments=of_landmarks), rank[marks], 1, notes)
