"""Sizes, means and scatter of segments, in one pass of float64 differences over the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.cuda.moments import moments_by_segment
from engine.native.moments import moments
from engine.places.runtime import chunk_bounds
from engine.utilities.rows import counted, is_spread

if TYPE_CHECKING:
    from engine.places.runtime import Runtime

_TILE = 1 << 18
"""Elements of a temporary matrix: 2 MiB of float64, which stays near a core."""

_DEVICE_TILE = 1 << 26
"""The same on a GPU, where few large steps beat many small ones: 512 MiB."""


def segment_sizes(labels: Any, n_rows: int, k: int | None, runtime: Runtime) -> np.ndarray:
    """Count the rows of each segment, int64 of shape (k,), and check the labels."""
    if n_rows == 0 or len(labels) != n_rows:
        message = f"labels must be one for each row; got {len(labels)} for {n_rows} rows."
        raise ValueError(message)
    if is_spread(labels):  # in one pass
        counts = counted(labels, k or 0)
        low, high = 0, len(counts) - 1
    else:
        low, high = int(labels.min()), int(labels.max())
    k = high + 1 if k is None else k
    if low < 0 or high >= k:
        message = f"labels must lie in 0 to {k - 1}; got {low} to {high}."
        raise ValueError(message)
    if is_spread(labels):
        return counts
    xp = runtime.xp
    counts = runtime.reduce(lambda part: xp.bincount(part, minlength=k), labels)
    return runtime.get(counts).astype(np.int64)


def centres_and_scatter(
    X: Any, labels: Any, sizes: np.ndarray, runtime: Runtime
) -> tuple[np.ndarray, np.ndarray]:
    """Mean (k, d) and scatter (k,) of each segment, in float64; zero where it is empty.

    Measured from one row of each segment: rows that are all equal then give exactly that row and
    exactly no scatter.
    """
    xp, held = runtime.xp, sizes > 0
    k, d = len(sizes), X.shape[1]
    if is_spread(labels):
        pieces = labels
        pilots = np.nan_to_num(pieces.fold(_FirstRows(held, runtime), _filled, X))
    else:
        pilots = np.zeros((k, d))
        pilots[held] = runtime.take(X, _first_numbers(runtime.get(labels), held))
    origin = runtime.put(pilots)

    def chunk(x: Any, part: Any) -> tuple[Any, Any]:
        if found := moments(x, part, pilots):
            return found[0], found[1].sum(axis=1)
        if on_device := moments_by_segment(x, part, origin, xp):
            return on_device[0], on_device[1].sum(axis=1)
        sums, squares = xp.zeros((k, d)), xp.zeros(k)
        for segment, rows in by_segment(xp, x, part, k):
            rows -= origin[segment]
            sums[segment] += xp.ones(len(rows)) @ rows  # six times as fast as a sum over rows
            squares[segment] += xp.einsum("ij,ij->", rows, rows)
        return sums, squares

    sums, squares = (runtime.get(part) for part in runtime.reduce(chunk, X, labels))
    count = np.maximum(sizes, 1)
    shift = sums / count[:, None]
    scatter = squares - count * np.einsum("ij,ij->i", shift, shift)
    return pilots + shift, np.maximum(scatter, 0.0)


@dataclass(frozen=True)
class _FirstRows:
    """Gives the first row of each segment in a piece, of those that hold rows anywhere."""

    held: np.ndarray
    runtime: Runtime

    def __call__(self, labels: Any, rows: Any) -> np.ndarray:
        found = np.full((len(self.held), rows.shape[1]), np.nan)
        numbers = _first_numbers(labels, self.held)
        here = np.flatnonzero(self.held)[numbers >= 0]
        found[here] = self.runtime.take(rows, numbers[numbers >= 0])
        return found


def _filled(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(first), second, first)


def _first_numbers(labels: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Find the first row of each segment that holds rows, in segment order; -1 without any."""
    first = np.full(len(held), -1, dtype=np.int64)
    for start, stop in chunk_bounds(len(labels)):
        segments, places = np.unique(labels[start:stop], return_index=True)
        new = first[segments] < 0
        first[segments[new]] = start + places[new]
        if (first[held] >= 0).all():
            break
    found: np.ndarray = first[held]
    return found


def by_segment(xp: Any, x: Any, labels: Any, k: int) -> Iterator[tuple[int, Any]]:
    """Take a chunk's rows segment by segment, in float64 blocks that fit a core's cache."""
    # NumPy sorts 16-bit integers by radix, ten times as fast as 32-bit ones.
    narrow = labels.astype(xp.uint16) if k <= 1 << 16 else labels
    x = xp.asarray(x).take(xp.argsort(narrow, kind="stable"), axis=0)
    tile = _TILE if xp is np else _DEVICE_TILE
    step = max(64, tile // (k + x.shape[1]))
    stop = 0
    for segment, size in enumerate(xp.bincount(labels, minlength=k).tolist()):
        start, stop = stop, stop + size
        for at in range(start, stop, step):
            yield segment, x[at : min(at + step, stop)].astype(xp.float64)
