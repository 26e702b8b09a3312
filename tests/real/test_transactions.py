"""Real invoices: a gift shop's to the cent, a superstore's by name, an airline's by month."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from engine.config.input import InputConfig
from engine.config.transactions import TransactionsConfig
from engine.data_preparation.reading.sources import open_source
from engine.data_preparation.transactions.gather import gather
from engine.data_preparation.transactions.purchases import Purchases
from engine.errors import DataError

pytestmark = pytest.mark.long

Gathered = Callable[..., Purchases]


@pytest.fixture(scope="module")
def gathered(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Gathered:
    def run(
        file: str, *, columns: dict[str, str] | None = None, table: str | None = None,
        describe: Sequence[str] = (), **policies: Any,
    ) -> Purchases:  # fmt: skip
        settings = InputConfig(
            path=str(real_data / file), kind="transactions", columns=columns or {}
        )
        return gather(
            open_source(settings),
            settings,
            TransactionsConfig(**policies),
            tmp_path_factory.mktemp("gathered"),
            customers=open_source(InputConfig(path=str(real_data / table))) if table else None,
            describe=describe,
        )

    return run


@pytest.fixture(scope="module")
def kept(gathered) -> Purchases:
    return gathered("online_retail.parquet", duplicates="keep")


@pytest.fixture(scope="module")
def cleaned(gathered) -> Purchases:
    return gathered("online_retail.parquet")


def policy(found: Purchases, key: str) -> int:
    return next(p["rows"] for p in found.facts["policies"] if p["key"] == key)


def customer(found: Purchases, number: int) -> dict:
    table = pl.read_parquet(found.customers)
    return table.row(by_predicate=pl.col(found.id_column) == number, named=True)


def test_online_retail_with_duplicates_kept(kept):
    facts = kept.facts
    assert facts["n_rows"] == 541_909
    assert facts["n_purchase_lines"] == 397_884
    assert facts["n_customers"] == 4_338
    assert facts["n_transactions"] == 18_532
    assert facts["gross"] == "8911407.90"
    assert facts["snapshot"] == "2011-12-10"
    assert policy(kept, "duplicates") == 5_268
    assert policy(kept, "missing_ids") == 135_080
    assert policy(kept, "zero_prices") == 40
    assert policy(kept, "returns") == 8_905


def test_two_customers_known_to_the_cent(kept):
    bulk = customer(kept, 12346)
    assert (bulk["recency"], bulk["frequency"]) == (325, 1)
    assert (bulk["monetary_gross"], bulk["monetary"], bulk["returns"]) == (77_183.6, 0.0, 77_183.6)
    loyal = customer(kept, 12347)
    assert (loyal["recency"], loyal["frequency"]) == (2, 7)
    assert (loyal["monetary_gross"], loyal["monetary"]) == (4_310.0, 4_310.0)
    assert (loyal["first_purchase"], loyal["last_purchase"]) == (
        date(2010, 12, 7),
        date(2011, 12, 7),
    )


def test_online_retail_without_duplicates(cleaned):
    facts = cleaned.facts
    assert facts["n_purchase_lines"] == 392_692
    assert facts["gross"] == "8887208.89"
    assert facts["n_customers"] == 4_338
    assert facts["apart"] == {"only returns": 33, "no usable rows": 1}
    assert cleaned.apart.height == 34
    table = pl.read_parquet(cleaned.customers)
    assert table["CustomerID"].dtype == pl.Int64
    assert table["CustomerID"].is_sorted()
    assert round(table["monetary_gross"].sum(), 2) == 8_887_208.89
    assert round(table["monetary"].sum(), 2) == float(facts["net"])


def test_one_order_is_the_least_frequent_for_everybody(cleaned):
    table = pl.read_parquet(cleaned.customers)
    once = table.filter(pl.col("frequency") == 1)
    assert once.height == 1_493
    assert once["f_score"].unique().to_list() == [1]
    for value, score in [("recency", "r_score"), ("frequency", "f_score"), ("monetary", "m_score")]:
        assert table.select(value, score).unique().height == table[value].n_unique()


def test_products_and_baskets(kept):
    lines = pl.concat(pl.read_parquet(f) for f in kept.lines)
    names = kept.products.select("product", "product_id")
    assert not set(names["product_id"]) & {"POST", "DOT", "M", "D", "C2", "BANK CHARGES"}
    bought = lines.filter(pl.col("amount") > 0).join(names, on="product", how="left")
    # A basket is unique within its part; this shop fits one.
    assert len(kept.lines) == 1
    assert bought["basket"].n_unique() == 18_532
    assert bought["amount"].sum() == 89_114_079_040
    green, roses = (
        set(bought.filter(pl.col("product_id") == p)["basket"]) for p in ("22697", "22699")
    )
    both = len(green & roses)
    assert round(both / 18_532, 4) == 0.0292
    assert round(both / len(green), 3) == 0.783
    assert round(both / len(green) / (len(roses) / 18_532), 1) == 18.5


def test_customers_have_the_country_of_most_lines(gathered, cleaned, real_data):
    found = gathered("online_retail.parquet", describe=["Country"])
    table = pl.read_parquet(found.customers)
    assert table.drop("Country").equals(pl.read_parquet(cleaned.customers))
    counts = dict(table["Country"].value_counts().iter_rows())
    assert (counts["United Kingdom"], counts["Germany"], counts["Spain"]) == (3_920, 94, 29)
    lines = pl.read_parquet(real_data / "online_retail.parquet").drop_nulls("CustomerID")
    only = lines.group_by("CustomerID").agg(pl.col("Country").unique())
    only = only.filter(pl.col("Country").list.len() == 1).explode("Country")
    only = only.cast({"CustomerID": pl.Int64})
    both = table.join(only, on="CustomerID", suffix="_only")
    assert both.height == 4_330
    assert both["Country"].equals(both["Country_only"])
    told = [n for n in found.facts["notices"] if n.startswith("'Country' describes")]
    assert len(told) == 1
    assert "; 8 have several" in told[0]


def test_superstore_knows_customers_by_name(gathered):
    found = gathered("superstore_eu.csv", columns={"customer_id": "Customer Name"})
    facts = found.facts
    assert (facts["n_rows"], facts["n_customers"]) == (9_994, 793)
    assert facts["gross"] == "2297200.86"
    assert facts["leading_categories"] == ["Technology", "Furniture", "Office Supplies"]
    shares = pl.read_parquet(found.customers, columns=[
        "spend_share_Technology", "spend_share_Furniture", "spend_share_Office Supplies",
    ])  # fmt: skip
    assert shares.sum_horizontal().to_numpy() == pytest.approx(1)
    names = pl.read_parquet(found.customers)["Customer Name"].to_list()
    assert not [name for name in names if name in str(facts)]


def test_airline_months(gathered):
    found = gathered(
        "airline_flight_activity.parquet",
        columns={"amount": "distance"},
        table="airline_loyalty_history.csv",
    )
    facts = found.facts
    told = " ".join(facts["notices"])
    assert "; 841 lines that count repeat a date that their customer has already" in told
    assert policy(found, "duplicates") == 1_922
    assert facts["snapshot"] == "2019-01-01"
    assert facts["n_customers"] + found.apart.height == 16_737
    assert {"Salary", "CLV", "Gender"} <= set(found.joined)
    flights = re.search(r"([0-9,]+) rows have a price or an amount of zero", str(facts["policies"]))
    assert flights
    assert flights[1] == "212,200"


def test_airline_needs_to_be_told_what_its_money_is(gathered):
    with pytest.raises(DataError, match="no column that is recognised as amount"):
        gathered("airline_flight_activity.parquet")


@pytest.mark.parametrize("file", ["mall_customers.csv", "credit_card_customers.csv"])
def test_customers_are_no_transactions(gathered, file):
    with pytest.raises(DataError, match="has no column that is recognised as"):
        gathered(file)
