"""Exports of shop systems are known by their headers; customers, orders and money are theirs."""

from __future__ import annotations

import polars as pl
import pytest

from engine.data_preparation.transactions.exports import EXPORTS, recognise_export


def shopify() -> pl.DataFrame:
    """90 orders of 30 customers, of one to three lines; all order fields on the first line."""
    rows = []
    for order in range(90):
        for line in range(1 + order % 3):
            first = line == 0
            rows.append({
                "Name": f"#{1000 + order}", "Email": f"p{order % 30}@shop.org" if first else None,
                "Financial Status": ["paid", "refunded", "voided"][
                    (order == 5) + 2 * (order == 6)] if first else None,
                "Currency": "EUR" if first else None,
                "Subtotal": 10.0 * (1 + order % 3) - 2 * (order == 1) if first else None,
                "Taxes": 1.9 if first else None, "Total": 99.0 if first else None,
                "Discount Amount": 2.0 * (order == 1) if first else None,
                "Created at": f"2024-01-{1 + order % 28:02} 10:00:00" if first else None,
                "Lineitem quantity": 1, "Lineitem name": f"Thing {line}", "Lineitem price": 10.0,
                "Lineitem sku": f"T{line}", "Cancelled at": None,
                "Refunded Amount": {5: 31.9, 8: 5.0}.get(order, 0.0) if first else None,
                "Id": 5000 + order if first else None,
            })  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def test_refunds_with_shipping_and_rows_that_are_a_purchase_and_a_return(gathered):
    facts = gathered(shopify()).facts
    assert (
        "1 refund is larger than the money of its order, as with shipping or taxes: the money of "
        "the order alone was taken off"
    ) in facts["notices"]
    assert not [w for w in facts["warnings"] if "refund" in w]
    # 180 lines of goods, less one of the voided order: what was added is no line of the file.
    assert facts["n_lines"] == 179


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_shopify(gathered, suffix):
    found = gathered(shopify(), suffix=suffix)
    facts = found.facts
    assert (found.id_column, facts["n_customers"], facts["n_transactions"]) == ("Email", 30, 89)
    # 180 lines of 10.00, less the voided order and the discount; one refund of goods worth 30.00.
    assert (facts["gross"], facts["returns"], facts["net"]) == ("1788.00", "35.00", "1753.00")
    assert facts["notices"][0] == "read as a Shopify orders export, by its headers"
    assert pl.read_parquet(found.customers)["frequency"].to_list().count(3) == 29


def test_what_is_named_by_hand_goes_before_the_export(gathered):
    found = gathered(shopify(), columns={"customer_id": "Id"})
    assert found.facts["columns"]["customer_id"] == "Id"
    totals = gathered(shopify(), columns={"amount": "Total"})
    assert totals.facts["gross"] == "8811.00"  # 89 orders of 99.00


def orders(**columns) -> pl.DataFrame:
    """Sixty rows; a function of the row gives each column."""
    return pl.DataFrame(
        {name.replace("__", " "): [f(i) for i in range(60)] for name, f in columns.items()},
        infer_schema_length=None,
    )


def day(i: int) -> str:
    return f"2024-01-{1 + i % 28:02} 10:00:00"


STRIPE = {
    "id": lambda i: f"ch_{i}", "Created (UTC)": day, "Amount": lambda _: 20.0,
    "Amount Refunded": lambda i: {3: 20.0, 4: 5.0}.get(i, 0.0), "Currency": lambda _: "eur",
    "Status": lambda i: {3: "Refunded", 5: "Failed"}.get(i, "Paid"),
    "Customer ID": lambda i: f"cus_{i % 20}",
}  # fmt: skip
STRIPE_NOW = {
    **{"Created date (UTC)" if k == "Created (UTC)" else k: f for k, f in STRIPE.items()},
    "Captured": lambda _: True, "Customer Email": lambda i: f"a{i % 20}@x.org",
    "Fee": lambda _: 0.59,
}  # fmt: skip
MAGENTO = {
    "ID": lambda i: 100_000_000 + i, "Purchase Date": day, "Bill-to Name": lambda _: "A B",
    "Grand Total (Base)": lambda _: 20.0, "Grand Total (Purchased)": lambda _: 24.0,
    "Status": lambda i: {3: "closed", 5: "canceled"}.get(i, "complete"),
    "Customer Email": lambda i: f"a{i % 20}@x.org",
    "Total Refunded": lambda i: {4: 5.0}.get(i, 0.0),
}  # fmt: skip
SQUARE = {
    "Date": lambda i: day(i)[:10], "Time": lambda _: "10:00:00", "Item": lambda _: "Latte",
    "Qty": lambda _: 1.0, "Gross Sales": lambda _: 22.0, "Discounts": lambda _: -2.0,
    "Net Sales": lambda i: {3: -20.0, 4: -5.0}.get(i, 20.0), "Transaction ID": lambda i: f"t{i}",
    "Event Type": lambda i: {3: "Refund", 4: "Refund"}.get(i, "Payment"),
    "Customer ID": lambda i: f"c{i % 20}",
}  # fmt: skip
AMAZON = {
    "amazon-order-id": lambda i: f"1-{i}", "purchase-date": day,
    "buyer-email": lambda i: f"a{i % 20}@x.org", "sku": lambda i: f"s{i % 7}",
    "order-status": lambda i: {5: "Cancelled"}.get(i, "Shipped"), "currency": lambda _: "USD",
    "quantity": lambda i: {5: 0}.get(i, 2), "item-price": lambda i: {5: None}.get(i, 21.0),
    "item-promotion-discount": lambda _: 1.0,
}  # fmt: skip
PRESTA = {
    "id_order": lambda i: i, "id_customer": lambda i: i % 20 + 1, "total_paid": lambda _: 20.0,
    "date_add": day, "current_state": lambda i: {3: 7, 5: 6}.get(i, 5),
}  # fmt: skip
WOO = {
    "Order Number": lambda i: i, "Order Date": day, "Email (Billing)": lambda i: f"a{i % 20}@x.org",
    "Order Status": lambda i: {3: "Refunded", 5: "Cancelled", 6: "Processing"}.get(i, "Completed"),
    "Item Name": lambda _: "Thing", "SKU": lambda _: "s", "Quantity": lambda _: 2,
    "Item Cost": lambda _: 10.0, "Order Refund Amount": lambda i: {4: 5.0}.get(i, 0.0),
    "Order Total Amount": lambda _: 30.0,
}  # fmt: skip
WOO_ORDERS = {
    "order_id": lambda i: i, "order_number": lambda i: i, "order_date": day,
    "status": lambda i: {3: "refunded", 5: "pending"}.get(i, "completed"),
    "billing_email": lambda i: f"a{i % 20}@x.org", "order_total": lambda _: 20.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "name", "gross", "returns"),
    [
        (STRIPE, "a Stripe payments export", "1180.00", "25.00"),
        (STRIPE_NOW, "a Stripe payments export", "1180.00", "25.00"),
        (MAGENTO, "a Magento sales order export", "1180.00", "25.00"),
        (SQUARE, "a Square item sales export", "1160.00", "25.00"),
        (AMAZON, "an Amazon order report", "1180.00", "0.00"),
        (PRESTA, "a PrestaShop order export without lines", "1180.00", "20.00"),
        (WOO, "a WooCommerce order export", "1180.00", "25.00"),
        (WOO_ORDERS, "a WooCommerce order export without lines", "1180.00", "20.00"),
    ],
)
def test_other_exports(gathered, headers, name, gross, returns):
    found = gathered(orders(**headers), suffix="csv")
    facts = found.facts
    assert facts["notices"][0] == f"read as {name}, by its headers"
    assert (facts["n_customers"], facts["gross"], facts["returns"]) == (20, gross, returns)
    assert facts["warnings"] == []


def test_an_export_needs_all_of_its_headers():
    assert recognise_export(["Name", "Email", "Total"]) is None
    assert recognise_export(["id_order", "ID_CUSTOMER", "Total Paid", "date add"]) is not None
    assert all(recognise_export(e.known_by).name == e.name for e in EXPORTS)


def test_an_id_is_not_the_customer_beside_an_email_or_a_name(gathered):
    rows = {
        "id": list(range(60)), "date": ["2024-01-05"] * 60, "total": [5.0] * 60,
        "email": [f"a{i % 20}@x.org" for i in range(60)],
    }  # fmt: skip
    frame = pl.DataFrame(rows)
    assert gathered(frame).facts["n_customers"] == 20
    named = gathered(frame.rename({"email": "Customer Name"}))
    assert named.facts["n_customers"] == 20
    assert any("those of one name are one customer" in n for n in named.facts["notices"])
    assert gathered(frame, columns={"customer_id": "id"}).facts["n_customers"] == 60


def test_rows_without_an_id_do_not_silence_the_doubt(gathered):
    frame = pl.DataFrame({
        "id": [i if i % 2 else None for i in range(60)], "total": [5.0] * 60,
        "date": ["2024-01-05"] * 60,
    })  # fmt: skip
    assert "nearly every row has an id of its own" in " ".join(gathered(frame).facts["warnings"])
