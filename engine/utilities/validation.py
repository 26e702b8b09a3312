"""Input of the estimators: arrays and tables of any library to one float32 matrix."""

from __future__ import annotations

from typing import Any

import numpy as np


def validated(estimator: Any, x: Any, *, reset: bool) -> np.ndarray:
    """Check ``X`` as scikit-learn does and return it as float32, C-contiguous.

    Parameters
    ----------
    estimator : scikit-learn estimator
        Its ``n_features_in_`` and ``feature_names_in_`` are set or checked.
    x : array or table of shape (n_samples, n_features)
        NumPy, pandas, Polars or PyArrow.
    reset : bool
        True in ``fit``, False afterwards.

    Raises
    ------
    ValueError
        Not two-dimensional, empty, missing or infinite, or other features than in ``fit``.
    """
    from sklearn.utils.validation import check_array, validate_data

    table = _as_pandas_like(x)
    checked = validate_data(estimator, table, reset=reset, dtype=[np.float64, np.float32])
    as_float32 = np.ascontiguousarray(checked, dtype=np.float32)
    if checked.dtype != np.float32 and not np.isfinite(as_float32).all():
        check_array(as_float32)  # The sentence about values too large for float32.
    return as_float32


def _as_pandas_like(x: Any) -> Any:
    """PyArrow has no array interface that scikit-learn reads column names from: go by Polars."""
    if type(x).__module__.partition(".")[0] != "pyarrow":
        return x
    import polars as pl

    return pl.DataFrame(pl.from_arrow(x))
