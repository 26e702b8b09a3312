"""The nearest other rows of each of few rows, by a kernel of one thread."""

from __future__ import annotations

import numpy as np

from engine.native.arrays import ADDRESS, COUNT, address, checked, fits
from engine.native.library import kernel


def nearest_others(x: np.ndarray, wanted: int) -> np.ndarray | None:
    """Find the nearest others of each row, exactly; None where no kernel runs.

    Parameters
    ----------
    x : float32 array of shape (n, d)
        Finite.
    wanted : int
        From 0 to n - 1.

    Returns
    -------
    others : int64 array of shape (n, wanted)
        Row numbers, nearest first, of equally near ones the first. O(n^2 d).
    """
    run = kernel("neighbours_f32", COUNT, ADDRESS, *[COUNT] * 3, ADDRESS)
    if run is None or not fits(x, np.float32, 2):
        return None
    others = np.empty((len(x), wanted), np.int64)
    if others.size:
        checked(run(address(x, np.float32), *x.shape, wanted, address(others, np.int64)))
    return others
