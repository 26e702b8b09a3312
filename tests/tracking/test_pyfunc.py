"""The border of a model that MLflow loads: any table in, three columns out, as ``assign`` says."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import engine
from engine.errors import DataError
from engine.model.model import Model
from engine.tracking.pyfunc import GIVES, Predictor, _load_pyfunc
from tests.drawing import undrawn


@pytest.fixture(scope="module")
def known() -> tuple[Model, pl.DataFrame]:
    rng = np.random.default_rng(0)
    group = np.repeat([0, 1, 2], 40)
    table = pl.DataFrame(
        {
            "customer_id": [f"c{i:03}" for i in range(120)],
            "visits": (group * 10 + rng.integers(0, 4, 120)).astype(int),
            "spent": group * 100.0 + rng.normal(0, 5, 120),
            "town": np.array(["Bonn", "Kiel", "Ulm"])[group],
        }
    )
    with undrawn():
        model = engine.segment(table, k=3, ephemeral=True, progress=False).model
    return model, table


def as_rows(table: pl.DataFrame) -> Any:
    return table.to_dicts()


def as_columns(table: pl.DataFrame) -> Any:
    return table.to_dict(as_series=False)


def as_split(table: pl.DataFrame) -> Any:
    return {"columns": table.columns, "data": table.rows()}


KINDS = {
    "pandas": pl.DataFrame.to_pandas, "polars": pl.DataFrame.clone, "lazy": pl.DataFrame.lazy,
    "arrow": pl.DataFrame.to_arrow, "rows": as_rows, "columns": as_columns, "split": as_split,
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_table_gets_the_segments_that_assign_gives(kind: str, known: Any):
    model, table = known
    found = Predictor(model).predict(KINDS[kind](table.select("town", "spent", "visits")))
    wanted = model.assign(table).select(GIVES)
    given = pl.DataFrame(found)
    assert list(given.columns) == list(GIVES)
    assert given["segment"].to_list() == wanted["segment"].to_list()
    assert given["segment_name"].to_list() == wanted["segment_name"].to_list()
    np.testing.assert_array_equal(given["distance"].to_numpy(), wanted["distance"].to_numpy())


@pytest.mark.parametrize("id_column", ["customer_id", None])
def test_a_table_of_a_library_is_answered_in_it_with_its_index(id_column: str | None, known: Any):
    model, table = known
    model = replace(model, plan=replace(model.plan, id_column=id_column))
    assert isinstance(Predictor(model).predict(table), pl.DataFrame)
    indexed = Predictor(model).predict(table.to_pandas().set_index("customer_id"))
    assert indexed.index.tolist() == table["customer_id"].to_list()
    assert indexed.dtypes["segment"] == np.int32


def test_whole_numbers_decimals_and_nothing_are_taken_for_numbers(known: Any):
    model, table = known
    plain = table.to_pandas()
    whole = plain.assign(spent=plain["spent"].round().astype("int64"))
    dressed = whole.assign(spent=[Decimal(v) for v in whole["spent"].tolist()])
    predict = Predictor(model).predict
    pd.testing.assert_frame_equal(predict(dressed), predict(whole))
    nothing = predict(plain.assign(visits=np.array([None] * 120, object)))
    pd.testing.assert_frame_equal(nothing, predict(plain.assign(visits=np.nan)))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([{"visits": 1, "spent": 2.0}], "lacks 'town', which the model was trained on"),
        ([{"visits": "many", "spent": 2.0, "town": "Ulm"}], "in the column 'visits', which held"),
        ("customers.csv", "customers are given as a table"),
        (7, "customers are given as a table"),
        ([1, 2], "customers are given as a table"),
    ],
)
def test_what_is_no_such_table_is_refused_in_a_sentence(given: Any, said: str, known: Any):
    with pytest.raises(DataError, match=said):
        Predictor(known[0]).predict(given)


def test_a_folder_of_the_engine_is_loaded_as_it_is(tmp_path: Path, known: Any):
    model, table = known
    model.save(tmp_path)
    loaded = _load_pyfunc(str(tmp_path))
    assert loaded.get_raw_model().names == model.names
    assert loaded.predict(table).equals(Predictor(model).predict(table))
