"""``clustering.continue_from``: a run whose segments keep numbers and names of a previous model."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.data_preparation.generators.customers import generate
from engine.data_preparation.generators.shop import generate_transactions
from engine.errors import DataError, ModelError
from tests.drawing import undrawn


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    path = tmp_path_factory.mktemp("customers") / "customers.parquet"
    generate(path, customers=1_500, seed=5)
    return pl.read_parquet(path)


def run(
    folder: Path, rows: pl.DataFrame, *, drawn: bool = False, **clustering: Any
) -> engine.Result:
    rows.write_parquet(folder / "customers.parquet")
    tree = {
        "input": {"path": str(folder / "customers.parquet")},
        "clustering": {"k": 5, "kmeans": {"n_init": 8}, **clustering},
        "evaluation": {"resamples": 0},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
    }
    with nullcontext() if drawn else undrawn():
        return engine.segment(tree)


def test_numbers_and_names_stay_for_customers_that_shrank(table, tmp_path: Path):
    first = run(tmp_path, table, k=8)
    # The largest segment loses most of its customers: by size alone it would be another number.
    largest = first.segments.filter(pl.col("segment") == 0)["customer_id"]
    gone = largest[: int(0.8 * len(largest))].implode()
    fewer = table.filter(~pl.col("customer_id").is_in(gone)).sample(
        fraction=1, shuffle=True, seed=2
    )
    previous = str(tmp_path / "models" / "customers")
    second = run(tmp_path, fewer, drawn=True, k=8, continue_from=previous)
    both = first.segments.join(second.segments, on="customer_id", suffix="_now")
    same = (both["segment"] == both["segment_now"]).mean()
    assert same > 0.97
    assert second.model.names == first.model.names
    sizes = second.profiles["customers"].to_list()
    assert sizes[0] < max(sizes), "numbered as before, not by size"
    told = second.summary["continuity"]
    assert told["run"] == first.summary["run_id"] == second.model.info["continues"]
    assert told["n_kept"] == told["n_before"] == 8
    assert told["ari"] > 0.9
    model = engine.load_model(previous)
    again = model.assign(tmp_path / "customers.parquet")
    before = ["previous_segment", "previous_segment_name"]
    assert_frame_equal(again, second.segments.drop(before), check_exact=True)
    assert both["segment"].equals(both["previous_segment"])
    assert second.profiles["segment"].to_list() == list(range(8))
    assert second.scores["sizes"] == sizes
    page = second.report_path.read_text()
    assert "Since the previous segmentation" in page
    assert "8 of the 8 segments" in page
    # Without a previous model they are numbered by size.
    fresh = run(tmp_path, fewer, k=8)
    assert fresh.summary["continuity"] is None
    assert fresh.scores["sizes"] == sorted(sizes, reverse=True)


@pytest.mark.long
def test_transactions_keep_their_leading_categories(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("engine.run.pipeline.draw_report", lambda *_: None)
    generate_transactions(tmp_path / "shop.parquet", customers=300, seed=1)
    lines = pl.read_parquet(tmp_path / "shop.parquet")
    tree = {
        "input": {"path": str(tmp_path / "shop.parquet"), "kind": "transactions"},
        "transactions": {"leading_categories": 2},
        "clustering": {"k": 3, "methods": ["agglomerative"]},
        "evaluation": {"resamples": 2},
        "output": {f: str(tmp_path / f) for f in ("models", "reports", "processed")},
    }
    first = engine.segment(tree)
    known = first.model.info["transactions"]["leading_categories"]
    # What led falls behind: the shares are still those of the categories that led before.
    later = lines.filter((pl.col("category") != known[0]) | (pl.col("customer_id") % 4 == 0))
    later.write_parquet(tmp_path / "shop.parquet")
    previous = str(tmp_path / "models" / "customers")
    second = engine.segment(tree, {"clustering.continue_from": previous})
    assert second.model.info["transactions"]["leading_categories"] == known
    assert second.summary["continuity"]["n_before"] == 3
    # So they are where its tree is cut again.
    cut = engine.recut("customers", {"clustering.k": 2}, tree)
    assert cut.summary["continuity"]["run"] == second.summary["run_id"]


def test_what_cannot_be_continued_is_said_before_anything_runs(table, tmp_path: Path):
    first = run(tmp_path, table)
    previous = str(tmp_path / "models" / "customers")
    with pytest.raises(DataError, match="'spend'"):
        run(tmp_path, table.drop("spend"), continue_from=previous)
    with pytest.raises(ModelError, match="holds no model"):
        run(tmp_path, table, continue_from=str(tmp_path / "nothing"))
    latest = json.loads((tmp_path / "reports/customers/latest/summary.json").read_text())
    assert latest["run_id"] == first.summary["run_id"]
