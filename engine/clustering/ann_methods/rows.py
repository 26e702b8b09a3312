"""Rows in and out of an index of Faiss's, wherever the two lie."""

from __future__ import annotations

from typing import Any

import numpy as np


def add(index: Any, rows: Any, xp: Any) -> None:
    """Add rows to an index of Faiss's, which takes those of host memory as they are.

    Parameters
    ----------
    index : faiss.Index
    rows : float32 array of shape (n_rows, n_columns)
        C-contiguous; for an index on a GPU also in the memory of the device.
    xp : module
        Of rows that are not in host memory.
    """
    if isinstance(rows, np.ndarray):
        index.add(rows)
        return
    from engine.clustering.ann_methods import gpu

    gpu.add(index, rows, xp)


def search(index: Any, rows: Any, k: int, xp: Any) -> tuple[np.ndarray, np.ndarray]:
    """Ask an index of Faiss's for the ``k`` nearest of each row; parameters as for :func:`add`.

    Returns
    -------
    squares : float32 array of shape (n_rows, k)
        In host memory, like the next.
    found : int64 array of shape (n_rows, k)
    """
    if isinstance(rows, np.ndarray):
        squares, found = index.search(rows, k)
        return squares, found
    from engine.clustering.ann_methods import gpu

    return gpu.search(index, rows, k, xp)
