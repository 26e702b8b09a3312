"""Tables of pandas: the index, names that are no text, columns of anything."""

from __future__ import annotations

import uuid
from typing import Any

import pandas as pd
import polars as pl
import pytest

from engine.data_preparation.of_pandas import of_pandas
from engine.errors import DataError

HOURS = [pd.Timestamp("2024-01-01", tz="UTC"), pd.Timestamp("2024-02-01", tz="Europe/Berlin")]

COLUMNS: dict[str, tuple[Any, list[Any]]] = {
    "nullable int": (pd.array([1, None], dtype="Int64"), [1, None]),
    "nullable bool": (pd.array([True, None], dtype="boolean"), [True, None]),
    "nullable text": (pd.array(["a", None], dtype="string"), ["a", None]),
    "nan": ([1.5, float("nan")], [1.5, None]),
    "category": (pd.Categorical(["b", None]), ["b", None]),
    "category of numbers": (pd.Categorical([3, 1]), [3, 1]),
    "mixed": (["a", 1], ["a", "1"]),
    "mixed with none": ([None, 1], [None, 1]),
    "zones": (pd.Series(HOURS, dtype=object), [str(hour) for hour in HOURS]),
    "interval": (pd.cut([1, 9], [0, 5, 10]), ["0 to 5", "5 to 10"]),
    "month": (pd.period_range("2024-01", periods=2, freq="M"), ["2024-01", "2024-02"]),
    "uuid": ([uuid.UUID(int=1), None], [str(uuid.UUID(int=1)), None]),
}  # fmt: skip


@pytest.mark.parametrize("kind", COLUMNS)
def test_columns_hold_what_a_file_would(kind) -> None:
    values, expected = COLUMNS[kind]
    found = of_pandas(pd.DataFrame({"m": values}), pytest.fail)["m"]
    assert found.dtype != pl.Object
    assert found.to_list() == expected


def test_one_zone_stays_a_time() -> None:
    table = pd.DataFrame({"m": pd.date_range("2024-01-01", periods=2, tz="Europe/Berlin")})
    found = of_pandas(table, pytest.fail)["m"]
    assert isinstance(found.dtype, pl.Datetime)
    assert [v.timestamp() for v in found] == [v.timestamp() for v in table["m"]]


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ([0, 1], ["0", "1"]),
        ([pd.Timestamp("2024-01-01"), "b"], ["2024-01-01 00:00:00", "b"]),
        ([("id", ""), ("spend", "mean")], ["id", "spend_mean"]),
        ([None, "b"], ["nan", "b"]),
        (["", "b"], ["column_0", "b"]),
    ],
)
def test_names_become_text(columns, names) -> None:
    assert of_pandas(pd.DataFrame([[1, 2]], columns=columns), pytest.fail).columns == names


def test_an_index_with_a_name_is_a_column_and_text_without_one_is_told_of() -> None:
    table, said = pd.DataFrame({"x": [1, 2]}, index=["a", "b"]), list[str]()
    assert of_pandas(table.rename_axis("who"), pytest.fail).columns == ["who", "x"]
    assert of_pandas(table.rename_axis("x"), pytest.fail)["x"].to_list() == [1, 2]
    levels = table.set_index("x", append=True)
    assert of_pandas(levels.rename_axis(["who", "x"]).assign(y=1), pytest.fail).width == 3
    assert of_pandas(table, said.append).columns == ["x"]
    assert "rename_axis('customer_id')" in said.pop()
    of_pandas(table.reset_index(drop=True)[1:], pytest.fail)


def test_two_columns_of_a_name_are_refused() -> None:
    with pytest.raises(DataError, match="two columns of the name '7'"):
        of_pandas(pd.DataFrame([[1, 2]], columns=[7, "7"]), pytest.fail)
