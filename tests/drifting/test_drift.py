"""Drift of customers since a fit: none, shifted columns, strangers, what is missing, old models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.data_preparation.reading import sources
from engine.drifting.found import Drift
from engine.errors import DataError
from engine.model.files import read_model
from tests.drawing import undrawn
from tests.drifting.conftest import N, customers


def of(found: Drift, column: str) -> Any:
    return next(c for c in found.columns if c.column == column)


def test_the_customers_of_the_fit_have_not_shifted_at_all(result, fit):
    found = engine.drift(result, fit)
    assert (found.verdict, found.shifted) == ("stable", [])
    assert {c.column for c in found.columns} == set(fit.columns[1:])
    assert [c.psi for c in found.columns] == [0.0] * 5
    assert [c.effect for c in found.columns] == [0.0] * 5
    assert [c.distance for c in found.columns if c.kind == "number"] == [0.0] * 4
    assert of(found, "income").missing.then == pytest.approx(fit["income"].null_count() / N)
    assert found.segments.moved == 0.0
    assert found.segments.nowhere.now == pytest.approx(found.segments.nowhere.then)
    assert not found.exceeds("moderate")
    assert not found.exceeds(0.0)


def test_others_of_the_same_are_stable_many_or_few(result):
    for seed, n in ((1, N), (2, 150), (3, 20_000)):
        found = engine.drift(result, customers(seed, n))
        assert found.verdict == "stable", found
        assert not found.shifted


def test_a_shifted_column_is_named_first_with_its_size(result):
    moved = customers(1).with_columns(pl.col("age") + 6)
    found = engine.drift(result, moved)
    assert found.shifted[0] == "age"
    assert found.verdict != "stable"
    age = of(found, "age")
    assert age.effect == pytest.approx(0.5, abs=0.08)
    assert age.distance == pytest.approx(6, abs=0.6)
    assert "rose from 44.9 to 51" in next(r for r in found.reasons if "age" in r)
    assert found.exceeds("moderate")
    assert found.exceeds(0.05)
    assert not found.exceeds(50.0)


def test_an_index_alone_of_whole_numbers_is_no_large_shift(tmp_path):
    rng = np.random.default_rng(3)
    then = pl.DataFrame({"car": rng.choice(range(0, 40, 2), N), "pay": rng.normal(9, 2, N)})
    quick = {"evaluation.resamples": 0, "clustering.kmeans.n_init": 2}
    with undrawn():
        model = engine.segment(then, quick, k=3, methods="kmeans", ephemeral=True).model
    # A year later: other whole numbers, of one twelfth of a standard deviation more.
    found = engine.drift(model, then.with_columns(pl.col("car") + 1))
    car = of(found, "car")
    assert car.psi > 0.25
    assert abs(car.effect) < 0.2
    assert car.level == "moderate"
    assert found.columns[0] is car
    gone = pl.when(pl.int_range(N) % 4 == 0).then(None).otherwise("car").alias("car")
    assert of(engine.drift(model, then.with_columns(gone)), "car").level == "large"


def test_unseen_levels_missing_values_and_what_is_no_number(result):
    new = customers(1).with_columns(
        pl.when(pl.int_range(N) % 10 == 0)
        .then(pl.lit("fax")).otherwise("channel").alias("channel"),
        pl.when(pl.int_range(N) % 2 == 0).then(None).otherwise("income").alias("income"),
        pl.when(pl.int_range(N) % 20 == 0).then(float("nan"))
        .when(pl.int_range(N) % 20 == 1).then(float("inf")).otherwise("spend").alias("spend"),
    )  # fmt: skip
    found = engine.drift(result, new)
    assert of(found, "channel").strange.now == pytest.approx(0.1)
    assert of(found, "income").missing.now == pytest.approx(0.52, abs=0.02)
    assert of(found, "spend").missing.now == pytest.approx(0.1)
    assert {"channel", "income", "spend"} <= set(found.shifted)
    told = " ".join(found.reasons)
    assert "in other levels" in told
    assert "missing" in told


def test_columns_without_any_value_or_not_there_are_told_and_the_rest_compared(result, fit):
    found = engine.drift(result, fit.with_columns(income=pl.lit(None, pl.Float64)))
    assert found.verdict == "drifted: fit again"
    assert of(found, "income").missing.now == 1.0
    assert of(found, "income").mean_now is None
    found = engine.drift(result, fit.drop("income"))
    assert [c.psi for c in found.columns] == [0.0] * 4
    assert (found.level, found.shifted) == ("large", [])
    assert "lack 'income': the model can give these customers no segment" in found.reasons[0]
    assert found.to_json()["lacks"] == list(found.lacks)
    assert found.lacks[0].startswith("The data lack 'income': the other columns are compared")
    assert found.segments.moved is None
    assert found.shares["share_now"].null_count() == 3
    assert "lack &#39;income&#39;" in found.html or "lack 'income'" in found.html
    assert engine.drift(result, fit.drop("client_id")).segments.moved == 0.0
    with pytest.raises(DataError, match="have none of the 5 columns"):
        engine.drift(result, pl.DataFrame({"other": [1, 2]}))
    with pytest.raises(DataError, match="no customers"):
        engine.drift(result, fit.head(0))


def test_customers_far_from_all_segments_belong_nowhere(result):
    rng = np.random.default_rng(5)
    new = customers(4).with_columns(
        spend=pl.when(pl.int_range(N) % 5 == 0).then(pl.lit(400.0)).otherwise("spend"),
        visits=pl.when(pl.int_range(N) % 5 == 0).then(pl.lit(0)).otherwise("visits"),
        age=pl.when(pl.int_range(N) % 5 == 0)
        .then(pl.Series(rng.integers(88, 91, N))).otherwise("age"),
    )  # fmt: skip
    found = engine.drift(result, new)
    assert found.segments.nowhere.now > 0.05
    assert "belong nowhere" in found.reasons[0]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_gives_what_its_table_in_memory_gives(result, kind, tmp_path, monkeypatch):
    new = customers(6).with_columns(pl.col("visits") * 2)
    file = tmp_path / f"new.{kind}"
    new.write_csv(file) if kind == "csv" else new.write_parquet(file, row_group_size=300)
    whole = engine.drift(result, new)
    monkeypatch.setattr(sources, "BLOCK_BYTES", 20_000)
    streamed = engine.drift(result, file)
    assert streamed.reasons == whole.reasons
    assert [c.now for c in streamed.columns] == [c.now for c in whole.columns]
    assert_frame_equal(streamed.features, whole.features)
    assert_frame_equal(streamed.shares, whole.shares)


def test_what_is_written_holds_no_customer_and_few_are_not_told_of(result, tmp_path):
    new = customers(7, 400)
    new[3, "channel"] = "sky"
    found = engine.drift(result, new)
    page = found.write(tmp_path / "drift")
    tree = json.loads((tmp_path / "drift" / "drift.json").read_text())
    text = page.read_text()
    assert found.verdict in tree["verdict"]
    for secret in ("C7-00003", "sky"):
        assert secret not in text
        assert secret not in json.dumps(tree)
    channel = next(c for c in tree["columns"] if c["column"] == "channel")
    assert channel["strange_now"] is None  # of one customer
    assert found.features.height == 5
    assert found.shares["share_now"].sum() == pytest.approx(1)
    assert "<table>" in found._repr_html_()
    assert "no shift" in text


def test_a_model_holds_no_value_of_a_single_customer(result, fit):
    kept = json.dumps(result.model.info["reference"])
    ends = [fit[c].min() for c in ("spend", "income")] + [fit[c].max() for c in ("spend", "income")]
    assert not [value for value in ends if repr(value) in kept]
    for column in result.model.info["reference"]["columns"]:
        assert all(count == 0 or count >= 5 for count in column["counts"])


def test_a_model_of_an_earlier_build_compares_segments_and_says_so():
    folder = Path(__file__).parents[1] / "saved_by_earlier_builds" / "2d6734b"
    model = next(p for p in sorted((folder / "models").iterdir()) if _of_customers(p))
    found = engine.drift(model, folder / "customers.parquet")
    assert found.columns == ()
    assert found.segments.moved is not None
    assert found.segments.nowhere is None
    assert "earlier build" in found.lacks[0]
    assert "Segments" in found.html


def _of_customers(folder: Path) -> bool:
    return not read_model(folder)[1]["info"].get("transactions")


def test_a_cut_compares_columns_alone(fit):
    quick = {"evaluation.resamples": 0}
    with undrawn():
        model = engine.segment(
            fit.head(400), quick, k=3, methods="agglomerative", ephemeral=True
        ).model
    found = engine.drift(model.cut(4), fit.head(400))
    assert found.verdict == "stable"
    assert [c.psi for c in found.columns] == [0.0] * 5
    assert "a cut" in found.lacks[0]
