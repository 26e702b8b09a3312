"""Rows of a chunk counted and added up by their label, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.cuda.moments import sums_by_label
from engine.cuda.segments import sums_in_order
from engine.native.moments import moments


def label_sums(rows: Any, labels: Any, k: int, xp: Any, weights: Any = None) -> tuple[Any, Any]:
    """Count rows and add them up by label.

    Parameters
    ----------
    rows : float32 array of shape (n_rows, n_columns)
    labels : int array of shape (n_rows,)
        0 to k - 1; by a kernel where they are int32, on a GPU as on a CPU.
    k : int
    xp : module
        Of the arrays: NumPy or CuPy.
    weights : float64 array of shape (n_rows,), optional
        What each row counts for.

    Returns
    -------
    counts : array of shape (k,)
    sums : float64 array of shape (k, n_columns)

    Examples
    --------
    >>> rows, labels = np.ones((3, 2), np.float32), np.array([1, 0, 1], np.int32)
    >>> [part.tolist() for part in label_sums(rows, labels, 2, np)]
    [[1, 2], [[1.0, 1.0], [2.0, 2.0]]]
    """
    if on_device := sums_by_label(rows, labels, k, xp, weights):
        return on_device
    if xp is not np:
        return sums_in_order(xp, rows, labels, k, weights)
    counts = np.bincount(labels, weights, k)
    if weights is None:
        found = moments(rows, labels, np.zeros((k, rows.shape[1])))
        if found is not None:
            return counts, found[0]
    wide = rows.astype(np.float64)
    if weights is not None:
        wide *= weights[:, None]
    columns = [np.bincount(labels, wide[:, c], k) for c in range(wide.shape[1])]
    return counts, np.stack(columns, axis=1)
