"""Communities of the neighbour graph as segments: of all rows when few, of a sample when many."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clustering.algorithm import Fit, Task
from engine.clustering.ann_methods.communities import Communities, Cuts
from engine.clustering.ann_methods.graph import Neighbours, connected, neighbours
from engine.clustering.nearest_fit import nearest_fit
from engine.clustering.representatives import Representatives
from engine.clustering.spectral.exact import check_k
from engine.clustering.spectral.graph import Graph, sparse_note
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
    return every_k(task, params, runtime).fit(task.k, runtime)


def every_k(task: Task, params: AnnParams, runtime: Runtime) -> GraphCommunities:
    """Connect the rows in the graph once, for any number of segments; raises as :func:`fit` does.

    The task's ``k`` is the least that will be asked for.
    """
    wanted = task.k if params.resolution is None else 1
    quiet = replace(runtime, on_rows=None)
    return GraphCommunities(task, params, _connected(task, params, wanted, quiet), quiet)


@dataclass(frozen=True)
class _Connected:
    """The rows in the graph, and how they are connected.

    Attributes
    ----------
    drawn : int64 array of shape (n_drawn,)
        Their numbers among all.
    points : float32 array of shape (n_points, n_columns)
        The distinct ones.
    first : int array of shape (n_points,)
        Place of each in the order of the draw.
    owner : int array of shape (n_drawn,)
        The point that each row is equal to.
    found : Neighbours
    notes : tuple of str
    cuts : Cuts
    """

    drawn: np.ndarray
    points: np.ndarray
    first: np.ndarray
    owner: np.ndarray
    found: Neighbours
    notes: tuple[str, ...]
    cuts: Cuts


def _connected(task: Task, params: AnnParams, wanted: int, runtime: Runtime) -> _Connected:
    exact = len(task.x) <= params.exact_limit
    drawn = np.arange(len(task.x)) if exact else draw(task.priority, graph_rows(task.k, params))
    if task.weights is not None:
        drawn = drawn[task.weights[drawn] > 0]
    sample = runtime.take(task.x, drawn) + np.float32(0)  # -0 becomes 0
    points, first, owner, counts = np.unique(
        sample, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    owner = owner.ravel()
    check_k(wanted, len(sample), len(points))
    if task.weights is not None:
        counts = _weighed(owner, task.weights[drawn])
    found = neighbours(
        points, params.n_neighbors, recall=params.recall, seed=task.seed, runtime=runtime
    )
    weighed = counts.dtype == float
    notes = (
        _index_note(found, len(points) if weighed else int(counts.sum())),
        *sparse_note(found.last if weighed else np.repeat(found.last, counts)),
    )
    here = Runtime(threads=runtime.threads)
    cuts = Cuts(connected(points, counts, found), seed=task.seed, runtime=here)
    return _Connected(drawn, points, first, owner, found, notes, cuts)


class GraphCommunities:
    """The neighbour graph of rows, whose communities give any number of segments.

    A fit is the same bits as :func:`fit` gives for that number, whatever was asked for before.
    """

    def __init__(self, task: Task, params: AnnParams, shared: _Connected, runtime: Runtime) -> None:
        self._task, self._params, self._shared, self._quiet = task, params, shared, runtime
        self._found: dict[int, tuple[np.ndarray, tuple[str, ...]]] = {}

    @property
    def most(self) -> int:
        """Segments that it can give: one a row at most."""
        return len(self._task.x)

    def fit(self, k: int, runtime: Runtime | None = None) -> Fit:
        """Give the fit of ``k`` segments: a pass over all rows, told where ``runtime`` tells."""
        task, shared, runtime = self._task, self._with(k), runtime or self._quiet
        segments, notes = self._segments(k)
        if len(task.x) <= self._params.exact_limit:
            all_drawn = len(shared.drawn) == len(task.x)
            labels = segments[shared.owner] if all_drawn else None
            if runtime.on_rows:
                runtime.on_rows(len(shared.drawn))
            return nearest_fit(
                task.x, shared.points, segments, self._quiet,
                labels=labels, weights=task.weights, notes=notes,
            )  # fmt: skip
        kept, found = self._representatives(segments)
        labels = found.assign(task.x, runtime=runtime)
        told = (
            f"The communities were found among {len(shared.drawn):,} of {len(task.x):,} customers; "
            f"each of the others belongs to that of the nearest of {len(kept):,} customers.",
        )
        return nearest_fit(
            task.x, shared.points[kept], segments[kept], self._quiet,
            labels=labels, weights=task.weights, notes=(*told, *notes),
        )  # fmt: skip

    def labels_of(self, rows: np.ndarray, sample: Any, k: int) -> np.ndarray:
        """Give the segments of some rows: int32 of shape (n_sample,).

        Those in the graph have their community, others that of the nearest representative.
        Parameters as in :meth:`ExactCuts.labels_of`.
        """
        drawn = self._with(k).drawn
        segments, order = self._segments(k)[0], np.argsort(drawn)
        place = np.minimum(np.searchsorted(drawn, rows, sorter=order), len(drawn) - 1)
        place = order[place]
        labels: np.ndarray = segments[self._shared.owner[place]].astype(np.int32)
        away = np.flatnonzero(drawn[place] != rows)
        if len(away):
            few = self._quiet.take(sample, away)
            labels[away] = self._representatives(segments)[1].assign(few, runtime=self._quiet)
        return labels

    def _representatives(self, segments: np.ndarray) -> tuple[np.ndarray, Representatives]:
        points = self._shared.points
        kept = _kept(segments, self._shared.first, self._params.representatives)
        middle = points[:1].astype(float)
        return kept, Representatives(points[kept].astype(float), segments[kept], middle)

    def _with(self, k: int) -> _Connected:
        """Give a graph of as many rows as ``k`` segments need."""
        task = replace(self._task, k=k)
        few = len(task.x) > self._params.exact_limit
        if few and graph_rows(k, self._params) != graph_rows(self._task.k, self._params):
            wanted = k if self._params.resolution is None else 1
            self._shared = _connected(task, self._params, wanted, self._quiet)
            self._task, self._found = task, {}
        return self._shared

    def _segments(self, k: int) -> tuple[np.ndarray, tuple[str, ...]]:
        """Find the community of each point, and what is to be told."""
        if k not in self._found:
            shared, params = self._shared, self._params
            if params.resolution is None:
                check_k(k, len(shared.drawn), len(shared.points))
                parts = shared.cuts.into(k)
            else:
                parts = shared.cuts.at(params.resolution, _USUAL_K)
            notes = (
                *shared.notes,
                *_speck_note(shared.cuts.specks),
                *_parts_note(shared.cuts.graph, parts, params),
            )
            self._found[k] = parts.labels, notes
        return self._found[k]


def _weighed(owner: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Add up the weights of equal rows; all by a power of two, so that any are float32's."""
    scale = float(np.ldexp(1.0, -int(np.frexp(weights.max())[1])))
    return np.bincount(owner, weights * scale)


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
