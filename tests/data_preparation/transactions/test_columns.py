"""Columns are recognised by their usual names, named by hand, or asked for in one sentence."""

from __future__ import annotations

import polars as pl
import pytest

from engine.config.input import InputConfig
from engine.data_preparation.reading.sources import Source, open_source
from engine.data_preparation.transactions.columns import find_columns
from engine.errors import DataError


def source(tmp_path, *columns: str, **types: pl.DataType) -> tuple[Source, InputConfig]:
    path = tmp_path / "shop.parquet"
    schema = {c: types.get(c, pl.Float64()) for c in columns}
    pl.DataFrame(schema=schema).write_parquet(path)
    settings = InputConfig(path=str(path), kind="transactions")
    return open_source(settings), settings


def named(tmp_path, *columns: str, **given: str) -> dict[str, str]:
    opened, settings = source(tmp_path, *columns)
    return dict(find_columns(opened, settings.model_copy(update={"columns": given})).named)


RETAIL = "InvoiceNo StockCode Description Quantity InvoiceDate UnitPrice CustomerID Country"


def test_online_retail(tmp_path):
    assert named(tmp_path, *RETAIL.split()) == {
        "customer_id": "CustomerID",
        "transaction_id": "InvoiceNo",
        "transaction_date": "InvoiceDate",
        "product_id": "StockCode",
        "product_name": "Description",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
    }


@pytest.mark.parametrize(
    ("columns", "customer", "transaction", "date", "money"),
    [
        ("o_orderkey o_custkey o_orderdate o_totalprice", 1, 0, 2, 3),
        ("household_id basket_id transaction_timestamp product_id sales_value", 0, 1, 2, 4),
        ("CUST_ID|Order ID|TRANSACTION_DT|SALES_PRICE", 0, 1, 2, 3),
        ("Customer ID|Invoice|Order Date|Amount", 0, 1, 2, 3),
        ("master_id|order_id|date|payment_value", 0, 1, 2, 3),
    ],
)
def test_other_shops(tmp_path, columns, customer, transaction, date, money):
    names = columns.split("|") if "|" in columns else columns.split()
    found = named(tmp_path, *names)
    assert found["customer_id"] == names[customer]
    assert found["transaction_id"] == names[transaction]
    assert found["transaction_date"] == names[date]
    assert found["amount"] == names[money]


def test_year_and_month_stand_in_for_a_date(tmp_path):
    found = named(tmp_path, "loyalty_number", "year", "month", "amount")
    assert (found["year"], found["month"]) == ("year", "month")
    assert "year" not in named(tmp_path, "loyalty_number", "date", "year", "month", "amount")


def test_names_by_hand_win(tmp_path):
    found = named(tmp_path, "cust_id", "Kd-Nr", "date", "amount", customer_id="Kd-Nr")
    assert found["customer_id"] == "Kd-Nr"


def test_input_id_names_the_customer(tmp_path):
    opened, settings = source(tmp_path, "customer_id", "Kd-Nr", "date", "amount")
    found = find_columns(opened, settings.model_copy(update={"id": "Kd-Nr"}))
    assert found.named["customer_id"] == "Kd-Nr"


def test_products_without_a_code_go_by_name(tmp_path):
    found = named(tmp_path, "customer_id", "date", "Product Name", "Sales", "Sub-Category")
    assert found["product_id"] == found["product_name"] == "Product Name"
    assert found["category"] == "Sub-Category"


MONEY = ("customer_id", "date", "quantity", "unit_price")


def test_a_lines_amount_wins_over_its_product(tmp_path):
    found = named(tmp_path, *MONEY, "line_total")
    assert found["amount"] == "line_total"
    assert "unit_price" not in found


def test_an_orders_total_is_not_a_lines_amount(tmp_path):
    found = named(tmp_path, *MONEY, "order_total")
    assert "amount" not in found
    assert found["unit_price"] == "unit_price"
    assert named(tmp_path, *MONEY, "order_total", amount="order_total")["amount"] == "order_total"


def test_price_and_quantity_named_by_hand_win_over_an_amount(tmp_path):
    found = named(tmp_path, *MONEY, "total", quantity="quantity", unit_price="unit_price")
    assert "amount" not in found


def test_a_sales_price_is_a_unit_price_beside_a_quantity(tmp_path):
    found = named(tmp_path, "customer_id", "date", "quantity", "sales_price")
    assert found["unit_price"] == "sales_price"


def test_an_amount_that_may_be_pieces_is_asked_for(tmp_path):
    with pytest.raises(DataError) as caught:
        named(tmp_path, "customer_id", "date", "AMOUNT", "SALES_PRICE")
    assert str(caught.value) == (
        "shop.parquet: 'AMOUNT' and 'SALES_PRICE' could both be the money of a line, and 'AMOUNT' "
        "a number of pieces; name them in input.columns, such as {amount: SALES_PRICE, quantity: "
        "AMOUNT}."
    )
    found = named(
        tmp_path, "customer_id", "date", "AMOUNT", "SALES_PRICE",
        amount="SALES_PRICE", quantity="AMOUNT",
    )  # fmt: skip
    assert (found["amount"], found["quantity"]) == ("SALES_PRICE", "AMOUNT")


def test_what_is_missing_is_named_at_once(tmp_path):
    with pytest.raises(DataError) as caught:
        named(tmp_path, "Age", "Quantity")
    assert str(caught.value) == (
        "shop.parquet has no column that is recognised as customer_id or as transaction_date (or "
        "year and month) or as amount (or quantity and unit_price; only quantity was found); its "
        "columns are Age, Quantity. Name them in input.columns, such as {customer_id: <the file's "
        "name>}."
    )


def test_a_wrong_name_by_hand(tmp_path):
    with pytest.raises(DataError, match=r"input\.columns\.amount names the column 'Slaes'"):
        named(tmp_path, "customer_id", "date", "Sales", amount="Slaes")


def test_what_was_recognised_is_told(tmp_path):
    opened, settings = source(tmp_path, *MONEY, "line_total")
    assert find_columns(opened, settings).notices == (
        "transactions were recognised: customer_id from 'customer_id', transaction_date from "
        "'date', quantity from 'quantity', amount from 'line_total'",
        "money is the line's 'line_total'; 'unit_price' is not used",
    )


def test_a_column_of_names_is_offered_where_no_customer_is_recognised(tmp_path):
    file = tmp_path / "lines.csv"
    file.write_text("Row,Order Date,Customer Name,Sales\n1,2024-01-02,Ann,3\n")
    with pytest.raises(DataError, match=r"columns are Customer Name, .*--id 'Customer Name' takes"):
        find_columns(open_source(InputConfig(path=str(file))), InputConfig())
