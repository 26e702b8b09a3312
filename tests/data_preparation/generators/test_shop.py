"""The synthetic shop: repeatable, a prefix of any longer file, and with kinds to find."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from engine.data_preparation.generators.customers import FIRST_ID
from engine.data_preparation.generators.shop import (
    CHUNK_CUSTOMERS,
    IMPLIED,
    KINDS,
    SCHEMA,
    generate_transactions,
    kinds_of,
    transaction_batches,
)


@cache
def lines_of(customers: int, seed: int = 3) -> pl.DataFrame:
    return pl.concat(transaction_batches(customers, seed))


@pytest.fixture(scope="module")
def lines() -> pl.DataFrame:
    return lines_of(CHUNK_CUSTOMERS + 100)


def test_fewer_customers_are_the_first_of_more(lines: pl.DataFrame) -> None:
    few = lines.filter(pl.col("customer_id") < FIRST_ID + 700)
    assert_frame_equal(lines_of(700), few, check_exact=True)
    np.testing.assert_array_equal(kinds_of(700, 3), kinds_of(CHUNK_CUSTOMERS + 100, 3)[:700])


def test_another_seed_gives_other_lines(lines: pl.DataFrame) -> None:
    assert not lines_of(700, seed=4).equals(lines_of(700))


def test_every_customer_buys_and_an_invoice_is_one_customers(lines: pl.DataFrame) -> None:
    assert lines.schema == SCHEMA
    bought = lines.filter(pl.col("quantity") > 0)
    assert bought["customer_id"].n_unique() == CHUNK_CUSTOMERS + 100
    owners = lines.group_by("transaction_id").agg(pl.col("customer_id").n_unique())
    assert owners["customer_id"].to_list() == [1] * owners.height
    repeated = bought.select("transaction_id", "product_id").is_duplicated()
    assert not repeated.any()


def test_returns_are_of_what_was_bought_before(lines: pl.DataFrame) -> None:
    back = lines.filter(pl.col("quantity") < 0)
    assert back["transaction_id"].str.starts_with("C").all()
    origin = back.with_columns(pl.col("transaction_id").str.slice(1), -pl.col("quantity"))
    bought = lines.filter(pl.col("quantity") > 0)
    keys = ["transaction_id", "customer_id", "product_id", "quantity", "unit_price"]
    found = origin.join(bought, on=keys, how="left", suffix="_bought")
    assert found["transaction_date_bought"].null_count() == 0
    assert (found["transaction_date"] > found["transaction_date_bought"]).all()


def test_kinds_shop_as_they_are_said_to(lines: pl.DataFrame) -> None:
    kinds = pl.DataFrame(
        {
            "customer_id": np.arange(FIRST_ID, FIRST_ID + CHUNK_CUSTOMERS + 100),
            "kind": kinds_of(CHUNK_CUSTOMERS + 100, 3),
        }
    )
    bought = lines.filter(pl.col("quantity") > 0).join(kinds, on="customer_id")
    orders = bought.group_by("kind").agg(
        pl.col("transaction_id").n_unique() / pl.col("customer_id").n_unique()
    )
    found = dict(orders.iter_rows())
    for number, kind in enumerate(KINDS.values()):
        assert found[number] == pytest.approx(kind.orders, rel=0.2)


def test_partners_are_bought_together(lines: pl.DataFrame) -> None:
    bought = lines.filter(pl.col("quantity") > 0)
    first = bought.filter(pl.col("product_id") == "P0000")["transaction_id"]
    partner = bought.filter(pl.col("product_id") == "P0001")["transaction_id"]
    together = first.is_in(partner.to_list()).mean()
    assert isinstance(together, float)
    assert together > IMPLIED


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "shop.parquet"
    n = generate_transactions(path, customers=50, seed=3)
    assert_frame_equal(pl.read_parquet(path), lines_of(50), check_exact=True)
    assert n == lines_of(50).height
