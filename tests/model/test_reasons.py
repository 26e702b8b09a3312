"""Why customers are where they are: what columns add is all of it, and changes change it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from engine.clustering.representatives import Representatives
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.model.changes import Changes, original, prepared_of
from engine.model.model import Model
from engine.model.reading import Lost, made
from engine.model.reasons import Reasoner, pooled
from engine.places.runtime import Runtime
from tests.drawing import undrawn

METHODS = ("kmeans", "agglomerative", "pca_methods", "ann_methods")
CUSTOMERS = 400


def customers() -> pl.DataFrame:
    rng = np.random.default_rng(5)
    group = rng.integers(0, 3, CUSTOMERS)
    missing = rng.random(CUSTOMERS) < 0.05
    spend = np.where(missing, np.nan, np.round(np.exp(rng.normal(3 + group, 0.4)), 2))
    return pl.DataFrame(
        {
            "customer_id": range(1000, 1000 + CUSTOMERS),
            "spend": pl.Series(spend).fill_nan(None),
            "visits": rng.poisson(3 + 6 * group),
            "balance": np.round(rng.normal(0, 100 * (1 + group)), 2),
            "age": rng.integers(18, 80, CUSTOMERS),
            "children": rng.integers(0, 4, CUSTOMERS),
            "newsletter": (rng.random(CUSTOMERS) < 0.2 + 0.3 * group).astype(int),
            "city": np.array(["Rome", "Paris", "Oslo", "Bonn"])[
                (group + rng.integers(0, 2, CUSTOMERS)) % 4
            ],
            "likes": rng.choice(["film", "film;sport", "sport;food"], CUSTOMERS),
        }
    )  # fmt: skip


def fitted(method: str, folder: Path) -> engine.Result:
    customers().write_parquet(folder / "customers.parquet")
    tree: dict[str, Any] = {
        "input": {"path": str(folder / "customers.parquet")},
        "clustering": {"methods": [method], "k": 3},
        "evaluation": {"resamples": 0},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
    }
    with undrawn():
        return engine.segment(tree)


@pytest.fixture(scope="module", params=METHODS)
def result(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return fitted(request.param, tmp_path_factory.mktemp(request.param))


def rows_of(model: Model, table: pl.DataFrame) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    block = made(table, model.plan, Lost())
    labels = model.numbers.index(model.assign(table)["segment"].to_numpy())
    return block, model.plan.transform(block), labels


def test_what_columns_add_is_the_difference_of_squared_distances(result: engine.Result):
    model = result.model
    _, x, labels = rows_of(model, customers())
    found = Reasoner(model)(x, labels)
    of = model.representatives
    z = x.astype(np.float64)
    for pca in (*([model.pca] if model.pca else []), *of.projections):
        z = (z - pca.mean) @ pca.components.T
    squares = ((z[:, None] - of.points) ** 2).sum(axis=2)
    for i, own in enumerate(labels):
        to = [squares[i, of.segments == s].min() for s in range(3)]
        second = min((s for s in range(3) if s != own), key=to.__getitem__)
        assert found.second[i] == second
        assert found.difference[i] == pytest.approx(to[second] - to[own], rel=1e-9, abs=1e-9)
        assert found.shares[i].sum() == pytest.approx(found.difference[i], rel=1e-7, abs=1e-7)
        margin = 1 - np.sqrt(to[own] / to[second])
        assert found.margin[i] == pytest.approx(max(0.0, margin), abs=1e-7)
        near = of.segments[np.argsort(squares[i])[:10]]
        assert found.around[i].tolist() == np.bincount(near, minlength=3).tolist()


def test_columns_that_stand_for_one_are_added_up(result: engine.Result):
    columns = [c.name for c in pooled(result.model.plan)]
    assert columns.count("city") == columns.count("likes") == 1
    parts = [set(c.prepared) for c in pooled(result.model.plan)]
    assert sorted(i for p in parts for i in p) == list(range(len(result.model.plan.names)))


def test_a_change_leads_where_it_says_and_nothing_less_does(result: engine.Result):
    model, table = result.model, customers()
    block, x, labels = rows_of(model, table)
    changes = Changes(Reasoner(model), {"newsletter": "flag", "children": "few"})
    order = list(range(len(changes._of.columns)))
    features: dict[str, Any] = {f.column: f for f in model.plan.features}
    met = set()
    for i in range(60):
        for change in changes.of(x[i], int(labels[i]), order) or []:
            here, there, short = block[i], block[i], block[i]
            for column, value in change.values.items():
                feature = features[column]
                kind = changes._kinds.get(column)
                met.add((kind or type(feature).__name__, len(change.values)))
                if isinstance(value, str) or kind:
                    there = there.with_columns(pl.lit(value).alias(column))
                    continue
                at, now = prepared_of(feature, value), float(x[i][model.plan.names.index(column)])
                beyond, before = (original(feature, at + w * (at - now)) for w in (1e-3, -1e-3))
                there = there.with_columns(pl.lit(beyond).alias(column))
                short = short.with_columns(pl.lit(before).alias(column))
            assert _label(model, here) == labels[i]
            assert _label(model, there) == change.segment
            if not short.equals(here):
                assert _label(model, short) == labels[i]
    assert {("NumericFeature", 1), ("CategoricalFeature", 1)} <= met


def _label(model: Model, block: pl.DataFrame) -> int:
    return int(model.labels_and_distances(block, Runtime())[0][0])


def test_two_columns_together_where_one_does_not_do():
    plain = [NumericFeature(c, 0.0, 0.0, 8.0, log=False, centre=0.0, scale=1.0) for c in "ab"]
    points = np.array([[0.0, 0.0], [9.0, 9.0]])
    of = Representatives(points, np.array([0, 1], np.int32), points)
    model = Model(FeaturePlan("id", "int64", tuple(plain), ()), None, of, ("low", "high"), {})
    changes = Changes(Reasoner(model), {})
    (both,) = changes.of(np.array([0.0, 0.0]), 0, [0, 1])  # the border is a + b = 9
    assert both.values == pytest.approx({"a": 4.5, "b": 4.5})
    (alone, other) = changes.of(np.array([2.0, 1.0]), 0, [0, 1])
    assert (alone.values, other.values) == (
        pytest.approx({"a": 8.0}), pytest.approx({"b": 7.0})
    )  # fmt: skip
    narrow = [NumericFeature(c, 0.0, 0.0, 4.0, log=False, centre=0.0, scale=1.0) for c in "ab"]
    model = Model(FeaturePlan("id", "int64", tuple(narrow), ()), None, of, ("low", "high"), {})
    assert Changes(Reasoner(model), {}).of(np.array([0.0, 0.0]), 0, [0, 1]) == []


@pytest.mark.parametrize(
    "feature",
    [
        NumericFeature("a", 0.0, None, None, log=False, centre=3.0, scale=2.0),
        NumericFeature("a", 0.0, -5.0, 500.0, log=True, centre=1.0, scale=0.5),
        NumericFeature("a", 0.0, -900.0, 900.0, log=True, centre=0.0, scale=2.0, unit=40.0),
    ],
)
def test_prepared_numbers_go_back_to_where_they_came_from(feature: NumericFeature):
    for value in (-4.5, 0.0, 0.1, 33.0, 480.0):
        assert original(feature, prepared_of(feature, value)) == pytest.approx(value, abs=1e-9)
        plan = FeaturePlan("id", "int64", (feature,), ())
        made = plan.transform(pl.DataFrame({"a": [value]}))
        assert float(made[0, 0]) == pytest.approx(prepared_of(feature, value), rel=1e-6)
