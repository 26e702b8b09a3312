"""Arrays as kernels take them: an address of C-contiguous numbers of one type."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

ADDRESS, COUNT, NUMBER = ctypes.c_void_p, ctypes.c_int64, ctypes.c_double
"""Types of arguments: an array, how many, a float64."""


def fits(array: Any, dtype: Any, ndim: int) -> bool:
    """Whether an array lies in memory as kernels read it; memory-mapped files do."""
    return (
        isinstance(array, np.ndarray)
        and array.dtype == dtype
        and array.ndim == ndim
        and array.flags.c_contiguous
        and array.flags.aligned
    )


def aligned(value: Any) -> Any:
    """Give arrays, and those of lists and tuples, as they are or copied to where kernels read them.

    What came over a network may begin anywhere; kernels would leave it to NumPy, whose sums have
    other last digits.
    """
    if isinstance(value, np.ndarray):
        return value if value.flags.aligned else value.copy("K")
    if type(value) in (list, tuple):
        return type(value)(map(aligned, value))
    return value


def address(array: np.ndarray | None, dtype: Any) -> int | None:
    """Give where an array begins; None of None.

    Raises
    ------
    TypeError
        It is not C-contiguous or of another type: a fault of the caller, which asks ``fits``.
    """
    if array is None:
        return None
    if not fits(array, dtype, array.ndim):
        message = f"a kernel takes C-contiguous {np.dtype(dtype)}; got {array.dtype}."
        raise TypeError(message)
    return int(array.ctypes.data)


def checked(code: int) -> int:
    """Give what a kernel returns, and raise MemoryError where it found no room."""
    if code < 0:
        message = "no memory for a kernel's working room"
        raise MemoryError(message)
    return code
