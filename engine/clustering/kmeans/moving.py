"""Rows moved near zero and scaled, dense or sparse.

Sparse rows are never made dense: their zeros stay where they are, but in columns that lie so far
from zero that products lose digits, which hold hardly any.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from engine.clustering.frame import Frame
from engine.clustering.sparse_rows import frame_of as rows_frame
from engine.clustering.sparse_rows import less

_USUAL = 1e6
"""Sparse values whose largest lies between the inverse of this and this are left as they are."""

_FAR = 1e3
"""Distance of a column's zero from its middle, in scales, up to which sparse rows keep their zeros:
ten digits are left of a squared distance of one scale."""


def is_sparse(x: Any) -> bool:
    """Whether rows are one of SciPy's sparse matrices or arrays."""
    return bool(sparse.issparse(x))


def frame_of(x: Any) -> Frame:
    """Find where rows lie: of sparse ones only columns are moved whose zeros lie far away.

    Parameters
    ----------
    x : array or CSR of shape (n_rows, n_columns)

    Returns
    -------
    frame : Frame
    """
    frame = rows_frame(x)
    if not is_sparse(x):
        return frame
    shift = _far_shift(frame)
    largest = float(np.abs(x.data).max(initial=0))
    usual = largest == 0 or 1 / _USUAL <= largest <= _USUAL
    return Frame(shift, 1.0 if usual and not shift.any() else frame.scale)


def _far_shift(frame: Frame) -> np.ndarray:
    """Shift of the columns whose zeros lie so far away that products lose digits, 0 of others."""
    return np.where(np.abs(frame.shift) > _FAR * frame.scale, frame.shift, 0.0)


def still_frame(n_columns: int) -> Frame:
    """Give the frame of rows that lie inside one already."""
    return Frame(np.zeros(n_columns), 1.0)


def inside(frame: Frame, x: Any, dtype: Any) -> Any:
    """Move rows into a frame that was found for such rows.

    Parameters
    ----------
    frame : Frame
    x : array or CSR of shape (n_rows, n_columns)
    dtype : dtype
        Of dense rows; sparse ones keep theirs.

    Returns
    -------
    rows : array or CSR of shape (n_rows, n_columns)
    """
    if not is_sparse(x):
        return frame.inside(x, dtype)
    rows = _sparse_inside(x, frame.shift, frame.scale)
    if rows.indices.dtype != np.int32 and max(*rows.shape, rows.nnz) < 2**31:
        # scikit-learn takes no others.
        indices, starts = rows.indices.astype(np.int32), rows.indptr.astype(np.int32)
        return type(rows)((rows.data, indices, starts), shape=rows.shape)
    return rows


def _sparse_inside(x: Any, shift: np.ndarray, scale: float) -> Any:
    """Scale sparse rows, and move some of their columns, which are full then."""
    if shift.any():
        wide = less(sparse.csr_array(x), shift)
    elif scale == 1:
        return x
    else:
        wide = x
    # By float64: the inverse of a scale of 1e-39 is no float32.
    data = (wide.data.astype(np.float64) * (1 / scale)).astype(x.dtype)
    return type(wide)((data, wide.indices, wide.indptr), shape=wide.shape)


def meeting(frame: Frame, x: Any) -> tuple[Any, np.ndarray]:
    """Give sparse rows at a frame's scale, and how far centres inside it are from meeting them.

    Parameters
    ----------
    frame : Frame
        Of any rows: those of dense rows move all columns, and zeros would not be zeros there.
    x : CSR of shape (n_rows, n_columns)

    Returns
    -------
    rows : float64 CSR of shape (n_rows, n_columns)
    off : float64 array of shape (n_columns,)
        To be added to centres inside the frame.
    """
    far = _far_shift(frame)
    rows = _sparse_inside(x.astype(np.float64), far, frame.scale)
    return rows, (frame.shift - far) / frame.scale
