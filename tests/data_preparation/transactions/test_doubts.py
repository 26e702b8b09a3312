"""Files that are easily misunderstood: what is asked, what is warned of, and what is not."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from engine.errors import DataError

ORDERS = pl.DataFrame({
    "customer_id": ["a", "a", "b"], "order_id": [1, 1, 2],
    "date": [date(2024, 1, 1)] * 3, "sku": ["x", "y", "x"],
})  # fmt: skip
TOTALS = pl.Series([11.0, 11.0, 3.0])
PIECES, PRICES = pl.Series([2, 1, 1]), pl.Series([3.0, 5.0, 3.0])


def warned(found) -> str:
    return " | ".join(found.facts["warnings"])


def test_the_total_of_an_order_on_each_of_its_lines(gathered):
    found = gathered(ORDERS.with_columns(order_value=TOTALS))
    assert found.facts["gross"] == "25.00"
    assert found.facts["warnings"] == [
        "'order_value' is the same on all lines of 1 of the 1 transactions of several lines: is it "
        "the total of a whole order? It was added up line by line; input.columns names the money "
        "of a line"
    ]
    lines = ORDERS.with_columns(order_value=pl.Series([6.0, 5.0, 3.0]))
    assert gathered(lines).facts["warnings"] == []


def test_a_total_beside_quantity_and_price(gathered):
    both = ORDERS.with_columns(quantity=PIECES, price=PRICES)
    found = gathered(both.with_columns(total=TOTALS))
    assert "'total' is the same on all lines of 1 of the 1 transactions" in warned(found)
    assert "input.columns {quantity: quantity, unit_price: price} multiplies" in warned(found)
    by_hand = {"quantity": "quantity", "unit_price": "price"}
    right = gathered(both.with_columns(total=TOTALS), columns=by_hand)
    assert (right.facts["gross"], right.facts["warnings"]) == ("14.00", [])
    assert gathered(both.with_columns(total=PIECES * PRICES)).facts["warnings"] == []


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_an_amount_that_is_not_the_product_on_most_lines(gathered, suffix):
    net = ORDERS.with_columns(quantity=PIECES, price=PRICES, total=PIECES * PRICES * 0.8)
    found = gathered(net, suffix=suffix)
    assert found.facts["gross"] == "11.20"
    assert found.facts["warnings"] == [
        "'total' is not 'quantity' times 'price' on 3 of 3 lines: discounts or taxes, or the total "
        "of a whole order? Money is 'total'; input.columns {quantity: quantity, unit_price: price} "
        "multiplies these instead"
    ]
    rounded = ORDERS.with_columns(quantity=PIECES, price=PRICES, total=PIECES * PRICES + 0.004)
    assert gathered(rounded, suffix=suffix).facts["warnings"] == []


def test_an_amount_beside_a_price_is_asked_for(gathered):
    lines = ORDERS.with_columns(amount=PIECES, price=PRICES)
    with pytest.raises(DataError) as caught:
        gathered(lines)
    assert str(caught.value) == (
        "0.parquet: 'amount' may be the money of a line or, beside 'price', a number of pieces; "
        "name it in input.columns, as {amount: amount} or as {quantity: amount, unit_price: price}."
    )
    pieces = gathered(lines, columns={"quantity": "amount", "unit_price": "price"})
    assert pieces.facts["gross"] == "14.00"
    assert gathered(lines, columns={"amount": "amount"}).facts["gross"] == "4.00"


def people(n: int, guest_lines: int) -> pl.DataFrame:
    ids = [*range(n), *[7_777] * guest_lines]
    return pl.DataFrame({
        "customer_id": ids, "invoice": range(len(ids)), "date": [date(2024, 1, 1)] * len(ids),
        "amount": [1.0 + i / 100 for i in range(len(ids))],
    })  # fmt: skip


def test_a_guest_who_holds_many_of_the_lines(gathered):
    (words,) = gathered(people(100, 150)).facts["warnings"]
    assert words.startswith("one id in 'customer_id' holds 60% of all rows: is it a guest?")
    assert "7777" not in words
    assert gathered(people(100, 10)).facts["warnings"] == []
    assert gathered(people(9, 10)).facts["warnings"] == []  # in a small shop someone is large


def test_an_id_that_numbers_the_rows(gathered):
    rows = pl.DataFrame({
        "id": range(6), "name": list("ababab"), "date": [date(2024, 1, 1)] * 6,
        "amount": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    })  # fmt: skip
    (words,) = gathered(rows).facts["warnings"]
    assert words.startswith("nearly every row has an id of its own in 'id', which was taken for")
    assert gathered(rows, columns={"customer_id": "id"}).facts["warnings"] == []
    assert gathered(rows, columns={"customer_id": "name"}).facts["warnings"] == []
    shared = rows.with_columns(id=pl.Series([1, 1, 2, 2, 3, 3]))
    assert gathered(shared).facts["warnings"] == []


LETTERS = [(f"c{i % 9}", str(i), "2024-01-01", "ABCDMS"[i % 6], 1, 1.0) for i in range(60)]


@pytest.mark.parametrize("policy", ["money_only", "drop"])
def test_letters_are_products_where_many_are(gathered, shop, policy):
    found = gathered(shop(*LETTERS), non_products=policy)
    assert found.products["product_id"].to_list() == list("ABCDMS")
    assert found.facts["n_purchase_lines"] == 60
    assert any(n.startswith("60 lines have a product code of one") for n in found.facts["notices"])
    asked = gathered(shop(*LETTERS), non_product_codes=["D", "M", "S", "B"], non_products=policy)
    assert asked.products["product_id"].to_list() == ["A", "C"]
    gone = "gone: 40" if policy == "drop" else "in no basket: 40"
    assert asked.facts["warnings"][0].startswith(f"67% of all rows are {gone} lines are postage")


@pytest.mark.parametrize("policy", ["money_only", "drop"])
def test_letters_are_no_products_where_few_are(gathered, shop, policy):
    lines = [("a", str(i), "2024-01-01", f"p{i}", 1, 1.0) for i in range(38)]
    few = [*lines, ("a", "1", "2024-01-01", "m", 1, 9.0), ("a", "2", "2024-01-01", "K", 1, 9.0)]
    found = gathered(shop(*few), non_products=policy)
    assert "m" not in found.products["product_id"]
    assert "K" in found.products["product_id"]
    assert next(p for p in found.facts["policies"] if p["key"] == "non_products")["rows"] == 1
    # 3 of 41 lines are more than a twentieth.
    more = gathered(shop(*few, ("a", "3", "2024-01-01", "m", 1, 9.0)), non_products=policy)
    assert "m" in more.products["product_id"]


def test_a_dropped_fee_that_is_negative_is_no_return(gathered, shop):
    discount = ("c1", "C9", "2024-01-01", "POST", -1, 5.0)
    lines = [("c1", str(i), "2024-01-01", "x", 1, 1.0) for i in range(9)]
    found = gathered(shop(*lines, discount), non_products="drop", returns="error")
    assert found.facts["net"] == "9.00"
    with pytest.raises(DataError, match="1 rows are returns or cancellations"):
        gathered(shop(*lines, discount), returns="error")
