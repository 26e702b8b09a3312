"""Input of the estimators: their parameters, and arrays and tables to one matrix."""

from __future__ import annotations

from functools import lru_cache
from numbers import Real
from typing import Any, TypeVar

import numpy as np
from pydantic import ValidationError

from engine.places.device_rows import on_host
from engine.utilities.params import Params

P = TypeVar("P", bound=Params)

LARGEST = 1e18
"""Largest prepared value: squares of differences, added up over 80 columns, are float32."""

_PLAIN = (int, float, str, bool, type(None))

_LARGEST_GIVEN = 1e150
"""Largest value that an estimator takes: squares of differences are float64."""


class InvalidParameterError(ValueError, TypeError):
    """A parameter of another type or value than it can have: both kinds, as in scikit-learn."""


def checked_params(estimator: Any, section: type[P]) -> P:
    """Check an estimator's parameters against a section of the configuration.

    Parameters
    ----------
    estimator : scikit-learn estimator
        Has an attribute for every field of ``section``.
    section : subclass of Params

    Raises
    ------
    InvalidParameterError
        In scikit-learn's words: the parameter, what it must be and what it is.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> class Section(Params):
    ...     size: int
    >>> checked_params(SimpleNamespace(size=np.int64(3)), Section).size
    3
    """
    given = {name: getattr(estimator, name) for name in section.model_fields}
    # pydantic does not take NumPy's integers for integers.
    plain = {n: v.item() if isinstance(v, np.generic) else v for n, v in given.items()}
    try:
        if all(type(value) in _PLAIN for value in plain.values()):
            known: P = _known(section, tuple((n, type(v), v) for n, v in plain.items()))
            return known
        return section.model_validate(plain, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        name, wanted = first["loc"][0], first["msg"].removeprefix("Input should be ")
        message = (
            f"The {str(name)!r} parameter of {type(estimator).__name__} must be "
            f"{wanted.replace('a valid ', 'a ').replace('a integer', 'an integer')}. "
            f"Got {given[str(name)]!r} instead."
        )
        raise InvalidParameterError(message) from None


@lru_cache(maxsize=64)
def _known(section: type[P], settings: tuple[tuple[str, type, Any], ...]) -> P:
    """Check settings that are plain values once: sections are frozen."""
    return section.model_validate({name: value for name, _, value in settings}, strict=True)


def validated(estimator: Any, x: Any, *, reset: bool, sparse: bool = False) -> Any:
    """Check ``X`` as scikit-learn does and return it as float64 or float32, whichever it is.

    Parameters
    ----------
    estimator : scikit-learn estimator
        Its ``n_features_in_`` and ``feature_names_in_`` are set or checked.
    x : array or table of shape (n_samples, n_features)
        NumPy, pandas, Polars or PyArrow; other numbers than float32 become float64.
    reset : bool
        True in ``fit``, False afterwards.
    sparse : bool, default=False
        Whether sparse matrices are taken.

    Returns
    -------
    x : float64 or float32 array of shape (n_samples, n_features)
        Of a sparse matrix CSR, with sorted indices; the caller's is left as it is.

    Raises
    ------
    ValueError
        Sparse where that is not taken; not two-dimensional, empty, missing or infinite, values so
        large that float64 does not hold their squared distances, or other features than in ``fit``.
    """
    from sklearn.utils.validation import validate_data

    table = _as_pandas_like(on_host(x))
    checked = validate_data(
        estimator,
        table,
        reset=reset,
        dtype=[np.float64, np.float32],
        accept_sparse="csr" if sparse else False,
    )
    if not isinstance(checked, np.ndarray) and not checked.has_canonical_format:
        checked = checked.copy()
        checked.sum_duplicates()
    if checked.dtype == np.float64:
        _check_size(checked)
    return checked


def _check_size(x: Any) -> None:
    largest = max(float(x.max()), -float(x.min()))  # no copy of the rows
    if largest > _LARGEST_GIVEN:
        message = (
            f"X has values as large as {largest:.3g}, and squared distances between rows are taken "
            f"in float64: scale it to values of at most {_LARGEST_GIVEN:.0e} in size."
        )
        raise ValueError(message)


def _as_pandas_like(x: Any) -> Any:
    """PyArrow has no array interface that scikit-learn reads column names from: go by Polars."""
    if type(x).__module__.partition(".")[0] != "pyarrow":
        return x
    import polars as pl

    return pl.DataFrame(pl.from_arrow(x))


def checked_weights(sample_weight: Any, n_rows: int) -> np.ndarray | None:
    """Check what rows count for, as scikit-learn does.

    Parameters
    ----------
    sample_weight : array-like of shape (n_rows,), number or None
    n_rows : int

    Returns
    -------
    weights : float64 array of shape (n_rows,) or None

    Raises
    ------
    ValueError
        Another shape; missing, infinite or negative weights; nothing but zeros.

    Examples
    --------
    >>> checked_weights([1, 2], 2).tolist(), checked_weights(None, 2)
    ([1.0, 2.0], None)
    """
    from sklearn.utils.validation import check_array, check_non_negative

    if sample_weight is None:
        return None
    one = isinstance(sample_weight, Real)
    given = np.full(n_rows, sample_weight) if one else sample_weight
    weights: np.ndarray = check_array(
        given, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if weights.ndim != 1:
        message = f"Sample weights must be 1D array or scalar, got {weights.ndim}D array."
        raise ValueError(message)
    if len(weights) != n_rows:
        message = f"sample_weight.shape == {weights.shape}, expected {(n_rows,)}!"
        raise ValueError(message)
    check_non_negative(weights, "`sample_weight`")
    if not weights.any():
        message = "Sample weights must contain at least one non-zero number."
        raise ValueError(message)
    return weights
