"""Tables in memory on their way through a model: of any library, or columns in a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import polars as pl

from engine.data_preparation.features.as_planned import strangers
from engine.data_preparation.features.identity import ROW_ID
from engine.errors import DataError, first_line
from engine.model.assigned import Assigned
from engine.model.reading import Lost, made_of_frame
from engine.places.runtime import local_runtime

if TYPE_CHECKING:
    from engine.model.fitted import Fitted


def assign_frame(model: Fitted, data: Any, *, margin: bool = False) -> tuple[Any, Assigned]:
    """Assign the rows of a dataframe; the result is of the same library, Polars for a mapping."""
    data = _as_frame(data)
    frame = nw.from_native(data, eager_only=True)
    where, lost = "the table", Lost()
    model.check_columns(list(frame.columns), where)
    read = made_of_frame(frame, model.plan, lost)
    for feature in model.plan.numeric:
        dtype = read.schema[feature.column]
        if not (dtype.is_numeric() or dtype == nw.Boolean):
            raise retyped(where, feature.column, str(dtype))
    labels, distances, clear = model.placed(read.to_native(), local_runtime(), margin=margin)
    if model.plan.id_column is None:
        ids = nw.new_series(ROW_ID, np.arange(len(labels)), backend=frame.implementation)
    else:
        ids = frame[model.plan.id_column]
    columns = {
        "segment": model.numbers.of(labels),
        "segment_name": model.name_column(labels).to_list(),
        "distance": distances,
    }
    if clear is not None:
        columns |= {c.name: c.to_list() for c in model.margin_columns(clear)}
    result = (
        ids.alias(model.id_name)
        .to_frame()
        .with_columns(
            *(nw.new_series(n, v, backend=frame.implementation) for n, v in columns.items())
        )
    )
    unknown = strangers(model.plan, model.plan.count_unknown(data), len(labels))
    repeated = _repeated(ids) if model.plan.id_column else (0, 0)
    empty = int(ids.null_count())
    return result.to_native(), Assigned(len(labels), unknown, empty, lost=lost, repeated=repeated)


def _as_frame(data: Any) -> Any:
    """Give an eager dataframe for a lazy one of Polars, or for columns in a mapping.

    Raises
    ------
    DataError
        It is no table.
    """
    try:
        if isinstance(data, Mapping):
            return pl.DataFrame(dict(data))
        native = nw.to_native(data, pass_through=True)
        if isinstance(native, pl.LazyFrame):
            return native.collect(engine="streaming")
        nw.from_native(native, eager_only=True)
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        found = first_line(error).rstrip(".") if isinstance(data, Mapping | pl.LazyFrame) else ""
        message = (
            "customers are given as a table (pandas, Polars, PyArrow, or a dictionary of columns "
            f"of one length) or as the path of a file; got {type(data).__name__}"
            f"{found and f' ({found})'}."
        )
        raise DataError(message) from None
    return native


def _repeated(ids: nw.Series[Any]) -> tuple[int, int]:
    """Give how many ids stand in several rows, and these rows."""
    several = ids.drop_nulls()
    several = several.filter(several.is_duplicated())
    return int(several.n_unique()) if len(several) else 0, len(several)


def retyped(where: str, column: str, dtype: str) -> DataError:
    """Say that a column of numbers is of another type now."""
    message = (
        f"{where} holds {dtype} in the column {column!r}, which held numbers when the model was "
        "trained; convert it to numbers."
    )
    return DataError(message)
