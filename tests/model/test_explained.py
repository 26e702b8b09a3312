"""Customers whom no run has seen, explained: the same numbers as for those of the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from engine.data_preparation.generators.customers import generate
from engine.errors import DataError
from tests.drawing import undrawn

METHODS = ["kmeans", "agglomerative", "pca_methods"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained")
    generate(folder / "customers.parquet", customers=300, seed=3)
    generate(folder / "new.parquet", customers=40, seed=9)
    return folder


@pytest.fixture(scope="module", params=METHODS)
def result(folder: Path, request: pytest.FixtureRequest) -> engine.Result:
    tree: dict[str, Any] = {
        "input": {"path": str(folder / "customers.parquet")},
        "clustering": {"methods": [request.param], "k": 4, "kmeans": {"n_init": 2}},
        "evaluation": {"resamples": 0},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")}
        | {"name": request.param},
    }
    with undrawn():
        return engine.segment(tree)


def test_customers_of_the_run_have_the_numbers_of_the_run(result: engine.Result, folder: Path):
    ids = result.segments["customer_id"].gather([5, 17, 250]).to_list()
    fitted = result.explain(ids).table().drop("change_to", "change_segment")
    assert result.model.explain(folder / "customers.parquet", ids).equals(fitted)
    frame = pl.read_parquet(folder / "customers.parquet")
    assert result.model.explain(frame, ids).equals(fitted)
    pandas = result.model.explain(frame.to_pandas(), ids)  # which has 46 as 46.0 beside gaps
    assert pandas.drop("value").equals(fitted.drop("value"))


def test_new_customers_are_where_assign_puts_them(result: engine.Result, folder: Path):
    model, new = result.model, pl.read_parquet(folder / "new.parquet")
    found = model.explain(new)
    each = found.group_by("customer_id", maintain_order=True).agg(
        pl.col("segment", "second_segment", "margin").first(),
        pl.col("contribution", "share").sum(),
    )
    placed = model.assign(new, margin=True)
    assert each["segment"].equals(placed["segment"])
    assert each["second_segment"].equals(placed["second_segment"])
    np.testing.assert_allclose(each["margin"], placed["margin"], atol=1e-4)
    np.testing.assert_allclose(each["share"], 1)
    x = model.plan.transform(new).astype(np.float64)
    if model.pca is not None:
        x = (x - model.pca.mean) @ model.pca.components.T
    if not model.representatives.projections:
        squares = ((x[:, None] - model.representatives.points) ** 2).sum(axis=2)
        own = model.representatives.segments[squares.argmin(axis=1)]
        mine = model.representatives.segments == own[:, None]
        near = np.where(mine, squares, np.inf).min(axis=1)
        far = np.where(mine, np.inf, squares).min(axis=1)
        np.testing.assert_allclose(each["contribution"], far - near, rtol=1e-3, atol=1e-4)


def test_the_most_telling_column_comes_first(result: engine.Result, folder: Path):
    found = result.model.explain(folder / "new.parquet", 10000003)
    adds = found["contribution"].abs()
    assert found["customer_id"].unique().to_list() == [10000003]
    assert adds.equals(adds.sort(descending=True))
    new = pl.read_parquet(folder / "new.parquet").filter(customer_id=10000003).row(0, named=True)
    assert dict(found.select("feature", "value").rows()) == {
        c: None if new[c] is None else str(new[c]) for c in found["feature"]
    }


def test_ids_are_found_in_other_writings(result: engine.Result, folder: Path):
    model, new = result.model, pl.read_parquet(folder / "new.parquet")
    wanted = model.explain(new, 10000003)
    for who in (10000003.0, [10000003.0], "10000003.0", np.float64(10000003), " 10000003"):
        assert model.explain(new, who).equals(wanted)
    known = result.segments["customer_id"][0]
    assert result.explain([f"{known}.0"]).asked.ids.to_list() == [known]  # as of the run
    names = ["1.0", "1", *(f"C{i}" for i in range(len(new) - 2))]
    named = new.with_columns(customer_id=pl.Series(names))
    for who in ("1", "1.0"):
        assert model.explain(named, who)["customer_id"].unique().to_list() == [who]
    with pytest.raises(DataError, match=r"the id '1\.00'\.$"):  # which of the two
        model.explain(named, "1.00")


def test_who_is_not_there_or_too_many_are_told(result: engine.Result, folder: Path, monkeypatch):
    with pytest.raises(DataError, match=r"no customer with .* the id '77'\.$") as unknown:
        result.model.explain(folder / "new.parquet", [10000003, "77"])
    assert unknown.value.exit_code == 4
    with pytest.raises(DataError, match="ids must be numbers or text"):
        result.model.explain(folder / "new.parquet", object())
    with pytest.raises(DataError, match="no ids were given"):
        result.model.explain(folder / "new.parquet", [])
    monkeypatch.setattr("engine.model.explained.MOST", 30)
    with pytest.raises(DataError, match="30 customers are explained at a time; say whose ids"):
        result.model.explain(folder / "new.parquet")
