"""One value or row a customer, wherever it lies: an array here, or pieces on a cluster's workers.

What is done to all of them is said once: ``mapped``, ``counted``, ``smallest_within``. Rows that
are spread (:class:`engine.cluster.spread.Spread`) know how; arrays are worked on here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from engine.places.runtime import chunk_bounds
from engine.utilities.sampling import draw, likely_bound, mix

_FEW_ROWS = 100_000
"""Rows that are sorted by segment in no time."""


def is_spread(rows: Any) -> bool:
    """Whether rows lie in pieces on workers, so that none of them can be looked at here."""
    return hasattr(rows, "pieces")


def mapped(fn: Callable[..., Any], *rows: Any) -> Any:
    """Apply a function of rows to all of them: it gives a row, or a value, for each.

    Parameters
    ----------
    fn : callable
        Depends on each row alone, since it sees some at a time where they are spread; it is then
        sent to the workers, with what it refers to, and tried on no rows to learn what it gives.
    *rows : arrays of shape (n_rows, ...)
        All spread in the same way, or all here.

    Examples
    --------
    >>> import numpy as np
    >>> mapped(lambda labels: labels + 1, np.array([0, 1])).tolist()
    [1, 2]
    """
    return rows[0].map(fn, *rows[1:]) if is_spread(rows[0]) else fn(*rows)


def laid(values: np.ndarray, rows: Any) -> Any:
    """Lay one value of each of a few rows beside these, where they are.

    Examples
    --------
    >>> import numpy as np
    >>> laid(np.array([1, 0]), np.zeros((2, 3))).tolist()
    [1, 0]
    """
    return rows.laid(values) if is_spread(rows) else values


def counted(labels: Any, k: int = 0, weights: Any = None) -> np.ndarray:
    """Count the rows of each segment, or add up their weights: shape (k,), or more if there are.

    Examples
    --------
    >>> import numpy as np
    >>> counted(np.array([0, 2, 2]), 3).tolist()
    [1, 0, 2]
    """

    def count(part: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
        return np.bincount(part, weight, minlength=k)

    if is_spread(labels):
        others = () if weights is None else (weights,)
        total: np.ndarray = labels.fold(count, _padded_sum, *others)
        return total
    if weights is not None or len(labels) <= _FEW_ROWS:
        return count(labels, weights)
    # In chunks: NumPy makes a copy of 64-bit integers first.
    return reduce(_padded_sum, (count(labels[a:b]) for a, b in chunk_bounds(len(labels))))


def _padded_sum(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    short, long = sorted((first, second), key=len)
    total = long.copy()
    total[: len(short)] += short
    return total


def crossed(first: Any, second: Any, shape: tuple[int, int]) -> np.ndarray:
    """Count the rows of each segment of one labelling that have each segment of another.

    Parameters
    ----------
    first, second : int arrays of shape (n_rows,)
    shape : tuple of int
        Numbers of segments.

    Examples
    --------
    >>> import numpy as np
    >>> crossed(np.array([0, 1, 1]), np.array([0, 0, 1]), (2, 2)).tolist()
    [[1, 0], [1, 1]]
    """
    cells, k = shape[0] * shape[1], shape[1]

    def count(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.bincount(one.astype(np.int64) * k + other, minlength=cells)

    total = first.fold(count, np.add, second) if is_spread(first) else count(first, second)
    return np.asarray(total).reshape(shape)


def largest(values: Any, count: int) -> np.ndarray:
    """Give the numbers of the rows of the largest values, largest first, of equals the first.

    Examples
    --------
    >>> import numpy as np
    >>> largest(np.array([1.0, 3.0, 3.0, 2.0]), 3).tolist()
    [1, 2, 3]
    """
    if is_spread(values):
        found: np.ndarray = values.largest(count)
        return found
    return np.argsort(-values, kind="stable")[:count]


def kth_smallest(values: Any, count: int) -> Any:
    """Give the value that as many do not exceed, of hashes such as priorities.

    Examples
    --------
    >>> import numpy as np
    >>> int(kth_smallest(np.array([30, 10, 20], np.uint64), 2))
    20
    """
    if is_spread(values):
        return values.kth_smallest(count)
    return np.partition(values, count - 1)[count - 1]


def smallest_within(
    priority: Any,
    labels: Any,
    counts: np.ndarray,
    sizes: np.ndarray | None = None,
    salt: int | None = None,
) -> list[np.ndarray]:
    """Draw the rows of smallest priority of each segment, in the order of that.

    Parameters
    ----------
    priority : uint64 array of shape (n_rows,)
    labels : int array of shape (n_rows,)
        From 0 to k - 1.
    counts : int array of shape (k,)
        How many of each; all it has where there are no more.
    sizes : int array of shape (k,), optional
        Rows of each, where they are known: fewer are looked at then.
    salt : int, optional
        Go by ``mix(priority, salt)`` in the place of the priority.

    Returns
    -------
    rows : list of k int64 arrays
        Row numbers.

    Examples
    --------
    >>> import numpy as np
    >>> priority, labels = np.array([3, 1, 2], np.uint64), np.array([0, 1, 0])
    >>> [rows.tolist() for rows in smallest_within(priority, labels, np.array([1, 1]))]
    [[2], [1]]
    """
    if is_spread(priority):
        own = priority if salt is None else mix(priority, salt)
        drawn: list[np.ndarray] = own.smallest_within(labels, counts, sizes)
        return drawn
    if sizes is not None and len(priority) > _FEW_ROWS:
        rows, own = _likely_within(priority, labels, counts, sizes, salt)
        parts = split(labels[rows], len(counts))
        if all(len(p) >= m for p, m in zip(parts, np.minimum(counts, sizes), strict=True)):
            return [rows[p[draw(own[p], int(m))]] for p, m in zip(parts, counts, strict=True)]
    own = priority if salt is None else mix(priority, salt)
    parts = split(labels, len(counts))
    return [p[draw(own[p], int(m))] for p, m in zip(parts, counts, strict=True)]


def _likely_within(
    priority: np.ndarray,
    labels: np.ndarray,
    counts: np.ndarray,
    sizes: np.ndarray,
    salt: int | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Give the few rows among which those to be drawn are, with what they are drawn by."""
    each = zip(counts.tolist(), sizes.tolist(), strict=True)
    bounds = np.array([likely_bound(m, n) for m, n in each], np.uint64)
    rows, own = [], []
    for start, stop in chunk_bounds(len(priority)):
        hashed = priority[start:stop] if salt is None else mix(priority[start:stop], salt)
        some = np.flatnonzero(hashed <= bounds.take(labels[start:stop]))
        rows.append(some + start)
        own.append(hashed[some])
    return np.concatenate(rows), np.concatenate(own)


def split(labels: np.ndarray, k: int) -> list[np.ndarray]:
    """List the row numbers of each segment, from labels of 0 to k - 1.

    Examples
    --------
    >>> import numpy as np
    >>> [rows.tolist() for rows in split(np.array([1, 0, 1]), 2)]
    [[1], [0, 2]]
    """
    # NumPy sorts 16-bit integers by radix, ten times as fast as 32-bit ones.
    narrow = labels.astype(np.uint16) if k <= 1 << 16 else labels
    ends = np.cumsum(np.bincount(labels, minlength=k))[:-1]
    return np.split(np.argsort(narrow, kind="stable"), ends)
