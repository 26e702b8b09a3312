"""Room for large arrays of rows, in pages of the size that the machine has at hand."""

from __future__ import annotations

import math
import mmap
import sys

import numpy as np

_LARGE = 1 << 25
"""Bytes from which on an array is mapped by itself anyway."""


def room(shape: tuple[int, ...]) -> np.ndarray:
    """Make room for float32 rows; what it holds is not said.

    Notes
    -----
    NumPy asks Linux for pages of 2 MiB. A virtual machine hands those that are free back to its
    host, and gets each again, piece by piece, in 5 ms: on one of two cores an array of 640 MB was
    written for the first time in 1.5 s so, and in 0.3 s in pages of 4 KiB. Passes over the rows
    take the same time in either.
    """
    size = math.prod(shape) * 4
    if size < _LARGE or not sys.platform.startswith("linux"):
        return np.empty(shape, np.float32)
    try:
        pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except (OSError, OverflowError) as error:
        raise MemoryError(*error.args) from None
    return np.frombuffer(pages, np.float32).reshape(shape)
