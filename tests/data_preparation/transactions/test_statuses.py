"""Columns that say which rows count: recognised by name and by value, in the usual languages."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from engine.data_preparation.transactions.filling import Filler
from engine.data_preparation.transactions.status_words import State, fold, state_of
from engine.data_preparation.transactions.statuses import candidate_of
from engine.errors import DataError

ORDERS = pl.DataFrame({
    "customer_id": ["a", "b", "c", "a"], "order_id": [1, 2, 3, 4],
    "order_date": [date(2024, 1, d) for d in (1, 2, 3, 4)], "amount": [100.0, 50.0, 20.0, 5.0],
})  # fmt: skip


def money(found) -> tuple[int, str, str, str]:
    facts = found.facts
    return facts["n_customers"], facts["gross"], facts["returns"], facts["net"]


def warned(found) -> str:
    return " | ".join(found.facts["warnings"])


def said(column: str, *values) -> pl.DataFrame:
    return ORDERS.with_columns(pl.Series(column, list(values)))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_cancelled_orders_are_no_purchases(gathered, suffix):
    found = gathered(
        said("order_status", "Completed", "Cancelled", "completed ", "Completed"), suffix=suffix
    )
    assert money(found) == (2, "125.00", "0.00", "125.00")
    told = "1 rows that say 'Cancelled' in 'order_status' are no purchases and left out"
    assert any(told in n for n in found.facts["notices"])
    fact = next(p for p in found.facts["policies"] if p["key"] == "statuses")
    assert (fact["rows"], fact["amount"]) == (1, "50.00")


@pytest.mark.parametrize(
    ("column", "good", "gone"),
    [
        ("Bestellstatus", "Zugestellt", "storniert"), ("statut", "livrée", "annulée"),
        ("estado del pedido", "Entregado", "CANCELADO"), ("stato ordine", "spedito", "annullato"),
        ("status do pedido", "entregue", "recusado"), ("betaalstatus", "betaald", "mislukt"),
        ("Sipariş Durumu", "Teslim Edildi", "İptal Edildi"), ("status", "opłacone", "anulowane"),
        ("status", "levererad", "avbruten"), ("ordrestatus", "leveret", "annulleret"),
        ("Статус заказа", "доставлен", "отменён"), ("financial_status", "paid", "voided"),
        ("Status", "Succeeded", "Failed"), ("ergebnis", "bezahlt", "fehlgeschlagen"),
        ("state", "wc-completed", "wc-cancelled"), ("payment_status", "captured", "expired"),
    ],
)  # fmt: skip
def test_words_of_many_languages(gathered, column, good, gone):
    assert money(gathered(said(column, good, gone, good, good)))[1] == "125.00"


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("is_returned", [0, 1, 0, 0]), ("returned", ["No", "Yes", "No", "No"]),
        ("Refunded", ["false", "TRUE", "false", "false"]),
        ("status", ["ok", "refunded", "ok", "ok"]),
        ("order_state", ["Shipped", "Shipped - Returned to Seller", "Shipped", "Shipped"]),
        ("payment_status", ["paid", "chargeback", "paid", "paid"]),
        ("Status", ["bezahlt", "Zurückerstattet", "bezahlt", "bezahlt"]),
    ],
)  # fmt: skip
def test_what_was_given_back_counts_as_bought_and_as_returned(gathered, column, values):
    found = gathered(said(column, *values))
    assert money(found) == (3, "175.00", "50.00", "125.00")
    customers = pl.read_parquet(found.customers).sort("customer_id")
    assert customers["monetary"].to_list() == [105.0, 0.0, 20.0]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("cancelled", [False, True, False, False]), ("livemode", [True, False, True, True]),
        ("void", ["N", "Y", "N", "N"]), ("is_test", [0, 1, 0, 0]),
        ("cancelled_at", [None, "2024-02-01", None, None]),
    ],
)  # fmt: skip
def test_flags_and_dates_of_rows_that_are_no_purchases(gathered, column, values):
    assert money(gathered(said(column, *values))) == (2, "125.00", "0.00", "125.00")


def test_lines_of_the_type_refund_are_money_back_of_others(gathered):
    found = gathered(said("transaction_type", "Sale", "Sale", "Sale", "Refund"))
    assert money(found) == (3, "170.00", "5.00", "165.00")
    found = gathered(said("type", "VISA", "cash", "VISA", "cash"))
    assert (money(found)[1], found.facts["status_columns"]) == ("175.00", [])


def test_the_strongest_of_several_columns_counts(gathered):
    both = said("payment_status", "paid", "paid", "refunded", "paid").with_columns(
        order_status=pl.Series(["delivered", "cancelled", "delivered", "delivered"])
    )
    assert money(gathered(both)) == (2, "125.00", "20.00", "105.00")


def test_what_is_not_settled_counts_and_is_warned_of(gathered):
    pending = said("order_status", "paid", "Pending", "on-hold", "paid")
    found = gathered(pending)
    assert money(found)[1] == "175.00"
    assert "2 rows say 'Pending', 'on-hold' in 'order_status', which is not settled" in warned(
        found
    )
    assert "transactions.unsettled: keep; drop leaves them out" in warned(found)
    assert money(gathered(pending, unsettled="drop"))[1] == "105.00"
    assert money(gathered(pending, statuses={"PENDING": "none"}))[1] == "125.00"


def test_words_that_are_not_known_are_asked_for(gathered):
    odd = said("order_status", "blurb", "frob", "blurb", "blurb")
    found = gathered(odd)
    assert money(found)[1] == "175.00"
    assert "'order_status' may say which rows count, but its values are not known" in warned(found)
    assert "'blurb' (3 rows), 'frob' (1 rows)" in warned(found)
    assert found.facts["unused_statuses"] == ["order_status"]
    told = gathered(odd, statuses={"blurb": "purchase", "frob": "none"})
    assert (money(told)[1], told.facts["unused_statuses"]) == ("125.00", [])
    assert gathered(odd, statuses="off").facts["warnings"] == []
    codes = gathered(said("current_state", 5, 6, 5, 5))
    assert "transactions.statuses, such as {5: purchase}" in warned(codes)
    assert money(gathered(said("current_state", 5, 6, 5, 5), statuses={5: "purchase", 6: "none"}))[
        1
    ] == ("125.00")
    partly = gathered(said("status", "paid", "cancelled", "lost?", "paid"))
    assert money(partly)[1] == "125.00"
    assert "also says 'xxxx?' (1 rows), which is not known" in warned(partly)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("marital_status", ["married", "single", "married", "divorced"]),
        ("status", ["gold", "silver", "gold", "bronze"]), ("state", ["TX", "CA", "TX", "NY"]),
        ("customer_status", ["active", "cancelled", "active", "active"]),
        ("Country", ["France", "Spain", "France", "Italy"]),
        ("subscription_status", ["active", "expired", "active", "active"]),
        ("fulfillment_status", ["fulfilled", "unfulfilled", "pending", "fulfilled"]),
    ],
)  # fmt: skip
def test_statuses_of_something_else_are_left_alone(gathered, column, values):
    found = gathered(said(column, *values))
    assert (money(found)[1], found.facts["warnings"]) == ("175.00", [])


def test_a_column_named_by_hand(gathered):
    frame = said("zz", "x", "y", "x", "x")
    with pytest.raises(DataError, match="'zz' may say which rows count"):
        gathered(frame, columns={"status": "zz"})
    found = gathered(frame, columns={"status": "zz"}, statuses={"x": "purchase", "y": "none"})
    assert money(found)[1] == "125.00"


def test_a_status_on_the_first_line_of_an_order_holds_for_all(gathered):
    lines = pl.DataFrame({
        "customer_id": ["a", "a", "b", "b", "a"], "order_id": [1, 1, 2, 2, 3],
        "date": [date(2024, 1, 1)] * 5, "sku": ["x", "y", "x", "y", "z"],
        "amount": [1.0, 2.0, 4.0, 8.0, 16.0],
        "status": ["paid", None, "cancelled", None, "paid"],
    })  # fmt: skip
    assert money(gathered(lines))[1] == "19.00"
    by_line = lines.with_columns(status=pl.Series(["paid", "returned", "paid", "paid", None]))
    assert money(gathered(by_line)) == (2, "31.00", "2.00", "29.00")


def test_returned_rows_beside_the_row_they_give_back_are_asked_about(gathered):
    twice = pl.concat([ORDERS, ORDERS.head(1)]).with_columns(
        sku=pl.lit("x"), order_status=pl.Series(["Completed"] * 4 + ["Returned"])
    )
    found = gathered(twice)
    assert "1 returned rows stand beside an equal row of the same order" in warned(found)
    assert money(gathered(twice, statuses={"returned": "refund"})) == (
        3, "175.00", "100.00", "75.00",
    )  # fmt: skip


def test_returns_that_may_not_be_are_refused(gathered):
    with pytest.raises(DataError, match="1 rows are returns or cancellations"):
        gathered(said("is_returned", 0, 1, 0, 0), returns="error")
    ignored = gathered(said("is_returned", 0, 1, 0, 0), returns="ignore")
    assert money(ignored) == (3, "175.00", "0.00", "175.00")


def test_refunds_beside_the_amount(gathered):
    found = gathered(said("Amount Refunded", 0.0, 10.0, 20.0, None))
    assert money(found) == (3, "175.00", "30.00", "145.00")
    assert (
        money(gathered(said("Amount Refunded", 0.0, 10.0, 20.0, None), refund="off"))[2] == "0.00"
    )
    both = said("refund_amount", 0.0, 10.0, 0.0, 0.0).with_columns(
        status=pl.Series(["paid", "refunded", "refunded", "paid"])
    )
    assert money(gathered(both)) == (3, "175.00", "30.00", "145.00")
    much = gathered(said("refunds", 0.0, 60.0, 0.0, 0.0))
    assert money(much)[2] == "50.00"
    assert "1 refunds are larger than the money they belong to" in warned(much)


def test_refunds_that_each_line_of_an_order_repeats_count_once(gathered):
    lines = pl.DataFrame({
        "customer_id": ["a", "a", "b", "b"], "order_id": [1, 1, 2, 2],
        "date": [date(2024, 1, 1)] * 4, "sku": ["x", "y", "x", "y"],
        "amount": [5.0, 7.0, 5.0, 7.0], "refund_amount": [4.0, 4.0, 0.0, 0.0],
    })  # fmt: skip
    assert money(gathered(lines)) == (2, "24.00", "4.00", "20.00")
    assert money(gathered(lines, refund="line"))[2] == "8.00"


def test_pieces_given_back(gathered):
    frame = ORDERS.drop("amount").with_columns(
        quantity=pl.lit(4), price=pl.lit(2.5), returned_quantity=pl.Series([0, 1, 4, 0])
    )
    assert money(gathered(frame)) == (3, "40.00", "12.50", "27.50")


@pytest.mark.parametrize(
    ("column", "values", "gross"),
    [
        ("DiscountPct", [0.0, 15.0, 0.0, 10.0], "75.00"),
        ("Discount", [0.0, 0.15, 0.0, 0.1], "75.00"),
        ("discount", [None, "15%", "", "10 %"], "75.00"),
        ("discount_amount", [0.0, 1.5, 0.0, 0.25], "78.25"), ("Rabatt %", [0, 15, 0, 10], "75.00"),
    ],
)  # fmt: skip
def test_discounts_are_taken_off_quantity_times_price(gathered, column, values, gross):
    frame = ORDERS.drop("amount").with_columns(
        pl.Series(column, values), quantity=pl.lit(2), unit_price=pl.lit(10.0)
    )
    found = gathered(frame, suffix="csv")
    assert money(found)[1] == gross
    assert any(f"{column!r} is taken off 'quantity' times" in n for n in found.facts["notices"])
    assert money(gathered(frame, discount="off"))[1] == "80.00"


def test_discounts_that_are_not_plain(gathered):
    frame = ORDERS.drop("amount").with_columns(
        discount=pl.Series([0.0, 3.0, 0.0, 0.0]), quantity=pl.lit(2), unit_price=pl.lit(10.0)
    )
    found = gathered(frame)
    assert money(found)[1] == "80.00"
    assert "may be a percentage or money and is not taken off" in warned(found)
    assert money(gathered(frame, discount="percent"))[1] == "79.40"
    assert money(gathered(said("discount", 0.0, 0.5, 0.0, 0.0)))[1] == "175.00"
    by_hand = gathered(said("discount", 0.0, 0.5, 0.0, 0.0), columns={"discount": "discount"})
    assert money(by_hand)[1] == "150.00"


def test_names_and_words():
    assert state_of("Cancelled by customer") is State.NONE
    assert state_of("partially refunded") is State.OPEN
    assert state_of("not a word") is None
    assert fold(" Zurück-Erstattet") == "zuruckerstattet"
    assert candidate_of("employment status") is None
    assert candidate_of("amount") is None


def test_fields_are_filled_across_blocks_but_not_across_orders_or_files():
    filler = Filler("order", ("mail",))
    first = pl.DataFrame({"order": [1, 1], "mail": ["a", None]})
    again = pl.DataFrame({"order": [1, 2, 2], "mail": [None, None, "b"]})
    assert filler.fill(first, 0)["mail"].to_list() == ["a", "a"]
    assert filler.fill(again, 0)["mail"].to_list() == ["a", None, "b"]
    assert filler.fill(pl.DataFrame({"order": [2], "mail": [None]}, schema=first.schema), 1)[
        "mail"
    ].to_list() == [None]


def test_what_is_dropped_as_unsettled_is_not_said_to_count(gathered):
    pending = said("order_status", "Completed", "Pending", "Completed", "Completed")
    silent = "no row of 'order_status' says that its money does not count"
    found = gathered(pending, unsettled="drop")
    assert money(found)[1] == "125.00"
    assert silent not in found.facts["notices"]
    assert "1 rows say 'Pending' in 'order_status', which is not settled: they are left out" in (
        warned(found)
    )
    done = said("order_status", *["Completed"] * 4)
    assert silent in gathered(done).facts["notices"]
