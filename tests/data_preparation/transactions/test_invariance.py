"""The same lines in another order, in other files, partitions or blocks: bit for bit the same."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from engine.data_preparation.reading import sources
from engine.data_preparation.transactions import partitions


@pytest.fixture(scope="module")
def lines() -> pl.DataFrame:
    """Make a shop of 3,000 lines with everything in it that policies are for."""
    rng = np.random.default_rng(4)
    n = 3_000
    invoice = rng.integers(0, 900, n)
    returned = rng.random(900) < 0.05
    frame = pl.DataFrame({
        "customer_id": invoice % 211, "invoice": invoice + 500_000,
        "date": pl.Series((invoice * 37) % 365).cast(pl.Int64),
        "sku": rng.integers(0, 60, n), "quantity": rng.integers(1, 9, n),
        "price": rng.integers(0, 5_000, n) / 1_000, "category": rng.integers(0, 7, n),
        "returned": returned[invoice],
    })  # fmt: skip
    frame = frame.with_columns(
        pl.when(pl.col("customer_id") > 5).then("customer_id"),
        pl.when("returned").then(-pl.col("quantity")).otherwise("quantity").alias("quantity"),
        pl.when("returned").then(pl.format("C{}", "invoice"))
        .otherwise(pl.col("invoice").cast(pl.String)).alias("invoice"),
        (pl.date(2024, 1, 1) + pl.duration(days="date")).alias("date"),
        pl.format("p{}", "sku").alias("sku"), pl.format("k{}", "category").alias("category"),
    ).drop("returned")  # fmt: skip
    return pl.concat([frame, frame.sample(100, seed=1)])


def sales(found) -> pl.DataFrame:
    """Lines by customer's id and product's name, whatever the parts."""
    people = pl.read_parquet(found.customers).select(id="customer_id").with_row_index("customer")
    parts = []
    for file in found.lines:
        part = pl.read_parquet(file).join(people, on="customer", how="left")
        assert part["id"].null_count() == 0
        parts.append(part.join(found.products, on="product", how="left"))
    columns = ["id", "product_id", "category", "units", "amount"]
    return pl.concat(parts).select(columns).sort(columns)


def same(one, other, *, facts: bool = True) -> None:
    assert_frame_equal(
        pl.read_parquet(one.customers), pl.read_parquet(other.customers), check_exact=True
    )
    assert_frame_equal(one.products, other.products)
    assert_frame_equal(one.apart, other.apart)
    assert_frame_equal(sales(one), sales(other), check_exact=True)
    if facts:
        assert one.facts == other.facts


def test_the_order_of_rows(gathered, lines):
    whole = gathered(lines)
    assert len(whole.facts["policies"]) == 10
    assert whole.facts["policies"][0]["rows"] >= 100
    for seed in range(3):
        same(whole, gathered(lines.sample(fraction=1, shuffle=True, seed=seed)))


def test_the_number_of_partitions(gathered, lines, monkeypatch):
    whole = gathered(lines)
    assert len(whole.lines) == 1
    monkeypatch.setattr(partitions, "PARTITION_LINES", 150)
    parted = gathered(lines)
    assert len(parted.lines) > 10
    same(whole, parted)
    baskets = [pl.read_parquet(f) for f in parted.lines]
    owners = pl.concat(b.select("customer").unique() for b in baskets)
    assert owners["customer"].is_unique().all()  # a part holds whole customers


def test_the_size_of_blocks(gathered, lines, monkeypatch):
    whole = gathered(lines)
    monkeypatch.setattr(sources, "BATCH_ROWS", 100)
    same(whole, gathered(lines))


def test_split_over_files(gathered, lines):
    whole = gathered(lines)
    parts = [lines[:700], lines[700:701], lines[701:]]
    same(whole, gathered(*parts), facts=False)
    same(whole, gathered(*parts, lines[200:900]), facts=False)  # an export that overlaps


def test_other_names_types_and_formats(gathered, lines):
    whole = gathered(lines)
    told = {"customer_id": "customer_id"}
    text = lines.with_columns(
        pl.col("date").dt.to_string("%d/%m/%Y"), pl.col("price").cast(pl.Decimal(10, 3))
    )
    same(whole, gathered(text, columns=told), facts=False)
    same(whole, gathered(lines, suffix="csv"), facts=False)
    compact = lines.with_columns(pl.col("date").dt.to_string("%Y%m%d").cast(pl.Int64))
    same(whole, gathered(compact), facts=False)
    floats = lines.cast({"customer_id": pl.Float64, "sku": pl.Categorical})
    same(whole, gathered(floats), facts=False)
    renamed = lines.rename({"invoice": "Order Number", "sku": "Stock Code", "price": "Unit Price"})
    same(whole, gathered(renamed.select(sorted(renamed.columns))), facts=False)


def test_the_files_between_are_gone(gathered, lines, monkeypatch):
    monkeypatch.setattr(partitions, "PARTITION_LINES", 500)
    found = gathered(lines)
    left = {f for f in found.customers.parent.rglob("*") if f.is_file()}
    assert left == {found.customers, found.apart_file, *found.lines}
