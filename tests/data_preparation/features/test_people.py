"""What identifies people, by names of columns in the usual languages and by values."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data_preparation.features.people import (
    named_like_people,
    numbers_of_people,
    text_of_people,
)

COLUMNS = [
    "name", "First_Name", "Vorname", "Nachname", "Kundenname", "Prénom", "nom", "nombre",
    "apellidos", "sobrenome", "cognome", "voornaam", "achternaam", "Ad", "soyad\u0131", "imię",
    "nazwisko", "Förnamn", "Efternamn", "fornavn", "имя", "фамилия", "名前", "姓名", "email",
    "E-Mail", "e_mail", "Correo", "courriel", "e-posta", "Telefon", "Telefonnummer", "Mobilnummer",
    "téléphone", "teléfono", "telefone", "cellulare", "telefoonnummer", "Straße", "Hauptstrasse",
    "rue", "calle", "rua", "via_indirizzo", "straat", "sokak", "ulica", "gata", "Adresse",
    "dirección", "endereço", "Postleitzahl", "PLZ", "code_postal", "código_postal", "kod_pocztowy",
    "Postnummer", "postcode", "Geburtsdatum", "date_de_naissance", "fecha_nacimiento",
    "data_di_nascita", "geboortedatum", "doğum_tarihi",
]  # fmt: skip

FACTS = [
    "PhoneService", "Email_Opens", "MailOrders", "StreetType", "Address_Changes", "name_length",
    "BrandName", "ProductName", "Nombre_Producto", "ZipDensity", "email_opt_in", "mobile_os",
    "phone_calls", "city", "country", "Marke", "has_phone", "num_emails",
]  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS)
def test_columns_about_people(column):
    assert named_like_people(column, number=False)


@pytest.mark.parametrize("column", FACTS)
def test_columns_about_facts(column):
    assert not named_like_people(column, number=False)


@pytest.mark.parametrize("column", ["phone", "Telefon", "PLZ", "Postnummer", "código postal"])
def test_numbers_about_people(column):
    assert named_like_people(column, number=True)


@pytest.mark.parametrize("column", ["Ad", "email", "name_count", "age", "ZipDensity", "streets"])
def test_numbers_about_facts(column):
    assert not named_like_people(column, number=True)


def test_small_whole_numbers_are_counts():
    assert numbers_of_people("phone", np.array([10_115.0, 80_331.0]))
    assert not numbers_of_people("phone", np.array([0.0, 1.0, 3.0]))
    assert not numbers_of_people("phone", np.array([10.5, 2_000.25]))


def levels(*values: str, each: int = 10) -> dict[str, int]:
    return dict.fromkeys(values, each)


def decided(column: str, found: dict[str, int] | None, present: int = 1_000) -> str | None:
    named = named_like_people(column, number=False)
    present = sum(found.values()) if found else present
    return text_of_people(column, found, present, named=named)


@pytest.mark.parametrize(
    ("column", "found", "people"),
    [
        ("Ad", levels("Ahmet", "Ayşe", "Mehmet"), True),
        ("Ad", levels("banner", "search", "video"), False),
        ("Ad", levels(*(f"spring sale {i}" for i in range(30))), False),
        ("name", levels("Basic", "Pro", "Gold"), False),
        ("name", levels(*(f"person {i}" for i in range(30))), True),
        ("Vorname", levels("Dirk", "Xqz"), True),
        ("Nachname", levels("Meier", "Schulz", "Kurz", "Lang"), True),
        ("phone", levels("yes", "no"), False),
        ("phone", levels("yes", "no", each=1), True),
        ("e-mail", None, True),
        ("note", None, False),
        ("seller", levels("Anna", "Paul", "Lena", "Uwe", "Ines"), True),
        ("seller", levels("Anna", "Paul", "Lena", "Uwe"), False),
        ("city", levels("Austin", "Paris", "Florence", "Oslo", "Rome", "Charlotte", "Bonn"), False),
        (
            "store name",
            levels("Charlotte", "Florence", "Victoria", "Sofia", "Diego", "Oslo"),
            False,
        ),
        ("gender", levels("Male", "Female"), False),
    ],
)
def test_values_decide(column, found, people):
    assert bool(decided(column, found)) == people
