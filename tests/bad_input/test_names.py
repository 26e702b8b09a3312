"""Sentences name the files that people gave, and what of them is meant."""

from __future__ import annotations

import zipfile
from pathlib import Path

import polars as pl
import pytest

from engine.errors import DataError
from tests.campaigns.taken_in import CUSTOMERS, TRANSACTIONS, take_in
from tests.data_preparation.reading.workbook import write_workbook

LINES = pl.DataFrame(
    {
        "customer_id": [7] * 6,
        "transaction_date": ["2024-01-01", "2024-01-09"] * 3,
        "amount": [2.5, 3.0, 1.0] * 2,
    }
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)


def said(path: str, kind: str = CUSTOMERS) -> str:
    with pytest.raises(DataError) as refused:
        take_in(path, kind)
    return str(refused.value)


def test_customers_who_were_gathered_are_those_of_the_transactions():
    LINES.write_csv("sales.csv")
    assert said("sales.csv", TRANSACTIONS) == (
        "sales.csv holds 1 customer; segments need at least two."
    )
    even = LINES.with_columns(customer_id=pl.int_range(6) // 2, amount=2.5)
    even.write_csv("sales.csv")
    sentence = said("sales.csv", TRANSACTIONS)
    assert sentence.startswith("sales.csv: no column is left to segment by: ")


def test_dates_that_nothing_decides():
    LINES.with_columns(transaction_date=pl.lit("01/02/2024")).write_csv("sales.csv")
    assert said("sales.csv", TRANSACTIONS).startswith(
        "sales.csv: column 'transaction_date' holds dates such as '01/02/2024', which may begin"
    )


def spoilt() -> str:
    rows = "".join(f"{i},{i % 7}.5,{i % 5}\n" for i in range(12_000))
    return f"customer_id,income,score\n{rows}12000,never,1\n12001,,\n"


def test_a_member_of_an_archive():
    with zipfile.ZipFile("export.zip", "w") as archive:
        archive.writestr("march.csv", spoilt())
    assert said("export.zip").startswith(
        "export.zip (march.csv): column 'income' holds numbers but also the text 'never' (data row "
    )


def test_a_sheet_of_a_workbook():
    rows = [["customer_id", "income", "x"], *([i, 3, "same"] for i in range(30))]
    write_workbook(Path("book.xlsx"), {"Notes": [["see March"]], "March": rows})
    assert said("book.xlsx").startswith("book.xlsx (sheet 'March'): no column is left to segment")
