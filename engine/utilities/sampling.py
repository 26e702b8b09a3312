"""Seeded samples that do not depend on row order, blocks or threads.

Every row has a priority, a 64-bit hash of its customer id (in the pipeline) or of its row number
(in the estimators). A sample of m rows is the m rows of smallest priority, so the same customers
are drawn wherever they stand in the file, and a larger sample contains the smaller one.
"""

from __future__ import annotations

import math
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.places.runtime import chunk_bounds

if TYPE_CHECKING:
    import polars as pl

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)

_BLOCK = 1 << 12
"""Numbers hashed at a time, so that what is made of them on the way stays in a core's cache."""


def mix(values: Any, salt: int = 0) -> Any:
    """Hash 64-bit integers by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).

    Parameters
    ----------
    values : uint64 array
        NumPy or CuPy; not changed.
    salt : int
        Another salt gives an independent hash.

    Returns
    -------
    hashed : uint64 array of the same shape

    Examples
    --------
    >>> import numpy as np
    >>> mix(np.array([0, 1], dtype=np.uint64)).tolist()
    [16294208416658607535, 10451216379200822465]
    """
    if hasattr(values, "pieces"):  # spread over workers
        return values.map(partial(mix, salt=salt))
    offset = np.uint64((salt * 0xD1342543DE82EF95 + 0x9E3779B97F4A7C15) % 2**64)
    z = values + offset if salt else values + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def row_priority(n_rows: int, seed: int, start: int = 0) -> np.ndarray:
    """Priorities of rows by their number, from ``start``: uint64 of shape (n_rows,)."""
    found = np.empty(n_rows, np.uint64)
    for first in range(0, n_rows, _BLOCK):
        numbers = np.arange(start + first, start + min(first + _BLOCK, n_rows), dtype=np.uint64)
        found[first : first + _BLOCK] = mix(numbers, seed + 1)
    return found


def id_priority(ids: pl.Series, seed: int) -> np.ndarray:
    """Priorities of customers by their id: uint64, shape (n_rows,).

    Integers are hashed as they are; text by its CRC-32 first, which is the same on every machine
    and in every version (a dataframe library's own hash is neither). Two ids that share a CRC-32
    are drawn together, which changes no estimate.
    """
    if ids.dtype.is_integer():
        keys = ids.to_numpy().astype(np.int64, copy=False).view(np.uint64)
    else:
        texts = ids.cast(str).to_list()
        keys = np.fromiter((zlib.crc32(t.encode()) for t in texts), np.uint64, count=len(texts))
    hashed = np.empty_like(keys)
    for start, stop in chunk_bounds(len(keys)):  # what a core's cache holds, not six times all
        hashed[start:stop] = mix(keys[start:stop], seed + 1)
    return hashed


def draw(priority: Any, size: int) -> np.ndarray:
    """Rows of the ``size`` smallest priorities, smallest first.

    Parameters
    ----------
    priority : uint64 array of shape (n_rows,)
    size : int
        Capped at the number of rows.

    Returns
    -------
    rows : int64 array of shape (min(size, n_rows),)
        In priority order: whatever comes next sees the same rows in the same order, however the
        file was ordered. O(n + m log m): one reading of the priorities.

    Examples
    --------
    >>> import numpy as np
    >>> draw(np.array([30, 10, 20], dtype=np.uint64), 2).tolist()
    [1, 2]
    """
    if hasattr(priority, "pieces"):  # spread over workers
        drawn: np.ndarray = priority.draw(size)
        return drawn
    rows = np.arange(len(priority)) if size >= len(priority) else _likely(priority, size)
    own = priority[rows]
    if size < len(rows):
        least = np.argpartition(own, size)[:size]
        rows, own = rows[least], own[least]
    order = np.argsort(own)
    if (own[order[1:]] == own[order[:-1]]).any():  # quicker without, and the same without ties
        order = np.argsort(own, kind="stable")
    found: np.ndarray = rows[order]
    return found


def likely_bound(size: int, n: int) -> np.uint64:
    """Give what the smallest ``size`` of ``n`` hashes do not exceed, but for one sample in 10^15.

    Examples
    --------
    >>> f"{int(likely_bound(100, 1_000_000)) / 2**64:.6f}"  # about 244 of a million are below
    '0.000244'
    >>> bool(likely_bound(3, 10) == np.uint64(2**64 - 1))
    True
    """
    most = size + 8 * math.sqrt(size) + 64
    return np.uint64(2**64 - 1 if most >= n else int(most / n * 2**64))


def _likely(priority: Any, size: int) -> Any:
    """Rows among which are those of the smallest priorities; all where these are no hashes."""
    bound = likely_bound(size, len(priority))
    rows = np.flatnonzero(priority <= bound)
    return rows if len(rows) >= size else np.arange(len(priority))
