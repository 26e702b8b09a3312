"""Values that cannot be used: counted, left out and said, or refused by column and row."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

FORMATS = ["csv", "parquet"]


def write(table: pl.DataFrame, suffix: str) -> str:
    getattr(table, f"write_{suffix}")(f"new.{suffix}")
    return f"new.{suffix}"


def summary() -> dict:
    return json.loads(Path("reports/shop/latest/summary.json").read_text())


def segments() -> pl.DataFrame:
    return pl.read_parquet("reports/shop/latest/segments.parquet")


@pytest.fixture
def bad_ids(customers: pl.DataFrame) -> pl.DataFrame:
    """Ten rows share the id 1000, then six others have none."""
    row = pl.int_range(pl.len())
    ids = pl.when(row < 10).then(1000).when(row < 16).then(None).otherwise(pl.col("customer_id"))
    return customers.with_columns(customer_id=ids)


@pytest.mark.parametrize("suffix", FORMATS)
def test_null_and_duplicate_ids(earlier, run, bad_ids: pl.DataFrame, suffix: str) -> None:
    file = write(bad_ids, suffix)
    earlier.refused(
        run(file),
        f"new.{suffix}: 6 rows have no id in the column 'customer_id'; fill them in, or set "
        "preparation.null_ids to drop.",
    )
    earlier.refused(
        run(file, "preparation.null_ids=drop"),
        f"new.{suffix}: in the id column 'customer_id' 1 id has several rows, 10 in all (such "
        "as 1000); customers need one row each: name another column in input.id, or set "
        "preparation.duplicates to first or last.",
    )


@pytest.mark.parametrize(("suffix", "policy"), [("csv", "first"), ("parquet", "last")])
def test_policies_for_bad_ids(
    earlier, run, bad_ids: pl.DataFrame, suffix: str, policy: str
) -> None:
    # The first row with the id 1000 belongs to the group of least visits, the last to another.
    typical = {"income": 70.0, "score": 4.0, "visits": 10.0}
    row = pl.int_range(pl.len())
    table = bad_ids.with_columns(
        pl.when(row == 9).then(value).otherwise(pl.col(c)).alias(c) for c, value in typical.items()
    )
    file = write(table, suffix)
    answer = run(file, "preparation.null_ids=drop", f"preparation.duplicates={policy}")
    assert answer.code == 0
    assert summary()["warnings"][:2] == [
        "6 rows without an id were dropped (preparation.null_ids: drop)",
        f"9 rows that repeat an id (1 id has several rows) were dropped, the {policy} row of each "
        "id kept "
        f"(preparation.duplicates: {policy})",
    ]
    found = segments()
    assert found.height == summary()["n_customers"] == 300 - 6 - 9
    assert sum(summary()["methods"]["kmeans"]["sizes"]) == found.height
    assert found["customer_id"].is_unique().all()
    kept = found.filter(pl.col("customer_id") == 1000)["segment"][0]
    mean = pl.read_csv("reports/shop/latest/profiles.csv")["visits_mean"]
    assert kept == (mean.arg_min() if policy == "first" else mean.arg_max())


def test_an_id_column_without_ids(earlier, run, customers: pl.DataFrame) -> None:
    customers.with_columns(customer_id=pl.lit(None, pl.Int64)).write_parquet("new.parquet")
    sentence = "new.parquet: no row has an id in the column 'customer_id'."
    earlier.refused(run("new.parquet", "preparation.null_ids=drop"), sentence)


@pytest.mark.parametrize("suffix", FORMATS)
def test_unusable_columns_are_left_out_and_said(
    earlier, run, customers: pl.DataFrame, suffix: str
) -> None:
    row = pl.int_range(pl.len())
    table = customers.with_columns(
        empty=pl.lit(None, pl.Float64),
        same=pl.lit(4.5),
        word=pl.lit("yes"),
        endless=pl.lit(np.inf),
        score=pl.when(row < 3).then(np.inf).when(row < 5).then(-np.inf).otherwise("score"),
        visits=pl.when(row == 7).then(np.nan).otherwise("visits"),
    )
    assert run(write(table, suffix)).code == 0
    assert sorted(summary()["warnings"]) == [
        "column 'empty' has no values and was left out",
        "column 'endless' has no values and was left out",
        "column 'endless' holds 300 infinite values, treated as missing",
        "column 'same' is constant (4.5) and was left out",
        "column 'score' holds 5 infinite values, treated as missing",
        "column 'word' is constant (yes) and was left out",
    ]
    assert summary()["n_features"] == 3
    told = {entry["column"]: entry["what"] for entry in summary()["preparation"]}
    assert told["score"].startswith("5 missing set to the median (")
    assert told["visits"].startswith("1 missing set to the median (")


@pytest.mark.parametrize("suffix", FORMATS)
def test_nothing_is_left(earlier, run, suffix: str) -> None:
    n = 30
    table = pl.DataFrame(
        {
            "id": range(n),
            "a": [1.0] * n,
            "b": [np.inf] * n,
            "c": pl.Series([None] * n, dtype=pl.Float64),
        }
    )
    answer = run(write(table, suffix))
    earlier.refused(answer, "no column is left to segment by: a is constant (1); ")
    assert "b has no values" in answer.err
    assert "c has no values" in answer.err


def test_missing_values_where_they_are_an_error(earlier, run, customers: pl.DataFrame) -> None:
    row = pl.int_range(pl.len())
    table = customers.with_columns(score=pl.when(row < 4).then(None).otherwise("score"))
    sentence = (
        "column 'score' has 4 missing values; fill them in, or set preparation.missing to median."
    )
    earlier.refused(run(write(table, "csv"), "preparation.missing=error"), sentence)


@pytest.mark.parametrize("row", [7, 21_000])
def test_text_in_a_numeric_csv_column(earlier, run, make_customers, row: int) -> None:
    number = pl.col("score").round(3).cast(pl.String)
    table = make_customers(25_000).with_columns(
        score=pl.when(pl.int_range(pl.len()) == row).then(pl.lit("n.v.")).otherwise(number)
    )
    sentence = (
        f"new.csv: column 'score' holds numbers but also the text 'n.v.' (data row {row + 1:,}); "
        "correct the value, or for a run add it to input.read.null_values or list the column "
        "under features.categorical or features.exclude."
    )
    earlier.refused(run(write(table, "csv")), sentence)


def test_the_remedy_for_text_works(earlier, run, customers: pl.DataFrame) -> None:
    number = pl.col("score").round(3).cast(pl.String)
    row = pl.int_range(pl.len())
    table = customers.with_columns(score=pl.when(row == 5).then(pl.lit("n.v.")).otherwise(number))
    file = write(table, "csv")
    assert run(file, "input.read.null_values=['', n.v.]").code == 0
    assert summary()["n_features"] == 3


def test_numbers_stored_as_text_in_parquet_are_read_and_told(
    earlier, run, customers: pl.DataFrame
) -> None:
    customers.with_columns(pl.col("score").round(3).cast(pl.String)).write_parquet("new.parquet")
    assert run("new.parquet").code == 0
    notice = next(n for n in summary()["notices"] if "'score'" in n)
    assert notice.startswith("column 'score' is read as numbers: 300 values such as ")
    assert summary()["n_features"] == 3


def test_a_column_asked_for_by_name_and_left_out_is_warned_about(
    earlier, run, customers: pl.DataFrame
) -> None:
    mails = pl.col("customer_id").cast(pl.String) + "@example.org"
    customers.with_columns(mails.alias("contact")).write_parquet("new.parquet")
    assert run("new.parquet", "features.include=[income, score, contact]").code == 0
    assert (
        "column 'contact' is named under features but was left out: it has a value of its "
        "own for most customers: an identifier or free text"
    ) in summary()["warnings"]


@pytest.mark.parametrize(
    ("values", "settings"),
    [
        ((1.7e308, -1.7e308), ()),
        ((1.7e308, -1.7e308), ("preparation.scaling=robust",)),
        ((1e300, 1.0), ("preparation.outliers=off", "preparation.skew=off")),
        ((1e30, 1.0), ("preparation.scaling=none", "preparation.skew=off")),
        ((5e-324, 0.0), ()),
    ],
)
def test_a_range_beyond_computing(
    earlier, run, customers: pl.DataFrame, values: tuple[float, float], settings: tuple[str, ...]
) -> None:
    row = pl.int_range(pl.len())
    table = customers.with_columns(
        income=pl.when(row % 2 == 0).then(pl.lit(values[0])).otherwise(pl.lit(values[1]))
    )
    low, high = min(values), max(values)
    sentence = (
        f"column 'income' ranges from about {low:.2g} to {high:.2g}, beyond what can be computed "
        "with; correct its values, leave preparation.outliers at clip and preparation.scaling at "
        "standard, or list it under features.exclude."
    )
    earlier.refused(run(write(table, "parquet"), *settings), sentence)


@pytest.mark.parametrize("suffix", FORMATS)
def test_one_customer(earlier, run, customers: pl.DataFrame, suffix: str) -> None:
    sentence = f"new.{suffix} holds 1 customer; segments need at least two."
    earlier.refused(run(write(customers.head(1), suffix)), sentence)


def test_two_customers(earlier, run, customers: pl.DataFrame) -> None:
    assert run(write(customers.head(2), "csv"), "clustering.k=auto").code == 0
    assert segments()["segment"].sort().to_list() == [0, 1]
