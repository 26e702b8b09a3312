"""Products of centred columns, and rows along directions, in float64 by kernels of one thread."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.native.arrays import ADDRESS, COUNT, address, checked, fits
from engine.native.library import kernel

_PRODUCTS = ("covariance_products_f32", COUNT, *[ADDRESS] * 2, *[COUNT] * 2, *[ADDRESS] * 2)
_PROJECT = ("covariance_project_f32", COUNT, *[ADDRESS] * 3, *[COUNT] * 3, ADDRESS)


def centred_products(rows: Any, origin: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Add up rows less an origin, and the products of their columns.

    Parameters
    ----------
    rows : float32 array of shape (n, d)
    origin : float64 array of shape (d,)

    Returns
    -------
    sums : float64 array of shape (d,)
    products : float64 array of shape (d, d)
        None where no kernel takes these.
    """
    run = kernel(*_PRODUCTS)
    if run is None or not fits(rows, np.float32, 2):
        return None
    d = rows.shape[1]
    sums, found = np.empty(d), np.empty((d, d))
    code = run(
        address(rows, np.float32), address(origin, np.float64), len(rows), d,
        sums.ctypes.data, found.ctypes.data,
    )  # fmt: skip
    checked(code)
    return sums, found


def project_rows(rows: Any, mean: np.ndarray, directions: np.ndarray, out: Any) -> bool:
    """Write rows less the mean along directions, each row added up column by column.

    Parameters
    ----------
    rows : float32 array of shape (n, d)
    mean : float64 array of shape (d,)
    directions : float64 array of shape (d, c)
    out : float32 array of shape (n, c)

    Returns
    -------
    done : bool
        False where no kernel takes these, and nothing is written.
    """
    run = kernel(*_PROJECT)
    if run is None or not (fits(rows, np.float32, 2) and fits(out, np.float32, 2)):
        return False
    code = run(
        address(rows, np.float32), address(mean, np.float64), address(directions, np.float64),
        len(rows), *directions.shape, out.ctypes.data,
    )  # fmt: skip
    checked(code)
    return True
