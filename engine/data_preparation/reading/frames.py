"""Columns the same from Polars, pandas and cuDF: NaN and null, levels as text, a single row."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

_LARGEST = float(np.finfo(np.float64).max)
_WHOLE = 2.0**53
_TRUTHS = ["True", "False", "TRUE", "FALSE"]
_AS_THEY_ARE = (pl.Float64, pl.Float32, pl.Int64, pl.Int32)


def finite(column: str) -> nw.Expr:
    """Give the column as float64, null where it is missing, NaN or infinite."""
    value = nw.col(column).cast(nw.Float64)
    # Not is_finite: for cuDF it goes through CuPy, which refuses columns that hold nulls.
    return nw.when(value.abs() <= _LARGEST).then(value)


def known_values(frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """Give numeric columns as float64, NaN where missing or infinite."""
    return frame.select(*(finite(c).fill_null(float("nan")) for c in frame.columns))


def as_polars(values: Any) -> pl.Series:
    """Give a column of any library as a Polars series in host memory."""
    if isinstance(values, pl.Series):
        return values
    series = nw.from_native(values, series_only=True)
    if series.implementation.is_pandas():
        known = nw.maybe_reset_index(series)
        return pl.Series(series.name, known.to_list(), strict=False)
    return pl.Series(series.name, pl.from_arrow(series.to_arrow()))


def as_array(values: pl.Series) -> np.ndarray:
    """Give numbers as they lie in memory where kernels take them so, else as float64.

    What is missing becomes NaN.

    Examples
    --------
    >>> as_array(pl.Series([1, None])).tolist(), as_array(pl.Series([1, 2])).dtype.name
    ([1.0, nan], 'int64')
    """
    if values.dtype not in _AS_THEY_ARE or values.null_count():
        values = values.cast(pl.Float64).fill_null(math.nan)
    return values.to_numpy()


def to_array(frame: nw.DataFrame[Any]) -> np.ndarray:
    """Turn numeric columns into a float64 C-contiguous array in host memory."""
    native = frame.to_native()
    if isinstance(native, pl.DataFrame):  # in a fifth of the time of as many expressions
        values = native.cast(pl.Float64).to_numpy(order="c", writable=True)
        values[~np.isfinite(values)] = np.nan
        return values
    return np.ascontiguousarray(known_values(frame).to_numpy(), dtype=np.float64)


def only_row(frame: nw.DataFrame[Any]) -> list[Any]:
    """Give the values of a frame of one row, None for NaN and null."""
    # Column by column: cuDF has no rows to iterate over. pandas and cuDF count NaN as null.
    columns = [frame[name] for name in frame.columns]
    return [None if column.null_count() else column.to_list()[0] for column in columns]


def levels_as_text(frame: nw.DataFrame[Any], columns: Iterable[str]) -> nw.DataFrame[Any]:
    """Write some columns as text, the same level the same way from any library and file.

    Code 1 is "1" as an integer, as a float of a column with gaps and as text; true is "true" from
    Polars and "True" from pandas. What is missing stays null.
    """
    once = dict.fromkeys(columns)
    return frame.with_columns(*(_level(c, frame.schema[c]).alias(c) for c in once))


def is_plain_text(dtype: Any, levels: Iterable[str]) -> bool:
    """Tell whether values of a type are text that needs no other writing to be held against levels.

    Examples
    --------
    >>> is_plain_text(pl.String(), ["web"]), is_plain_text(pl.String(), ["true"])
    (True, False)
    """
    return dtype == pl.String and not any(v.lower() in ("true", "false") for v in levels)


def _level(column: str, dtype: Any) -> nw.Expr:
    value = nw.col(column)
    if dtype.is_float():
        known = nw.when(value.abs() <= _LARGEST).then(value)
        whole = known.fill_null(0.5) == known.fill_null(0.5).round(0)
        small = whole & (known.abs().fill_null(_LARGEST) < _WHOLE)
        digits = nw.when(small).then(value).otherwise(0.0).cast(nw.Int64).cast(nw.String)
        text = nw.when(small).then(digits).otherwise(value.cast(nw.String))
        return nw.when(~known.is_null()).then(text)
    text = value.cast(nw.String)
    plain = nw.when(text.is_in(_TRUTHS)).then(text.str.to_lowercase()).otherwise(text)
    # pandas writes a missing value of an object column as the text None or nan.
    return nw.when(~value.is_null()).then(plain)
