"""Samples stratified by segment: which rows are drawn, and their copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.utilities.rows import counted, is_spread, smallest_within

if TYPE_CHECKING:
    from engine.places.runtime import Runtime


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows drawn segment by segment, in the order of their hash within each.

    Attributes
    ----------
    rows : int64 array of shape (m,)
        Row numbers.
    segments : int32 array of shape (m,)
        Their segments, ascending.
    drew : int64 array of shape (k,)
        How many came from each segment.
    """

    rows: np.ndarray
    segments: np.ndarray
    drew: np.ndarray

    @property
    def place(self) -> np.ndarray:
        """Position of each row within its segment."""
        starts = np.cumsum(self.drew) - self.drew
        place: np.ndarray = np.arange(len(self.rows)) - np.repeat(starts, self.drew)
        return place


class Strata:
    """The rows of each segment, from labels of 0 to k - 1.

    Parameters
    ----------
    labels : int array of shape (n,)

    Attributes
    ----------
    sizes : int64 array of shape (k,)

    Examples
    --------
    >>> strata = Strata(np.array([1, 0, 1]))
    >>> strata.sizes.tolist()
    [1, 2]
    """

    def __init__(self, labels: Any) -> None:
        self._labels, self.sizes = labels, counted(labels)

    def smallest(
        self, priority: Any, counts: np.ndarray, salt: int | None = None
    ) -> list[np.ndarray]:
        """Draw so many rows of each segment: see :func:`~engine.utilities.rows.smallest_within`."""
        return smallest_within(priority, self._labels, counts, self.sizes, salt)


def stratified(
    strata: Strata, priority: Any, total: int, floor: int, *, least: int, salt: int | None = None
) -> Sample:
    """Draw each segment's share of a sample, and at least a floor of it.

    Parameters
    ----------
    strata : Strata
    priority : uint64 array of shape (n,)
        Hash of each row; within a segment the smallest are drawn.
    total : int
        Rows to draw in all, before floors; all rows when there are no more.
    floor : int
        Rows that each segment gives at least, or all it has. With many segments it sinks to
        ``total // k``, so that floors at most double the sample, but not below ``least``.
    least : int
        Smallest floor.
    salt : int, optional
        Draw by ``mix(priority, salt)``.

    Returns
    -------
    sample : Sample
    """
    sizes = strata.sizes
    floor = min(floor, max(total // len(sizes), least))
    share = np.ceil(min(total / sizes.sum(), 1.0) * sizes).astype(np.int64)
    drew = np.minimum(np.maximum(share, floor), sizes)
    rows = strata.smallest(priority, drew, salt)
    segments = np.repeat(np.arange(len(sizes), dtype=np.int32), drew)
    return Sample(np.concatenate(rows), segments, drew)


def gather(X: Any, rows: np.ndarray, runtime: Runtime) -> Any:
    """Copy some rows in float64, in the order asked for; a file is read from front to back."""
    if is_spread(X):
        return runtime.take(X, rows).astype(np.float64)
    order = np.argsort(rows)
    taken = runtime.put(X[rows[order] if isinstance(X, np.ndarray) else runtime.put(rows[order])])
    return taken[runtime.put(np.argsort(order))].astype(runtime.xp.float64)
