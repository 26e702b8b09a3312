"""Headers of transactions in the usual languages."""

from __future__ import annotations

import polars as pl
import pytest

from engine.config.input import InputConfig
from engine.data_preparation.reading.sources import open_source
from engine.data_preparation.transactions.columns import find_columns
from engine.data_preparation.transactions.languages import LANGUAGES


@pytest.mark.parametrize(
    "header",
    [
        "customer_id=Kundennr transaction_id=Rechnungsnr transaction_date=Datum product_id=Artikel"
        " quantity=Menge unit_price=Einzelpreis",
        "customer_id=numéro_client transaction_id=N°_facture transaction_date=date_commande"
        " quantity=quantité unit_price=prix_unitaire",
        "customer_id=código_cliente transaction_date=fecha amount=importe category=categoría",
        "customer_id=id_cliente transaction_date=data amount=valor",
        "customer_id=codice_cliente transaction_date=data amount=importo",
        "customer_id=klantnummer transaction_date=datum amount=bedrag",
        "customer_id=kundnummer transaction_date=datum amount=belopp",
        "customer_id=kundenummer transaction_date=dato quantity=antal unit_price=stykpris",
        "customer_id=asiakasnumero transaction_date=päivämäärä amount=summa",
        "customer_id=nr_klienta transaction_date=data_zakupu quantity=ilość"
        " unit_price=cena_jednostkowa",
        "customer_id=zákazník transaction_date=datum amount=částka",
        "customer_id=müşteri_no transaction_id=fatura_no transaction_date=tarih amount=tutar",
        "customer_id=номер_клиента transaction_date=дата amount=сумма product_id=товар",
        "customer_id=客户编号 transaction_id=订单号 transaction_date=订单日期 amount=金额",
        "customer_id=顧客ID transaction_date=購入日 quantity=数量 unit_price=単価",
        "customer_id=고객번호 transaction_date=구매일 amount=금액",
    ],
)
def test_columns_are_recognised(tmp_path, header):
    expected = dict(pair.split("=") for pair in header.split())
    expected = {k: c.replace("_", " ") for k, c in expected.items()}
    numbers = ("amount", "quantity", "unit_price")
    table = {c: [1, 2] if k in numbers else ["2024-01-01", "2"] for k, c in expected.items()}
    pl.DataFrame(table).write_parquet(tmp_path / "t.parquet")
    source = open_source(InputConfig(path=str(tmp_path / "t.parquet")))
    assert dict(find_columns(source, InputConfig()).named) == expected


def test_english_names_win(tmp_path):
    table = {
        "id": [9],
        "Kundennr": [1],
        "date": ["2024-01-01"],
        "data": [""],
        "amount": [1],
        "valor": [2],
    }
    pl.DataFrame(table).write_parquet(tmp_path / "t.parquet")
    source = open_source(InputConfig(path=str(tmp_path / "t.parquet")))
    named = find_columns(source, InputConfig()).named
    assert (named["customer_id"], named["transaction_date"], named["amount"]) == (
        "Kundennr", "date", "amount",
    )  # fmt: skip


def test_no_name_means_two_things():
    seen = [name for names in LANGUAGES.values() for name in names]
    assert len(seen) == len(set(seen))
