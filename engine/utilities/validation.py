"""Input of the estimators: their parameters, and arrays and tables to one matrix."""

from __future__ import annotations

import re
from functools import lru_cache
from numbers import Real
from typing import Any, TypeVar, get_args

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

_LARGEST_ADDED = 1e300
"""Largest where nothing is squared: sums of differences, over columns and rows, are float64."""

_OWN_KINDS = ("_type", "literal_error", "_than", "_equal")
"""Endings of pydantic's own kinds of errors: sentences of ours tell of None themselves."""


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
        name = str(error.errors()[0]["loc"][0])
        found = [e for e in error.errors() if str(e["loc"][0]) == name]
        wanted = _wanted(found, optional=_takes_none(section.model_fields[name].annotation))
        message = (
            f"The {name!r} parameter of {type(estimator).__name__} must be {wanted}. "
            f"Got {given[name]!r} instead."
        )
        raise InvalidParameterError(message) from None


@lru_cache(maxsize=64)
def _known(section: type[P], settings: tuple[tuple[str, type, Any], ...]) -> P:
    """Check settings that are plain values once: sections are frozen."""
    return section.model_validate({name: value for name, _, value in settings}, strict=True)


def _takes_none(annotation: Any) -> bool:
    return type(None) in get_args(annotation)


def _wanted(found: list[Any], *, optional: bool) -> str:
    """Name all that a parameter may be: pydantic tells of each kind by itself, and not of None."""
    kinds: list[str] = []
    for error in found:
        words = error["msg"].removeprefix("Input should be ")
        words = words.replace("a valid ", "a ").replace("a integer", "an integer")
        if error["type"] == "literal_error":
            kinds += re.split(", | or ", words)
        else:
            kinds.append("a callable" if words == "callable" else words)
    if optional and found[0]["type"].endswith(_OWN_KINDS):
        kinds.append("None")
    kinds = list(dict.fromkeys(kinds))
    last = ", or " if any(" or " in kind for kind in kinds) else " or "
    return last.join([", ".join(kinds[:-1]), kinds[-1]] if len(kinds) > 1 else kinds)


def validated(
    estimator: Any,
    x: Any,
    *,
    reset: bool,
    sparse: bool = False,
    squares: bool = True,
    values: bool = True,
) -> Any:
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
    squares : bool, default=True
        Whether differences will be squared; values may be larger where they are only added up.
    values : bool, default=True
        Whether values are looked at, in one or three readings of all; who passes over them anyway
        asks :func:`are_usable` of those that stand out.

    Returns
    -------
    x : float64 or float32 array of shape (n_samples, n_features)
        Of a sparse matrix CSR, with sorted indices; the caller's is left as it is.

    Raises
    ------
    ValueError
        Sparse where that is not taken; not two-dimensional, empty, missing or infinite, values so
        large that float64 does not hold what is made of them, or other features than in ``fit``.
    """
    from sklearn.utils.validation import validate_data

    table = _as_pandas_like(on_host(x))
    checked = validate_data(
        estimator,
        table,
        reset=reset,
        dtype=[np.float64, np.float32],
        accept_sparse="csr" if sparse else False,
        ensure_all_finite=values,
    )
    if not isinstance(checked, np.ndarray) and not checked.has_canonical_format:
        checked = checked.copy()
        checked.sum_duplicates()
    if values and checked.dtype == np.float64:
        _check_size(checked, squares=squares)
    return checked


def are_usable(x: np.ndarray) -> bool:
    """Whether values are finite, and small enough to be squared: those that are checked otherwise.

    Examples
    --------
    >>> are_usable(np.array([1.0, -1e150])), are_usable(np.array([np.nan]))
    (True, False)
    """
    return bool((np.abs(x.astype(np.float64)) <= _LARGEST_GIVEN).all())


def _check_size(x: Any, *, squares: bool) -> None:
    largest = max(float(x.max()), -float(x.min()))  # no copy of the rows
    most = _LARGEST_GIVEN if squares else _LARGEST_ADDED
    if largest > most:
        made = "squared distances between rows are taken" if squares else "distances are added up"
        message = (
            f"X has values as large as {largest:.3g}, and {made} in float64: scale it to values of "
            f"at most {most:.0e} in size."
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
