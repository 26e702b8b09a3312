"""How arrays of a device lie, where kernels read them."""

from __future__ import annotations

from typing import Any

import numpy as np


def rows_fit(rows: Any, labels: Any) -> bool:
    """Whether rows and their labels lie as kernels read them."""
    fit = flat(rows, np.float32, 2) and flat(labels, np.int32, 1)
    return fit and len(rows) == len(labels)


def flat(array: Any, dtype: Any, ndim: int) -> bool:
    """Whether an array lies as kernels read it."""
    return bool(array.dtype == dtype and array.ndim == ndim and array.flags.c_contiguous)
