"""Rows that occur many times: each once, with what it weighs."""

from __future__ import annotations

import numpy as np

from engine.utilities.sampling import mix

_LOOKED_AT = 500
"""Rows looked at first: where half of them differ, all are taken as they are."""


_FEWEST = 100
"""Rows looked at first for as many distinct ones as there are clusters."""


def are_at_least(x: np.ndarray, k: int) -> bool:
    """Whether ``k`` rows differ, for all that can be told by hashes: yes is true, no is likely.

    Examples
    --------
    >>> are_at_least(np.array([[0.0], [-0.0], [1.0]], np.float32), 3)
    False
    """
    return any(_distinct(x[:most]) >= k for most in (max(_FEWEST, 2 * k), len(x)))


def merged(x: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Give rows that occur many times once, where that halves them.

    Parameters
    ----------
    x : float32 array of shape (n, d)
    weights : float64 array of shape (n,) or None

    Returns
    -------
    x, weights
        The rows given and their weights, or distinct rows and the sums of theirs, 1 at most.
        O(n log n).
    """
    few = x[:_LOOKED_AT]
    if 2 * _distinct(few) > len(few):
        return x, weights
    hashes, first, which = np.unique(_hashed(x), return_index=True, return_inverse=True)
    if 2 * len(hashes) > len(x) or not np.array_equal(x[first][which], x):
        return x, weights
    total = np.bincount(which, weights).astype(np.float64)
    return x[first], total / total.max()


def _distinct(x: np.ndarray) -> int:
    hashes = np.sort(_hashed(x))
    return 1 + int(np.count_nonzero(hashes[1:] != hashes[:-1]))


def _hashed(x: np.ndarray) -> np.ndarray:
    """Hash rows, 0 and -0 alike: uint64 (n,)."""
    bits = (np.ascontiguousarray(x) + x.dtype.type(0)).view(np.uint32)
    factors = mix(np.arange(bits.shape[1], dtype=np.uint64)) | np.uint64(1)
    hashes: np.ndarray = (bits * factors).sum(axis=1, dtype=np.uint64)
    return hashes
