"""What a level may be written as, where a model scores elsewhere."""

from __future__ import annotations

import duckdb
import pytest

from engine.data_preparation.features.feature_plan import CategoricalFeature
from engine.portable.columns import category_of
from engine.portable.sql_columns import _levels


@pytest.mark.parametrize(
    ("named", "texts"),
    [
        (("2", "3"), (("2", "2.0"), ("3", "3.0"))),
        (("2.0", "007"), (("2.0", "2"), ("007",))),
        (("2.0", "2"), (("2.0",), ("2",))),
        (("true", "web"), (("true", "True", "TRUE"), ("web",))),
    ],
)
def test_a_whole_number_has_two_spellings(named, texts):
    feature = CategoricalFeature("c", "one-hot", named, (0.5, 0.5), 0.0, 1.0)
    assert category_of(feature).texts == texts


@pytest.mark.parametrize("named", [("2", "3"), ("2.0", "3.0")])
@pytest.mark.parametrize("held", ["DOUBLE", "INTEGER", "VARCHAR"])
def test_a_select_takes_numbers_and_text(named, held):
    feature = CategoricalFeature("c", "one-hot", named, (0.5, 0.5), 0.0, 1.0)
    columns = ", ".join(x.sql("duckdb") for x in _levels("c", category_of(feature), "duckdb"))
    values = f"SELECT CAST(CAST(v AS {held}) AS TEXT) AS c FROM (VALUES (2), (3), (4)) t(v)"
    found = duckdb.sql(f"SELECT {columns} FROM ({values})").fetchall()
    assert found == [(1, 0), (0, 1), (0, 0)]
