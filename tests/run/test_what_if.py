"""Several numbers of segments in one run: each as a run of it alone gives it, and the flow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from engine.data_preparation.generators.customers import generate
from engine.errors import ConfigError, EngineError
from engine.visualization.few import without_few
from engine.visualization.report_data import ReportData
from engine.visualization.verdict import verdict_of
from tests.drawing import undrawn

CUSTOMERS = 600
SEVERAL = [2, 3, 5]


@pytest.fixture(scope="module")
def customers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("customers") / "customers.parquet"
    generate(path, customers=CUSTOMERS, seed=3)
    return path


def segmented(folder: Path, path: Path, k: Any, method: str = "kmeans", **more: Any) -> Any:
    settings = {
        "input": {"path": str(path)},
        "clustering": {"methods": [method], "k": k, "kmeans": {"n_init": 2}},
        "evaluation": {"resamples": 2},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
    }
    with undrawn():
        return engine.segment(settings, more)


METHODS = ["kmeans", "agglomerative", "spectral", "ann_methods", "pca_methods"]


@pytest.mark.long_at("spectral", "ann_methods", "pca_methods")
@pytest.mark.parametrize("method", METHODS)
def test_each_number_is_what_a_run_of_it_alone_gives(method: str, customers: Path, tmp_path: Path):
    whole = {"output.smallest_group": 1}
    result = segmented(tmp_path / "several", customers, SEVERAL, method, **whole)
    views = result.summary["what_if"]
    assert [view["k"] for view in views] == SEVERAL
    (shown,) = [view for view in views if view["described"]]
    assert shown["k"] == result.scores["k"] == result.model.representatives.n_segments
    alone = {k: segmented(tmp_path / str(k), customers, k, method, **whole) for k in SEVERAL}
    labels = {k: run.segments.sort("customer_id")["segment"] for k, run in alone.items()}
    for view, after in zip(views, [*views[1:], None], strict=True):
        run = alone[view["k"]]
        named = [(s["segment"], s["name"], s["customers"]) for s in view["segments"]]
        table = run.profiles
        assert named == list(
            zip(table["segment"], table["segment_name"], table["customers"], strict=True)
        )
        assert view["silhouette"] == run.scores["silhouette"]["value"]
        assert view["chance"] == run.scores["silhouette"]["chance"]
        assert view["stability"] == run.scores["stability"]["mean"]
        if after is None:
            assert view["flows"] is None
            continue
        flows = np.array(view["flows"])
        counted = pl.DataFrame({"a": labels[view["k"]], "b": labels[after["k"]]})
        for (a, b), rows in counted.group_by("a", "b"):
            assert flows[a, b] == len(rows)
        assert flows.sum() == CUSTOMERS
        assert flows.sum(axis=0).tolist() == [s["customers"] for s in after["segments"]]


def test_a_flow_of_few_is_not_told_nor_to_be_had_by_subtracting(customers: Path, tmp_path: Path):
    every = segmented(tmp_path, customers, SEVERAL, **{"output.smallest_group": 1})
    exact = every.summary["what_if"]
    least = 1 + min(n for view in exact[:-1] for row in view["flows"] for n in row if n)
    told = segmented(tmp_path, customers, SEVERAL, **{"output.smallest_group": least})
    views = told.summary["what_if"]
    hidden = 0
    for view, whole in zip(views[:-1], exact[:-1], strict=True):
        pairs = [
            pair
            for rows in zip(view["flows"], whole["flows"], strict=True)
            for pair in zip(*rows, strict=True)
        ]
        few = any(0 < n < least for _, n in pairs)
        for said, n in pairs:
            assert (said is None) == (0 < n < least)
            if said is not None:
                assert said == (least * round(n / least) if few else n)
        hidden += few
    assert hidden
    # What an earlier run saved is drawn with a larger smallest_group as a run with that draws it.
    saved = ReportData.load(every.report_path.parent)
    again = without_few(saved, least)
    assert [v["flows"] for v in again.summary["what_if"]] == [v["flows"] for v in views]


@pytest.mark.long
def test_a_tree_is_cut_at_several_numbers_without_fitting(customers: Path, tmp_path: Path):
    first = segmented(tmp_path, customers, 4, "agglomerative", **{"output.smallest_group": 1})
    with undrawn():
        cut = engine.recut("customers", {"clustering.k": "2,3,5"}, first.summary["config"])
    stages = [stage["name"] for stage in cut.summary["stages"]]
    assert not any(name.startswith("cluster") for name in stages)
    fitted = segmented(tmp_path / "fit", customers, SEVERAL, "agglomerative")
    one, other = cut.summary["what_if"], fitted.summary["what_if"]
    kept = ("k", "described", "segments", "flows", "silhouette", "chance")
    assert [[v[key] for key in kept] for v in one] == [[v[key] for key in kept] for v in other]
    assert cut.scores["k"] == fitted.scores["k"]


@pytest.mark.long
def test_a_cluster_counts_the_same_flow(customers: Path, tmp_path: Path):
    pytest.importorskip("distributed", reason="Dask is not installed (the extra [cluster])")
    here = segmented(tmp_path / "here", customers, [2, 3])
    spread = {"compute.cluster": "local", "compute.workers": 2}
    there = segmented(tmp_path / "there", customers, [2, 3], **spread)
    assert there.summary["place"] == "cpu-cluster"
    kept = ("k", "described", "segments", "flows")
    one, other = here.summary["what_if"], there.summary["what_if"]
    assert [[v[key] for key in kept] for v in one] == [[v[key] for key in kept] for v in other]


def test_one_number_puts_nothing_beside(customers: Path, tmp_path: Path):
    result = segmented(tmp_path, customers, [3])
    assert result.summary["what_if"] is None
    assert result.summary["config"]["clustering"]["k"] == 3
    saved = json.loads((result.report_path.parent / "summary.json").read_text())
    assert saved["what_if"] is None


def test_the_number_described_is_the_best_of_those_given(customers: Path, tmp_path: Path):
    result = segmented(tmp_path, customers, [5, 2, 3])
    assert result.summary["config"]["clustering"]["k"] == [2, 3, 5]
    tried = result.scores["k_rule"]
    assert "2, 3" in tried or "2 to 3" in tried
    assert result.scores["k"] in SEVERAL


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([3, 1], "must be whole numbers of segments, each at least 2, such as [3, 5, 7]"),
        ("3,x", "must be whole numbers of segments"),
        (list(range(2, 11)), "puts 8 numbers of segments beside each other at most"),
    ],
)
def test_numbers_that_cannot_be(given: Any, told: str):
    with pytest.raises(ConfigError, match=r"clustering\.k") as refused:
        engine.load_config({"clustering": {"k": given}})
    assert told in str(refused.value)


def test_a_height_and_several_numbers_exclude_each_other():
    tree = {"methods": "agglomerative", "k": [3, 4], "agglomerative": {"distance_threshold": 2.0}}
    with pytest.raises(ConfigError, match=r"2 numbers of segments, but .* agglomerative"):
        engine.load_config({"clustering": tree})


def test_more_segments_than_customers(tmp_path: Path):
    pl.DataFrame({"id": range(9), "spend": range(9)}).write_csv(tmp_path / "few.csv")
    with pytest.raises(EngineError, match=r"clustering\.k is 20, but there are only 9 customers"):
        segmented(tmp_path, tmp_path / "few.csv", [2, 20])


@pytest.mark.long
def test_one_split_has_one_verdict_however_its_number_was_asked_for(tmp_path: Path):
    """An oblong crowd: three and five parts of it come back, and no gap parts them."""
    rng = np.random.default_rng(5)
    spend = rng.normal(100, 30, 900).round(2)
    visits = (spend / 3 + rng.normal(0, 4, 900)).round(2)
    path = tmp_path / "crowd.csv"
    pl.DataFrame({"customer_id": range(900), "spend": spend, "visits": visits}).write_csv(path)

    def word(scores: dict[str, Any]) -> str:
        return verdict_of(scores).word

    auto = segmented(tmp_path / "auto", path, "auto").scores
    assert word(auto) == "division"
    several = sorted({2, 3, 5, auto["k"]})
    views = segmented(tmp_path / "several", path, several).summary["what_if"]
    told = {view["k"]: view["structure"]["word"] for view in views}
    assert told[auto["k"]] == "division"
    for k in several:
        alone = segmented(tmp_path / str(k), path, k).scores
        assert word(alone) == told[k]
    assert told[2] != "division"
