"""Rows that occur many times: each once, with what it weighs."""

from __future__ import annotations

from functools import cache

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


def are_many(x: np.ndarray, k: int) -> bool:
    """Whether more than ``k`` rows differ, and half of those of a sample: likely where not.

    Parameters
    ----------
    x : float32 or float64 array of shape (n, d)
    k : int
    """
    few = x[:: -(-len(x) // max(_LOOKED_AT // 2, 2 * k))]
    distinct = _distinct(few)
    return distinct > k and 2 * distinct > len(few)


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
    hashes: np.ndarray = (bits * _factors(bits.shape[1])).sum(axis=1, dtype=np.uint64)
    return hashes


@cache
def _factors(columns: int) -> np.ndarray:
    factors: np.ndarray = mix(np.arange(columns, dtype=np.uint64)) | np.uint64(1)
    return factors
