"""Tables in memory as files that a run reads: pandas, Polars, PyArrow, cuDF, others by Arrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from engine.config.everywhere import AS_FILE
from engine.config.sections import Config
from engine.errors import DataError, EngineError, first_line
from engine.utilities.permissions import create
from engine.utilities.scratch import scratch_folder
from engine.utilities.tables import ROW_GROUP_ROWS

_FRAMES = ("pandas", "polars", "pyarrow", "cudf", "narwhals", "modin")


def is_table(source: Any) -> bool:
    """Tell a table in memory from a configuration or a path; columns by name are one, too.

    Examples
    --------
    >>> is_table(pl.DataFrame({"id": [1]})), is_table({"input.path": "a.csv"}), is_table("a.csv")
    (True, False, False)
    """
    if source is None or isinstance(source, str | Path | pl.Series):
        return False
    if isinstance(source, pl.DataFrame | pl.LazyFrame | nw.DataFrame | nw.LazyFrame):
        return True  # a lazy one is not asked for its columns, which may take long
    if isinstance(source, Mapping):
        sections = {str(key).split(".")[0] for key in source} & Config.model_fields.keys()
        listed = (isinstance(v, list | tuple | np.ndarray | pl.Series) for v in source.values())
        return bool(source) and not sections and all(listed)
    library = type(source).__module__.split(".")[0]
    known = library in _FRAMES or hasattr(source, "__arrow_c_stream__")
    return known and (hasattr(source, "columns") or hasattr(source, "schema"))


@contextmanager
def as_file(table: Any, note: Callable[[str], None]) -> Iterator[Path]:
    """Write a table where only the user may look, as long as it is read.

    Parameters
    ----------
    table : dataframe
        A lazy one of Polars is written as it streams, and never whole in memory.
    note : callable
        Told what was done with it, if anything beside writing.

    Yields
    ------
    file : Path
        Parquet.

    Raises
    ------
    DataError
        It is no table with a name for each column, or holds what no file does.
    """
    found = _as_polars(table, note)
    with scratch_folder("engine-table") as folder:
        file = folder / AS_FILE
        create(file, "private")
        try:
            if isinstance(found, pl.LazyFrame):
                found.sink_parquet(file, compression="lz4")
            else:
                found.write_parquet(file, compression="lz4", row_group_size=ROW_GROUP_ROWS)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            message = (
                f"the table cannot be read ({first_line(error).rstrip('.')}); give columns of "
                "numbers, text, truths and dates."
            )
            raise DataError(message) from None
        try:
            yield file
        except EngineError as error:
            error.args = tuple(
                a.replace(str(file), "the table") if isinstance(a, str) else a for a in error.args
            )
            raise


def _as_polars(table: Any, note: Callable[[str], None]) -> pl.DataFrame | pl.LazyFrame:
    if isinstance(table, nw.DataFrame | nw.LazyFrame):
        table = table.to_native()
    if isinstance(table, pl.DataFrame | pl.LazyFrame):
        return table
    library = type(table).__module__.split(".")[0]
    if library == "modin":
        table, library = table.modin.to_pandas(), "pandas"
    try:
        if library == "pandas":
            return _of_pandas(table)
        if library == "cudf":
            note("the table of cuDF is copied to the memory of the host, from which runs read")
            table = table.to_arrow()
        found = pl.DataFrame(dict(table) if isinstance(table, Mapping) else table)
    except DataError:
        raise
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError) as error:
        message = f"the table cannot be read ({first_line(error).rstrip('.')})."
        raise DataError(message) from None
    return found


def _of_pandas(table: Any) -> pl.DataFrame:
    """Convert column by column; an index that has a name is a column, too."""
    if any(name is not None for name in table.index.names):
        named = [n for n in table.index.names if n is not None and n not in table.columns]
        table = table.reset_index(level=named) if named else table
    names = ["_".join(map(str, c)) if isinstance(c, tuple) else str(c) for c in table.columns]
    twice = next((n for i, n in enumerate(names) if n in names[:i]), None)
    if twice is not None:
        message = f"the table has two columns of the name {twice!r}; name each column once."
        raise DataError(message)
    return pl.DataFrame([_column(n, table.iloc[:, i]) for i, n in enumerate(names)])


def _column(name: str, values: Any) -> pl.Series:
    dtype = values.dtype
    if getattr(dtype, "kind", "O") in "iufbM" and hasattr(dtype, "itemsize") and not hasattr(
        dtype, "tz"
    ):  # fmt: skip
        try:
            found = pl.Series(name, values.to_numpy())
            return found.fill_nan(None) if found.dtype.is_float() else found
        except (TypeError, ValueError, pl.exceptions.PolarsError):
            pass
    missing = values.isna().tolist()
    held = values.astype(object).tolist()
    known = [None if gone else value for value, gone in zip(held, missing, strict=True)]
    return pl.Series(name, known, strict=False)
