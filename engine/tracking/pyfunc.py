"""A model as MLflow loads it: its border, where tables of any kind become what a model assigns.

MLflow imports this file by the name that a model's folder holds (``loader_module``) and asks it for
the model. The folder is the engine's own: JSON and safetensors, and nothing is pickled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from engine.data_preparation.features.identity import ROW_ID
from engine.errors import DataError, in_sentences
from engine.model.model import Model, load_model
from engine.model.tables import assign_frame

GIVES = ("segment", "segment_name", "distance")
"""Columns of a prediction."""


class Predictor:
    """A model behind the interface of MLflow's ``python_function``.

    Parameters
    ----------
    model : Model
    """

    def __init__(self, model: Model) -> None:
        self._model = model

    @in_sentences("assigning customers")
    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Give each row its segment.

        Parameters
        ----------
        model_input : dataframe, mapping of str to sequence, or sequence of mappings
            A table of pandas, Polars or PyArrow with the columns the model was trained on, in any
            order and beside others; columns by name; rows by name; or ``columns`` and ``data``.
            Whole numbers do where numbers are meant. No id is needed.
        params : mapping, optional
            MLflow hands it in; there is nothing to set.

        Returns
        -------
        result : dataframe of the same library (pandas for what is no table)
            ``segment`` (int32), ``segment_name``, ``distance`` (float32), a row each.

        Raises
        ------
        DataError
            Columns the model was trained on are missing or hold another type.
        """
        given = _as_table(model_input)
        frame = nw.from_native(given, eager_only=True)
        wanted, there = self._model.plan.file_columns, set(frame.columns)
        frame = frame.select(*(c for c in wanted if c in there))  # what lacks is told by the model
        frame = _numbers(frame, {f.column for f in self._model.plan.numeric if not f.reading})
        rows = nw.new_series(self._id, np.arange(len(given)), backend=frame.implementation)
        frame = frame.with_columns(rows) if frame.columns else frame
        result, _ = assign_frame(self._model, frame.to_native())
        found = nw.from_native(result, eager_only=True).select(*GIVES).to_native()
        return found.set_axis(given.index) if frame.implementation.is_pandas() else found

    def get_raw_model(self) -> Model:
        """Give the engine's own model, which MLflow's ``unwrap_python_model`` and users ask for."""
        return self._model

    @property
    def _id(self) -> str:
        """What the id is called, in whose place rows are counted: several may have one."""
        return self._model.plan.id_column or ROW_ID


def _as_table(data: Any) -> Any:
    """Give a table of a library as it is, and put rows or columns by name into one of pandas.

    Raises
    ------
    DataError
        It is no table.
    """
    if isinstance(data, pl.LazyFrame):
        return data.collect(engine="streaming")
    rows = isinstance(data, Sequence) and not isinstance(data, str | bytes)
    if not isinstance(data, Mapping) and not rows:
        try:
            nw.from_native(data, eager_only=True)
        except TypeError:
            raise _no_table(type(data).__name__) from None
        return data
    import pandas as pd

    try:
        if rows:
            return pd.DataFrame.from_records(list(data))
        if set(data) <= {"columns", "data", "index"} and "data" in data:
            return pd.DataFrame(data["data"], columns=data.get("columns"))
        one = all(np.ndim(value) == 0 for value in data.values())
        return pd.DataFrame([dict(data)] if one else dict(data))
    except (TypeError, ValueError, AttributeError) as error:
        found = f"{type(data).__name__} ({error})"
        raise _no_table(found) from None


def _no_table(found: str) -> DataError:
    message = (
        "customers are given as a table (pandas, Polars, PyArrow), as rows ([{column: value}, "
        f"...]) or as columns ({{column: [values]}}); got {found}."
    )
    return DataError(message)


def _numbers(frame: nw.DataFrame[Any], wanted: set[str]) -> nw.DataFrame[Any]:
    """Make numbers of what holds some in another dress: decimals, and columns of nothing."""
    made = []
    for name in wanted.intersection(frame.columns):
        column = frame[name]
        plain = column.dtype.is_numeric() and not isinstance(column.dtype, nw.Decimal)
        if not plain and column.dtype != nw.Boolean and (found := _floats(column)) is not None:
            made.append(found)
    return frame.with_columns(*made) if made else frame


def _floats(column: nw.Series[Any]) -> nw.Series[Any] | None:
    """Give a column as float64; None where it holds text or anything else that is no number."""
    values = column.to_list()
    if any(isinstance(v, str | bytes | bool) for v in values):
        return None
    try:
        found = np.array([np.nan if v is None else float(v) for v in values], np.float64)
    except (TypeError, ValueError):
        return None
    return nw.new_series(column.name, found, backend=column.implementation)


def _load_pyfunc(path: str) -> Predictor:
    """Load what MLflow hands out: the folder of a model of the engine."""
    return Predictor(load_model(path))
