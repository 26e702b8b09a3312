"""Whether float32 holds what tells rows apart beside how far they lie from each other."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

_FAR = 1e4
"""Distance from the middle, in widths of the bulk, beyond which float32 does not part rows there:
squared distances of theirs are products of 1e8, rounded by tens."""

_LOOKED_AT = 100
"""Rows whose nearest other one is looked for."""

_CLOSE = 1e-7
"""Squared distance to it, as a share of the squared norm, that is hardly more than the rounding of
a product in float32. Rows of one column in one group have thousands of times that."""

_SHARE = 0.1
"""Share of rows that have one so near from which float32 does not do."""

_WEIGHTS = 1e30
"""Largest weight, in least ones, from which float32 holds no share of the others."""


def too_wide(rows: np.ndarray) -> bool:
    """Whether rows inside a frame should be worked on in float64.

    Parameters
    ----------
    rows : float32 array of shape (n_rows, n_columns)
        Whose bulk is about one wide.

    Returns
    -------
    wide : bool
        Where a value lies beyond 1e4. O(n_rows x n_columns).

    Examples
    --------
    >>> too_wide(np.array([[0.0], [0.5], [2e4]], np.float32))
    True
    """
    return max(float(rows.max()), -float(rows.min())) > _FAR


def too_close(rows: np.ndarray) -> bool:
    """Whether groups lie so far apart, for their widths, that float32 does not part their rows.

    Parameters
    ----------
    rows : float64 array of shape (n_rows, n_columns)
        Inside a frame; a few, drawn evenly.

    Returns
    -------
    close : bool
        O(n_rows^2 x n_columns).

    Examples
    --------
    >>> x = np.linspace(0, 1, 40)[:, None]
    >>> too_close(x), too_close(np.concatenate([x, x + 1e6]) - 5e5)
    (False, True)
    """
    squares = cdist(rows, rows, "sqeuclidean")
    squares[squares == 0] = np.inf  # the row itself, and others that are the same
    norms = np.einsum("ij,ij->i", rows, rows)
    return bool(np.mean(squares.min(axis=1) < _CLOSE * norms) > _SHARE)


def some_of(x: np.ndarray) -> np.ndarray:
    """Give a few rows, drawn evenly."""
    return x[:: -(-len(x) // _LOOKED_AT)]


def too_uneven(weights: np.ndarray) -> bool:
    """Whether float32 does not hold weights beside the largest.

    Examples
    --------
    >>> too_uneven(np.array([1.0, 1e45])), too_uneven(np.array([0.0, 1.0, 1e3]))
    (True, False)
    """
    return float(weights.max()) > _WEIGHTS * float(weights[weights > 0].min())
