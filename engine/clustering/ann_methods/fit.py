"""Communities of the neighbour graph as segments: of all rows when few, of a sample when many."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clustering.algorithm import Fit, Task
from engine.clustering.ann_methods.communities import Communities, into, leiden
from engine.clustering.ann_methods.graph import Neighbours, connected, neighbours
from engine.clustering.nearest_fit import nearest_fit
from engine.clustering.representatives import Representatives
from engine.clustering.spectral.exact import check_k
from engine.clustering.spectral.graph import Graph, sparse_note, tie_specks
from engine.places.runtime import Runtime
from engine.utilities.sampling import draw

if TYPE_CHECKING:
    from engine.clustering.ann_methods.params import AnnParams

_USUAL_K = 10
"""Stands for the number of segments, where it is not given, in telling what is a speck."""

_ROWS_A_SEGMENT = 20

_LEAST_A_SEGMENT = 50
"""Representatives that each segment keeps at least, where it has so many rows in the graph."""


def graph_rows(k: int, params: Any) -> int:
    """Rows in the graph where not all are: as set, or 20 a segment if that is more."""
    return max(int(params.graph_rows), _ROWS_A_SEGMENT * k)


def fit(task: Task, params: AnnParams, runtime: Runtime) -> Fit:
    """Cluster all rows of a task.

    Parameters
    ----------
    task : Task
        With ``resolution`` its ``k`` does not count: the segments are the communities. A row of
        weight 3 counts as three rows equal to it, one of weight 0 follows the nearest. Its rows may
        be ``SparseRows``: only those in the graph are made dense.
    params : AnnParams
    runtime : Runtime

    Returns
    -------
    fit : Fit
        Its representatives are rows: up to ``exact_limit`` all distinct ones; beyond, of those in
        the graph the first ``representatives``, and at least 50 a segment.

    Raises
    ------
    DataError
        ``k`` is larger than the number of rows, or of distinct rows in the graph.
    EngineError
        Faiss or scikit-network is needed and not installed.

    Notes
    -----
    Rows in the graph are customers as they came, not means: a sample keeps the thin places between
    segments, which means fill up, and no shape or mixture measured lost by it.
    """
    exact = len(task.x) <= params.exact_limit
    drawn = np.arange(len(task.x)) if exact else draw(task.priority, graph_rows(task.k, params))
    if task.weights is not None:
        drawn = drawn[task.weights[drawn] > 0]
    sample = runtime.take(task.x, drawn) + np.float32(0)  # -0 becomes 0
    points, first, owner, counts = np.unique(
        sample, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    wanted = task.k if params.resolution is None else 1
    check_k(wanted, len(sample), len(points))
    if task.weights is not None:
        counts = _weighed(owner.ravel(), task.weights[drawn])
    quiet = replace(runtime, on_rows=None)
    segments, notes = _communities(points, counts, task, params, quiet)
    if exact:
        labels = segments[owner.ravel()] if len(sample) == len(task.x) else None
        if runtime.on_rows:
            runtime.on_rows(len(sample))
        return nearest_fit(
            task.x, points, segments, quiet, labels=labels, weights=task.weights, notes=notes
        )
    kept = _kept(segments, first, params.representatives)
    found = Representatives(points[kept].astype(float), segments[kept], points[:1].astype(float))
    labels = found.assign(task.x, runtime=runtime)
    told = (
        f"The communities were found among {len(sample):,} of {len(task.x):,} customers; each of "
        f"the others belongs to that of the nearest of {len(kept):,} customers.",
    )
    points, segments, notes = points[kept], segments[kept], (*told, *notes)
    return nearest_fit(
        task.x, points, segments, quiet, labels=labels, weights=task.weights, notes=notes
    )


def _weighed(owner: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Add up the weights of equal rows; all by a power of two, so that any are float32's."""
    scale = float(np.ldexp(1.0, -int(np.frexp(weights.max())[1])))
    return np.bincount(owner, weights * scale)


def _communities(
    points: np.ndarray, counts: np.ndarray, task: Task, params: AnnParams, runtime: Runtime
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Find the community of each point, and what is to be told."""
    found = neighbours(
        points, params.n_neighbors, recall=params.recall, seed=task.seed, runtime=runtime
    )
    here = Runtime(threads=runtime.threads)
    k = task.k if params.resolution is None else _USUAL_K
    graph, n_specks = tie_specks(connected(points, counts, found), k, here)
    if params.resolution is None:
        parts = into(graph, k, seed=task.seed, runtime=here)
    else:
        labels = leiden(graph.weights, params.resolution, task.seed)
        parts = Communities(labels, int(labels.max()) + 1, params.resolution)
    notes = (
        _index_note(found, len(points) if counts.dtype == float else int(counts.sum())),
        *sparse_note(found.last if counts.dtype == float else np.repeat(found.last, counts)),
        *_speck_note(n_specks),
        *_parts_note(graph, parts, params),
    )
    return parts.labels, notes


def _index_note(found: Neighbours, n_customers: int) -> str:
    if found.kind == "exact":
        return f"The neighbours are exact: no index is needed for {n_customers:,} customers."
    return (
        f"Neighbours were looked up in a Faiss index ({found.kind}), which finds "
        f"{found.recall:.1%} of the true ones (measured on a sample)."
    )


def _speck_note(n_specks: int) -> tuple[str, ...]:
    if not n_specks:
        return ()
    return (
        f"Small groups of customers apart from all others (noise or outliers): {n_specks:,}. "
        "They were joined to what lies nearest, so that none became a segment of its own.",
    )


def _parts_note(graph: Graph, parts: Communities, params: AnnParams) -> tuple[str, ...]:
    if params.resolution is not None:
        return (f"Resolution {params.resolution:g} gives {parts.count:,} communities.",)
    if not parts.joined:
        return ()
    apart = graph.components()[0]
    return (
        f"The neighbour graph falls into {apart:,} parts that nothing connects; communities were "
        f"joined by ward's linkage on their centres until {parts.count:,} were left.",
    )


def _kept(segments: np.ndarray, first: np.ndarray, most: int) -> np.ndarray:
    """Points that stay as representatives: the first drawn, and enough of each segment.

    Parameters
    ----------
    segments : int array of shape (n_points,)
    first : int array of shape (n_points,)
        Place of each point in the order of the draw.
    most : int

    Returns
    -------
    kept : int64 array, ascending
    """
    order = np.argsort(first)
    stays = np.zeros(len(order), bool)
    stays[order[:most]] = True
    for segment in range(int(segments.max()) + 1):
        stays[order[segments[order] == segment][:_LEAST_A_SEGMENT]] = True
    return np.flatnonzero(stays)
