"""Products and categories: their limits, adding up in pieces, and codes written in two ways."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from engine.config.cross_sell import CrossSellConfig
from engine.data_preparation.transactions import catalogue, partitions
from engine.descriptive_stats.cross_selling.selling import what_sells
from engine.places.runtime import Runtime

DAY = date(2024, 1, 1)


def lines(n: int = 120) -> pl.DataFrame:
    return pl.DataFrame({
        "customer_id": [i % 10 for i in range(n)], "invoice": range(n), "date": [DAY] * n,
        "sku": [f"p{i % 30}" for i in range(n)], "category": [f"k{i % 40}" for i in range(n)],
        "amount": [1.0 + i for i in range(n)],
    })  # fmt: skip


@pytest.fixture
def small_parts(monkeypatch) -> None:
    monkeypatch.setattr(partitions, "PARTITION_LINES", 20)
    monkeypatch.setattr(catalogue, "_AT_ONCE", 10)


def test_adding_up_in_pieces_changes_nothing(gathered, monkeypatch):
    whole = gathered(lines())
    assert len(whole.lines) == 1
    monkeypatch.setattr(partitions, "PARTITION_LINES", 20)
    monkeypatch.setattr(catalogue, "_AT_ONCE", 10)
    parted = gathered(lines())
    assert len(parted.lines) > 3
    assert parted.products.equals(whole.products)
    assert parted.facts == whole.facts


@pytest.mark.parametrize("limit", [29, 30])
def test_too_many_products_are_given_up(gathered, small_parts, monkeypatch, limit):
    monkeypatch.setattr(catalogue, "MOST_ROWS", limit)
    found = gathered(lines().drop("category"))
    warned = [w for w in found.facts["warnings"] if "different products" in w]
    assert len(warned) == (limit < 30)
    assert (found.products.height, bool(found.lines)) == ((0, False) if limit < 30 else (30, True))
    assert not list(found.customers.parent.glob("settled*"))
    assert pl.read_parquet(found.customers)["distinct_products"].to_list() == [3] * 10


@pytest.mark.parametrize("limit", [39, 40])
def test_too_many_categories_are_given_up_and_products_stay(
    gathered, small_parts, monkeypatch, limit
):
    monkeypatch.setattr(catalogue, "MOST_CATEGORIES", limit)
    found = gathered(lines())
    gone = limit < 40
    assert any("different categories" in w for w in found.facts["warnings"]) == gone
    assert bool(found.facts["leading_categories"]) != gone
    assert (found.products["category"].null_count() == 30) == gone
    kept = pl.concat(pl.read_parquet(f) for f in found.lines)
    assert (kept["category"].null_count() == 120) == gone
    assert kept["product"].null_count() == 0
    alone = gathered(lines().drop("sku"))
    assert bool(alone.lines) != gone


def test_too_many_products_with_a_category_leave_the_products(gathered, monkeypatch):
    monkeypatch.setattr(catalogue, "MOST_ROWS", 35)  # 30 products, 120 pairs
    found = gathered(lines())
    assert found.products.height == 30
    assert found.products["category"].null_count() == 30
    assert found.facts["leading_categories"] == []


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_code_with_a_point_is_the_code_without(gathered, suffix):
    codes = ["22697", "22697.0", "22697.00", "22697.5", "A.0", "007", "007.0"]
    rows = lines(7).with_columns(sku=pl.Series(codes), description=pl.Series(["2.0"] * 7))
    products = gathered(rows, suffix=suffix).products
    assert products["product_id"].to_list() == ["007", "007.0", "22697", "22697.5", "A.0"]
    assert products["name"].unique().to_list() == ["2.0"]  # a name stays as it is


def test_a_line_of_no_pieces_and_some_money_is_a_purchase_everywhere(gathered):
    rows = lines(4).with_columns(quantity=pl.Series([0, 1, -1, 2]), customer_id=pl.lit("a"))
    found = gathered(rows)
    kept = pl.concat(pl.read_parquet(f) for f in found.lines).sort("amount")
    assert kept["back"].to_list() == [True, False, False, False]
    assert kept.filter(~pl.col("back"))["amount"].sum() == 70_000
    assert (found.facts["gross"], found.facts["net"]) == ("7.00", "4.00")
    labels, everyone = np.zeros(1, np.int32), CrossSellConfig()
    sold = what_sells(found.lines, found.products, labels, 1, everyone, Runtime())
    assert sold.facts["baskets"] == found.facts["n_transactions"] == 3
    revenue = sold.best_sellers.filter(pl.col("segment").is_null(), ranked_by="revenue")
    assert revenue["revenue_gross"].sum() == 7.0
