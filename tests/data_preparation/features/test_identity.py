"""Ids: recognised by their usual names, typed without loss, unique or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from engine.config.input import InputConfig
from engine.config.sections import PreparationConfig
from engine.data_preparation.features.id_names import recognise_id
from engine.data_preparation.features.identity import (
    Identity,
    read_identity,
    whole_numbers,
)
from engine.data_preparation.reading.sources import open_source
from engine.errors import DataError
from engine.utilities.sampling import id_priority


def read(tmp_path: Path, ids: list, column: str | None = "id", **settings: str) -> Identity:
    pl.DataFrame({"id": ids, "v": range(len(ids))}, strict=False).write_parquet(
        tmp_path / "customers.parquet"
    )
    source = open_source(InputConfig(path=str(tmp_path / "customers.parquet")))
    return read_identity(source, column, settings=PreparationConfig(**settings), seed=0)


@pytest.mark.parametrize(
    "name",
    ["customer_id", "CustomerID", "Customer ID", "CUST_ID", "CLIENTNUM", "Loyalty Number",
     "household_key", "MasterID", "id", "user-id", "Customer No.", "C_CUSTKEY"],
)  # fmt: skip
def test_usual_names_are_recognised(name):
    assert recognise_id(["age", name, "spend"]) == name


def test_the_better_name_wins_and_others_are_left():
    assert recognise_id(["id", "user_id", "customer_id"]) == "customer_id"
    assert recognise_id(["Id", "ID"]) == "Id"
    assert recognise_id(["age", "paid", "identity"]) is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (pl.Series([1, 2], dtype=pl.Int8), [1, 2]),
        (pl.Series([1.0, None, 3.0]), [1, None, 3]),
        (pl.Series([1.5, 2.0]), ["1.5", "2.0"]),
        (pl.Series([1.0, 2.0**60]), ["1.0", "1.152921504606847e+18"]),
        (pl.Series(["12", "-3"]), [12, -3]),
        (pl.Series(["012", "3"]), ["012", "3"]),
        (pl.Series(["-0", "0"]), ["-0", "0"]),
        (pl.Series(["12", "x"]), ["12", "x"]),
        (pl.Series(["9" * 30, "1"]), ["9" * 30, "1"]),
        (pl.Series([2**64 - 1], dtype=pl.UInt64), [str(2**64 - 1)]),
        (pl.Series([None, None], dtype=pl.String), [None, None]),
    ],
)
def test_whole_numbers_lose_nothing(given, expected):
    assert whole_numbers(given).to_list() == expected


def test_rows_without_an_id_column_are_numbered(tmp_path):
    found = read(tmp_path, ["a", "b", "c"], None)
    assert found.ids.to_list() == [0, 1, 2]
    assert found.column is None
    assert found.keep is None
    assert found.notices == ("no id column was recognised; customers are numbered by row, from 0",)


def test_the_priority_is_a_hash_of_the_id(tmp_path):
    found = read(tmp_path, ["b", "a", "c"])
    assert np.array_equal(found.priority, id_priority(pl.Series(["b", "a", "c"]), 0))
    assert found.notices == ("customers are identified by the column 'id'",)


def test_repeated_ids(tmp_path):
    with pytest.raises(DataError) as caught:
        read(tmp_path, [7, 8, 7, 9, 8, 7])
    assert str(caught.value) == (
        "customers.parquet: in the id column 'id' 2 ids have several rows, 5 in all (such as 7); "
        "customers need one row each: name another column in input.id, or set "
        "preparation.duplicates to first or last."
    )


@pytest.mark.parametrize(
    ("policy", "keep"), [("first", [1, 1, 0, 1, 0, 0]), ("last", [0, 0, 0, 1, 1, 1])]
)
def test_a_policy_for_repeated_ids(tmp_path, policy, keep):
    found = read(tmp_path, [7, 8, 7, 9, 8, 7], duplicates=policy)
    assert found.keep is not None
    assert found.keep.tolist() == [bool(k) for k in keep]
    assert sorted(found.ids) == [7, 8, 9]
    assert found.warnings == (
        "3 rows that repeat an id (2 ids have several rows) were dropped, "
        f"the {policy} row of each id kept "
        f"(preparation.duplicates: {policy})",
    )


def test_rows_without_an_id(tmp_path):
    with pytest.raises(DataError) as caught:
        read(tmp_path, [1, None, 2, None])
    assert str(caught.value) == (
        "customers.parquet: 2 rows have no id in the column 'id'; fill them in, or set "
        "preparation.null_ids to drop."
    )
    found = read(tmp_path, [1, None, 2, None], null_ids="drop")
    assert found.ids.to_list() == [1, 2]
    assert found.keep is not None
    assert found.keep.tolist() == [True, False, True, False]
    assert found.warnings == ("2 rows without an id were dropped (preparation.null_ids: drop)",)


def test_no_row_has_an_id(tmp_path):
    with pytest.raises(DataError, match="no row has an id in the column 'id'"):
        read(tmp_path, [None, None], null_ids="drop")


def test_no_rows(tmp_path):
    for column in ("id", None):
        with pytest.raises(DataError) as caught:
            read(tmp_path, [], column)
        assert str(caught.value) == (
            "customers.parquet has a header but no rows; give a file with customers in it."
        )
