"""Tables beside a run's own: segments.csv and segments.xlsx, where they are asked for."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.config.loading import load_config
from engine.customer_lists.book import segments_sheet
from engine.customer_lists.listing import Listing
from engine.customer_lists.tables import save_tables
from engine.errors import ConfigError
from tests.customer_lists.conftest import CUSTOMERS, customers


def test_a_run_writes_them_beside_its_own(result: engine.Result):
    folder = result.report_path.parent
    table = engine.unmarked(pl.read_csv(folder / "segments.csv"))
    assert table.columns == [*result.segments.columns, "country", "segment_"]
    assert table["customer_id"].to_list() == customers()["customer_id"].to_list()
    assert table["country"].to_list() == customers()["country"].to_list()
    assert table["segment"].to_list() == result.segments["segment"].to_list()
    book = pl.read_excel(folder / "segments.xlsx", sheet_id=0)
    assert list(book) == ["segments", "profiles", "customers"]
    assert book["customers"]["country"].to_list() == customers()["country"].to_list()
    assert (book["customers"]["number"] == book["customers"]["segment"] + 1).all()
    assert book["profiles"].height == 3
    for name in ("segments.csv", "segments.xlsx"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert any("segments.csv" in notice for notice in result.summary["notices"])


def test_only_parquet_is_written_unless_asked():
    assert load_config({}).output.tables == ("parquet",)


def test_columns_that_are_not_there_are_refused_before_the_run(
    tree: dict[str, Any], tmp_path: Path
):
    said = {"output.columns": ["contry"], "output.reports": str(tmp_path / "reports")}
    with pytest.raises(ConfigError, match=r"output\.columns: customers\.csv has no column"):
        engine.segment(tree, said)
    with pytest.raises(ConfigError, match="add one of them to tables"):
        load_config({"output": {"columns": ["a"]}})
    with pytest.raises(ConfigError, match=r"output\.tables"):
        load_config({"output": {"tables": ["docx"]}})


def test_more_customers_than_a_sheet_holds_are_told_of(
    result: engine.Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engine.customer_lists.tables.MOST_CUSTOMERS", 10)
    table = tmp_path / "segments.parquet"
    result.segments.write_parquet(table)
    tree = _tree()
    names = [s["name"] for s in tree["segments"]]
    for tables, whole in ((["xlsx"], "segments.parquet"), (["csv", "xlsx"], "segments.csv")):
        notices = save_tables(Listing(table), tables, tree, names, "private")
        assert f"The {CUSTOMERS:,} customers are in {whole}" in notices[-1]
        book = pl.read_excel(tmp_path / "segments.xlsx", sheet_id=0, has_header=False)
        assert list(book) == ["segments", "profiles"]
        assert book["segments"][0, 0] == notices[-1]


def _tree() -> dict[str, Any]:
    figures = {"mean": 1.0, "median": 1.0, "z": 0.5}
    return {
        "value": {"column": "spend", "label": "spend", "unit": "EUR", "total": 300.0},
        "segments": [
            {
                "segment": s, "customers": 10 * (s + 1), "share": 0.1, "name": f"name {s}",
                "features": {"spend": figures}, "levels": [], "who": f"people of {s}",
                "actions": [{"action": "Win back", "text": "write to them", "reason": "long"}],
                "value": {"total": 100.0, "share": 0.33, "mean": 10.0} if s else None,
            }
            for s in (0, 2)
        ],
    }  # fmt: skip


def test_the_sheet_of_segments_says_who_they_are_and_what_to_do():
    sheet = segments_sheet(_tree(), ["Best", "Lapsed"])
    (frame,) = sheet.frames
    expected = pl.DataFrame(
        {
            "number": [1, 3], "segment": [0, 2], "name": ["Best", "Lapsed"],
            "customers": [10, 30], "share": [0.1, 0.1], "spend": [None, 100.0],
            "value share": [None, 0.33], "mean spend": [None, 10.0],
            "who": ["people of 0", "people of 2"],
            "what to do": ["Win back: write to them"] * 2,
        }
    )  # fmt: skip
    assert_frame_equal(frame, expected)
