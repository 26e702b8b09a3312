"""A tree cut again without refitting: the same segments that a fit with that number gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.data_preparation.generators.customers import generate
from engine.data_preparation.generators.shop import generate_transactions
from engine.errors import ConfigError, DataError, EngineError

CUSTOMERS = 1_200
HEIGHT = "clustering.agglomerative.distance_threshold"
MANY = {"clustering": {"agglomerative": {"exact_limit": 300, "micro_clusters": 200}}}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures and the page come after everything that is compared here, and have their tests."""
    monkeypatch.setattr("engine.run.pipeline.draw_report", lambda *_: None)


@pytest.fixture(scope="module")
def customers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("customers") / "customers.parquet"
    generate(path, customers=CUSTOMERS, seed=3)
    return path


def settings(folder: Path, path: Path, **sections: Any) -> dict[str, Any]:
    clustering = {"methods": ["agglomerative"], "k": 5, **sections.pop("clustering", {})}
    return {
        "input": {"path": str(path), **sections.pop("input", {})},
        "clustering": clustering,
        "evaluation": {"resamples": 2},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
        **sections,
    }


def assert_same(cut: engine.Result, fitted: engine.Result) -> None:
    assert_frame_equal(cut.segments, fitted.segments, check_exact=True)
    assert_frame_equal(cut.profiles, fitted.profiles, check_exact=True)
    told = {"seconds", "seconds_in_all", "notes", "n_iter"}
    first, second = ({k: v for k, v in r.scores.items() if k not in told} for r in (cut, fitted))
    assert first == second


@pytest.mark.long_at("micro")
@pytest.mark.parametrize("sections", [{}, MANY], ids=["exact", "micro"])
def test_a_cut_is_what_a_fit_gives(customers: Path, sections: dict[str, Any], tmp_path: Path):
    tree = settings(tmp_path / "a", customers, **sections)
    first = engine.segment(tree)
    cut = engine.recut("customers", {"clustering.k": 3}, tree, use=True)
    fitted = engine.segment(settings(tmp_path / "b", customers, **sections), {"clustering.k": 3})
    assert_same(cut, fitted)
    assert cut.summary["run_id"] != first.summary["run_id"]
    assert first.report_path.parent.exists(), "the earlier run is kept"
    assert any(first.summary["run_id"] in note for note in cut.scores["notes"])
    # The new run can be cut and assigns, like any other.
    model = engine.load_model(tmp_path / "a/models/customers")
    assert_frame_equal(model.assign(customers), cut.segments, check_exact=True)
    again = engine.recut("customers", {"clustering.k": 5}, tree)
    assert_same(again, first)


def test_a_cut_leaves_the_run_in_use_as_it_is(customers: Path, tmp_path: Path):
    """What the next ``assign`` uses, what ``latest`` names and what is asked of it stay."""
    tree = settings(
        tmp_path, customers, output={"keep": 1} | settings(tmp_path, customers)["output"]
    )
    first = engine.segment(tree)
    cuts = [engine.recut("customers", {"clustering.k": k}, tree) for k in (3, 4)]
    models, reports = tmp_path / "models/customers", tmp_path / "reports/customers"
    for root in (models, reports, tmp_path / "reports/figures/customers"):
        assert (root / "latest").readlink().name == first.summary["run_id"]
    assert engine.load_model(models).info["scores"]["k"] == 5
    assert_frame_equal(engine.load_model(models).assign(customers), first.segments)
    kept = engine.runs("customers", tree)
    assert kept["run"].to_list() == [cuts[1].summary["run_id"], first.summary["run_id"]]
    assert kept["in_use"].to_list() == [False, True]
    assert kept["segments"].to_list() == [4, 5]
    assert kept["cut_of"].to_list() == [first.summary["run_id"], None]
    taken = engine.use("customers", cuts[1].summary["run_id"], tree)
    assert taken == ("customers", cuts[1].summary["run_id"], first.summary["run_id"], ())
    assert_frame_equal(engine.load_model(models).assign(customers), cuts[1].segments)
    assert (
        json.loads((reports / "latest/summary.json").read_text())["methods"]["agglomerative"]["k"]
        == 4
    )


def test_a_cut_by_height(customers: Path, tmp_path: Path):
    tree = settings(tmp_path, customers)
    result = engine.segment(tree)
    heights = result.model.tree.heights[::-1]
    cut = engine.recut("customers", {HEIGHT: float(heights[2:4].mean())}, tree)
    assert cut.scores["k"] == 4
    assert cut.model.info["params"]["distance_threshold"] == pytest.approx(heights[2:4].mean())
    by_number = engine.recut("customers", {"clustering.k": 4}, tree)
    assert_same(by_number, cut)
    for height, k in [(2 * float(heights[0]), "into 1 segment,"), (1e-6, "segments, and a run")]:
        with pytest.raises(DataError, match=k):
            engine.recut("customers", {HEIGHT: height}, tree)
        with pytest.raises(DataError, match=k):
            engine.segment(tree, {HEIGHT: height, "clustering.k": "auto"})


def test_a_model_is_cut_without_its_run(customers: Path, tmp_path: Path):
    result = engine.segment(settings(tmp_path / "a", customers))
    loaded = engine.load_model(tmp_path / "a/models/customers")
    cut = loaded.cut(3)
    assert cut.names == ("Segment 0", "Segment 1", "Segment 2")
    assert cut.cut(2).info["cut_of"] == result.summary["run_id"]
    fitted = engine.segment(settings(tmp_path / "b", customers), {"clustering.k": 3})
    columns = ["customer_id", "segment", "distance"]
    assert_frame_equal(
        cut.assign(customers).select(columns), fitted.segments.select(columns), check_exact=True
    )
    assert loaded.names == result.model.names
    cut.save(tmp_path)
    assert engine.load_model(tmp_path).cut(5).info["cut"] == 5
    with pytest.raises(DataError, match="only 1,200"):
        loaded.cut(CUSTOMERS + 1)


def test_transactions_are_gathered_again(tmp_path: Path):
    generate_transactions(tmp_path / "shop.parquet", customers=300, seed=1)
    kind = {"kind": "transactions"}
    tree = settings(tmp_path / "a", tmp_path / "shop.parquet", input=kind)
    engine.segment(tree)
    cut = engine.recut("customers", {"clustering.k": 2}, tree)
    fitted = engine.segment(
        settings(tmp_path / "b", tmp_path / "shop.parquet", input=kind), {"clustering.k": 2}
    )
    assert_same(cut, fitted)
    assert_frame_equal(cut.cross_sell.pairs, fitted.cross_sell.pairs)


def test_a_tree_of_an_earlier_build_is_cut_as_it_was_learnt(customers: Path, tmp_path: Path):
    """A build that knew no targets, used columns twice, and called what is missing a level."""
    table = pl.read_parquet(customers).head(300)
    n = range(table.height)
    more = table.with_columns(
        churn=pl.Series([i % 2 for i in n]),
        town=pl.Series([None if i % 3 else f"t{i % 4}" for i in n]),
        again=table["age"] * 2.0,
    )
    path = tmp_path / "more.parquet"
    more.write_parquet(path)
    tree = settings(tmp_path, path)
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr("engine.data_preparation.features.roles.result_by_name", lambda *_: None)
        earlier.setattr(
            "engine.data_preparation.features.fit_plan.without_repeats", lambda p, *_: p
        )
        first = engine.segment({**tree, "preparation": {"missing_levels": "level"}})
    saved = first.report_path.parent / "summary.json"
    summary = json.loads(saved.read_text())
    del summary["config"]["preparation"]["missing_levels"]
    saved.write_text(json.dumps(summary))
    assert {"churn", "again", "town"} <= set(first.model.plan.columns)
    cut = engine.recut("customers", {"clustering.k": 5}, tree)
    assert_frame_equal(cut.segments, first.segments, check_exact=True)
    assert cut.model.plan == first.model.plan


def test_what_cannot_be_cut_is_said(customers: Path, tmp_path: Path):
    def refused(kind: type[Exception], words: str, overrides: dict[str, Any], **more: Any) -> None:
        with pytest.raises(kind, match=words):
            engine.recut("customers", overrides, {**tree, **more})

    tree = settings(tmp_path, customers, clustering={"methods": ["kmeans"]})
    engine.segment(tree)
    refused(DataError, "found by kmeans, which leaves no tree", {"clustering.k": 3})
    tree = settings(tmp_path, customers)
    result = engine.segment(tree)
    before = result.report_path.parents[1] / "latest"
    refused(ConfigError, "features.exclude cannot change", {"features.exclude": ["age"]})
    refused(ConfigError, "say how to cut", {"output.keep": 3})
    refused(ConfigError, "must be a number of segments", {"clustering.k": "auto"})
    refused(ConfigError, "both say how many", {"clustering.k": 3, HEIGHT: 5.0})
    refused(ConfigError, "output.name cannot be set", {"output.name": "x", "clustering.k": 3})
    refused(ConfigError, "at least 2", {"clustering.k": 1})
    refused(EngineError, "only 1,200 distinct", {"clustering.k": CUSTOMERS + 1})
    pl.read_parquet(customers).tail(-1).write_parquet(tmp_path / "fewer.parquet")
    saved = json.loads((before / "summary.json").read_text())
    saved["config"]["input"]["path"] = str(tmp_path / "fewer.parquet")
    (before / "summary.json").write_text(json.dumps(saved))
    refused(DataError, "are not those of run", {"clustering.k": 3})
    (before / "summary.json").write_text("{")
    refused(DataError, "summary.json is missing or damaged", {"clustering.k": 3})
    assert before.readlink().name == result.summary["run_id"]
