"""New customers that do not look like those the model was trained on."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from engine.model.model import load_model

MODEL = "models/shop"
FORMATS = ["csv", "parquet"]


@pytest.fixture
def assign(cli):
    """Assign the earlier run's model over an output of yesterday."""

    def go(table: pl.DataFrame | str, suffix: str = "csv", output: str = "out.parquet"):
        if isinstance(table, pl.DataFrame):
            getattr(table, f"write_{suffix}")(f"new.{suffix}")
            table = f"new.{suffix}"
        return cli("assign", MODEL, table, output)

    Path("out.parquet").write_text("yesterday")
    return go


@pytest.fixture
def refused(earlier):
    """Check the sentence, and that yesterday's output and the model are intact."""

    def check(answer, sentence: str) -> None:
        earlier.refused(answer, sentence)
        assert Path("out.parquet").read_text() == "yesterday"

    return check


@pytest.mark.parametrize("suffix", FORMATS)
def test_missing_columns(earlier, assign, refused, customers: pl.DataFrame, suffix: str) -> None:
    sentence = (
        f"new.{suffix} lacks 'customer_id', 'score', which the model was trained on; it has "
        "'income', 'visits'."
    )
    refused(assign(customers.drop("customer_id", "score"), suffix), sentence)


@pytest.mark.parametrize("suffix", FORMATS)
def test_extra_and_reordered_columns(earlier, assign, customers: pl.DataFrame, suffix: str) -> None:
    table = customers.with_columns(extra=pl.lit("x")).select(
        "visits", "extra", *customers.columns[:3]
    )
    assert assign(table, suffix).code == 0
    expected = pl.read_parquet("reports/shop/latest/segments.parquet")
    assert pl.read_parquet("out.parquet").equals(expected)


@pytest.mark.parametrize("row", [0, 20_500])
def test_text_where_numbers_were_in_csv(earlier, assign, refused, make_customers, row: int) -> None:
    number = pl.col("score").round(3).cast(pl.String)
    table = make_customers(21_000).with_columns(
        score=pl.when(pl.int_range(pl.len()) == row).then(pl.lit("low")).otherwise(number)
    )
    sentence = (
        f"new.csv: column 'score' holds numbers but also the text 'low' (data row {row + 1:,}); "
        "correct the value"
    )
    refused(assign(table), sentence)


@pytest.mark.parametrize(
    ("value", "dtype"),
    [(pl.lit("high"), "String"), (pl.lit([1.0], pl.List(pl.Float64)), "List(Float64)")],
)
def test_another_type_in_parquet(
    earlier, assign, refused, customers: pl.DataFrame, value: pl.Expr, dtype: str
) -> None:
    sentence = (
        f"new.parquet holds {dtype} in the column 'income', which held numbers when the model was "
        "trained; convert it to numbers."
    )
    refused(assign(customers.with_columns(income=value), "parquet"), sentence)


@pytest.mark.parametrize("dtype", [pl.Int8, pl.UInt32, pl.Boolean, pl.Decimal(12, 3), pl.Float32])
def test_another_type_of_number_is_a_number(
    earlier, assign, customers: pl.DataFrame, dtype: pl.DataType
) -> None:
    assert assign(customers.with_columns(pl.col("income").cast(dtype)), "parquet").code == 0


@pytest.mark.parametrize("suffix", FORMATS)
def test_values_that_are_missing_or_infinite(
    earlier, assign, customers: pl.DataFrame, suffix: str
) -> None:
    table = customers.with_columns(income=None, score=np.inf, visits=np.nan)
    assert assign(table, suffix).code == 0
    found = pl.read_parquet("out.parquet")
    assert found["customer_id"].to_list() == customers["customer_id"].to_list()
    assert found["segment"].n_unique() == 1, "all are filled alike"
    assert found["distance"].is_finite().all()


@pytest.mark.parametrize("suffix", FORMATS)
def test_null_and_repeated_ids_are_kept(
    earlier, assign, customers: pl.DataFrame, suffix: str
) -> None:
    row = pl.int_range(pl.len())
    ids = pl.when(row < 5).then(None).when(row < 9).then(1).otherwise("customer_id")
    table = customers.with_columns(customer_id=ids)
    answer = assign(table, suffix)
    assert answer.code == 0
    assert "warning: 5 rows have no id; they were assigned all the same" in answer.err
    assert answer.out.startswith("300 customers assigned, ")
    assert answer.out.endswith(": out.parquet\n")
    assert pl.read_parquet("out.parquet")["customer_id"].equals(table["customer_id"])


def test_ids_of_another_kind_are_kept(earlier, assign, customers: pl.DataFrame) -> None:
    last_is_text = pl.when(pl.col("customer_id") == 1299).then(pl.lit("x-9"))
    ids = last_is_text.otherwise(pl.lit("0") + pl.col("customer_id").cast(pl.String))
    table = customers.with_columns(customer_id=ids)
    for suffix in FORMATS:
        assert assign(table, suffix).code == 0
        assert pl.read_parquet("out.parquet")["customer_id"].equals(table["customer_id"])


def test_unknown_categories_are_counted(earlier, run, assign, customers: pl.DataFrame) -> None:
    row = pl.int_range(pl.len())
    plan = pl.when(row % 2 == 0).then(pl.lit("gold")).otherwise(pl.lit("basic"))
    customers.with_columns(plan=plan).write_parquet("plans.parquet")
    assert run("plans.parquet").code == 0
    new = customers.with_columns(plan=pl.when(row < 7).then(pl.lit("trial")).otherwise(plan))
    for suffix in FORMATS:
        answer = assign(new, suffix)
        assert answer.code == 0
        expected = "warning: 7 rows hold a value of column 'plan' that was not seen in training"
        assert expected in answer.err
    with pytest.warns(UserWarning, match="7 rows hold a value of column 'plan' that was not seen"):
        load_model(MODEL).assign(new)
    lists = customers.with_columns(plan=pl.lit([1], pl.List(pl.Int64)))
    answer = assign(lists, "parquet")
    assert answer.code == 4
    assert "the model needs numbers or text in the column 'plan', but new.parquet" in answer.err


@pytest.mark.parametrize("suffix", FORMATS)
def test_no_new_customers(earlier, assign, customers: pl.DataFrame, suffix: str) -> None:
    answer = assign(customers.head(0), suffix)
    assert answer.code == 0
    assert "0 customers assigned" in answer.out
    assert pl.read_parquet("out.parquet").height == 0


def test_files_that_are_not_there_or_empty(earlier, assign, refused) -> None:
    Path("empty.csv").touch()
    refused(assign("nowhere.csv"), "nowhere.csv does not exist; give a file, a folder or a glob")
    refused(assign("empty.csv"), "empty.csv is empty; give a file with a header and rows.")


def test_the_output_is_the_input(earlier, assign, refused, customers: pl.DataFrame) -> None:
    os.link("good.parquet", "hard.parquet")
    Path("soft.parquet").symlink_to("good.parquet")
    for output in ("good.parquet", "hard.parquet", "soft.parquet"):
        sentence = f"{output} is the input itself; give another output file."
        refused(assign("good.parquet", output=output), sentence)
    assert pl.read_parquet("good.parquet").equals(customers)


def test_the_output_lies_in_the_input(earlier, assign, refused, customers: pl.DataFrame) -> None:
    Path("shops").mkdir()
    customers.write_parquet("shops/a.parquet")
    sentence = "shops/out.parquet lies in the folder that is read; give a file in another folder."
    refused(assign("shops", output="shops/out.parquet"), sentence)


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("out.xlsx", "out.xlsx: cannot tell the format from the suffix '.xlsx'; give a name that"),
        ("out", "out: cannot tell the format from the suffix ''; give a name that ends in"),
        ("nowhere/out.csv", "nowhere/out.csv: cannot be written, its folder does not exist"),
        ("folder.csv", "folder.csv: cannot be written, a folder has this name; give another name."),
        ("good.parquet/out.csv", "good.parquet/out.csv: cannot be written, /"),
    ],
)
def test_outputs_that_cannot_be(earlier, assign, refused, output: str, sentence: str) -> None:
    Path("folder.csv").mkdir()
    refused(assign("good.parquet", output=output), sentence)


def test_the_api_says_the_same(earlier, customers: pl.DataFrame) -> None:
    from engine.errors import DataError

    model = load_model(MODEL)
    with pytest.raises(DataError, match="the table lacks 'score', which the model was trained on"):
        model.assign(customers.drop("score"))
    with pytest.raises(DataError, match="the table holds String in the column 'income'"):
        model.assign(customers.with_columns(income=pl.lit("high")))
    with pytest.raises(DataError, match="output needs data to be a path"):
        model.assign(customers, "out.csv")


def test_ids_with_a_point_are_whole_numbers(earlier, assign, customers: pl.DataFrame) -> None:
    pointed = customers.with_columns(customer_id=pl.format("{}.0", "customer_id"))
    assert assign(pointed).code == 0
    expected = pl.read_parquet("reports/shop/latest/segments.parquet")
    assert pl.read_parquet("out.parquet").equals(expected)


def test_ids_that_a_spreadsheet_shortened_are_told(earlier, assign, customers) -> None:
    answer = assign(customers.head(9).with_columns(customer_id=pl.lit("4.60000E+12")))
    assert answer.code == 0
    assert "9 of 9 rows have an id in 'customer_id' that a spreadsheet shortened" in answer.err
