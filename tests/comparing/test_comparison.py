"""Runs compared: matrices that add up, who came and left, matched numbers, files and page."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from engine.comparing import comparison
from engine.comparing.told import merged
from engine.errors import DataError
from tests.comparing.conftest import CUSTOMERS, customers
from tests.drawing import undrawn
from tests.visualization.html_page import Page

KEPT = CUSTOMERS - 30


def exact(old: pl.DataFrame, new: pl.DataFrame) -> dict[tuple[Any, Any], int]:
    """Count customers by both segments with a plain join; -1 for those who are not there."""
    both = old.join(new, on="customer_id", how="full", coalesce=True, suffix="_new")
    pairs = both.select(pl.col("segment", "segment_new").fill_null(-1)).rows()
    return {pair: pairs.count(pair) for pair in set(pairs)}


def as_pairs(migration: pl.DataFrame) -> dict[tuple[Any, Any], int]:
    shown = migration.select(pl.col("from_segment", "to_segment").fill_null(-1), "customers")
    return {(a, b): n for a, b, n in shown.rows()}


@pytest.fixture(scope="module")
def found(runs: list[engine.Result]) -> engine.Comparison:
    return runs[0].compare(runs[1])


def test_the_matrix_is_exact_and_adds_up(found, runs):
    assert as_pairs(found.migration) == exact(runs[0].segments, runs[1].segments)
    (step,) = found.summary["steps"]
    for row, cells in zip(step["rows"], step["counts"], strict=True):
        assert sum(n or 0 for n in cells) + row["pooled"] == row["customers"]
    for j, column in enumerate(step["columns"]):
        told = sum(cells[j] or 0 for cells in step["counts"])
        assert told + column["pooled"] == column["customers"]
    assert (step["new"], step["left"], step["both"]) == (30, 30, KEPT)
    shares = found.migration.group_by("from_segment").agg(pl.col("share_of_from").sum())
    assert shares["share_of_from"].to_list() == pytest.approx([1.0] * shares.height)


def test_runs_that_continue_keep_numbers_and_it_is_said(found):
    (step,) = found.summary["steps"]
    assert step["matched"]["by"] == "numbers"
    assert "clustering.continue_from" in step["matched"]["sentence"]
    same = found.migration.filter("same")
    assert (same["from_segment"] == same["to_segment"]).all()
    assert abs(same["customers"].sum() / KEPT - 0.75) < 0.05


def test_others_are_matched_by_customers_and_it_is_said(runs, tree):
    found = engine.compare(["shop@previous", "apart"], tree("old.csv"))
    (step,) = found.summary["steps"]
    assert step["matched"]["by"] == "customers"
    assert "Neither run continues the other" in step["matched"]["sentence"]
    old, new = runs[0].profiles, runs[2].profiles
    means = {s: m for s, m in old.select("segment", "spend_mean").rows()}
    for pair in step["matched"]["segments"]:
        now = new.filter(pl.col("segment") == pair["to"])["spend_mean"][0]
        assert abs(now - means[pair["from"]]) < 20
    assert len(step["matched"]["segments"]) == 3


def test_means_are_those_of_the_profiles_in_their_own_units(found, runs):
    spend = found.changes.filter(pl.col("column") == "spend")
    for row in spend.iter_rows(named=True):
        for side, result in zip(("from", "to"), runs, strict=False):
            of = result.profiles.filter(pl.col("segment") == row[f"{side}_segment"])
            value = row["before" if side == "from" else "after"]
            assert of["spend_mean"][0] == pytest.approx(value, abs=0.01)
        assert row["difference"] == pytest.approx(row["after"] - row["before"])


def test_whose_move_matters_most_stands_in_a_file_alone(found, runs, tmp_path: Path):
    folder = found.write(tmp_path / "out")
    assert {f.name for f in folder.iterdir() if f.name[0] != "."} == {
        "comparison.html", "comparison.json", "migration.csv", "moves.csv",
    }  # fmt: skip
    assert stat.S_IMODE((folder / "moves.csv").stat().st_mode) == 0o600
    moves = pl.read_csv(folder / "moves.csv")
    old, new = (dict(r.segments.select("customer_id", "segment").rows()) for r in runs[:2])
    for row in moves.iter_rows(named=True):
        assert (old[row["id"]], new[row["id"]]) == (row["from_segment"], row["to_segment"])
    moved = sum(1 for who in old.keys() & new.keys() if old[who] != new[who])
    assert moves.height == moved
    assert moves["distance"].is_sorted()
    told = [(folder / name).read_text() for name in ("comparison.html", "comparison.json")]
    assert not any(str(who) in text for who in moves["id"].head(20) for text in told)
    few = runs[0].compare(runs[1], most=5)
    assert few.moves.equals(found.moves.head(5))


def test_files_are_replaced_together_and_add_up(found, tmp_path: Path):
    folder = found.write(tmp_path / "out")
    (folder / "moves.csv").write_text("older")
    assert found.write(folder) == folder
    table = pl.read_csv(folder / "migration.csv")
    cells = table.filter(~pl.col("to_name").is_in(["all"]) & ~pl.col("from_name").is_in(["all"]))
    totals = table.filter(pl.col("to_name") == "all").select("from_name", total="customers")
    summed = cells.filter(pl.col("from_name") != "pooled").group_by("from_name")
    both = totals.join(summed.agg(pl.col("customers").sum()), on="from_name", how="left")
    assert both["customers"].fill_null(0).to_list() == both["total"].to_list()
    assert json.loads((folder / "comparison.json").read_text()) == found.summary
    assert [f.name for f in folder.iterdir() if f.name.startswith(".")] == [".lock"]


def test_the_page_says_it_and_shows_flows(found):
    page = Page(found.html)
    assert page.open == []
    for said in ("Who went where", "Sizes over time", "What changed", "old to new", "30 are new",
                 "30 have left", "moves.csv"):  # fmt: skip
        assert said in page.text
    assert [i for i in page.find("img") if "Flow diagram" in str(i["alt"])]
    assert "Of 270 customers" in repr(found)
    assert "<p>Of 270" in found._repr_html_()


def test_several_periods_follow_each_other(runs, tree):
    found = engine.compare([runs[0], runs[1], runs[2]], tree("old.csv"))
    assert len(found.summary["steps"]) == 2
    labels = [p["label"] for p in found.summary["periods"]]
    assert len(set(labels)) == 3
    totals = found.sizes.group_by("period", maintain_order=True).agg(pl.col("customers").sum())
    assert totals["customers"].to_list() == [CUSTOMERS] * 3
    # Runs of the same data: everyone is where they were, whatever the numbers are.
    last = found.summary["steps"][1]
    assert (last["stayed"], last["new"], last["left"]) == (CUSTOMERS, 0, 0)
    assert set(found.sizes["track"]) == {0, 1, 2}


def test_new_data_get_the_segments_of_the_model(runs, folder, tree):
    by_run = runs[0].compare(runs[1])
    found = runs[0].compare(folder / "new.csv")
    again = runs[0].compare(pl.read_csv(folder / "new.csv"))
    assert found.summary["steps"][0]["matched"]["by"] == "model"
    assigned = runs[0].model.assign(folder / "new.csv")
    assert as_pairs(found.migration) == exact(runs[0].segments, assigned)
    assert as_pairs(again.migration) == as_pairs(found.migration)
    data = pl.read_csv(folder / "new.csv").join(assigned, on="customer_id")
    means = dict(data.group_by("segment").agg(pl.col("spend").mean()).rows())
    spend = found.changes.filter(pl.col("column") == "spend")
    told = dict(spend.select("to_segment", "after").rows())
    assert told == pytest.approx(means)
    assert by_run.changes["effect_size"].abs().max() < 1
    with pytest.raises(DataError, match="is data: put the run before it"):
        engine.compare([folder / "new.csv", "shop"], tree("old.csv"))


def test_a_name_alone_is_its_previous_run_and_that_in_use(runs, tree):
    found = engine.compare("shop", tree("old.csv"))
    assert [p["run"] for p in found.summary["periods"]] == [r.summary["run_id"] for r in runs[:2]]
    with pytest.raises(DataError, match="did you mean 'shop'"):
        engine.compare(["shpo", "shop"], tree("old.csv"))
    with pytest.raises(DataError, match="there is no run 'zzz' of shop: kept are"):
        engine.compare(["shop@zzz", "shop"], tree("old.csv"))
    with pytest.raises(DataError, match="is no run"):
        engine.compare([1, 2], tree("old.csv"))


@pytest.mark.long
def test_ids_of_another_kind_are_compared_as_they_are_written(folder, tree, groups):
    texts = [f"{i:04d}" for i in range(CUSTOMERS)]
    formulas = ["=1+1", *texts[1:]]
    customers(texts, groups[0], 1).write_parquet(folder / "texts.parquet")
    customers(formulas, groups[1], 2).write_parquet(folder / "formulas.parquet")
    customers(np.arange(CUSTOMERS), groups[0], 1).write_parquet(folder / "numbers.parquet")
    with undrawn():
        text = engine.segment(tree("texts.parquet", "texts"))
        formula = engine.segment(tree("formulas.parquet", "formulas"))
        number = engine.segment(tree("numbers.parquet", "numbers"))
    assert exact(text.segments, formula.segments) == as_pairs(text.compare(formula).migration)
    # Only those of four digits are written alike; there are none.
    with pytest.raises(DataError, match=r"no customer in common; .* \(007 is not 7\)"):
        text.compare(number)
    longer = customers(texts, groups[1], 2).with_columns(pl.col("customer_id").str.strip_chars("0"))
    longer.filter(pl.col("customer_id") != "").unique("customer_id").write_parquet(
        folder / "longer.parquet"
    )
    found = number.compare(folder / "longer.parquet")
    assert found.summary["steps"][0]["both"] > 200


@pytest.mark.long
def test_formulas_in_ids_are_neutralised_in_the_file_of_moves(folder, tree, groups, tmp_path):
    data = customers(["=1+1", *(f"c{i}" for i in range(1, CUSTOMERS))], groups[0], 1)
    data.write_parquet(folder / "before.parquet")
    later = customers(data["customer_id"], groups[1], 2)
    with undrawn():
        old = engine.segment(tree("before.parquet", "before"))
    found = old.compare(later)
    assert "=1+1" in found.moves["id"].to_list()
    where, notices = found.saved(tmp_path / "out")
    assert "'=1+1" in (where / "moves.csv").read_text()
    assert "apostrophe" in notices[0]


def test_customers_of_no_common_id_are_one_sentence(folder, tree, runs, groups):
    others = customers(np.arange(CUSTOMERS) + 90_000, groups[0], 1)
    with pytest.raises(DataError, match=r"have no customer in common; compare runs of the same"):
        runs[0].compare(others)


def test_more_parts_give_the_same(monkeypatch, found, runs):
    from engine.comparing import steps

    monkeypatch.setattr(steps, "ROWS", 50)
    again = runs[0].compare(runs[1])
    assert again.summary == found.summary
    assert again.moves.equals(found.moves)
    assert comparison.MOST == 1_000


def test_periods_are_called_as_is_said_and_a_merge_is_no_alarm(found, runs, tree):
    asked = [runs[0], runs[1]]
    again = engine.compare(asked, tree("old.csv"), labels=["june", "july"], most=5)
    assert [p["label"] for p in again.summary["periods"]] == ["june", "july"]
    assert again.movers == len(found.moves)
    with pytest.raises(DataError, match="need as many different labels"):
        engine.compare(asked, tree("old.csv"), labels=["june"])
    with pytest.raises(DataError, match=r"is the id of a run.*'shop@"):
        engine.compare([runs[0].summary["run_id"], "shop"], tree("old.csv"))
    (step,) = found.summary["steps"]
    assert merged(step) == []
    pairs = step["matched"]["segments"]
    step = step | {"matched": {"segments": pairs[1:]}}  # the first is not continued
    assert len(merged(step)) == 1
