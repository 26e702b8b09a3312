"""Writing workbooks: sheets of any number of frames into one .xlsx, row by row, atomically."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, failed_write
from engine.utilities.atomic import replacing
from engine.utilities.permissions import Permissions
from engine.utilities.tables import unwritten
from engine.utilities.targets import target_of

if TYPE_CHECKING:
    import polars as pl

MOST_ROWS = 1_048_576
"""Rows of a sheet, with its header."""

MOST_COLUMNS = 16_384
"""Columns of a sheet."""

_MOST_LETTERS = 32_767
"""Letters of a cell."""

_EXACT = 10**15
"""Whole numbers from here on lose digits in a spreadsheet: they are written as text."""

_WIDEST, _NARROWEST, _LOOKED_AT = 60, 9, 200


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook.

    Attributes
    ----------
    name : str
        At most 31 letters.
    schema : mapping of column name to polars type
        Its header.
    frames : iterable of polars.DataFrame
        Its rows, read once.
    above : sequence of str
        Lines of text over the header, with an empty line after them.
    formats : mapping of column name to str
        How numbers of a column are shown, as a spreadsheet writes it: ``0.0%``.
    """

    name: str
    schema: Mapping[str, Any]
    frames: Iterable[pl.DataFrame] = field(repr=False)
    above: Sequence[str] = ()
    formats: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WrittenBook:
    """What was written.

    Attributes
    ----------
    rows : dict of str to int
        Rows of each sheet, without its header.
    cut : int
        Cells whose text is longer than a cell may be, and was cut.
    """

    rows: dict[str, int]
    cut: int


def write_workbook(
    sheets: Sequence[Sheet], path: str | Path, permissions: Permissions = "shared", first: int = 0
) -> WrittenBook:
    """Write sheets into one workbook, in memory that does not grow with the rows.

    Text stays text, whatever it begins with: no cell becomes a formula or a link. A row is on the
    disk before the next one is made; the file takes its name when all are there.

    Parameters
    ----------
    sheets : sequence of Sheet
        In their order; the frames of one are read to their end before those of the next.
    path : str or Path
        Ends in ``.xlsx``; its folder exists.
    permissions : {"private", "group", "shared"}
    first : int
        The sheet that is shown when the workbook is opened.

    Returns
    -------
    written : WrittenBook

    Raises
    ------
    EngineError
        The file cannot be written; or a sheet has more rows or columns than a sheet can have. An
        older file is then as it was.

    Notes
    -----
    About 14,000 rows of six columns a second.
    """
    from xlsxwriter.exceptions import XlsxWriterException  # type: ignore[import-untyped]

    target, failed = target_of(path, workbook=True), _Failed()
    try:
        with replacing(target.file, permissions, flush=True) as file:
            return _write(sheets, file, first, failed)
    except (OSError, XlsxWriterException) as error:
        if failed.error is error:  # the frames failed, not the writing
            raise
        raise failed_write(unwritten(target, error), error) from error


@dataclass
class _Failed:
    """Remembers what went wrong inside the frames."""

    error: Exception | None = None

    def watched(self, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        try:
            yield from frames
        except Exception as error:
            self.error = error
            raise


def _write(sheets: Sequence[Sheet], file: Path, first: int, failed: _Failed) -> WrittenBook:
    from xlsxwriter import Workbook  # type: ignore[import-untyped]

    options = {
        "constant_memory": True, "tmpdir": str(file.parent), "strings_to_formulas": False,
        "strings_to_urls": False, "strings_to_numbers": False,
    }  # fmt: skip
    book = Workbook(str(file), options)
    rows, cut = {}, 0
    with _let_go(book):
        for number, sheet in enumerate(sheets):
            page = book.add_worksheet(sheet.name)
            if number == first:
                page.activate()
            rows[sheet.name], more = _Page(book, page, sheet).fill(failed.watched(sheet.frames))
            cut += more
        book.close()
    return WrittenBook(rows, cut)


@contextmanager
def _let_go(book: Any) -> Iterator[None]:
    """Close the files in which rows lay, where a workbook does not come to its end."""
    try:
        yield
    except BaseException:
        book.fileclosed = True  # nothing is written when it is forgotten
        for page in book.worksheets():
            page.row_data_fh.close()
        raise


class _Page:
    """Fills one sheet."""

    def __init__(self, book: Any, page: Any, sheet: Sheet) -> None:
        self._book, self._page, self._sheet = book, page, sheet
        self._bold = book.add_format({"bold": True, "bottom": 1})
        self._cut = 0

    def fill(self, frames: Iterator[pl.DataFrame]) -> tuple[int, int]:
        """Write header and rows; give the rows, and the cells that were cut."""
        import polars as pl

        sheet, page = self._sheet, self._page
        schema = pl.Schema(sheet.schema)
        self._check_columns(schema)
        top = len(sheet.above) + (1 if sheet.above else 0)
        frame = next(frames, None)
        self._widths(frame, schema)
        for line, text in enumerate(sheet.above):
            page.write_string(line, 0, text)
        for column, name in enumerate(schema):
            page.write_string(top, column, name, self._bold)
        page.freeze_panes(top + 1, 0)
        writers, row = [self._writer(c, kind) for c, kind in schema.items()], top
        while frame is not None:
            if row + frame.height >= MOST_ROWS:
                raise _too_long(sheet)
            for values in _rows(frame):
                row += 1
                for column, value in enumerate(values):
                    if value is not None:
                        writers[column](row, column, value)
            frame = next(frames, None)
        if row > top and len(schema):
            page.autofilter(top, 0, row, len(schema) - 1)
        return row - top, self._cut

    def _check_columns(self, schema: pl.Schema) -> None:
        if len(schema) > MOST_COLUMNS:
            message = (
                f"a sheet has {MOST_COLUMNS:,} columns at most, and {len(schema):,} are asked for; "
                "name fewer, or write a .csv or .parquet file."
            )
            raise EngineError(message)

    def _widths(self, frame: pl.DataFrame | None, schema: pl.Schema) -> None:
        """Make columns as wide as what the first rows hold."""
        for number, name in enumerate(schema):
            letters = [len(name) + 2]
            if frame is not None:
                first = _values(frame[name].head(_LOOKED_AT))
                letters += [len(_words(v)) for v in first if v is not None]
            width = max(_NARROWEST, min(_WIDEST, max(letters) + 1))
            self._page.set_column(number, number, width)

    def _writer(self, name: str, kind: pl.DataType) -> Callable[[int, int, Any], None]:
        """Give what writes a value of one column."""
        page, shown = self._page, self._format(name, kind)

        def number(row: int, column: int, value: Any) -> None:
            if isinstance(value, int) and abs(value) >= _EXACT:
                page.write_string(row, column, str(value))
            elif math.isfinite(value):
                page.write_number(row, column, value, shown)
            elif not math.isnan(value):
                page.write_string(row, column, str(value))

        def day(row: int, column: int, value: Any) -> None:
            if isinstance(value, datetime):
                value = value.replace(tzinfo=None)
            if isinstance(value, str) or (isinstance(value, date) and value.year < _FIRST_YEAR):
                page.write_string(row, column, str(value))
            else:
                page.write_datetime(row, column, value, shown)

        def text(row: int, column: int, value: Any) -> None:
            words = _words(value)
            self._cut += len(words) > _MOST_LETTERS
            page.write_string(row, column, words[:_MOST_LETTERS])

        if kind.is_numeric():
            return number
        if kind.is_temporal() and isinstance(kind.to_python(), type):
            return day if kind.to_python() in (date, datetime, time) else text
        if str(kind) == "Boolean":
            return lambda row, column, value: page.write_boolean(row, column, value)
        return text

    def _format(self, name: str, kind: pl.DataType) -> Any:
        shown = self._sheet.formats.get(name)
        if shown is None and kind.is_temporal():
            days = {date: "yyyy-mm-dd", datetime: "yyyy-mm-dd hh:mm:ss", time: "hh:mm:ss"}
            shown = days.get(kind.to_python())
        return self._book.add_format({"num_format": shown}) if shown else None


_FIRST_YEAR = 1901
"""Spreadsheets know no dates before 1900, and take that for a leap year."""


def _rows(frame: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    for part in frame.iter_slices(512):
        yield from zip(*(_values(column) for column in part), strict=True)


def _values(column: pl.Series) -> list[Any]:
    """Give the values of a column; days of years that Python does not know are text."""
    import polars as pl

    if column.dtype not in (pl.Date, pl.Datetime):
        return column.to_list()
    far = (~column.dt.year().is_between(1, 9999)).fill_null(value=False)
    if not far.any():
        return column.to_list()
    text, known = column.cast(pl.String).to_list(), column.set(far, None).to_list()
    return [t if k is None else k for k, t in zip(known, text, strict=True)]


def _words(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _too_long(sheet: Sheet) -> EngineError:
    message = (
        f"the sheet {sheet.name!r} would have more than the {MOST_ROWS:,} rows that a spreadsheet "
        "holds; write a .csv or .parquet file, or ask for fewer customers."
    )
    return EngineError(message)
