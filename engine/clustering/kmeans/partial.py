"""One step of mini-batch k-means: each centre is the mean of all rows that were nearest to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array

from engine.clustering.kmeans.moving import is_sparse, meeting

if TYPE_CHECKING:
    from engine.clustering.kmeans.rows import Centres


def after_batch(
    before: Centres, held: np.ndarray, x: Any, weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Give centres, and what they hold, after one more batch.

    Parameters
    ----------
    before : Centres
    held : float64 array of shape (k,)
        What the rows of each weighed so far.
    x : array or CSR of shape (n_rows, n_columns)
        In the units of the caller.
    weights : float64 array of shape (n_rows,) or None

    Returns
    -------
    centres : float64 array of shape (k, n_columns)
        Inside the frame.
    held : float64 array of shape (k,)
    """
    each = np.ones(x.shape[0]) if weights is None else weights
    # Sparse rows keep their zero, and so centres go there to meet them, and back.
    rows, off = meeting(before.frame, x) if is_sparse(x) else (before.frame.whole(x), 0.0)
    labels = before.nearest(x)
    if not held.all():
        centres = filled(before.inside.centres + off, held, rows, before.squares(x, labels)) - off
        before = before.moved_to(centres)
        labels = before.nearest(x)
    centres, held = moved(before.inside.centres + off, held, rows, labels, each)
    return centres - off, held


def moved(
    centres: np.ndarray, held: np.ndarray, rows: Any, labels: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Move centres by a batch of rows.

    Parameters
    ----------
    centres : float64 array of shape (k, n_columns)
    held : float64 array of shape (k,)
        What the rows of each weighed so far.
    rows : float64 array or CSR of shape (n_rows, n_columns)
    labels : int array of shape (n_rows,)
        Nearest centre of each.
    weights : float64 array of shape (n_rows,)

    Returns
    -------
    centres : float64 array of shape (k, n_columns)
        Means, by weight, of what was held and of the batch.
    held : float64 array of shape (k,)

    Examples
    --------
    >>> import numpy as np
    >>> centres, held = np.array([[0.0], [10.0]]), np.array([3.0, 1.0])
    >>> centres, held = moved(centres, held, np.array([[4.0]]), np.array([0]), np.array([1.0]))
    >>> centres.ravel().tolist(), held.tolist()
    ([1.0, 10.0], [4.0, 1.0])
    """
    sums, more = totals(rows, labels, weights, len(centres))
    total = held + more
    step = (sums - more[:, None] * centres) / np.where(total > 0, total, 1)[:, None]
    return centres + step, total


def totals(
    rows: Any, labels: np.ndarray, weights: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Add up rows by their centre.

    Parameters
    ----------
    rows : float64 array or CSR of shape (n_rows, n_columns)
    labels : int array of shape (n_rows,)
    weights : float64 array of shape (n_rows,)
    k : int

    Returns
    -------
    sums : float64 array of shape (k, n_columns)
    held : float64 array of shape (k,)
        Their weights.
    """
    n_rows = len(labels)
    sums: Any = csc_array((weights, labels, np.arange(n_rows + 1)), shape=(k, n_rows)) @ rows
    dense: np.ndarray = sums.toarray() if is_sparse(sums) else sums
    return dense, np.bincount(labels, weights, minlength=k)


def filled(centres: np.ndarray, held: np.ndarray, rows: Any, squares: np.ndarray) -> np.ndarray:
    """Move centres that never held a row to the rows of a batch that lie farthest from theirs.

    Parameters
    ----------
    centres : float64 array of shape (k, n_columns)
    held : float64 array of shape (k,)
    rows : float64 array or CSR of shape (n_rows, n_columns)
    squares : float64 array of shape (n_rows,)
        Squared distance of each row to its nearest centre.

    Returns
    -------
    centres : float64 array of shape (k, n_columns)
        The farthest row goes first, the first of equals; a row that lies at a centre goes nowhere.

    Examples
    --------
    >>> import numpy as np
    >>> rows, squares = np.array([[0.0], [7.0], [1.0]]), np.array([0.0, 49.0, 1.0])
    >>> filled(np.zeros((2, 1)), np.array([3.0, 0.0]), rows, squares).ravel().tolist()
    [0.0, 7.0]
    """
    empty = np.flatnonzero(held == 0)
    farthest = np.argsort(-squares, kind="stable")[: len(empty)]
    farthest = farthest[squares[farthest] > 0]
    taken = rows[farthest]
    result = centres.copy()
    result[empty[: len(farthest)]] = taken.toarray() if is_sparse(taken) else taken
    return result
