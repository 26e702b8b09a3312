"""The nearest others of each customer of a sample, and how many of them are in another segment."""

from __future__ import annotations

import numpy as np

from engine.native.neighbours import nearest_others

NEIGHBOURS = 15


def nearest(x: np.ndarray) -> np.ndarray:
    """Find the nearest other rows of each, exactly.

    Parameters
    ----------
    x : float32 array of shape (n, n_columns)
        In host memory.

    Returns
    -------
    others : int64 array of shape (n, min(15, n - 1))
        Row numbers, in no particular order. O(n^2 n_columns).
    """
    wanted = min(NEIGHBOURS, len(x) - 1)
    if (quick := nearest_others(x, wanted)) is not None:
        return quick
    from sklearn.neighbors import NearestNeighbors

    # Asked without rows, it leaves each row out of its own neighbours.
    found = NearestNeighbors(n_neighbors=wanted, n_jobs=1).fit(x)
    others: np.ndarray = found.kneighbors(return_distance=False)
    return others


def leaving(others: np.ndarray, labels: np.ndarray) -> float:
    """Give the share of the worst segment's nearest others that belong to another segment.

    Parameters
    ----------
    others : int array of shape (n, m)
        As :func:`nearest` gives them.
    labels : int array of shape (n,)

    Returns
    -------
    share : float
        0 where gaps part all segments. O(n m).

    Notes
    -----
    The conductance of the worst segment in the graph of nearest neighbours, by the links that
    start in it: Yang and Leskovec (2015), Knowledge and Information Systems 42,
    doi:10.1007/s10115-013-0693-z.

    Examples
    --------
    >>> leaving(np.array([[1], [0], [1]]), np.array([0, 0, 1]))
    1.0
    """
    across = (labels[others] != labels[:, None]).mean(axis=1)
    sizes = np.bincount(labels)
    sums = np.bincount(labels, across)
    return float((sums[sizes > 0] / sizes[sizes > 0]).max())
