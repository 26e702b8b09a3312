"""Segments that are too small to be more than noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_ROWS = 10
_SHARE = 0.001
_NAMED = 5


def is_speck(sizes: np.ndarray) -> np.ndarray:
    """Tell which segments are specks.

    A speck has fewer than 0.1% of the customers (at least 10), and less than a tenth of what
    equal shares would give.

    Parameters
    ----------
    sizes : array of shape (k,)

    Returns
    -------
    specks : bool array of shape (k,)

    Examples
    --------
    >>> is_speck(np.array([900, 700, 4, 1])).tolist()
    [False, False, True, True]
    """
    total = sizes.sum()
    found: np.ndarray = sizes < min(max(_ROWS, _SHARE * total), total / (10 * len(sizes)))
    return found


def specks(sizes: np.ndarray, numbers: Sequence[int] | None = None) -> tuple[str, ...]:
    """Tell which segments are too small to be more than noise.

    Parameters
    ----------
    sizes : array of shape (k,)
    numbers : sequence of k int, optional
        What the segments are called; their indices if not given.

    Examples
    --------
    >>> specks(np.array([900.0, 700.0, 4.0, 1.0]))
    ('segments 2, 3 hold 5 of 1,605 customers: specks, outlying customers rather than a segment',)
    """
    total = sizes.sum()
    small = np.flatnonzero(is_speck(sizes))
    if not len(small):
        return ()
    called = range(len(sizes)) if numbers is None else numbers
    names = ", ".join(str(called[i]) for i in small[:_NAMED])
    if len(small) > _NAMED:
        names += f" and {len(small) - _NAMED:,} more"
    who, are = ("segment", "a speck") if len(small) == 1 else ("segments", "specks")
    held = f"{int(sizes[small].sum()):,} of {int(total):,} customers"
    verb = "holds" if len(small) == 1 else "hold"
    return (f"{who} {names} {verb} {held}: {are}, outlying customers rather than a segment",)
