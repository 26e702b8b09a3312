"""Assigning the customers of a fit gives back their segments, from anywhere and in any order."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

import engine

pytestmark = pytest.mark.long_at("exact", "exact-*")


def assert_same(assigned: pl.DataFrame, expected: pl.DataFrame) -> None:
    assert_frame_equal(assigned, expected, check_exact=True)


def test_from_the_file(base, customers):
    assert_same(base.model.assign(customers), base.segments)


def test_from_the_saved_model_to_a_file(base, customers, as_csv, tmp_path):
    output = base.summary["config"]["output"]
    model = engine.load_model(f"{output['models']}/{output['name']}")
    for source, target in [(customers, "a.parquet"), (as_csv, "b.parquet")]:
        done = model.assign(source, tmp_path / target)
        assert done.rows == len(base.segments)
        assert_same(pl.read_parquet(tmp_path / target), base.segments)
    model.assign(customers, tmp_path / "c.csv")
    text = pl.read_csv(tmp_path / "c.csv", schema=base.segments.schema)
    assert_same(text, base.segments)


def test_csv_runs_and_models(as_csv, customers, run, settings):
    by_csv = run(as_csv, settings)
    assert_same(by_csv.model.assign(as_csv), by_csv.segments)
    assert_same(by_csv.model.assign(customers), by_csv.segments)


def test_from_frames(base, customers):
    expected = base.segments
    by_polars = base.model.assign(pl.read_parquet(customers))
    assert isinstance(by_polars, pl.DataFrame)
    assert_same(by_polars, expected)
    by_arrow = base.model.assign(pq.read_table(customers))
    assert type(by_arrow).__module__.startswith("pyarrow")
    assert_same(pl.DataFrame(pl.from_arrow(by_arrow)), expected)
    by_pandas = base.model.assign(pl.read_parquet(customers).to_pandas())
    assert isinstance(by_pandas, pd.DataFrame)
    assert_same(pl.from_pandas(by_pandas), expected)


def test_in_another_order_of_rows_and_columns(base, customers):
    frame = pl.read_parquet(customers).sample(fraction=1, shuffle=True, seed=3)
    turned = base.model.assign(frame.select(reversed(frame.columns)))
    assert turned["customer_id"].to_list() == frame["customer_id"].to_list()
    assert_same(turned.sort("customer_id"), base.segments.sort("customer_id"))


@pytest.mark.parametrize("library", ["polars", "pandas", "pyarrow"])
def test_one_customer_at_a_time(base, customers, library):
    frame = pl.read_parquet(customers)
    for row in (0, 1, 2, 999, len(frame) - 1):
        one = frame[row : row + 1]
        table = {"polars": one, "pandas": one.to_pandas(), "pyarrow": one.to_arrow()}[library]
        got = base.model.assign(table)
        got = got if library == "polars" else pl.DataFrame(got)
        assert_same(got.cast(dict(base.segments.schema)), base.segments[row : row + 1])


def test_distances_are_to_the_centre_of_the_segment(base, customers):
    model, frame = base.model, pl.read_parquet(customers)
    x = model.plan.transform(frame)
    x = x if model.pca is None else model.pca.transform(x)
    away = ((x[:, None].astype(float) - model.representatives.centres) ** 2).sum(axis=2) ** 0.5
    assert base.segments["segment"].to_list() == away.argmin(axis=1).tolist()
    assert base.segments["distance"].to_list() == pytest.approx(away.min(axis=1), rel=1e-6)


@pytest.mark.long_at("off-robust", "0.7-standard")
@pytest.mark.parametrize(
    ("pca", "scaling"), [("off", "robust"), (3, "none"), (0.7, "standard"), ("off", "none")]
)
def test_with_other_preparation(customers, run, pca, scaling):
    settings = {"pca.components": pca, "preparation.scaling": scaling, "clustering.k": 4}
    result = run(customers, settings, **{"clustering.kmeans.n_init": 1})
    assert_same(result.model.assign(customers), result.segments)


@pytest.mark.long_at("csv-[!z]*", "parquet-zeros", "parquet-digits", "parquet-letters")
@pytest.mark.parametrize(
    "ids",
    [
        pl.Series("client_id", range(-5, 595), dtype=pl.Int32),
        pl.Series("client_id", range(600), dtype=pl.UInt64) + 2**63,
        pl.Series("client_id", [f"C{i:05}" for i in range(600)]),
        pl.Series("client_id", [f"{i:05}" for i in range(600)]),
        pl.Series("client_id", [str(i) for i in range(600)]),
    ],
    ids=["int32", "uint64", "letters", "zeros", "digits"],
)
@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_ids_of_every_kind(customers, run, ids, suffix, tmp_path):
    frame = pl.read_parquet(customers).head(600).drop("customer_id").with_columns(ids)
    path = tmp_path / f"customers.{suffix}"
    frame.write_parquet(path) if suffix == "parquet" else frame.write_csv(path)
    result = run(path, {"clustering.k": 3, "clustering.kmeans.n_init": 1})
    assert result.segments["client_id"].cast(str).to_list() == ids.cast(str).to_list()
    assert_same(result.model.assign(path), result.segments)
    if suffix == "parquet":  # what joins to the file it came from
        assert result.segments.join(frame, on="client_id").height == 600


def test_customers_numbered_by_row(customers, run, tmp_path):
    frame = pl.read_parquet(customers).drop("customer_id")
    frame.write_parquet(tmp_path / "anonymous.parquet")
    result = run(tmp_path / "anonymous.parquet", {"clustering.k": 3})
    assert result.segments["row"].to_list() == list(range(len(frame)))
    assert_same(result.model.assign(tmp_path / "anonymous.parquet"), result.segments)
    assert_same(result.model.assign(frame), result.segments)
