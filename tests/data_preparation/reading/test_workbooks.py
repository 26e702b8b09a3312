"""Workbooks: which sheet is read, and how its cells are."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest

from engine.config.input import InputConfig, ReadConfig
from engine.data_preparation.reading.sources import Source, open_source
from engine.errors import DataError, EngineError
from tests.data_preparation.reading.workbook import write_workbook

TABLE = [
    ["customer_id", "name", "age", "spent"],
    ["007", "Gülşen", 31.0, 12.5],
    ["012", "Ana, María", None, 7.0],
]


def opened(file: Path, **read: str) -> Source:
    return open_source(InputConfig(path=str(file), read=ReadConfig(**read)))


def test_cells(tmp_path):
    source = opened(write_workbook(tmp_path / "a.xlsx", {"Sheet1": TABLE}))
    source = source.with_types({"customer_id": pl.String()})
    table = pl.concat(source.batches(list(source.schema)))
    assert table.rows() == [("007", "Gülşen", 31.0, 12.5), ("012", "Ana, María", None, 7.0)]
    assert source.estimate_rows() == 2
    assert source.found == ()
    assert not source.plainly_written


def test_the_first_sheet_with_a_table_is_read(tmp_path):
    sheets = {"Cover": [["Our customers"]], "Empty": [], "Data": TABLE, "More": TABLE[:2]}
    file = write_workbook(tmp_path / "a.xlsx", sheets)
    source = opened(file)
    assert source.estimate_rows() == 2
    assert source.found == ("a.xlsx: sheet 'Data' of 4 (input.read.sheet names another)",)
    assert pl.concat(opened(file, sheet="More").batches(["age"])).height == 1
    with pytest.raises(DataError, match=r"has no sheet 'Mor', which input.read.sheet names; did"):
        opened(file, sheet="Mor")


def test_titles_above_the_table(tmp_path):
    rows = [["Customers of 2011", None, None, None], [], *TABLE]
    source = opened(write_workbook(tmp_path / "a.xlsx", {"Sheet1": rows}))
    assert list(source.schema) == TABLE[0]
    assert "skipped, such as 'Customers of 2011'" in source.found[0]


def test_what_is_no_workbook(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"nonsense\0")
    with pytest.raises(DataError, match="cannot be read as a workbook"):
        opened(tmp_path / "a.xlsx")
    with pytest.raises(DataError, match="has no sheet with a table"):
        opened(write_workbook(tmp_path / "b.xlsx", {"Sheet1": [["only"]]}))


def test_the_package_may_be_missing(tmp_path, monkeypatch):
    file = write_workbook(tmp_path / "a.xlsx", {"Sheet1": TABLE})
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    with pytest.raises(EngineError, match="pip install fastexcel"):
        opened(file)
