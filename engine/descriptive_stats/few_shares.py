"""Shares of levels and flags, about right where an exact one would tell of few customers."""

from __future__ import annotations

import numpy as np


def tells_of_few(counts: np.ndarray, known: np.ndarray, least: int) -> np.ndarray:
    """Find columns in which some group has few, or all but few.

    Parameters
    ----------
    counts : array of shape (k, d)
        Customers who have it, by group.
    known : array of shape (k, d)
        Customers of whom it is known.
    least : int

    Returns
    -------
    found : bool array of shape (d,)

    Examples
    --------
    >>> known = np.array([[200, 200, 200], [200, 200, 200]])
    >>> tells_of_few(np.array([[199, 50, 0], [60, 70, 90]]), known, 5).tolist()
    [True, False, False]
    """
    without = known - counts
    few = ((counts > 0) & (counts < least)) | ((without > 0) & (without < least))
    found: np.ndarray = few.any(axis=0)
    return found


def nearest(counts: np.ndarray, known: np.ndarray, least: int) -> np.ndarray:
    """Round counts to the nearest ``least``, and to no more than are known.

    Examples
    --------
    >>> nearest(np.array([99, 1, 198, 2]), np.array([200, 200, 198, 2]), 5).tolist()
    [100, 0, 198, 0]
    """
    rounded: np.ndarray = np.minimum(least * np.round(counts / least), known).astype(np.int64)
    return rounded
