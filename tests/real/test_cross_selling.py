"""What sells to whom on a year of real invoices, from lines made here straight from the file."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from engine.config.cross_sell import CrossSellConfig
from engine.descriptive_stats.cross_selling.selling import what_sells
from engine.places.runtime import Runtime

pytestmark = pytest.mark.long

GREEN, ROSES = "22697", "22699"


@pytest.fixture(scope="module")
def rows(real_data):
    raw = pl.read_parquet(real_data / "online_retail.parquet")
    return raw.filter(
        pl.col("CustomerID").is_not_null(), pl.col("Quantity") > 0, pl.col("UnitPrice") > 0
    )


@pytest.fixture(scope="module")
def sell(rows, tmp_path_factory):
    """Cut customers into four segments by money, their lines into two parts, and look."""

    def run(lines: pl.DataFrame = rows, **settings):
        folder = tmp_path_factory.mktemp("lines")
        products = lines.group_by("StockCode").agg(pl.col("Description").sort().first())
        products = products.sort("StockCode").rename({"StockCode": "product_id"})
        products = products.rename({"Description": "name"}).with_row_index("product")
        customers = lines["CustomerID"].unique().sort().to_frame().with_row_index("customer")
        amount = pl.col("Quantity") * (pl.col("UnitPrice") * 10_000).round(0)
        cleaned = lines.join(customers, on="CustomerID").join(
            products, left_on="StockCode", right_on="product_id"
        )
        cleaned = cleaned.select(
            "customer", pl.col("InvoiceNo").rank("dense").cast(pl.UInt32).alias("basket"),
            "product", pl.col("Country").alias("category"),
            pl.col("Quantity").cast(pl.Float64).alias("units"),
            amount.cast(pl.Int64).alias("amount"),
            pl.lit(value=False).alias("back"),
        )  # fmt: skip
        money = cleaned.group_by("customer").agg(pl.col("amount").sum()).sort("customer")["amount"]
        labels = ((money.rank("ordinal").to_numpy() - 1) * 4 // len(money)).astype(np.int32)
        parts = [folder / "even.parquet", folder / "odd.parquet"]
        for i, path in enumerate(parts):
            cleaned.filter(pl.col("customer") % 2 == i).write_parquet(path)
        return what_sells(parts, products, labels, 4, CrossSellConfig(**settings), Runtime())

    return run


@pytest.fixture(scope="module")
def found(sell):
    return sell()


def teacups(result):
    pairs = result.pairs.filter(
        pl.col("segment").is_null(), product_a=GREEN, product_b=ROSES
    ).to_dicts()
    assert len(pairs) == 1
    return pairs[0]


def test_the_teacups(found):
    pair = teacups(found)
    assert found.facts["baskets"] == 18_532
    assert pair["baskets"] == 541
    assert round(pair["support"], 4) == 0.0292
    assert round(pair["confidence"], 3) == 0.783
    assert round(pair["lift"], 1) == 18.5
    assert pair["lift_low"] < pair["lift"] < pair["lift_high"]
    assert found.pairs.row(0, named=True)["product_a"] == GREEN  # the strongest of all pairs


def test_neither_duplicates_nor_the_cap_touch_the_teacups(sell, rows, found):
    assert rows.height - rows.unique().height == 5_192
    same = teacups(found)
    assert teacups(sell(rows.unique())) == same
    uncapped = sell(basket_cap=10_000)
    assert uncapped.facts["giant_baskets"] == 0
    assert teacups(uncapped) == same
    assert found.facts["giant_baskets"] == 22
    assert found.facts["largest_basket"] == 525


def test_money_adds_up(found, rows):
    total = (rows["Quantity"] * rows["UnitPrice"]).sum()
    assert round(total, 2) == 8_911_407.90
    everyone = found.categories.filter(pl.col("segment").is_null(), ranked_by="revenue")
    assert everyone["revenue_gross"].sum() == pytest.approx(total, abs=0.005)
    assert everyone["revenue_share"].sum() == pytest.approx(1)
    best = found.best_sellers.row(0, named=True)
    assert (best["product_id"], round(best["revenue_gross"], 2)) == ("23843", 168_469.60)
    assert best["note"] == "only 1 buyer: share and lift are uncertain"


def test_offers_make_sense(found, rows):
    assert set(found.offers["segment"].to_list()) == {0, 1, 2, 3}
    for offer in found.offers.iter_rows(named=True):
        assert offer["lift"] > 1
        assert offer["buyer_share"] <= 0.2
        assert offer["candidates"] > 0
        assert 1 <= len(offer["because"]) <= 3
        assert offer["product_id"] not in offer["because"]
    # Not simply the best sellers: of the ten first offers few are among the twenty most bought.
    bought = rows.unique(["CustomerID", "StockCode"])["StockCode"].value_counts()
    top = set(bought.sort("count", "StockCode", descending=True)["StockCode"].head(20).to_list())
    offered = found.offers.group_by("segment", maintain_order=True).head(10)["product_id"]
    assert len(offered.filter(offered.is_in(list(top)))) <= 10
