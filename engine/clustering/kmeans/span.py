"""Whether float32 holds what tells rows apart beside how far they lie from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.distance import cdist

if TYPE_CHECKING:
    from engine.clustering.frame import Frame

FEW_VALUES = 1 << 16
"""Values up to which rows stay float64: the search in float32 saves less than a step after it."""

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


def needs_float64(
    x: np.ndarray, rows: np.ndarray, frame: Frame, weights: np.ndarray | None = None
) -> bool:
    """Whether float32 loses what tells rows apart, or what they weigh.

    Parameters
    ----------
    x : float64 or float32 array of shape (n_rows, n_columns)
        As given. What float32 told apart is told apart by it.
    rows : float32 array of shape (n_rows, n_columns)
        The same inside the frame.
    frame : Frame
    weights : float64 array of shape (n_rows,), optional

    Returns
    -------
    needs : bool
        Where rows lie far beyond the bulk, or groups far apart for their widths.
        O(n_rows x n_columns).
    """
    if weights is not None and _too_uneven(weights):
        return True
    if x.dtype == np.float32:
        return False
    some = x[:: -(-len(x) // _LOOKED_AT)]
    farthest = max(float(rows.max()), -float(rows.min()))
    return farthest > _FAR or too_close(frame.inside(some, np.float64))


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


def _too_uneven(weights: np.ndarray) -> bool:
    """Whether float32 does not hold weights beside the largest.

    Examples
    --------
    >>> _too_uneven(np.array([1.0, 1e45])), _too_uneven(np.array([0.0, 1.0, 1e3]))
    (True, False)
    """
    return float(weights.max()) > _WEIGHTS * float(weights[weights > 0].min())
