"""Rows that occur many times: each once, with what it weighs."""

from __future__ import annotations

import numpy as np

_LOOKED_AT = 1_000
"""Rows looked at first: where half of them differ, all are taken as they are."""


def merged(
    x: np.ndarray, weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Give rows that occur many times once, where that halves them.

    Parameters
    ----------
    x : float32 array of shape (n, d)
    weights : float64 array of shape (n,) or None

    Returns
    -------
    x, weights
        The rows given and their weights, or distinct rows and the sums of theirs. O(n log n).
    """
    few = np.sort(_hashed(x[:_LOOKED_AT]))
    if 2 * (1 + np.count_nonzero(few[1:] != few[:-1])) > len(few):
        return x, weights
    hashes, first, which = np.unique(_hashed(x), return_index=True, return_inverse=True)
    if 2 * len(hashes) > len(x) or not np.array_equal(x[first][which], x):
        return x, weights
    return x[first], np.bincount(which, weights).astype(np.float64)


def _hashed(x: np.ndarray) -> np.ndarray:
    """Hash rows of float32, 0 and -0 alike: uint64 (n,)."""
    factors = np.random.default_rng(0).integers(0, 2**63, x.shape[1], dtype=np.uint64) * 2 + 1
    bits = (np.ascontiguousarray(x) + np.float32(0)).view(np.uint32)
    return (bits * factors.astype(np.uint64)).sum(axis=1, dtype=np.uint64)
