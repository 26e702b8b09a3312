"""Workbooks: every kind of value as it is, nothing computed, whole or not at all."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from engine.errors import EngineError
from engine.utilities.workbooks import Sheet, write_workbook
from tests.workbooks import formulas

FRAME = pl.DataFrame(
    {
        "text": ["=1+1", "http://example.org", "+49", "@x", "007", None],
        "number": [1.5, float("nan"), float("inf"), -2.0, 0.0, None],
        "large": [2**60, 1, -(10**15), 10**15 - 1, 0, None],
        "day": [date(2024, 1, 31), None, date(1890, 1, 1), date(1999, 12, 31), None, None],
        "time": [datetime(2024, 1, 31, 13, 5), None, None, None, None, None],
        "flag": [True, False, None, None, None, None],
        "list": [[1, 2], [], None, None, None, None],
        "level": pl.Series(["a", "b", None, "a", "=2", None], dtype=pl.Categorical),
    }
)


def read(file: Path, sheet: str = "one") -> list[tuple[str | None, ...]]:
    """Give the cells of a sheet as text."""
    options = {"header_row": None, "dtypes": "string"}
    return pl.read_excel(
        file, sheet_name=sheet, has_header=False, drop_empty_rows=False, read_options=options
    ).rows()


def test_values_are_what_they_were(tmp_path: Path):
    file = tmp_path / "a.xlsx"
    written = write_workbook([Sheet("one", FRAME.schema, [FRAME, FRAME])], file, "private")
    assert written.rows == {"one": 12}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    rows = read(file)
    assert rows[0] == tuple(FRAME.columns)
    assert rows[1:6] == rows[7:12]
    columns = list(zip(*rows[1:6], strict=True))
    assert columns[0] == ("=1+1", "http://example.org", "+49", "@x", "007")
    assert columns[1] == ("1.5", None, "inf", "-2", "0")
    assert columns[2] == (str(2**60), "1", str(-(10**15)), str(10**15 - 1), "0")
    assert columns[3] == ("2024-01-31 00:00:00", None, "1890-01-01", "1999-12-31 00:00:00", None)
    assert columns[4][0] == "2024-01-31 13:05:00"
    assert columns[5] == ("true", "false", None, None, None)
    assert columns[6][:2] == ("[1, 2]", "[]")
    assert columns[7] == ("a", "b", None, "a", "=2")
    assert not formulas(file)


def test_days_beyond_the_years_of_python_are_text(tmp_path: Path):
    far = pl.Series([0, 4_000_000, None, -800_000], dtype=pl.Int32).cast(pl.Date)
    frame = pl.DataFrame({"id": ["a", "b", "c", "d"], "day": far, "time": far.cast(pl.Datetime)})
    file = tmp_path / "a.xlsx"
    assert write_workbook([Sheet("one", frame.schema, [frame])], file).rows == {"one": 4}
    rows = read(file)[1:]
    assert [row[1] for row in rows] == [
        "1970-01-01 00:00:00", "+12921-08-18", None, str(far.cast(pl.String)[3]),
    ]  # fmt: skip
    assert rows[1][2].startswith("+12921-08-18 00:00")


def test_numbers_are_numbers(tmp_path: Path):
    file = tmp_path / "a.xlsx"
    frame = FRAME.select("number", "day").head(1)
    write_workbook([Sheet("one", frame.schema, [frame])], file)
    table = pl.read_excel(file)
    assert table.schema == {"number": pl.Float64, "day": pl.Date}


def test_sentences_stand_above_and_a_sheet_may_be_empty(tmp_path: Path):
    file, empty = tmp_path / "a.xlsx", FRAME.head(0)
    sheets = [
        Sheet("one", FRAME.schema, [FRAME], above=["=Read this."]),
        Sheet("none", empty.schema, []),
    ]
    write_workbook(sheets, file, first=1)
    rows = read(file)
    assert rows[0][0] == "=Read this."
    assert rows[2] == tuple(FRAME.columns)
    assert read(file, "none") == [tuple(FRAME.columns)]
    assert not formulas(file)


def test_long_texts_are_cut_and_counted(tmp_path: Path):
    frame = pl.DataFrame({"a": ["x" * 40_000, "y"]})
    written = write_workbook([Sheet("one", frame.schema, [frame])], tmp_path / "a.xlsx")
    assert written.cut == 1
    assert len(pl.read_excel(tmp_path / "a.xlsx")["a"][0]) == 32_767


def test_more_rows_than_a_sheet_holds_leave_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engine.utilities.workbooks.MOST_ROWS", 10)
    file = tmp_path / "a.xlsx"
    file.write_text("as it was")
    frame = pl.DataFrame({"a": range(5)})
    write_workbook([Sheet("one", frame.schema, [frame])], tmp_path / "b.xlsx")
    with pytest.raises(EngineError, match="more than the 10 rows"):
        write_workbook([Sheet("one", frame.schema, [frame, frame])], file)
    assert file.read_text() == "as it was"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx"]


def test_what_goes_wrong_in_the_frames_comes_out_as_it_is(tmp_path: Path):
    def frames() -> Iterator[pl.DataFrame]:
        yield pl.DataFrame({"a": [1]})
        message = "the disk is gone"
        raise OSError(message)

    with pytest.raises(OSError, match="the disk is gone") as told:
        write_workbook([Sheet("one", {"a": pl.Int64}, frames())], tmp_path / "a.xlsx")
    assert not isinstance(told.value, EngineError)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(EngineError, match="its folder does not exist"):
        write_workbook([], tmp_path / "no" / "a.xlsx")
