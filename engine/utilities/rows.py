"""One value or row a customer, wherever it lies: an array here, or pieces on a cluster's workers.

What is done to all of them is said once: ``mapped``, ``counted``, ``smallest_within``. Rows that
are spread (:class:`engine.cluster.spread.Spread`) know how; arrays are worked on here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.utilities.sampling import draw


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


def counted(labels: Any, k: int, weights: Any = None) -> np.ndarray:
    """Count the rows of each segment, or add up their weights: shape (k,).

    Examples
    --------
    >>> import numpy as np
    >>> counted(np.array([0, 2, 2]), 3).tolist()
    [1, 0, 2]
    """
    if not is_spread(labels):
        return np.bincount(labels, weights, minlength=k)
    others = () if weights is None else (weights,)

    def count(part: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
        return np.bincount(part, weight, minlength=k)

    total: np.ndarray = labels.fold(count, np.add, *others)
    return total


def smallest_within(priority: Any, labels: Any, counts: np.ndarray) -> list[np.ndarray]:
    """Draw the rows of smallest priority of each segment, in the order of that.

    Parameters
    ----------
    priority : uint64 array of shape (n_rows,)
    labels : int array of shape (n_rows,)
        From 0 to k - 1.
    counts : int array of shape (k,)
        How many of each; all it has where there are no more.

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
        drawn: list[np.ndarray] = priority.smallest_within(labels, counts)
        return drawn
    parts = split(labels, len(counts))
    return [p[draw(priority[p], int(m))] for p, m in zip(parts, counts, strict=True)]


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
