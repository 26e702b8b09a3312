"""Tables of pandas as tables of Polars: the index, names that are no text, columns of anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import polars as pl

from engine.errors import DataError
from engine.utilities.shown import shown

_NO_VALUES = (set, frozenset, complex, np.complexfloating)
"""Types of values that no text stands for."""


def of_pandas(table: Any, note: Callable[[str], None]) -> pl.DataFrame:
    """Convert column by column; an index that has a name is a column, too.

    Parameters
    ----------
    table : pandas DataFrame
    note : callable
        Told of an index that is left out although it may say who is who.

    Returns
    -------
    found : polars DataFrame

    Raises
    ------
    DataError
        Two columns have one name, or a column holds what no file does.
    """
    if any(name is not None for name in table.index.names):
        named = [n for n in table.index.names if n is not None and n not in table.columns]
        table = table.reset_index(level=named) if named else table
    elif len(table) and table.index.inferred_type not in ("integer", "floating"):
        note(
            "the index of the table has no name and is left out; where it says who a row is of, "
            "give frame.rename_axis('customer_id')"
        )
    names = [_name(column) for column in table.columns]
    check_names(names)
    return pl.DataFrame([_column(n, table.iloc[:, i]) for i, n in enumerate(names)])


def check_names(names: Sequence[str]) -> None:
    """Refuse two columns of one name.

    Raises
    ------
    DataError

    Examples
    --------
    >>> check_names(["a", "b"])
    """
    seen = set[str]()
    for name in names:
        if name in seen:
            message = f"the table has two columns of the name {name!r}; name each column once."
            raise DataError(message)
        seen.add(name)


def _name(column: Any) -> str:
    """Write a name as text; of several levels, those that say something."""
    parts = column if isinstance(column, tuple) else (column,)
    return "_".join(str(part) for part in parts if part != "" or len(parts) == 1)


def _column(name: str, values: Any) -> pl.Series:
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iufbM":
        try:
            found = pl.Series(name, values.to_numpy())
            return found.fill_nan(None) if found.dtype.is_float() else found
        except (TypeError, ValueError, pl.exceptions.PolarsError):
            pass
    missing = values.isna().tolist()
    held = values.astype(object).tolist()
    known = [None if gone else value for value, gone in zip(held, missing, strict=True)]
    try:
        found = pl.Series(name, known, strict=False)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        return _as_text(name, known)
    return _as_text(name, known) if found.dtype == pl.Object else found


def _as_text(name: str, values: Iterable[Any]) -> pl.Series:
    """Write values as pandas writes them to a file."""
    texts: list[str | None] = []
    for value in values:
        kind = type(value)
        written = {kind.__str__, kind.__repr__} - {object.__str__, object.__repr__}
        if not written or isinstance(value, _NO_VALUES):
            message = (
                f"the table cannot be read: the column {shown(name)} holds values of type "
                f"{kind.__name__}; give columns of numbers, text, truths and dates."
            )
            raise DataError(message)
        texts.append(None if value is None else _text(value))
    return pl.Series(name, texts, pl.String)


def _text(value: Any) -> str:
    """Write a value; an interval without its brackets and comma, which are those of a list."""
    if type(value).__name__ == "Interval":
        return f"{value.left} to {value.right}"
    return str(value)
