"""Customers to a file: whose they are, under which condition, with their own columns."""

from __future__ import annotations

import re
import stat
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.command_line import cli
from engine.errors import ConfigError, DataError, EngineError
from tests.customer_lists.conftest import CUSTOMERS, customers
from tests.drawing import undrawn
from tests.workbooks import formulas


def by_hand(result: engine.Result, number: int) -> pl.DataFrame:
    """Give the customers of a segment of the page, with the columns of the input."""
    table = result.segments.join(customers().rename({"segment": "segment_"}), on="customer_id",
                                 how="left", maintain_order="left")  # fmt: skip
    return table.filter(pl.col("segment") == number - 1)


def test_those_of_a_segment_under_a_condition(result: engine.Result, tmp_path: Path):
    out = tmp_path / "out.parquet"
    done = result.export(out, segment=2, where="country = 'Spain' and spend > 1", columns="all")
    expected = by_hand(result, 2).filter(country="Spain")
    assert 0 < done.rows == expected.height < CUSTOMERS
    assert_frame_equal(pl.read_parquet(out), expected)
    assert done.told().endswith(f"{result.model.names[1]}) where country = 'Spain' and spend > 1")


def test_the_input_is_not_read_where_nothing_of_it_is_asked(
    result: engine.Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engine.customer_lists.export.read_again", None)
    result.export(tmp_path / "a.parquet", where="distance < 1")
    near = result.segments.filter(pl.col("distance") < 1)
    assert_frame_equal(pl.read_parquet(tmp_path / "a.parquet"), near)


def test_numbers_names_and_several_segments(result: engine.Result, tmp_path: Path):
    out, names = tmp_path / "a.parquet", result.model.names
    for asked, kept in (
        (1, [0]), ("3", [2]), (["1", "3"], [0, 2]), ("1, 2", [0, 1]), (names[1].upper(), [1]),
        ([names[2], 1], [0, 2]), (None, [0, 1, 2]),
    ):  # fmt: skip
        result.export(out, segment=asked)
        assert pl.read_parquet(out)["segment"].unique().sort().to_list() == kept


def test_own_columns_stand_in_the_order_of_the_input(result: engine.Result, tmp_path: Path):
    out = tmp_path / "a.csv"
    result.export(out, columns=["country", "Year Born", "segment"])
    table = pl.read_csv(out)
    own = ["Year Born", "country", "segment_"]
    assert table.columns == [*result.segments.columns, *own]
    assert table["Year Born"].dtype == pl.Int64  # not 1957.0
    assert (table["segment_"] == "old").all()


def test_formulas_in_a_csv_are_marked(result: engine.Result, tmp_path: Path):
    out = tmp_path / "a.csv"
    done = result.export(out, columns="country")
    table = pl.read_csv(out)
    assert set(table["country"]) == {"Spain", "France", "'=1+1"}
    assert table["customer_id"][0] == "'=C0000"
    assert any("engine.unmarked" in notice for notice in done.notices)
    assert_frame_equal(engine.unmarked(table)["country"].to_frame(), customers().select("country"))


def test_formulas_in_a_workbook_are_text(result: engine.Result, tmp_path: Path):
    out = tmp_path / "a.xlsx"
    result.export(out, columns="all")
    table = pl.read_excel(out, sheet_name="customers")
    assert table["country"].to_list() == customers()["country"].to_list()
    assert table["customer_id"].to_list() == customers()["customer_id"].to_list()
    assert not formulas(out)


def test_a_workbook_opens_on_its_customers(result: engine.Result, tmp_path: Path):
    out = tmp_path / "a.xlsx"
    done = result.export(out, segment=3, columns=["spend"])
    book = pl.read_excel(out, sheet_id=0)
    assert list(book) == ["customers", "segments", "profiles"]
    expected = by_hand(result, 3)
    assert book["customers"].columns[:4] == ["customer_id", "number", "segment", "segment_name"]
    assert book["customers"]["spend"].to_list() == expected["spend"].to_list()
    assert set(book["customers"]["number"]) == {3}
    assert done.rows == expected.height
    assert book["segments"]["number"].to_list() == [1, 2, 3]
    assert book["segments"]["segment"].to_list() == [0, 1, 2]
    assert book["segments"]["name"].to_list() == list(result.model.names)
    assert book["segments"]["customers"].sum() == CUSTOMERS
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_more_than_a_sheet_holds_is_refused_and_loses_nothing(
    result: engine.Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out = tmp_path / "a.xlsx"
    out.write_bytes(b"as it was")
    monkeypatch.setattr("engine.customer_lists.export.MOST_CUSTOMERS", 10)
    for where in (None, "distance > 0"):
        with pytest.raises(DataError, match="holds 10 customers"):
            result.export(out, where=where)
    assert out.read_bytes() == b"as it was"
    assert [p.name for p in tmp_path.iterdir()] == ["a.xlsx"]


def test_of_the_next_best_segment_people_see_the_pages_number(tree: dict[str, Any], tmp_path: Path):
    places = {f"output.{f}": str(tmp_path / f) for f in ("models", "reports", "processed")}
    with undrawn():
        result = engine.segment(tree, {"output.margin": True, "output.columns": [], **places})
    sheets = (tmp_path / "a.xlsx", result.report_path.parent / "segments.xlsx")
    result.export(sheets[0])
    for file in sheets:
        sheet = pl.read_excel(file, sheet_name="customers")
        at = sheet.columns.index("second_segment")
        assert sheet.columns[at - 1] == "second_number"
        assert sheet["second_number"].to_list() == (sheet["second_segment"] + 1).to_list()
        assert sheet["number"].to_list() == (result.segments["segment"] + 1).to_list()
    with pytest.raises(DataError, match="counts from 0; name the segment: second_segment_name"):
        result.export(tmp_path / "a.csv", where="second_segment = 1")
    name = result.model.names[0]
    done = result.export(tmp_path / "a.csv", where=f"second_segment_name = '{name}'")
    assert done.rows == result.segments.filter(second_segment=0).height > 0


def test_nobody_gives_a_header_alone(result: engine.Result, tmp_path: Path):
    done = result.export(tmp_path / "a.csv", where="spend > 100000")
    assert done.told() == (
        "0 customers where spend > 100000; the file holds its header alone"
    )  # fmt: skip
    assert pl.read_csv(tmp_path / "a.csv").columns == result.segments.columns


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"segment": 4}, "there is no segment 4; on the page they are 1, 2, 3."),
        ({"segment": 0}, "there is no segment 0"),
        ({"segment": "nobody"}, "there is no segment 'nobody'"),
        ({"segment": []}, "no segment was named"),
        ({"columns": ["contry"]}, r"no column 'contry'; did you mean country\?"),
        ({"where": "contry = 1"}, "did you mean country"),
        ({"where": "segment = 1"}, "segments are named beside it"),
    ],
)
def test_what_is_not_there_is_refused(
    result: engine.Result, tmp_path: Path, asked: dict[str, Any], said: str
):
    with pytest.raises(DataError, match=said):
        result.export(tmp_path / "a.csv", **asked)
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_over_the_input_or_into_the_run(result: engine.Result, folder: Path):
    with pytest.raises(DataError, match="the input itself"):
        result.export(folder / "customers.csv")
    with pytest.raises(DataError, match="lies in the folder of a run"):
        result.export(result.report_path.parent / "mine.xlsx")
    with pytest.raises(EngineError, match=r"\.parquet, \.csv or \.xlsx"):
        result.export(folder / "a.txt")


def test_an_input_that_has_changed_is_refused(tree: dict[str, Any], tmp_path: Path):
    table, file = customers(), tmp_path / "customers.csv"
    table.write_csv(file)
    places = {f"output.{f}": str(tmp_path / f) for f in ("models", "reports", "processed")}
    with undrawn():
        result = engine.segment(tree, {"input.path": str(file), **places})
    table.with_columns(spend=pl.col("spend").reverse()).write_csv(file)
    result.export(tmp_path / "a.csv", segment=1)  # of the run's own table
    for changed in (table.with_columns(spend=pl.col("spend").reverse()), table.head(200)):
        changed.write_csv(file)
        with pytest.raises(DataError, match="has changed since run"):
            result.export(tmp_path / "b.csv", columns="country")
    assert not (tmp_path / "b.csv").exists()


def test_blocks_change_nothing(
    result: engine.Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    result.export(tmp_path / "a.csv", columns="all", where="visits > 5")
    monkeypatch.setattr("engine.customer_lists.listing.BATCH_ROWS", 7)
    monkeypatch.setattr("engine.data_preparation.reading.sources.BATCH_ROWS", 11)
    result.export(tmp_path / "b.csv", columns="all", where="visits > 5")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_the_command_says_whose_customers_it_wrote(
    result: engine.Result, tree: dict[str, Any], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    out = tmp_path / "spain.xlsx"
    places = [f"--set=output.{f}={tree['output'][f]}" for f in ("models", "reports")]
    words = ["export", "shop", str(out), "--segment", "2", "--columns", "Year Born,country"]
    monkeypatch.setattr(sys, "argv", ["engine", *words, "--where", "country = 'Spain'", *places])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert not ended.value.code, said.err
    name = re.escape(result.model.names[1])
    told = rf"\d+ customers of segment 2 \({name}\) where country = 'Spain': {out}\n"
    assert re.fullmatch(told, said.out)
    assert pl.read_excel(out)["Year Born"].dtype == pl.Int64


def test_by_name(result: engine.Result, tree: dict[str, Any], tmp_path: Path):
    a, b = tmp_path / "a.parquet", tmp_path / "b.parquet"
    engine.export("shop", a, tree, segment=1, columns="spend")
    result.export(b, segment=1, columns="spend")
    assert a.read_bytes() == b.read_bytes()
    with pytest.raises(DataError, match="no run named"):
        engine.export("nobody", a, tree)
    with pytest.raises(ConfigError, match="is not set when exporting customers"):
        engine.export("shop", a, tree, overrides={"clustering.k": 3})
