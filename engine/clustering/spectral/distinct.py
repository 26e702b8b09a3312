"""The distinct rows of a matrix, in order: columns are looked at only as long as rows tie."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.errors import DataError


class TooFewDistinctError(DataError):
    """There are more segments asked for than rows that can be told apart.

    Attributes
    ----------
    most : int
        Segments that there can be, as far as is known.
    """

    def __init__(self, message: str, most: int) -> None:
        super().__init__(message)
        self.most = most


class Distinct(NamedTuple):
    """Distinct rows.

    Attributes
    ----------
    rows : array of shape (n_distinct, n_columns)
        In the order of the first column, ties of the second, and so on.
    owner : int64 array of shape (n_rows,)
        The distinct row that each is equal to.
    counts : int64 array of shape (n_distinct,)
    """

    rows: np.ndarray
    owner: np.ndarray
    counts: np.ndarray


def distinct(rows: np.ndarray) -> Distinct:
    """Find the distinct rows, as ``numpy.unique(axis=0)`` does in six times the time.

    Parameters
    ----------
    rows : float array of shape (n_rows, n_columns)
        Without NaN and negative zeros.

    Notes
    -----
    Where the first column or two tell rows apart, which measurements do, the others are not
    sorted: O(n log n), or as much for every column that is needed.

    Examples
    --------
    >>> found = distinct(np.array([[2.0, 1.0], [1.0, 5.0], [2.0, 1.0], [1.0, 3.0]]))
    >>> found.rows.tolist(), found.owner.tolist(), found.counts.tolist()
    ([[1.0, 3.0], [1.0, 5.0], [2.0, 1.0]], [2, 1, 2, 0], [1, 1, 2])
    """
    order = _order(rows)
    ordered = rows[order]
    fresh = np.ones(len(rows), bool)
    fresh[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    owner = np.empty(len(rows), np.int64)
    owner[order] = np.cumsum(fresh) - 1
    return Distinct(ordered[fresh], owner, np.bincount(owner, minlength=int(fresh.sum())))


def n_distinct(rows: np.ndarray) -> int:
    """Count them."""
    ordered = rows[_order(rows)]
    return int((ordered[1:] != ordered[:-1]).any(axis=1).sum()) + min(len(rows), 1)


def _order(rows: np.ndarray) -> np.ndarray:
    n_columns, depth = rows.shape[1], 1
    while True:
        order = np.lexsort(rows[:, :depth].T[::-1])
        some = rows[order, :depth]
        if depth == n_columns or not (some[1:] == some[:-1]).all(axis=1).any():
            return order
        depth = min(2 * depth, n_columns)
