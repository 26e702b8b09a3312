"""Spectral clustering of many rows by landmarks: two passes over the rows, beyond a million one.

The first adds up which landmarks share rows (a million rows tell); the small graph of landmarks is
cut; the second lifts the cut's coordinates to every row and assigns it. The cut of the landmark
graph solves that of the bipartite graph of rows and landmarks (Li, Wu and Chang, CVPR 2012; Huang
et al., 2020).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clustering.algorithm import Fit, Task
from engine.clustering.label_sums import label_sums
from engine.clustering.representatives import in_canonical_order
from engine.clustering.spectral.assigner import Landmarks, Lift
from engine.clustering.spectral.bipartite import landmark_graph, last_squares, place_landmarks
from engine.clustering.spectral.cut import Cuts
from engine.clustering.spectral.distinct import n_distinct
from engine.clustering.spectral.exact import check_k
from engine.clustering.spectral.graph import sparse_note
from engine.clustering.spectral.neighbours import NearestFew
from engine.clustering.spectral.rounding import Rounding
from engine.places.runtime import Runtime
from engine.utilities.rows import is_spread, mapped
from engine.utilities.sampling import draw

if TYPE_CHECKING:
    from engine.clustering.spectral.params import SpectralParams

SAMPLE_ROWS = 50_000
"""Rows that landmarks are moved on."""

GRAPH_ROWS = 1_000_000
"""Rows that the landmark graph is made from: 1,000 a landmark. All of 5 million take twice the
time for the same segments."""

_LIFTED_ROWS = 20_000
"""Rows of the sample whose coordinates are rounded."""

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
    return every_k(task, params, runtime).fit(task.k, runtime)


def every_k(
    task: Task, params: SpectralParams, runtime: Runtime, n_components: int | None = None
) -> LandmarkCuts:
    """Connect landmarks once, for any number of segments; raises as :func:`fit` does.

    The task's ``k`` is the least that will be asked for; there are as many eigenvectors, or
    ``n_components``.
    """
    rounding = Rounding.of(params, task.seed, replace(runtime, on_rows=None), n_components)
    return LandmarkCuts(task, params, connected(task, params, runtime), rounding)


@dataclass(frozen=True)
class Connected:
    """Landmarks and their graph: what all fits share that have as many of them.

    Attributes
    ----------
    sample : float32 array of shape (n_sample, n_columns)
    points : float64 array of shape (n_landmarks, n_columns)
    wanted : int
        Landmarks asked for; equal ones are left out.
    nearest : int
        Landmarks that each row is connected with.
    notes : tuple of str
    cuts : Cuts
    """

    sample: np.ndarray
    points: np.ndarray
    wanted: int
    nearest: int
    notes: tuple[str, ...]
    cuts: Cuts


def connected(task: Task, params: SpectralParams, runtime: Runtime) -> Connected:
    """Place landmarks for ``task.k`` and connect them; raises as :func:`fit` does."""
    several, spread = len(task.x) <= GRAPH_ROWS, is_spread(task.x)
    drawn = draw(task.priority, SAMPLE_ROWS if several or spread else GRAPH_ROWS)
    graph_rows = task.x if several or spread else runtime.take(task.x, drawn)
    sample = runtime.take(task.x, drawn[:SAMPLE_ROWS])
    told = runtime if several else replace(runtime, on_rows=None)
    wanted = n_landmarks(task.k, params)
    points = place_landmarks(sample, wanted, task.k, runtime)
    near = NearestFew(points, params.nearest_landmarks, runtime)
    last = last_squares(sample, near, runtime)
    some = None if several or not spread else (task.priority, GRAPH_ROWS)
    graph = landmark_graph(graph_rows, points, near, float(np.median(last)), told, some)
    cuts = Cuts(graph, seed=task.seed, runtime=runtime)
    return Connected(sample, points, wanted, near.p, sparse_note(last), cuts)


class LandmarkCuts:
    """The graph of landmarks, which gives any number of segments.

    A fit is the same bits as :func:`fit` gives for that number, whatever was asked for before.
    """

    def __init__(
        self, task: Task, params: SpectralParams, shared: Connected, rounding: Rounding
    ) -> None:
        self._task, self._params, self._shared = task, params, shared
        self._quiet, self._rounding = rounding.runtime, rounding
        self._found: dict[int, tuple[Landmarks, tuple[str, ...]]] = {}

    @property
    def cuts(self) -> Cuts:
        """The graph of landmarks."""
        return self._shared.cuts

    @property
    def most(self) -> int:
        """Segments that it can give: no more than the rows that landmarks are placed on."""
        return len(self._shared.sample)

    def fit(self, k: int, runtime: Runtime | None = None) -> Fit:
        """Give the fit of ``k`` segments: one pass over all rows, told where ``runtime`` tells."""
        found, notes = self._cut(k)
        n_iter = 2 if len(self._task.x) <= GRAPH_ROWS else 1
        fitted = _settle(self._task.x, found, notes, runtime or self._quiet)
        return replace(fitted, n_iter=n_iter)

    def labels_of(self, rows: np.ndarray, sample: Any, k: int) -> np.ndarray:
        """Give the segments of some rows, in an order of their own: int32 of shape (n_sample,).

        Only these are looked at. Parameters as in :meth:`ExactCuts.labels_of`.
        """
        return self._cut(k)[0].assign(sample, runtime=self._quiet)

    def _cut(self, k: int) -> tuple[Landmarks, tuple[str, ...]]:
        if k not in self._found:
            shared = self._with(k)
            cut = shared.cuts.into(k, self._rounding.n_components)
            few = shared.sample[:_LIFTED_ROWS]
            lifted = _lift_few(few, shared.points, cut.coordinates, shared.nearest, self._quiet)
            marks = self._rounding.marks_in(lifted, k)
            found = _unnumbered(shared.points, cut.coordinates, marks, shared.nearest)
            self._found[k] = found, (*shared.notes, *cut.notes)
        return self._found[k]

    def _with(self, k: int) -> Connected:
        """Give as many landmarks as ``k`` segments need."""
        if self._shared.wanted != n_landmarks(k, self._params):
            self._shared = connected(replace(self._task, k=k), self._params, self._quiet)
        sample = self._shared.sample
        if k > len(self._shared.points):
            check_k(k, len(sample), n_distinct(sample + np.float32(0)))
        return self._shared


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
    marks = runtime.beside(x, np.int32)

    def chunk(rows: Any, out: Any) -> tuple[Any, Any]:
        out[:] = lift.mark(rows)
        return label_sums(rows, out, k, xp)

    counts, sums = runtime.reduce(chunk, x, out=(marks,))
    centres = sums / np.maximum(counts, 1)[:, None]
    rank, ordered = in_canonical_order(counts, centres)
    found = replace(found, mark_segments=rank, centres=ordered)
    quiet = Runtime(threads=runtime.threads)
    of_landmarks = found.assign(found.points.astype(np.float32), runtime=quiet)
    return Fit(replace(found, segments=of_landmarks), mapped(rank.take, marks), 1, notes)
