"""A saved run as it was given: ``engine.load_result``; and the runs of a name over time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

import engine
from engine.command_line.cli import app
from engine.data_preparation.generators.shop import generate_transactions
from engine.errors import DataError
from tests.drawing import undrawn

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[engine.Result]]:
    """Give a folder with three runs of which two are kept."""
    folder = tmp_path_factory.mktemp("reloaded")
    generate_transactions(folder / "shop.parquet", customers=120, seed=1)
    with undrawn():
        return folder, [engine.segment(tree(folder)) for _ in range(3)]


def tree(folder: Path) -> dict[str, Any]:
    return {
        "input": {"path": str(folder / "shop.parquet"), "kind": "transactions"},
        "clustering": {"k": 3, "kmeans": {"n_init": 1}, "continue_from": "latest"},
        "evaluation": {"resamples": 0},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")}
        | {"name": "shop", "keep": 2},
    }


def test_a_saved_run_is_what_it_was(shop, tmp_path: Path):
    folder, runs = shop
    again, last = engine.load_result("shop", source=tree(folder)), runs[-1]
    assert_frame_equal(again.profiles, last.profiles)
    assert_frame_equal(again.segments, last.segments)
    for table in ("best_sellers", "categories", "pairs", "offers"):
        assert_frame_equal(getattr(again.cross_sell, table), getattr(last.cross_sell, table))
    assert json.loads(json.dumps(last.cross_sell.facts)) == again.cross_sell.facts
    assert again.scores == json.loads(json.dumps(last.scores))
    one = last.segments["customer_id"][0]
    assert again.similar(one, 2).equals(last.similar(one, 2))
    assert str(again.explain(one)) == str(last.explain(one))
    assert again.export(tmp_path / "x.csv", segment=1).rows > 0
    assert repr(again) == repr(last)
    before = engine.load_result("shop", "previous", tree(folder))
    assert before.summary["run_id"] == runs[1].summary["run_id"]
    with pytest.raises(DataError, match="there is no run"):
        engine.load_result("shop", runs[0].summary["run_id"], tree(folder))


def test_runs_are_told_in_their_order_and_names_at_a_glance(shop):
    folder, runs = shop
    table = engine.history("shop", tree(folder))
    ids = [r.summary["run_id"] for r in runs]
    assert table["run"].to_list() == ids
    assert table["continues"].to_list() == [None, *ids[:2]]
    assert table["kept"].to_list() == [False, True, True]
    assert table["in_use"].to_list() == [False, False, True]
    assert table["stayed"].to_list() == [None, 120, 120]
    sizes = [sum(s["customers"] for s in row) for row in table["segments"]]
    assert sizes == table["customers"].to_list() == [120] * 3
    (row,) = engine.overview(tree(folder)).iter_rows(named=True)
    assert (row["name"], row["run"], row["runs"], row["k"]) == ("shop", ids[-1], 2, 3)
    assert row["bytes"] > 10_000


def test_the_commands_say_so(shop, monkeypatch):
    folder, runs = shop
    monkeypatch.chdir(folder)
    shown = CliRunner().invoke(app, ["history", "shop"])
    assert shown.exit_code == 0
    assert "removed" in shown.stdout
    assert "100%" in shown.stdout
    assert f"1 {runs[-1].model.names[0]}"[:12] in shown.stdout
    assert "shop" in CliRunner().invoke(app, ["list"]).stdout
    told = json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)
    assert told["names"][0]["run"] == runs[-1].summary["run_id"]
    told = json.loads(CliRunner().invoke(app, ["history", "shop", "--json"]).stdout)
    assert [r["run"] for r in told["runs"]] == [r.summary["run_id"] for r in runs]
