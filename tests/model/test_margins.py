"""The next best segment and the margin beside each customer's own, of a run and of new ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from tests.drawing import undrawn

CUSTOMERS = 300
COLUMNS = ["second_segment", "second_segment_name", "margin"]


def customers() -> pl.DataFrame:
    rng = np.random.default_rng(3)
    group = rng.integers(0, 3, CUSTOMERS)
    return pl.DataFrame(
        {
            "customer_id": range(CUSTOMERS),
            "spend": np.round(rng.normal(100 * (group + 1), 25), 2),
            "visits": rng.poisson(4 + 10 * group),
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("margins")
    customers().write_parquet(folder / "customers.parquet")
    return folder


@pytest.fixture(scope="module")
def tree(folder: Path) -> dict[str, Any]:
    return {
        "input": {"path": str(folder / "customers.parquet")},
        "clustering": {"k": 3, "kmeans": {"n_init": 2}},
        "evaluation": {"resamples": 0},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")}
        | {"margin": True, "tables": ["csv"]},
    }


@pytest.fixture(scope="module")
def result(tree: dict[str, Any]) -> engine.Result:
    with undrawn():
        return engine.segment(tree)


def by_hand(result: engine.Result) -> pl.DataFrame:
    model = result.model
    x = model.plan.transform(customers())
    x = model.pca.transform(x) if model.pca else x
    distances = np.linalg.norm(x.astype(float)[:, None] - model.representatives.points, axis=2)
    order = np.argsort(distances, axis=1)
    near = np.take_along_axis(distances, order, axis=1)
    second = order[:, 1]
    return pl.DataFrame(
        {
            "second_segment": second.astype(np.int32),
            "second_segment_name": [model.names[s] for s in second],
            "margin": (1 - near[:, 0] / near[:, 1]).astype(np.float32),
        }
    )


def test_a_run_saves_them_where_asked(result: engine.Result):
    assert result.segments.columns[-3:] == COLUMNS
    assert_frame_equal(result.segments.select(COLUMNS), by_hand(result), abs_tol=1e-5)
    table = pl.read_csv(result.report_path.parent / "segments.csv")
    assert table.columns[-3:] == COLUMNS


def test_new_customers_have_them_where_asked(result: engine.Result, folder: Path):
    model, table = result.model, customers()
    assert model.assign(table).columns[-1] == "distance"
    found = model.assign(table, margin=True)
    assert_frame_equal(found, result.segments, check_dtypes=False, abs_tol=1e-6)
    pandas = model.assign(table.to_pandas(), margin=True)
    assert list(pandas.columns) == found.columns
    of_file = model.assign(folder / "customers.parquet", margin=True)
    assert_frame_equal(of_file, result.segments, abs_tol=1e-6)
    model.assign(folder / "customers.parquet", folder / "out.parquet", margin=True)
    assert_frame_equal(pl.read_parquet(folder / "out.parquet"), result.segments, abs_tol=1e-6)


def test_borderline_customers_are_counted(result: engine.Result):
    import json

    tree = json.loads((result.report_path.parent / "profiles.json").read_text())
    for segment in tree["segments"]:
        own = result.segments.filter(segment=segment["segment"])
        n = own.filter(pl.col("margin") < 0.1).height
        told = segment["borderline"]
        if 0 < n < 5 or 0 < own.height - n < 5:
            assert told is None
        else:
            assert told["customers"] == n
            assert told["share"] == pytest.approx(n / own.height)
    assert any(s["borderline"] for s in tree["segments"])


def test_a_name_that_is_given_stands_in_both_columns(tree: dict[str, Any], tmp_path: Path):
    places = {f"output.{f}": str(tmp_path / f) for f in ("models", "reports", "processed")}
    with undrawn():
        result = engine.segment(tree, places)
    before = result.segments
    engine.rename("customers", 2, "Regulars", engine.load_config(tree, places))
    after = pl.read_parquet(result.report_path.parent / "segments.parquet")
    for number, name in (("segment", "segment_name"), ("second_segment", "second_segment_name")):
        called = after.filter(pl.col(number) == 1)[name].unique().to_list()
        assert called == ["Regulars"]
        others = pl.col(number) != 1
        assert after.filter(others)[name].equals(before.filter(others)[name])
