"""Generations of one segmentation: numbers with gaps, the same wherever they are seen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.utilities.segment_numbers import Numbers
from engine.visualization.report_data import ReportData
from tests.continuity_cases import group

CENTRES = {
    "a": (0.0, 0.0), "b": (9.0, 1.0), "c": (1.0, 11.0), "d": (12.0, 12.0), "e": (-11.0, 4.0),
    "f": (2.0, -13.0), "g": (-8.0, -10.0),
}  # fmt: skip
"""Where the kinds of customers lie; each has a radius of 1."""

BEFORE = ["previous_segment", "previous_segment_name"]
"""Columns of what stands beside today's segments."""


def kinds(**sizes: int) -> pl.DataFrame:
    """Make customers of these kinds: the id, the kind, and where they lie."""
    rows = np.concatenate([group(CENTRES[kind], n) for kind, n in sizes.items()])
    names = np.repeat(list(sizes), list(sizes.values()))
    ids = pl.Series("customer_id", range(len(rows)))
    return pl.DataFrame([ids, pl.Series("kind", names)]).with_columns(
        x=pl.Series(rows[:, 0]), y=pl.Series(rows[:, 1])
    )


def settings(folder: Path, table: pl.DataFrame, k: int, **clustering: Any) -> dict[str, Any]:
    table.drop("kind").write_csv(folder / "customers.csv")
    return {
        "input": {"path": str(folder / "customers.csv")},
        "preparation": {"outliers": "off", "skew": "off"},
        "clustering": {"k": k, "kmeans": {"n_init": 8}, **clustering},
        "evaluation": {"resamples": 0},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
    }


def run(folder: Path, table: pl.DataFrame, k: int, **clustering: Any) -> engine.Result:
    return engine.segment(settings(folder, table, k, **clustering))


def numbers_of(result: engine.Result, table: pl.DataFrame) -> dict[str, int]:
    """Give the number of each kind's segment, which is all of that kind and no other."""
    both = result.segments.join(table, on="customer_id").select("kind", "segment").unique()
    assert both.height == table["kind"].n_unique() == both["segment"].n_unique()
    return dict(both.sort("kind").iter_rows())


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Save what figures and page are drawn from, and draw nothing."""
    monkeypatch.setattr(
        "engine.run.pipeline.draw_report", lambda data, folders: data.save(folders.reports)
    )


@pytest.mark.usefixtures("undrawn")
def test_the_same_customers_in_another_order_and_nine_tenths_of_them(tmp_path: Path):
    everyone = kinds(a=400, b=300, c=200, d=150)
    first = run(tmp_path, everyone, 4)
    numbers, previous = numbers_of(first, everyone), str(tmp_path / "models" / "customers")
    for table in (
        everyone.sample(fraction=1, shuffle=True, seed=1),
        everyone.sample(fraction=0.9, shuffle=True, seed=2),
    ):
        again = run(tmp_path, table, 4, continue_from=previous)
        assert numbers_of(again, table) == numbers
        assert again.model.names == first.model.names
        assert again.summary["continuity"]["ari"] > 0.999
        assert again.summary["segment_numbers"] == [0, 1, 2, 3]


@pytest.mark.usefixtures("undrawn")
def test_numbers_over_four_generations(tmp_path: Path):
    previous = str(tmp_path / "models" / "customers")
    table = kinds(a=400, b=300, c=200, d=150, e=100)
    first = run(tmp_path, table, 5)
    assert numbers_of(first, table) == {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4}
    names = dict(zip(range(5), first.model.names, strict=True))

    # One in the middle is gone: all others keep number and name.
    table = kinds(e=100, d=500, a=400, b=300)
    second = run(tmp_path, table, 4, continue_from=previous)
    assert numbers_of(second, table) == {"a": 0, "b": 1, "d": 3, "e": 4}
    assert second.model.names == tuple(names[n] for n in (0, 1, 3, 4))
    assert second.scores["sizes"] == [400, 300, 500, 100], "in the order of the numbers"
    (gone,) = second.summary["continuity"]["gone"]
    assert (gone["segment"], gone["status"], gone["customers"]) == (2, "gone", 0)

    # Who comes gets a number that nobody had, though 4 segments and those from 0 are free.
    table = kinds(a=400, b=300, d=200, f=150)
    third = run(tmp_path, table, 4, continue_from=previous)
    assert numbers_of(third, table) == {"a": 0, "b": 1, "d": 3, "f": 5}
    # Nor is the highest number of all given again, once it is gone.
    table = kinds(a=400, b=300, d=200)
    run(tmp_path, table, 3, continue_from=previous)
    table = kinds(a=400, b=300, d=200, g=150)
    fifth = run(tmp_path, table, 4, continue_from=previous)
    assert numbers_of(fifth, table) == {"a": 0, "b": 1, "d": 3, "g": 6}
    loaded = engine.load_model(previous)
    assert loaded.numbers == fifth.model.numbers == Numbers((0, 1, 3, 6), last=6)


def gapped(folder: Path, **clustering: Any) -> tuple[engine.Result, pl.DataFrame]:
    """Make a run whose segments are 0, 2 and 3."""
    previous = str(folder / "models" / "customers")
    run(folder, kinds(a=400, b=300, c=200), 3, **clustering)
    table = kinds(a=400, c=200, e=100)
    return run(folder, table, 3, continue_from=previous, **clustering), table


def test_the_same_numbers_everywhere(tmp_path: Path):
    result, table = gapped(tmp_path)
    assert numbers_of(result, table) == {"a": 0, "c": 2, "e": 3}
    model = engine.load_model(tmp_path / "models" / "customers")
    file = tmp_path / "customers.csv"
    today = result.segments.drop(BEFORE)
    assert_frame_equal(model.assign(file), today)
    assert_frame_equal(model.assign(pl.read_csv(file)), today)
    model.assign_file(file, tmp_path / "assigned.parquet")
    assert_frame_equal(pl.read_parquet(tmp_path / "assigned.parquet"), today)
    folder = result.report_path.parent
    assert result.profiles["segment"].to_list() == [0, 2, 3]
    assert pl.read_csv(folder / "profiles.csv")["segment"].to_list() == [0, 2, 3]
    saved = json.loads((folder / "profiles.json").read_text())
    assert [s["segment"] for s in saved["segments"]] == [0, 2, 3]
    named = dict(result.segments.select("segment", "segment_name").unique().iter_rows())
    assert named == {s["segment"]: s["name"] for s in saved["segments"]}
    alike = engine.similar("customers", [0, 400], 3, settings(tmp_path, table, 3))
    assert alike["segment"].to_list() == [0] * 3 + [2] * 3
    assert alike["segment_name"].to_list() == [named[0]] * 3 + [named[2]] * 3
    data = ReportData.load(folder)
    assert np.unique(data.map_segments).tolist() == [0, 2, 3]
    assert np.unique(data.knife_segments).tolist() == [0, 2, 3]
    page = result.report_path.read_text()
    assert [f"Segment {s}</p>" in page for s in range(1, 5)] == [True, False, True, True]
    told = page[page.index("Since the previous segmentation") :]
    assert "2 of the 3 segments" in told
    assert f"2&ensp;{result.summary['continuity']['gone'][0]['name']}" in told


@pytest.mark.usefixtures("undrawn")
def test_a_recut_goes_on_with_the_numbers_of_a_run_that_continued(tmp_path: Path):
    previous = str(tmp_path / "models" / "customers")
    method = {"methods": ["agglomerative"]}
    result, table = gapped(tmp_path, **method)
    tree = settings(tmp_path, table, 3)
    cut = engine.recut("customers", {"clustering.k": 2}, tree, use=True)
    # What becomes of a and e is neither of them.
    assert cut.model.numbers == Numbers((2, 4), last=4)
    assert cut.model.names[0] == result.model.names[1]
    told = cut.summary["continuity"]
    assert told["run"] == result.summary["run_id"]
    assert [s["segment"] for s in told["gone"]] == [0, 3]
    # Back at the run's own number of segments they are the run's, whatever was cut before.
    again = engine.recut("customers", {"clustering.k": 3}, tree, use=True)
    model = engine.load_model(previous)
    assert model.numbers == result.model.numbers == Numbers((0, 2, 3), last=3)
    assert model.names == result.model.names
    assert again.summary["continuity"]["run"] == told["run"] == model.info["cut_of"]
    today = result.segments.drop(BEFORE)
    assert_frame_equal(again.segments.drop(BEFORE), today)
    assert_frame_equal(model.assign(tmp_path / "customers.csv"), today)
    data = ReportData.load(again.report_path.parent)
    assert set(data.tree["segments"]) == set(again.profiles["segment"])
    # The model alone is cut into segments numbered from 0, and knows which numbers were given.
    alone = model.cut(2)
    assert alone.numbers == Numbers((0, 1), last=model.numbers.last)
    # The same cut has the same numbers; once the run is gone, those of what is there go on.
    twice = engine.recut("customers", {"clustering.k": 2}, tree, use=True)
    assert (twice.model.numbers, twice.model.names) == (cut.model.numbers, cut.model.names)
    assert not any("no longer there" in note for note in twice.scores["notes"])
    shutil.rmtree(tmp_path / "models" / "customers" / told["run"])
    orphan = engine.recut("customers", {"clustering.k": 2}, tree, use=True)
    assert orphan.summary["continuity"]["run"] == twice.summary["run_id"]
    assert orphan.model.numbers == twice.model.numbers
    assert any(
        f"{told['run']}, which fitted the tree, is no longer" in n for n in orphan.scores["notes"]
    )
    # A run that continued nothing is cut into 0 to k - 1.
    run(tmp_path, table, 3, **method)
    fresh = engine.recut("customers", {"clustering.k": 2}, tree, use=True)
    assert fresh.model.numbers == Numbers.first(2)
    assert fresh.summary["continuity"] is None


def orders(**customers: tuple[int, int, float]) -> pl.DataFrame:
    """Write orders: some customers of each kind, each with as many orders of two products."""
    lines = [
        {
            "customer_id": f"{kind}{who}",
            "invoice": f"{kind}{who}-{order}",
            "date": f"2025-{1 + order % 12:02d}-{1 + who % 28:02d}",
            "product": f"{kind}-{order % 3}{more}",
            "quantity": 1 + who % 2,
            "price": price + who % 5,
        }
        for kind, (n, each, price) in customers.items()
        for who in range(n)
        for order in range(each)
        for more in ("", "+")
    ]
    return pl.DataFrame(lines)


def test_what_sells_is_told_by_the_same_numbers(tmp_path: Path):
    file, previous = tmp_path / "orders.csv", str(tmp_path / "models" / "customers")
    kinds_ = {"a": (90, 2, 10.0), "b": (70, 8, 100.0), "c": (50, 30, 1_000.0)}
    tree = {
        "input": {"path": str(file), "kind": "transactions"},
        "features": {"include": ["frequency", "monetary"]},
        "clustering": {"k": 3, "kmeans": {"n_init": 4}, "continue_from": None},
        "cross_sell": {"min_buyers": 60},
        "evaluation": {"resamples": 0},
        "output": {f: str(tmp_path / f) for f in ("models", "reports", "processed")},
    }
    orders(**kinds_).write_csv(file)
    engine.segment(tree)
    orders(a=kinds_["a"], c=kinds_["c"]).write_csv(file)
    result = engine.segment(tree, {"clustering.k": 2, "clustering.continue_from": previous})
    kind = pl.col("customer_id").str.head(1)
    found = result.segments.select(kind, "segment").unique().sort("segment").rows()
    assert found == [("a", 0), ("c", 2)]
    sold = result.cross_sell
    for table, product in ((sold.best_sellers, "product_id"), (sold.pairs, "product_a")):
        own = table.drop_nulls("segment").select("segment", pl.col(product).str.head(1)).unique()
        assert own.sort("segment").rows() == [(0, "a"), (2, "c")]
    assert [g["segment"] for g in sold.facts["groups"]] == [None, 0, 2]
    assert [n for n in sold.facts["notes"] if n.startswith("Segment 3 has 50 customers")]
    folder = result.report_path.parent
    worth = pl.read_csv(folder / "segment_worth.csv")
    assert worth["segment"].to_list() == [0, 2]
    assert worth["customers"].to_list() == [90, 50]
    page = result.report_path.read_text()
    assert f"3&ensp;{result.model.names[1]}" in page
    assert engine.load_model(previous).assign(file)["segment"].to_list() == (
        result.segments["segment"].to_list()
    )
