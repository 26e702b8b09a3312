"""Columns of the lines that describe customers: the value that most of their purchases hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from engine.data_preparation.reading import sources
from engine.data_preparation.transactions import partitions
from engine.data_preparation.transactions.adjustments import with_order_money
from engine.data_preparation.transactions.tallies import Tally
from engine.errors import DataError
from tests.data_preparation.transactions.test_invariance import same


def bought(*rows: tuple[Any, ...], **more: list[Any]) -> pl.DataFrame:
    """Build lines (customer, invoice, day, quantity, country), of a product each."""
    schema = {
        "customer_id": pl.String, "invoice": pl.String, "date": pl.String,
        "quantity": pl.Int64, "Country": pl.String,
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    number = pl.int_range(pl.len())
    return frame.with_columns(
        pl.format("p{}", number).alias("sku"), price=number + 1.0
    ).with_columns(pl.Series(c, v) for c, v in more.items())


LINES = (
    ("most", "1", "2024-01-01", 1, "Spain"), ("most", "1", "2024-01-01", 2, "Spain"),
    ("most", "2", "2024-03-01", 9, "France"),
    ("tied", "3", "2024-01-01", 1, "Spain"), ("tied", "4", "2024-02-01", 1, "Italy"),
    ("at once", "5", "2024-01-01", 1, "Spain"), ("at once", "5", "2024-01-01", 1, "Italy"),
    ("nulls", "6", "2024-01-01", 1, None), ("nulls", "7", "2024-01-02", 1, " "),
    ("nulls", "8", "2024-01-03", 1, "N/A"), ("nulls", "9", "2024-01-04", 1, "Peru"),
    ("bare", "10", "2024-01-01", 1, None),
    ("back", "11", "2024-01-01", 1, "Spain"), ("back", "12", "2024-02-01", -1, "France"),
    ("back", "13", "2024-02-01", -1, "France"),
    ("written", "14", "2024-01-01", 1, "SPAIN"), ("written", "14", "2024-01-01", 1, "spain "),
    ("written", "15", "2024-02-01", 1, "Peru"), ("written", "15", "2024-02-01", 1, "Spain"),
)  # fmt: skip
KNOWN = {
    "most": "Spain", "tied": "Italy", "at once": "Italy", "nulls": "Peru", "bare": None,
    "back": "Spain", "written": "Spain",
}  # fmt: skip
"""By most lines, by the latest, by the alphabet, without nulls and returns, in one writing."""


def of_customers(found, column: str = "Country") -> dict[str, Any]:
    return dict(pl.read_parquet(found.customers).select("customer_id", column).iter_rows())


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_each_customer_has_the_value_of_most_lines(gathered, suffix):
    found = gathered(bought(*LINES), suffix=suffix, describe=["Country"])
    assert of_customers(found) == KNOWN
    told = " ".join(found.facts["notices"])
    assert "most lines of their purchases hold, of as many by that of the latest; 4 have" in told
    assert "1 value of 'Country' is written in several ways" in told
    assert found.facts["carried"] == {"Country": "text"}


def test_writings_are_told_apart_where_asked(gathered):
    kept = gathered(bought(*LINES), describe=["Country"], spellings="keep")
    assert of_customers(kept) == KNOWN | {"written": "Peru"}


def test_nothing_else_changes(gathered):
    without, found = gathered(bought(*LINES)), gathered(bought(*LINES), describe=["Country"])
    table = pl.read_parquet(found.customers)
    assert table.drop("Country").equals(pl.read_parquet(without.customers))
    assert found.apart.equals(without.apart)
    facts = {k: v for k, v in found.facts.items() if k not in ("notices", "carried")}
    assert facts == {k: v for k, v in without.facts.items() if k != "notices"}


@pytest.fixture(scope="module")
def many() -> pl.DataFrame:
    """Make 900 lines whose countries are often tied, some of them missing or in two writings."""
    rng = np.random.default_rng(5)
    n = 900
    invoice = rng.integers(0, 250, n)
    lands = np.array(["Spain", "SPAIN", "Peru", "Italy", None, "Chad"], dtype=object)
    return pl.DataFrame({
        "customer_id": invoice % 80, "invoice": invoice, "sku": rng.integers(0, 40, n),
        "date": pl.Series(18_000 + invoice % 9).cast(pl.Int32).cast(pl.Date),
        "quantity": rng.integers(1, 5, n), "price": rng.integers(1, 900, n) / 100,
        "Country": pl.Series(lands[rng.integers(0, 6, n)].tolist(), dtype=pl.String),
        "Store": rng.integers(1, 6, n), "Card": rng.random(n) < 0.5,
    })  # fmt: skip


ALL = ["Country", "Store", "Card"]


def test_the_order_of_rows_blocks_and_partitions(gathered, many, monkeypatch):
    whole = gathered(many, describe=ALL)
    table = pl.read_parquet(whole.customers)
    same(whole, gathered(many, suffix="csv", describe=ALL), facts=False)
    assert len(set(table["Country"].drop_nulls()) & {"Spain", "SPAIN"}) == 1
    assert {"Peru", "Italy", "Chad"} < set(table["Country"])
    assert table["Card"].dtype == pl.Boolean
    assert set(table["Store"]) <= set("12345")
    assert whole.facts["carried"] == {"Country": "text", "Store": "code", "Card": "flag"}
    for seed in range(2):
        same(whole, gathered(many.sample(fraction=1, shuffle=True, seed=seed), describe=ALL))
    same(whole, gathered(many[:400], many[400:], describe=ALL), facts=False)
    monkeypatch.setattr(sources, "BATCH_ROWS", 100)
    monkeypatch.setattr(partitions, "PARTITION_LINES", 200)
    same(whole, gathered(many, describe=ALL))


def test_the_values_are_those_of_a_count_in_python(gathered, many):
    found = pl.read_parquet(gathered(many, describe=["Store"]).customers)
    counts: dict[int, dict[int, tuple[int, Any]]] = {}
    for line in many.unique().iter_rows(named=True):
        own = counts.setdefault(line["customer_id"], {})
        n, last = own.get(line["Store"], (0, line["date"]))
        own[line["Store"]] = n + 1, max(last, line["date"])
    best = {
        who: str(max(own, key=lambda s, own=own: (*own[s][:1], own[s][1], -s)))
        for who, own in counts.items()
    }
    assert dict(found.select("customer_id", "Store").iter_rows()) == best


def test_the_table_of_customers_and_what_is_gathered_come_first(gathered):
    table = pl.DataFrame({"customer_id": list(KNOWN), "Country": ["Chad"] * len(KNOWN)})
    asked = ["Country", "monetary_gross", "spend_share_x"]
    found = gathered(bought(*LINES), table=table, describe=asked)
    assert set(of_customers(found).values()) == {"Chad"}
    assert found.joined == ("Country",)
    assert "carried" not in found.facts


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("country", "which .* does not have; did you mean Country"),
        ("quantity", "is the quantity of the lines of .*; name a column that says something else"),
        ("Sent", r"holds Date on each line of .*; put what a customer comes to into a table of"),
        ("Cost", r"holds 25 different numbers, .* at most 20; put what a customer comes to into"),
    ],
)
def test_others_are_refused(gathered, column, said):
    n = 25
    lines = bought(*((f"c{i}", f"{i}", "2024-01-01", 1, "Spain") for i in range(n)))
    lines = lines.with_columns(
        pl.Series("Sent", [18_000] * n).cast(pl.Int32).cast(pl.Date),
        pl.Series("Cost", [i / 7 for i in range(n)]),
    )
    with pytest.raises(DataError, match=said):
        gathered(lines, describe=[column])


def test_money_that_an_order_alone_has_says_nothing_of_the_customer():
    lines = pl.DataFrame({
        "id": ["a"] * 2, "transaction": ["1"] * 2, "product": ["p", "q"], "name": [None] * 2,
        "category": [None] * 2, "units": [1.0] * 2, "amount": [100, 200], "back": [False] * 2,
        "fee": [False] * 2, "state": [0, 0], "order_money": [250, None],
        "own: Country": ["Spain", "Italy"],
    }, schema_overrides={"name": pl.String, "category": pl.String, "state": pl.UInt8})  # fmt: skip
    found = with_order_money(lines, Tally())
    assert found["amount"].to_list() == [100, 200, -50]
    assert found["own: Country"].to_list() == ["Spain", "Italy", None]
