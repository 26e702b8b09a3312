"""Tables in memory as files that a run reads: pandas, Polars, PyArrow, cuDF, others by Arrow."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from engine.config.everywhere import AS_FILE, OF_TABLES
from engine.config.sections import Config
from engine.data_preparation.of_pandas import check_names, of_pandas
from engine.errors import DataError, EngineError, first_line
from engine.utilities.permissions import create
from engine.utilities.scratch import KeptFolder
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
        return bool(source) and not sections and all(map(_is_column, source.values()))
    library = type(source).__module__.split(".")[0]
    known = library in _FRAMES or hasattr(source, "__arrow_c_stream__")
    return known and (hasattr(source, "columns") or hasattr(source, "schema"))


def _is_column(values: Any) -> bool:
    """Tell values one after another, of whichever library, from a text or a section."""
    if isinstance(values, str | bytes | Mapping):
        return False
    return hasattr(values, "__len__") and hasattr(values, "__getitem__")


@contextmanager
def as_file(table: Any, note: Callable[[str], None]) -> Iterator[KeptFolder]:
    """Write a table where only the user may look, for as long as what is given lives.

    Parameters
    ----------
    table : dataframe
        A lazy one of Polars is written as it streams, and never whole in memory.
    note : callable
        Told what was done with it, if anything beside writing.

    Yields
    ------
    kept : KeptFolder
        Its only file, :data:`engine.config.everywhere.AS_FILE`, is the table as Parquet. It is
        removed at once where something fails meanwhile.

    Raises
    ------
    DataError
        It is no table with a name for each column, or holds what no file does; or there is no
        room for it.
    """
    found = _as_polars(table, note)
    kept = KeptFolder(OF_TABLES)
    file = kept.folder / AS_FILE
    try:
        _write(found, file)
        yield kept
    except BaseException as error:
        kept.remove()
        if isinstance(error, EngineError):
            error.args = tuple(
                a.replace(str(file), "the table") if isinstance(a, str) else a for a in error.args
            )
        raise


def _write(found: pl.DataFrame | pl.LazyFrame, file: Path) -> None:
    create(file, "private")
    try:
        if isinstance(found, pl.LazyFrame):
            found.sink_parquet(file, compression="lz4")
        else:
            found.write_parquet(file, compression="lz4", row_group_size=ROW_GROUP_ROWS)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        said = first_line(error).rstrip(".")
        message = (
            f"the table cannot be read ({said}); give columns of numbers, text, truths and dates."
        )
        if isinstance(error, OSError) and isinstance(found, pl.DataFrame):
            message = (
                f"the table cannot be written to {tempfile.gettempdir()}, from which it is read "
                f"({said}); free space, or set TMPDIR to another folder."
            )
        raise DataError(message) from None


def _as_polars(table: Any, note: Callable[[str], None]) -> pl.DataFrame | pl.LazyFrame:
    if isinstance(table, nw.DataFrame | nw.LazyFrame):
        table = table.to_native()
    if isinstance(table, pl.LazyFrame):
        return table
    library = type(table).__module__.split(".")[0]
    if library == "modin":
        table, library = table.modin.to_pandas(), "pandas"
    try:
        if library == "cudf":
            note("the table of cuDF is copied to the memory of the host, from which runs read")
            table = table.to_arrow()
        if library == "pandas":
            found = of_pandas(table, note)
        elif isinstance(table, Mapping):
            check_names([str(name) for name in table])
            found = pl.DataFrame({str(name): values for name, values in table.items()})
        else:
            check_names(getattr(table, "column_names", ()))
            found = table if isinstance(table, pl.DataFrame) else pl.DataFrame(table)
    except DataError:
        raise
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError) as error:
        message = f"the table cannot be read ({first_line(error).rstrip('.')})."
        raise DataError(message) from None
    if not found.width:
        message = "the table has no columns; give one with a row for each customer."
        raise DataError(message)
    return found
