"""Exports of shop systems, a row of data each: the headers that tell them, and what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from engine.data_preparation.transactions.adjustments import DiscountKind
from engine.data_preparation.transactions.status_words import fold


@dataclass(frozen=True)
class Export:
    """An export as a shop system writes it.

    Attributes
    ----------
    name : str
        For people.
    known_by : tuple of str
        Headers that it must have, all of them; compared without case and punctuation.
    columns : mapping of canonical name to headers
        The first header that the file has counts.
    once : tuple of str
        Headers that may stand on the first line of an order only: its other lines get the same.
    order_money : tuple of str
        Headers of what all lines of an order come to, written once an order.
    order_refund : bool
        Whether what was refunded stands once an order.
    discounts_counted : bool
        Whether discounts are in the money already.
    statuses : mapping of word to meaning
        Where a word means something else here than elsewhere.
    discount : {"share", "percent", "amount"} or None
        What its column of discounts holds.
    """

    name: str
    known_by: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    once: tuple[str, ...] = ()
    order_money: tuple[str, ...] = ()
    order_refund: bool = False
    discounts_counted: bool = True
    statuses: Mapping[str, str] = field(default_factory=dict)
    discount: DiscountKind | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """What was recognised, for people."""
        return (f"read as {self.name}, by its headers",)

    def given(self, headers: Iterable[str], by_hand: Mapping[str, str]) -> dict[str, str]:
        """Give what the file's columns mean, but for what a person names."""
        found = self.named(headers)
        if "amount" in found or "amount" in by_hand:
            found.pop("unit_price", None)
        if {"quantity", "unit_price"} <= set(by_hand):
            found.pop("amount", None)
        taken = set(by_hand.values())
        return {k: c for k, c in found.items() if k not in by_hand and c not in taken}

    def named(self, headers: Iterable[str]) -> dict[str, str]:
        """Give the file's column by canonical name."""
        there = {fold(h): h for h in reversed(list(headers))}
        found: dict[str, str] = {}
        for canonical, names in self.columns.items():
            column = next((there[fold(n)] for n in names if fold(n) in there), None)
            if column is not None and column not in found.values():
                found[canonical] = column
        return found

    def filled(self, headers: Iterable[str]) -> list[str]:
        """Give the file's columns that may stand on the first line of an order only."""
        names = {fold(n) for n in self.once}
        return [h for h in headers if fold(h) in names]

    def money_of_order(self, headers: Iterable[str]) -> str | None:
        """Give the file's column of what an order comes to, where there is one."""
        names = {fold(n) for n in self.order_money}
        return next((h for h in headers if fold(h) in names), None)


_SHOPIFY = Export(
    "a Shopify orders export",
    ("Name", "Email", "Lineitem quantity", "Lineitem price", "Created at"),
    {
        "customer_id": ("Email",), "transaction_id": ("Name",),
        "transaction_date": ("Created at",), "product_id": ("Lineitem sku", "Lineitem name"),
        "product_name": ("Lineitem name",), "quantity": ("Lineitem quantity",),
        "unit_price": ("Lineitem price",), "refund": ("Refunded Amount",),
        "currency": ("Currency",),
    },
    once=("Email", "Financial Status", "Created at", "Currency", "Cancelled at"),
    order_money=("Subtotal",),
    order_refund=True,
)  # fmt: skip
_SHOPIFY_ORDERS = Export(
    "a Shopify orders export without lines",
    ("Name", "Email", "Financial Status", "Total", "Created at"),
    {
        "customer_id": ("Email",), "transaction_id": ("Name",),
        "transaction_date": ("Created at",), "amount": ("Subtotal", "Total"),
        "refund": ("Refunded Amount",), "currency": ("Currency",),
    },
    order_refund=True,
)  # fmt: skip
_WOO_LINES = Export(
    "a WooCommerce order export",
    ("Order Number", "Order Status", "Order Date", "Email (Billing)", "Item Name"),
    {
        "customer_id": ("Customer User ID", "Email (Billing)"),
        "transaction_id": ("Order Number", "Order ID"), "transaction_date": ("Order Date",),
        "product_id": ("SKU", "Product ID", "Item Name"), "product_name": ("Item Name",),
        "quantity": ("Quantity", "Quantity (- Refund)"),
        "amount": ("Order Line Total", "Item Total", "Line Total"), "unit_price": ("Item Cost",),
        "category": ("Category",), "refund": ("Order Refund Amount",),
        "currency": ("Order Currency", "Currency"), "status": ("Order Status",),
    },
    once=("Order Status", "Order Date", "Email (Billing)", "Order Currency", "Currency",
          "Customer User ID"),
    order_refund=True,
    statuses={"pending": "none", "pending payment": "none", "on-hold": "purchase",
              "processing": "purchase"},
)  # fmt: skip
_WOO_ORDERS = Export(
    "a WooCommerce order export without lines",
    ("order_number", "status", "billing_email", "order_total"),
    {
        "customer_id": ("customer_user", "customer_id", "billing_email"),
        "transaction_id": ("order_number", "order_id"),
        "transaction_date": ("order_date", "date", "date_created", "paid_date"),
        "amount": ("order_total",), "refund": ("refunded_total", "total_refunded", "order_refund"),
        "currency": ("order_currency", "currency"), "status": ("status",),
    },
    statuses={"pending": "none", "pending payment": "none", "on-hold": "purchase",
              "processing": "purchase"},
    order_refund=True,
)  # fmt: skip
_MAGENTO = Export(
    "a Magento sales order export",
    ("ID", "Purchase Date", "Grand Total (Base)", "Status"),
    {
        "customer_id": ("Customer Email", "Customer Name", "Bill-to Name"),
        "transaction_id": ("ID",), "transaction_date": ("Purchase Date",),
        "amount": ("Grand Total (Base)",), "refund": ("Total Refunded",), "status": ("Status",),
    },
    statuses={"closed": "return", "processing": "purchase"},
    order_refund=True,
)  # fmt: skip
_STRIPE = Export(
    "a Stripe payments export",
    ("id", "Created (UTC)", "Amount", "Amount Refunded", "Status"),
    {
        "customer_id": ("Customer ID", "Customer Email", "Card Fingerprint"),
        "transaction_id": ("id",), "transaction_date": ("Created (UTC)",), "amount": ("Amount",),
        "refund": ("Amount Refunded",), "currency": ("Currency",), "status": ("Status",),
    },
    statuses={"requires_payment_method": "none", "requires_confirmation": "none",
              "requires_action": "none", "requires_capture": "none"},
)  # fmt: skip
_STRIPE_DATED = replace(
    _STRIPE,
    known_by=("id", "Created date (UTC)", "Amount", "Amount Refunded", "Status"),
    columns={**_STRIPE.columns, "transaction_date": ("Created date (UTC)",)},
)
_SQUARE_ITEMS = Export(
    "a Square item sales export",
    ("Date", "Item", "Qty", "Net Sales", "Transaction ID", "Event Type"),
    {
        "customer_id": ("Customer ID", "Customer Reference ID", "Customer Name"),
        "transaction_id": ("Transaction ID",), "transaction_date": ("Date",),
        "product_id": ("SKU", "Item"), "product_name": ("Item",), "quantity": ("Qty",),
        "amount": ("Net Sales",), "category": ("Category",), "status": ("Event Type",),
    },
)  # fmt: skip
_SQUARE = Export(
    "a Square transactions export",
    ("Date", "Time", "Gross Sales", "Net Sales", "Transaction ID"),
    {
        "customer_id": ("Customer ID", "Customer Reference ID", "Customer Name"),
        "transaction_id": ("Transaction ID",), "transaction_date": ("Date",),
        "amount": ("Net Sales",), "status": ("Event Type",),
    },
)  # fmt: skip
_AMAZON = Export(
    "an Amazon order report",
    ("amazon-order-id", "purchase-date", "item-price"),
    {
        "customer_id": ("buyer-email", "buyer-id", "buyer-name"),
        "transaction_id": ("amazon-order-id",), "transaction_date": ("purchase-date",),
        "product_id": ("sku", "asin"), "product_name": ("product-name",),
        "quantity": ("quantity", "quantity-purchased", "quantity-shipped"),
        "amount": ("item-price",), "currency": ("currency",), "status": ("order-status",),
        "discount": ("item-promotion-discount",),
    },
    discounts_counted=False,
    discount="amount",
)  # fmt: skip
_PRESTA_STATES = {
    "1": "none", "2": "purchase", "3": "purchase", "4": "purchase", "5": "purchase", "6": "none",
    "7": "return", "8": "none", "9": "purchase", "10": "none", "11": "purchase", "13": "purchase",
}  # fmt: skip
_PRESTA_COLUMNS = {
    "customer_id": ("id_customer",), "transaction_id": ("id_order", "reference"),
    "transaction_date": ("date_add", "invoice_date"), "status": ("current_state",),
}  # fmt: skip
_PRESTA_LINES = Export(
    "a PrestaShop order export",
    ("id_order", "id_customer", "date_add", "product_quantity"),
    {
        **_PRESTA_COLUMNS, "product_id": ("product_id", "product_reference"),
        "product_name": ("product_name",), "quantity": ("product_quantity",),
        "amount": ("total_price_tax_incl", "total_price_tax_excl"),
        "unit_price": ("unit_price_tax_incl", "unit_price_tax_excl", "product_price"),
    },
    once=("id_customer", "date_add", "current_state"),
    statuses=_PRESTA_STATES,
)  # fmt: skip
_PRESTA = Export(
    "a PrestaShop order export without lines",
    ("id_order", "id_customer", "total_paid", "date_add"),
    {**_PRESTA_COLUMNS, "amount": ("total_paid",)},
    statuses=_PRESTA_STATES,
)

EXPORTS: tuple[Export, ...] = (
    _SHOPIFY, _SHOPIFY_ORDERS, _WOO_LINES, _WOO_ORDERS, _MAGENTO, _STRIPE, _STRIPE_DATED,
    _SQUARE_ITEMS, _SQUARE, _AMAZON, _PRESTA_LINES, _PRESTA,
)  # fmt: skip
"""Known exports; the first whose headers are all there counts."""


def recognise_export(headers: Iterable[str]) -> Export | None:
    """Tell which shop system's export has these headers; None for files of other kinds.

    Examples
    --------
    >>> recognise_export(["amazon-order-id", "purchase-date", "item-price", "sku"]).name
    'an Amazon order report'
    """
    there = {fold(h) for h in headers}
    return next((e for e in EXPORTS if all(fold(h) in there for h in e.known_by)), None)
