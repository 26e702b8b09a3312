"""Where a run starts that continues a previous model: today's means of its segments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

import engine
from engine.clustering.algorithm import Fit
from engine.clustering.representatives import Representatives
from engine.config.loading import load_config
from engine.continuity.steps import Predecessor, can_start
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.prepare import load
from engine.data_preparation.reading import sources
from engine.model.model import Model
from engine.places.runtime import Runtime
from engine.planning.customers import make_plan
from engine.utilities.progress import Progress
from engine.utilities.stages import Stages
from tests.continuity_cases import A, B, C, group, number, opened, previous, told


@pytest.fixture
def model() -> Model:
    """Two points for the first segment, as of a tree's; nobody is near the last one today."""
    points = np.array([A, B, C, (500.0, 500.0)])
    centres = np.array([(5.0, 0.0), C, (500.0, 500.0)])
    found = Representatives(points, np.array([0, 0, 1, 2], np.int32), centres)
    plan = FeaturePlan("customer_id", "int64", (number("x"), number("y")), ())
    return Model(plan, None, found, ("Alpha", "Beta", "Gamma"), {"run_id": "R1"})


@pytest.fixture
def rows() -> np.ndarray:
    return np.concatenate([group(A, 30), group(C, 50), group(B, 20)])


def predecessor(model: Model, rows: np.ndarray, path: Path, *, starts: bool = True) -> Predecessor:
    table = pl.DataFrame({"customer_id": range(len(rows)), "x": rows[:, 0], "y": rows[:, 1]})
    stages = Stages(Progress())
    return Predecessor(model, *opened(table, path), Runtime(), stages, ("x", "w"), starts=starts)


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_the_start_are_todays_means(model, rows, suffix, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "BATCH_ROWS", 7)
    before = predecessor(model, rows, tmp_path / f"new.{suffix}")
    # In today's own columns, which are not those of the model.
    space = np.random.default_rng(0).random((100, 3), np.float32)
    start = before.start(space)
    assert before.labels is not None
    assert before.labels.dtype == np.int32
    assert before.labels.tolist() == [0] * 30 + [1] * 50 + [0] * 20
    assert start is not None
    first = np.r_[0:30, 80:100]
    assert start == pytest.approx(
        np.array([space[first].mean(axis=0, dtype=float), space[30:80].mean(axis=0, dtype=float)])
    )


def test_customers_are_given_the_previous_segments_once(model, rows, tmp_path, monkeypatch):
    one = predecessor(model, rows, tmp_path / "new.parquet")
    other = predecessor(model, rows, tmp_path / "new.parquet", starts=False)
    labels = np.repeat([1, 0, 1], [30, 50, 20]).astype(np.int32)
    fit = Fit(Representatives(np.zeros((2, 2)), np.arange(2, dtype=np.int32), np.zeros((2, 2))),
              labels, 1)  # fmt: skip
    assert other.start(rows) is None
    expected = other.match(fit)
    assert one.start(rows) is not None
    monkeypatch.setattr(Representatives, "assign", None)
    found = one.match(fit)
    for name in ("counts", "centres", "radii", "drift"):
        np.testing.assert_array_equal(getattr(found.overlap, name), getattr(expected.overlap, name))
    assert [record["name"] for record in one.stages.records] == ["previous segments", "continue"]
    assert [record["name"] for record in other.stages.records] == ["continue"]


def test_only_methods_that_can_start_ask_for_it():
    config = load_config({"clustering": {"methods": ["kmeans", "agglomerative"]}})
    assert can_start(("agglomerative", "kmeans"), config)
    assert not can_start(("agglomerative",), config)


def test_the_plan_counts_the_previous_segments(tmp_path: Path):
    table = pl.DataFrame({"customer_id": range(1_000), "x": range(1_000)})
    table.write_parquet(tmp_path / "a.parquet")
    tree = {"input": {"path": str(tmp_path / "a.parquet")}, "clustering": {"k": 3}}
    plans = []
    for continued in (None, "models/shop"):
        config = load_config(tree, {"clustering.continue_from": continued})
        plans.append(make_plan(config, load(config), Runtime(memory_limit=1 << 40)))
    without, held = ({step.name: step.bytes for step in plan.steps} for plan in plans)
    assert all(held[s] - without[s] == 4_000 for s in ("cluster", "evaluate", "describe", "save"))


@pytest.mark.long
def test_segments_of_customers_without_groups_stay(tmp_path: Path, monkeypatch):
    """They are a matter of taste: a tree's give a start, and those found from it stay."""
    monkeypatch.setattr("engine.run.pipeline.draw_report", lambda *_: None)
    rng, path = np.random.default_rng(0), tmp_path / "customers.parquet"
    x = rng.normal(size=(1_500, 5))

    def run(method: str, previous: engine.Result | None = None) -> engine.Result:
        columns = {c: x[:, i] for i, c in enumerate("abcde")}
        pl.DataFrame({"customer_id": range(len(x)), **columns}).write_parquet(path)
        folder = previous and str(tmp_path / "models/customers" / previous.summary["run_id"])
        tree = {
            "input": {"path": str(path)},
            "clustering": {"k": 5, "methods": [method], "continue_from": folder},
            "evaluation": {"resamples": 0, "anchors": 200},
            "output": {f: str(tmp_path / f) for f in ("models", "reports", "processed")},
        }
        return engine.segment(tree)

    first = run("kmeans", run("agglomerative"))
    told = "kmeans: starts from the segments of the previous model"
    assert told in first.summary["notices"]
    x[:150] = rng.normal(size=(150, 5))  # a tenth are others now
    anew, again = run("kmeans"), run("kmeans", first)
    assert told in again.summary["notices"]
    before = first.model.assign(path)["segment"]
    stayed, without = (
        adjusted_rand_score(before, result.segments["segment"]) for result in (again, anew)
    )
    assert stayed > max(0.75, without + 0.2)


def test_other_features_are_told(model, rows, tmp_path):
    labels = np.repeat(np.array([0, 1, 0], np.int32), [30, 50, 20])
    fit = Fit(previous(A, C).representatives, labels, 1)
    found = predecessor(model, rows, tmp_path / "new.csv").match(fit)
    assert (found.features_new, found.features_gone) == (("w",), ("y",))
    assert told(found)["sentences"][1:3] == [
        "features that count now and did not before: 'w'",
        "features that counted before and no longer do: 'y'",
    ]
