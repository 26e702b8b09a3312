"""Samples stratified by segment: which rows are drawn, and their copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.utilities.sampling import draw

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


def split(labels: np.ndarray) -> list[np.ndarray]:
    """List the row numbers of each segment, from labels of 0 to k - 1.

    Examples
    --------
    >>> [rows.tolist() for rows in split(np.array([1, 0, 1]))]
    [[1], [0, 2]]
    """
    counts = np.bincount(labels)
    # NumPy sorts 16-bit integers by radix, ten times as fast as 32-bit ones.
    narrow = labels.astype(np.uint16) if len(counts) <= 1 << 16 else labels
    return np.split(np.argsort(narrow, kind="stable"), np.cumsum(counts)[:-1])


def stratified(
    strata: list[np.ndarray], priority: np.ndarray, total: int, floor: int, *, least: int
) -> Sample:
    """Draw each segment's share of a sample, and at least a floor of it.

    Parameters
    ----------
    strata : list of int64 arrays
        Row numbers of each segment.
    priority : uint64 array of shape (n,)
        Hash of each row; within a segment the smallest are drawn.
    total : int
        Rows to draw in all, before floors; all rows when there are no more.
    floor : int
        Rows that each segment gives at least, or all it has. With many segments it sinks to
        ``total // k``, so that floors at most double the sample, but not below ``least``.
    least : int
        Smallest floor.

    Returns
    -------
    sample : Sample
    """
    sizes = np.array([len(rows) for rows in strata])
    floor = min(floor, max(total // len(sizes), least))
    share = np.ceil(min(total / sizes.sum(), 1.0) * sizes).astype(np.int64)
    drew = np.minimum(np.maximum(share, floor), sizes)
    rows = [s[draw(priority[s], int(m))] for s, m in zip(strata, drew, strict=True)]
    segments = np.repeat(np.arange(len(sizes), dtype=np.int32), drew)
    return Sample(np.concatenate(rows), segments, drew)


def gather(X: Any, rows: np.ndarray, runtime: Runtime) -> Any:
    """Copy some rows in float64, in the order asked for; a file is read from front to back."""
    order = np.argsort(rows)
    taken = runtime.put(X[rows[order] if isinstance(X, np.ndarray) else runtime.put(rows[order])])
    return taken[runtime.put(np.argsort(order))].astype(runtime.xp.float64)
