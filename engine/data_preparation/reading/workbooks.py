"""Workbooks of a spreadsheet program: the first sheet with a table, written as CSV."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import polars as pl

from engine.config.problems import suggestion
from engine.data_preparation.reading.contents import misnamed
from engine.errors import (
    DataError,
    EngineError,
    first_line,
    is_out_of_memory,
    is_panic,
    no_memory,
)
from engine.utilities.shown import shown

_LEAST_ROWS, _LEAST_COLUMNS = 2, 2


def write_sheet(file: Path, target: IO[bytes], sheet: str | None) -> tuple[str, str]:
    """Write a sheet as CSV in UTF-8, each cell as it would be read from text.

    Dates are written year first, whole numbers without a point; what was typed as text stays as
    it is, zeros in front of it too.

    Parameters
    ----------
    file : Path
    target : binary file
    sheet : str or None
        ``input.read.sheet``; None for the first sheet with a table.

    Returns
    -------
    words, sheet : str
        Which sheet was read: in a sentence where there are several, and in any case.

    Raises
    ------
    DataError
        No such sheet, no table, or no workbook.
    EngineError
        The package that reads workbooks is not installed.
    """
    book = _opened(file)
    names = list(book.sheet_names)
    if sheet is not None and sheet not in names:
        message = (
            f"{file} has no sheet {shown(sheet)}, which input.read.sheet names"
            f"{suggestion(sheet, names)}; its sheets are {', '.join(map(repr, names))}."
        )
        raise DataError(message)
    for name in [sheet] if sheet is not None else names:
        table = _table(file, book, name)
        if table.height >= 1 and (sheet is not None or _is_table(table)):
            table.write_csv(target, include_header=False)
            others = f" of {len(names)} (input.read.sheet names another)" if len(names) > 1 else ""
            return f"sheet {name!r}{others}" if others else "", f"sheet {name!r}"
    message = f"{file} has no sheet with a table; give one with a header and rows."
    raise DataError(message)


def _opened(file: Path) -> Any:
    try:
        import fastexcel
    except ImportError:
        message = (
            f"{file} is a workbook, and the package that reads them is not installed: "
            "pip install fastexcel, or save the sheet as CSV."
        )
        raise EngineError(message) from None
    try:
        return fastexcel.read_excel(file)
    except BaseException as error:  # the library has several of its own, and panics
        raise _unreadable(file, f"{file} cannot be read as a workbook", error) from None


def _table(file: Path, book: Any, name: str) -> pl.DataFrame:
    """Read a sheet's cells as text, without empty rows and columns at its end."""
    try:
        found = book.load_sheet(name, header_row=None, dtypes="string")
        table = pl.DataFrame(found.to_polars())
    except BaseException as error:
        raise _unreadable(file, f"{file}: the sheet {name!r} cannot be read", error) from None
    if not table.width:
        return table
    filled = table.select(pl.any_horizontal(pl.all().is_not_null()).alias("filled"))["filled"]
    last = filled.arg_true()
    return table.head(int(last[-1]) + 1 if len(last) else 0)


def _unreadable(file: Path, said: str, error: BaseException) -> BaseException:
    """Put an error of the library into words; give what stops a program as it is."""
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return error
    if is_out_of_memory(error):
        return no_memory(f"reading {file}", error)
    why = "it is damaged" if is_panic(error) else first_line(error).rstrip(".")
    return misnamed(file) or DataError(f"{said}: {why}; save it again, or as CSV.")


def _is_table(table: pl.DataFrame) -> bool:
    kept = sum(table[c].null_count() < table.height for c in table.columns)
    return table.height >= _LEAST_ROWS and kept >= _LEAST_COLUMNS
