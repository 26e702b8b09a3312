"""Verdicts and numbers of segments on made customers, of whom it is known what groups they form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from engine.evaluation.division import COMES_BACK
from engine.evaluation.stability import agreement
from engine.visualization.verdict import verdict_of
from tests.drawing import undrawn


def run(
    folder: Path,
    columns: dict[str, Any],
    clustering: dict[str, Any] | None = None,
    preparation: dict[str, Any] | None = None,
) -> tuple[dict[str, Any], np.ndarray]:
    """Give the shown method's scores, and the segments from 0 in file order."""
    n = len(next(iter(columns.values())))
    pl.DataFrame({"customer_id": np.arange(n) + 1, **columns}).write_parquet(folder / "c.parquet")
    with undrawn():
        result = engine.segment(
            {
                "input": {"path": str(folder / "c.parquet")},
                "clustering": {"k_max": 6, **(clustering or {})},
                "preparation": preparation or {},
                "evaluation": {"resample_rows": 500, "resamples": 5},
                "output": {k: str(folder / k) for k in ("models", "reports", "processed")},
            }
        )
    segments = pl.read_parquet(next(folder.rglob("segments.parquet")))
    scores = result.summary["methods"][result.summary["best"]]
    return scores, segments.sort("customer_id")["segment"].to_numpy()


def flags(rng, n=1_000):
    return {f"flag {i}": (rng.random(n) < 0.2).astype(int) for i in range(4)}


def counts(rng, n=1_000):
    return {f"count {i}": np.floor(rng.exponential(m, n)).astype(int) for i, m in enumerate((1, 2))}


def app(rng, n=1_000):
    numbers = {f"number {i}": rng.uniform(0, 100, n) for i in range(3)}
    return {**numbers, "app": (rng.random(n) < 0.4).astype(int)}


def categories(rng, n=1_000):
    choose = rng.choice
    return {
        "spend": rng.normal(100, 20, n),
        "region": choose(["N", "E", "S", "W"], n),
        "channel": choose(["web", "shop"], n),
    }


@pytest.mark.long_at("flags", "categories", "app")
@pytest.mark.parametrize("make", [flags, counts, app, categories])
def test_lumps_that_depend_on_nothing_are_no_groups(tmp_path, make):
    scores, _ = run(tmp_path, make(np.random.default_rng(0)))
    assert verdict_of(scores).word in ("none", "division")
    found = scores["silhouette"]
    assert found["value"] - found["chance"] < 0.05


@pytest.mark.long_at("5")
@pytest.mark.parametrize("levels", [4, 5])
def test_two_groups_beside_a_plan_of_several_levels_are_two(tmp_path, levels):
    rng = np.random.default_rng(1)
    group = rng.integers(0, 2, 1_000)
    columns = {
        "spend": rng.normal(size=1_000) + 6 * group,
        "visits": rng.normal(size=1_000) + 6 * group,
        "plan": rng.choice(list("ABCDE")[:levels], 1_000),
    }
    scores, labels = run(tmp_path, columns)
    assert agreement(group, labels) > 0.99
    assert "within which nothing does" in scores["k_rule"] or "stand out most" in scores["k_rule"]
    assert scores["division"] is None


def test_three_groups_beside_two_flags_that_say_nothing_are_three(tmp_path):
    rng = np.random.default_rng(2)
    group = rng.integers(0, 3, 1_200)
    x = np.array([[0, 0], [6, 0], [0, 6]])[group] + rng.normal(size=(1_200, 2))
    flag = {name: (rng.random(1_200) < p).astype(int) for name, p in (("a", 0.3), ("b", 0.5))}
    scores, labels = run(tmp_path, {"x": x[:, 0], "y": x[:, 1], **flag})
    assert agreement(group, labels) > 0.98
    assert verdict_of(scores).word in ("clear", "moderate")


@pytest.mark.long
def test_two_groups_along_one_of_four_axes_are_not_taken_for_a_division(tmp_path):
    rng = np.random.default_rng(3)
    group = rng.integers(0, 2, 1_200)
    x = rng.normal(size=(1_200, 4))
    x[:, 0] += 6 * group
    scores, labels = run(tmp_path, {f"c{i}": x[:, i] for i in range(4)})
    assert agreement(group, labels) > 0.95
    assert scores["division"] is None


def test_a_rare_flag_or_one_far_customer_decides_nothing(tmp_path):
    rng = np.random.default_rng(4)
    numbers = {"age": rng.normal(50, 10, 1_000), "income": rng.normal(30_000, 5_000, 1_000)}
    scores, _ = run(tmp_path, {**numbers, "vip": (np.arange(1_000) < 2).astype(int)})
    assert min(scores["sizes"]) > 50
    assert verdict_of(scores).word in ("none", "division")
    far = {"age": rng.normal(50, 10, 300), "spend": np.where(np.arange(300) == 7, 90_000, 0)}
    (tmp_path / "far").mkdir()
    scores, _ = run(tmp_path / "far", far)
    assert min(scores["sizes"]) > 15
    assert verdict_of(scores).word in ("none", "division")


def test_the_verdict_on_specks_is_that_on_the_others(tmp_path):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(1_000, 2))
    x[:4] += 60
    columns = {"x": x[:, 0], "y": x[:, 1]}
    scores, _ = run(tmp_path, columns, {"k": 3}, {"outliers": "off"})
    assert min(scores["sizes"]) == 4
    assert scores["silhouette"]["value"] > 0
    assert scores["without_specks"]["specks"] == 4
    assert scores["without_specks"]["segments"] == 2
    assert verdict_of(scores).word == "none"


@pytest.mark.long
def test_a_division_says_what_stands_out_and_why(tmp_path):
    rng = np.random.default_rng(6)
    level = rng.normal(size=1_500)
    columns = {f"spend {i}": level + 0.3 * rng.normal(size=1_500) for i in range(4)}
    scores, _ = run(tmp_path, columns)
    division = scores["division"]
    assert 3 <= division["k"] == len(scores["sizes"]) <= 8
    assert division["groups"] == 0
    assert division["stability"] >= COMES_BACK
    assert division["smallest_share"] >= 0.05
    assert "customers form no groups by themselves" in scores["k_rule"]
    assert verdict_of(scores).word == "division"


def test_far_customers_are_told(tmp_path):
    rng = np.random.default_rng(7)
    x = 3 * rng.normal(size=(1_500, 2)) + 60 * np.eye(3, 2)[rng.integers(0, 3, 1_500)]
    x[:12] = [400.0, -400.0]
    scores, _ = run(tmp_path, {"x": x[:, 0], "y": x[:, 1]}, {"k": 3})
    assert any(n.startswith("12 customers lie far from all others") for n in scores["notes"])


def test_few_customers_are_not_cut_into_as_many_segments(tmp_path):
    rng = np.random.default_rng(8)
    scores, _ = run(tmp_path, {f"c{i}": rng.normal(size=20) for i in range(3)}, {"k_max": 10})
    assert len(scores["sizes"]) <= 4


def test_a_rare_flag_is_told_and_flags_are_not_far(tmp_path):
    rng = np.random.default_rng(10)
    path = tmp_path / "c.parquet"
    vip = (np.arange(1_000) < 2).astype(int)
    table = {"customer_id": range(1_000), "age": rng.normal(50, 9, 1_000), "vip": vip}
    pl.DataFrame(table).write_parquet(path)
    out = {k: str(tmp_path / k) for k in ("models", "reports", "processed")}
    with undrawn():
        found = engine.segment(
            {"input": {"path": str(path)}, "clustering": {"k": 2}, "output": out}
        )
    assert "column 'vip' has one value but for 0.20% of the customers" in str(
        found.summary["notices"]
    )
    scores, _ = run(tmp_path, flags(rng), {"k": 5})
    assert not [n for n in scores["notes"] if "far from all others" in n]
