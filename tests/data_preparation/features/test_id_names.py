"""Names of id columns: in many languages, and no more of them than are ids."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from engine.config.loading import load_config
from engine.data_preparation import prepare
from engine.data_preparation.features.id_names import (
    may_name_a_customer,
    names_a_customer,
    plain,
    recognise_id,
)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Customer ID", "customerid"), ("Größe", "grosse"), ("N° client", "nclient"),
        ("Müşteri Numaras\u0131", "musterinumarasi"), ("Й", "\u0438"), ("顧客ID", "顧客id"),
        ("고객번호", "고객번호"), ("İL", "il"), ("Łódź", "lodz"), ("Kd-Nr.", "kdnr"),
        ("\uff29\uff24", "id"), ("価格ID", "価格id"),
    ],
)  # fmt: skip
def test_a_name_without_case_accents_and_signs(name, letters):
    assert plain(name) == letters


@pytest.mark.parametrize(
    "name",
    ["Kundennr", "Kunden-Nr.", "KdNr", "Kundennummer", "numéro client", "N° client",
     "Numéro du client", "id_cliente", "cliente_id", "Número de cliente", "müşteri no",
     "MÜŞTERİ NUMARASI", "klantnummer", "kundenummer", "kundnummer", "asiakasnumero", "nr klienta",
     "číslo zákazníka", "ügyfélszám", "номер клиента", "ID клиента", "顧客ID",
     "会員番号", "客户编号", "고객번호", "member no", "Account Number", "Mitgliedsnummer"],
)  # fmt: skip
def test_numbers_of_customers_in_many_languages(name):
    assert recognise_id(["age", name, "spend"]) == name
    assert names_a_customer(name)


@pytest.mark.parametrize(
    "name",
    ["income", "Card_Category", "num_clientes", "number_of_customers", "nombre de clients",
     "num_accounts", "num member", "account balance", "no", "Nummer", "客户数", "価格ID",
     "member_since", "Kundenzufriedenheit"],
)  # fmt: skip
def test_names_that_are_no_ids(name):
    assert recognise_id([name]) is None
    assert not names_a_customer(name)
    assert may_name_a_customer([name]) == []


def test_an_english_name_wins_and_id_alone_is_last():
    assert recognise_id(["Kundennr", "customer_id"]) == "customer_id"
    assert recognise_id(["id", "Kundennr"]) == "Kundennr"


def loaded(tmp_path: Path, **columns: list) -> prepare.Loaded:
    table = {"spend": [float(7 * i % 31) for i in range(40)], **columns}
    pl.DataFrame(table).write_csv(tmp_path / "c.csv")
    return prepare.load(load_config({"input": {"path": str(tmp_path / "c.csv")}}, {}))


UNIQUE = [5000 - 17 * i for i in range(40)]


@pytest.mark.parametrize("name", ["codigo_cliente", "zákazník", "card_no", "账号", "Kundencode"])
def test_what_may_be_an_id_is_one_where_every_value_is_another(tmp_path, name):
    assert loaded(tmp_path, **{name: UNIQUE}).id_column == name
    repeated = loaded(tmp_path, **{name: [u // 1000 for u in UNIQUE]})
    assert repeated.id_column is None
    assert name in {*repeated.roles.numeric, *repeated.roles.doubtful}


def test_a_number_of_customers_is_never_a_feature(tmp_path):
    found = loaded(tmp_path, customer_id=UNIQUE, Kundennr=UNIQUE, card_no=UNIQUE, income=UNIQUE)
    assert found.id_column == "customer_id"
    assert found.roles.numeric == ("spend", "income")
    assert set(found.roles.left_out) == {"Kundennr", "card_no"}


def test_a_flag_or_a_balance_of_such_a_name_is_kept(tmp_path):
    found = loaded(tmp_path, loyalty_card=["Yes", "No"] * 20, account=[1.25 + i for i in UNIQUE])
    assert found.id_column is None
    assert found.roles.categorical == ("loyalty_card",)
    assert found.roles.numeric == ("spend", "account")
