"""A new file is read by the rule of the run: text as numbers, lists as flags."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.model.model import Model, load_model
from tests.drawing import undrawn


def customers() -> pl.DataFrame:
    rng = np.random.default_rng(3)
    group = np.arange(300) % 2
    income = 20_000 + 40_000 * group + rng.integers(0, 4_000, 300)
    likes = [["sport"] * int(g) + ["film"] * int(i % 3 == 0) for i, g in enumerate(group)]
    return pl.DataFrame(
        {
            "customer_id": np.arange(300),
            "income": [f"${x:,.2f}" for x in income],
            "likes": [f"[{', '.join(x)}]" for x in likes],
        }
    )


def settings(folder: Path, path: Path, **more: object) -> dict[str, object]:
    return {
        "input": {"path": str(path)},
        "clustering": {"k": 2, "kmeans": {"n_init": 2}, **more},
        "evaluation": {"resamples": 0},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
    }


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> engine.Result:
    folder = tmp_path_factory.mktemp("run")
    customers().write_csv(folder / "customers.csv")
    with undrawn():
        return engine.segment(settings(folder, folder / "customers.csv"))


@pytest.fixture(scope="module")
def model(result: engine.Result, tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("model")
    result.model.save(folder)
    return load_model(folder)


def test_it_is_told(result):
    assert [n[:40] for n in result.summary["notices"][1:3]] == [
        "column 'income' is read as numbers in $ ",
        "column 'likes' holds 300 lists such as '",
    ]
    assert result.model.plan.file_columns == ["income", "likes"]


def test_the_file_of_the_run_gets_its_segments(result, model, tmp_path):
    customers().write_csv(tmp_path / "new.csv")
    customers().write_parquet(tmp_path / "new.parquet")
    for name in ("new.csv", "new.parquet"):
        again = model.assign(tmp_path / name)
        assert_frame_equal(again, result.segments.select(again.columns))


def test_tables_in_memory(result, model):
    wanted = result.segments["segment"].to_list()
    assert model.assign(customers())["segment"].to_list() == wanted
    assert model.assign(pd.DataFrame(customers().to_dict(as_series=False)))["segment"].tolist() == (
        wanted
    )


def test_numbers_and_lists_that_are_some_already(result, model, tmp_path):
    plain = customers().with_columns(
        pl.col("income").str.replace_all(r"[$,]", "").cast(pl.Float64),
        pl.col("likes").str.strip_chars("[]").str.split(", "),
    )
    plain.write_parquet(tmp_path / "new.parquet")
    again = model.assign(tmp_path / "new.parquet")
    assert again["segment"].to_list() == result.segments["segment"].to_list()


def test_what_does_not_read_is_counted_and_told(model, tmp_path):
    odd = customers().with_columns(
        income=pl.when(pl.col("customer_id") < 3).then(pl.lit("€5")).otherwise("income"),
        likes=pl.when(pl.col("customer_id") == 0).then(pl.lit("[chess]")).otherwise("likes"),
    )
    odd.write_csv(tmp_path / "new.csv")
    done = model.assign_file(tmp_path / "new.csv", tmp_path / "out.parquet")
    assert done.notes() == [
        "column 'income' holds 3 values, such as '€9', that do not read as they did in training; "
        "they count as missing",
        "column 'likes' holds 1 values, such as '[xxxxx]', that hold members that nobody had in "
        "training, or too few; these carry no information",
    ]
    assert pl.read_parquet(tmp_path / "out.parquet").height == 300


def test_a_column_that_is_gone_is_named_as_the_file_has_it(model, tmp_path):
    customers().drop("likes").write_csv(tmp_path / "new.csv")
    with pytest.raises(engine.EngineError, match=r"new\.csv lacks 'likes', which the model was"):
        model.assign(tmp_path / "new.csv")


def test_a_run_continues_such_a_model(result, model, tmp_path):
    path = tmp_path / "customers.csv"
    customers().head(280).write_csv(path)
    folder = tmp_path / "model"
    folder.mkdir()
    model.save(folder)
    with undrawn():
        second = engine.segment(settings(tmp_path, path, continue_from=str(folder)))
    assert second.summary["continuity"]["n_kept"] == 2


def members() -> pl.DataFrame:
    days = [datetime(2012, 1, 1) + timedelta(days=int(i % 2) * 500 + i) for i in range(200)]
    return pl.DataFrame(
        {
            "customer_id": np.arange(200),
            "spend": [10.0 * (i % 2) + i % 7 for i in range(200)],
            "joined": [d.strftime("%d-%b-%y") for d in days],
        }
    )


def test_dates_of_a_new_file_are_counted_to_the_day_of_the_run(tmp_path):
    members().write_csv(tmp_path / "members.csv")
    with undrawn():
        result = engine.segment(settings(tmp_path, tmp_path / "members.csv"))
    assert result.model.plan.columns == ["spend", "joined (days ago)"]
    (tmp_path / "saved").mkdir()
    result.model.save(tmp_path / "saved")
    model = load_model(tmp_path / "saved")
    few = members().head(20)
    few.write_csv(tmp_path / "few.csv")
    expected = result.segments.head(20)
    again = model.assign(tmp_path / "few.csv")
    assert_frame_equal(again, expected.select(again.columns))
    typed = few.with_columns(pl.col("joined").str.to_date("%d-%b-%y"))
    typed.write_parquet(tmp_path / "few.parquet")
    again = model.assign(tmp_path / "few.parquet")
    assert_frame_equal(again, expected.select(again.columns))
    for frame in (few, typed, few.to_pandas(), typed.to_pandas()):
        found = model.assign(frame)
        assert list(found["segment"]) == expected["segment"].to_list()
