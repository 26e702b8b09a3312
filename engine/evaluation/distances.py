"""Mean Euclidean distances of some rows to every segment, and how much they would vary."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.cuda.distances import distance_sums as sums_on_device
from engine.evaluation.strata import Sample, gather
from engine.native.distances import distance_sums, takes

if TYPE_CHECKING:
    from engine.places.runtime import Runtime

_SUMS = 1 << 20  # elements of one block of distance sums: 8 MiB
_TILE = (256, 1024)  # rows x reference rows whose distances a thread of a CPU holds: 2 MiB
_POINTS = 256  # those that a thread of kernels measures: all rows are turned for them once more
_DEVICE_ROWS = 4096  # rows of that on a GPU, where few large steps beat many small ones


def mean_distances(
    X: Any, sizes: np.ndarray, chosen: Sample, others: Sample, *, groups: int, runtime: Runtime
) -> Iterator[tuple[slice, Iterator[np.ndarray]]]:
    """Measure the mean distance of each chosen row to the other rows of each segment.

    Parameters
    ----------
    X : float32 array of shape (n, d)
        Only the sampled rows are read.
    sizes : int64 array of shape (k,)
        Rows of each segment.
    chosen, others : Sample
        Rows to measure, and rows to measure against; a row in both is left out of its own mean.
    groups : int
        Groups that ``others`` is dealt into within segments, G; none when it is all rows.
    runtime : Runtime
        Where and with how many threads.

    Yields
    ------
    block : slice
        Positions among the chosen rows; blocks bound the memory.
    means : iterator of float64 arrays of shape (len(block), k)
        The mean distances; then, without each of the G groups in turn, what they would be: moved
        only sqrt(1 - drawn / size) of the way, so that their spread is that of a sample without
        replacement, none where all of a segment was drawn. Infinite to a segment without rows.

    Notes
    -----
    O(m r d) operations for m chosen and r other rows. Distances are ``|x|^2 + |y|^2 - 2 x.y`` in
    float64 on rows less their mean. The squared norms are shrunk by (4 d + 8) u, u = 2^-53, more
    than the rounding of all three terms, and what falls below zero is zero: equal rows are at
    exactly 0. Others are off by at most about 1e-7 of their distance from the mean, which is the
    resolution of float32, and by 1e-14 or so where they are as far from each other as from it.
    """
    if (others.drew == sizes).all():
        groups = 1
    # Rows come in the order of a hash within their segment: dealing them out is random.
    codes = others.segments * groups + others.place % groups
    order = np.argsort(codes, kind="stable")
    rows, codes = others.rows[order], codes[order]
    left, right = _factors(X, chosen.rows, rows, runtime)
    counts = np.bincount(codes, minlength=len(sizes) * groups)
    scale = np.sqrt(1.0 - others.drew / np.maximum(sizes, 1))
    own = _own_codes(chosen.rows, rows, codes)
    step = max(1, _SUMS // len(counts))
    for at in range(0, len(own), step):
        block = slice(at, at + step)
        sums = _sums(runtime, left[block], right, codes, len(counts))
        yield block, _means(sums.reshape(-1, len(sizes), groups), counts, own[block], scale)


def _means(
    sums: np.ndarray, counts: np.ndarray, own: np.ndarray, scale: np.ndarray
) -> Iterator[np.ndarray]:
    """Turn sums (m, k, G) into means (m, k), then into those without each group."""
    m, k, groups = sums.shape
    drew = np.tile(counts.astype(np.float64), (m, 1))
    drew[np.flatnonzero(own >= 0), own[own >= 0]] -= 1.0  # itself, at a distance of exactly 0
    drew = drew.reshape(m, k, groups)
    total, count = sums.sum(axis=2), drew.sum(axis=2)
    means = np.where(count > 0, total / np.maximum(count, 1.0), np.inf)
    yield means
    for g in range(groups if groups > 1 else 0):
        left = count - drew[:, :, g]
        without = np.where(left > 0, (total - sums[:, :, g]) / np.maximum(left, 1.0), means)
        change = np.subtract(without, means, out=np.zeros((m, k)), where=np.isfinite(means))
        yield means + scale * change


def _own_codes(chosen: np.ndarray, rows: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Code (segment and group) of each chosen row's own row in the reference, or -1."""
    order = np.argsort(rows)
    place = np.searchsorted(rows, chosen, sorter=order)
    place = order[np.minimum(place, len(order) - 1)]
    return np.where(rows[place] == chosen, codes[place], -1)


def _factors(X: Any, chosen: np.ndarray, others: np.ndarray, runtime: Runtime) -> tuple[Any, Any]:
    """Two matrices whose product is the squared distances, |x|^2 + |y|^2 - 2 x.y.

    One matrix product instead of three passes over the distances.
    """
    xp = runtime.xp
    points, rows = gather(X, chosen, runtime), gather(X, others, runtime)
    centre = rows.mean(axis=0)
    points, rows = points - centre, rows - centre
    shrink = 1.0 - (4 * rows.shape[1] + 8) * 2.0**-53
    near = shrink * xp.einsum("ij,ij->i", points, points)[:, None]
    far = shrink * xp.einsum("ij,ij->i", rows, rows)[:, None]
    left = xp.concatenate([-2.0 * points, xp.ones((len(points), 1)), near], axis=1)
    right = xp.concatenate([rows, far, xp.ones((len(rows), 1))], axis=1)
    return left, right


def _sums(runtime: Runtime, left: Any, right: Any, codes: np.ndarray, n_codes: int) -> np.ndarray:
    """Add up the distances of points to all rows, by code: (m, n_codes)."""
    if runtime.device_memory:
        cells = runtime.cells(0)
        found = sums_on_device(left, right, codes, n_codes, xp=runtime.xp, cells=cells)
        if found is not None:
            return runtime.get(found)
    if not takes(left, right):
        return runtime.get(runtime.reduce(_summer(runtime, left, n_codes), right, codes))
    runs = np.array(_runs(codes), np.int64).reshape(-1, 3).T
    of, ends = np.ascontiguousarray(runs[0]), np.ascontiguousarray(runs[2])
    parts = [left[at : at + _POINTS] for at in range(0, len(left), _POINTS)]
    return np.concatenate(
        runtime.map(lambda part: distance_sums(part, right, ends, of, n_codes), parts)
    )


def _summer(runtime: Runtime, left: Any, n_codes: int) -> Any:
    """Make the function that adds up distances from ``left`` to a chunk of rows, by code."""
    xp, (high, wide) = runtime.xp, _tile(runtime)

    def add_up(right: Any, part: Any) -> Any:
        codes = runtime.get(part)
        sums = xp.zeros((len(left), n_codes))
        for at in range(0, len(right), wide):
            runs = _runs(codes[at : at + wide])
            columns = right[at : at + wide].T
            for top in range(0, len(left), high):
                tile = left[top : top + high] @ columns
                xp.maximum(tile, 0.0, out=tile)
                xp.sqrt(tile, out=tile)
                for code, start, stop in runs:
                    sums[top : top + high, code] += tile[:, start:stop].sum(axis=1)
        return sums

    return add_up


def _tile(runtime: Runtime) -> tuple[int, int]:
    if not runtime.device_memory:
        return _TILE
    return _DEVICE_ROWS, runtime.cells(0) // _DEVICE_ROWS


def _runs(codes: np.ndarray) -> list[tuple[int, int, int]]:
    """Code, start and stop of each run of equal codes.

    Examples
    --------
    >>> _runs(np.array([3, 3, 5]))
    [(3, 0, 2), (5, 2, 3)]
    """
    edges = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(codes)]
    return [(int(codes[a]), a, b) for a, b in pairwise(edges)]
