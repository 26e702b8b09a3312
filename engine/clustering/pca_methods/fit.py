"""Another method's fit in the space of the leading components, told in terms of the rows."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.clustering.algorithm import Algorithm, EveryK, Fit, Task, algorithm
from engine.clustering.pca_methods.assigner import Projected, Projection
from engine.clustering.pca_methods.params import PCAMethodsParams, Settled, own_words
from engine.clustering.pca_methods.settling import settle
from engine.clustering.representatives import Representatives, in_canonical_order
from engine.clustering.sparse_rows import SparseRows
from engine.dimensionality_reduction.pca import PCA, fit_pca
from engine.errors import DataError, EngineError, failed_write, first_line
from engine.evaluation.moments import centres_and_scatter
from engine.places.runtime import Runtime
from engine.utilities.rows import counted, is_spread, mapped


def fit(task: Task, params: PCAMethodsParams, runtime: Runtime) -> Fit:
    """Cluster all rows of a task by their leading components.

    Parameters
    ----------
    task : Task
    params : PCAMethodsParams
    runtime : Runtime

    Returns
    -------
    fit : Fit
        Its representatives take rows of ``task.x``. Without a tree: one among components says
        nothing about rows before they are projected.

    Raises
    ------
    DataError
        More components asked for than there are columns; nothing varies; or what the method that
        clusters refuses.

    Notes
    -----
    O(n d^2) and O(n d m) for m components in one pass each, and what the method takes on them.
    The components of all rows are held for as long as it runs: in a file where the rows are in one.
    """
    row = _row(params, runtime)
    settled = settle(task, params, runtime)
    reduced, told = _reduce(task, settled, runtime)
    with projected(task, reduced, runtime) as inner, _own_words(params):
        found = row.runs[runtime.place](inner, params.inner, runtime)
    return replace(_lifted(task, reduced, told, found, runtime), settled=settled)


def one_cluster(task: Task, runtime: Runtime) -> Fit:
    """Put equal rows into one cluster, by the first axis in the place of components."""
    mean = runtime.take(task.x, np.zeros(1, np.int64))[0].astype(np.float64)
    pca = PCA(mean, np.eye(1, len(mean)), np.zeros(len(mean)))
    middle, one = np.zeros((1, 1)), np.zeros(1, np.int32)
    inner = Representatives(middle, one, middle)
    alone = Projected(middle, one, mean[None], pca, inner, one)
    note = "no column varies: there are no components, and all rows are one segment"
    return Fit(alone, np.zeros(len(task.x), np.int32), 1, (note,))


@dataclass(frozen=True)
class _EveryK:
    """One fit among components that gives any number of segments of the rows."""

    task: Task
    pca: PCA
    told: str
    inner: EveryK
    params: Settled
    runtime: Runtime

    @property
    def most(self) -> int:
        """Segments that it can give."""
        return self.inner.most

    def labels_of(self, rows: np.ndarray, sample: Any, k: int) -> np.ndarray:
        """Give the segments of some rows, in the order of the method that clusters."""
        runtime = self.runtime
        few = np.empty((len(sample), self.pca.n_components), np.float32)
        projection = Projection(self.pca, runtime)

        def chunk(part: Any, out: Any) -> None:
            out[:] = projection(part)

        runtime.reduce(chunk, sample, out=(few,))
        with _own_words(self.params):
            return self.inner.labels_of(rows, runtime.put(few), k)

    def fit(self, k: int) -> Fit:
        """Give the fit of ``k`` segments."""
        with _own_words(self.params):
            found = self.inner.fit(k)
        lifted = _lifted(self.task, self.pca, self.told, found, self.runtime)
        return replace(lifted, settled=self.params)


def every_k(task: Task, params: PCAMethodsParams, runtime: Runtime) -> EveryK:
    """Fit once for any number of segments, by a method that can; raises as :func:`fit` does."""
    at_once = _row(params, runtime).every_k
    assert at_once is not None
    settled = settle(task, params, runtime)
    reduced, told = _reduce(task, settled, runtime)
    with projected(task, reduced, runtime) as inner, _own_words(params):
        found = at_once(inner, params.inner, runtime)
    return _EveryK(task, reduced, told, found, settled, replace(runtime, on_rows=None))


def _row(params: PCAMethodsParams, runtime: Runtime) -> Algorithm:
    row = algorithm(params.method)
    if reason := row.refusal(runtime.place):
        message = f"{row.name} does not run on {runtime.place}: {reason}."
        raise EngineError(message)
    return row


@contextmanager
def _own_words(params: PCAMethodsParams) -> Iterator[None]:
    try:
        yield
    except DataError as error:
        raise DataError(own_words(str(error), params.method)) from None


def _reduce(task: Task, settled: Settled, runtime: Runtime) -> tuple[PCA, str]:
    """Fit the projection, and say how many components it keeps and why."""
    kept = int(settled.components)
    pca = fit_pca(task.x, kept, runtime=runtime)
    shares = task.origin.explained_variance_ratio if task.origin else pca.explained_variance_ratio
    verbs = ("is used, which holds", "are used, which hold")[kept > 1]
    told = f"{kept} of {len(shares)} components {verbs} {shares[:kept].sum():.0%} of the variance"
    return pca, f"{told}: {settled.why}" if settled.why else told


@contextmanager
def projected(task: Task, pca: PCA, runtime: Runtime) -> Iterator[Task]:
    """Give the same task among components, for as long as they are needed."""
    with _room(task.x, (len(task.x), pca.n_components), runtime) as space:
        project = Projection(pca, runtime)

        def chunk(rows: Any, target: Any) -> None:
            target[:] = project(rows)

        runtime.reduce(chunk, task.x, out=(space,))
        start = None if task.start is None else pca.transform(task.start).astype(np.float64)
        yield replace(task, x=space, origin=None, start=start)


@contextmanager
def _room(x: Any, shape: tuple[int, int], runtime: Runtime) -> Iterator[Any]:
    """Make room for float32 rows; for rows in a file in another beside it, gone when closed."""
    if is_spread(x):
        yield runtime.beside(x, np.float32, shape[1:])
        return
    size = shape[0] * shape[1] * 4
    if not isinstance(x, np.memmap) or runtime.fits(size):
        yield runtime.empty(shape)
        return
    folder = Path(x.filename).parent if x.filename else Path(tempfile.gettempdir())
    with tempfile.TemporaryFile(dir=folder) as file:
        try:
            file.truncate(size)
            if hasattr(os, "posix_fallocate"):
                # A full disk is then an error here, not a bus error while rows are written.
                os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            message = (
                f"{folder} has no room for {size / 2**30:.2f} GiB of components "
                f"({first_line(error)})."
            )
            raise failed_write(message, error, aside=True) from None
        yield np.memmap(file, np.float32, "r+", shape=shape)


def _lifted(task: Task, pca: PCA, told: str, found: Fit, runtime: Runtime) -> Fit:
    """Tell a fit among components in terms of the rows: centres there, and canonical order."""
    inner = found.representatives
    k = inner.n_segments
    sizes = counted(found.labels, k)
    if isinstance(task.x, SparseRows):
        centres = task.x.means(found.labels, sizes)
    else:
        centres, _ = centres_and_scatter(task.x, found.labels, sizes, runtime)
    centres[sizes == 0] = pca.mean + inner.centres[sizes == 0] @ pca.components
    rank, ordered = in_canonical_order(sizes, centres)
    lifted = Projected(inner.points, rank[inner.segments], ordered, pca, inner, rank)
    notes = (told, *found.notes)
    if found.tree is not None:
        notes = (*notes, "the tree is one of components, and is not kept to be cut again")
    return Fit(lifted, mapped(rank.take, found.labels), found.n_iter, notes)
