"""Numbers as people write them: formatted in each notation, and read back."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from babel.numbers import format_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data_preparation.reading.currencies import currencies_of
from engine.data_preparation.reading.readings import count_lost, reading_from_json
from engine.data_preparation.reading.written_numbers import NumberReading, is_missing


def read(reading: NumberReading, *texts: str | None) -> list[float | None]:
    frame = pl.DataFrame({"v": texts}, {"v": pl.String})
    return frame.select(reading.expression(pl.col("v"), pl.String()))["v"].to_list()


RUPEES = NumberReading(
    "v", "₹", ("₹",), (("lakh", 1e5), ("crore", 1e7)), thousands=",", indian=True
)
REAIS = NumberReading("v", "R$", ("r$",), decimal_comma=True, thousands=".")
FRANCS = NumberReading("v", "CHF", ("chf",), thousands="'")
KRONOR = NumberReading("v", "kr", ("kr",), (("kr", 1.0),), decimal_comma=True, thousands=" ")
DOLLARS = NumberReading("v", "$", ("$", "usd"), (("k", 1e3), ("m", 1e6)), thousands=",")
SPEED = NumberReading("v", "km/h", (), (("km/h", 1.0),))


@pytest.mark.parametrize(
    ("reading", "text", "value"),
    [
        (RUPEES, "₹ 1,44,679.40", 144_679.4),
        (RUPEES, "₹1,23,45,678", 12_345_678.0),
        (RUPEES, "₹ 950", 950.0),
        (RUPEES, "₹ 2.5 lakh", 250_000.0),
        (RUPEES, "1.2 Crore", 12_000_000.0),
        (RUPEES, "₹ 1,4,679", None),
        (REAIS, "R$ 1.234,50", 1_234.5),
        (REAIS, "R$ 1,234.50", None),
        (FRANCS, "CHF 1'200", 1_200.0),
        (FRANCS, "CHF 1\u2019200.-", 1_200.0),
        (KRONOR, "kr 12,50", 12.5),
        (KRONOR, "1\u202f234,50 kr.", 1_234.5),
        (KRONOR, "49,- kr", 49.0),
        (DOLLARS, "-$5", -5.0),
        (DOLLARS, "$-5", -5.0),
        (DOLLARS, "($5.00)", -5.0),
        (DOLLARS, "$(1,500.25)", -1_500.25),
        (DOLLARS, "(45.00)", -45.0),
        (DOLLARS, "45.00-", -45.0),
        (DOLLARS, "\u22125", -5.0),
        (DOLLARS, "USD 5", 5.0),
        (DOLLARS, "$12.5K", 12_500.0),
        (DOLLARS, "$3M", 3_000_000.0),
        (DOLLARS, "+7", 7.0),
        (DOLLARS, "--5", None),
        (DOLLARS, "-5-", None),
        (DOLLARS, "€5", None),
        (DOLLARS, "(555) 123-4567", None),
        (DOLLARS, "18-24", None),
        (SPEED, "233 km/h", 233.0),
        (SPEED, "233km/h ", 233.0),
        (SPEED, "\u00a029.85\u2009", 29.85),
        (SPEED, "233 mph", None),
        (SPEED, "\uff13\uff14", 34.0),
        (SPEED, "\u0663\u0664\u066b\u0665", 34.5),
        (SPEED, "1e3", 1_000.0),
        (SPEED, "inf", None),
        (SPEED, "", None),
        (SPEED, None, None),
    ],
)
def test_one_number(reading: NumberReading, text: str | None, value: float | None) -> None:
    assert read(reading, text) == [value]


def indian(number: float) -> str:
    return format_decimal(number, format="#,##,##0.00", locale="en_IN")


NOTATIONS: dict[str, tuple[NumberReading, Callable[[float], str]]] = {
    "indian": (RUPEES, lambda x: f"₹ {indian(x)}"),
    "brazil": (REAIS, lambda x: f"R$ {format_decimal(x, '#,##0.00', locale='pt_BR')}"),
    "swiss": (FRANCS, lambda x: f"CHF {format_decimal(x, '#,##0.00', locale='de_CH')}"),
    "swedish": (KRONOR, lambda x: f"{format_decimal(x, '#,##0.00', locale='sv_SE')} kr"),
    "dollars": (DOLLARS, lambda x: f"${x:,.2f}" if x >= 0 else f"(${-x:,.2f})"),
    "behind": (DOLLARS, lambda x: f"${x:,.2f}" if x >= 0 else f"{-x:,.2f}-"),
    "unit": (SPEED, lambda x: f" {x:.2f}\u00a0km/h"),
}


@pytest.mark.parametrize("name", NOTATIONS)
@settings(max_examples=8, deadline=None)
@given(cents=st.lists(st.integers(-10_000_000_000, 10_000_000_000), min_size=1, max_size=50))
def test_what_is_written_is_read_back(name: str, cents: list[int]) -> None:
    reading, write = NOTATIONS[name]
    numbers = [c / 100 for c in cents]
    assert read(reading, *map(write, numbers)) == pytest.approx(numbers, rel=1e-12)


def test_words_for_missing():
    words = ["#N/A", "na", "N/A", "n.a.", "-", "NULL", "none", "nan", "?", "#DIV/0!", "--", "..",
             "\u2013", "unknown", "k.A.", "s/d", " Keine Angabe ", ""]  # fmt: skip
    others = ["0", "abc", "5", "yes", "no"]
    frame = pl.DataFrame({"v": words + others})
    found = frame.select(is_missing(pl.col("v")))["v"].to_list()
    assert found == [True] * len(words) + [False] * len(others)


def test_what_is_lost_is_counted_with_one():
    frame = pl.DataFrame({"v": ["5 km/h", "n/a", None, "7 mph", "fast"]})
    assert count_lost(frame, {"v": SPEED}) == {"v": (2, "7 mph")}
    assert count_lost(pl.DataFrame({"v": [1.5, None]}), {"v": SPEED}) == {}


def test_numbers_are_taken_as_they_are():
    frame = pl.DataFrame({"v": [1, None]})
    found = frame.select(SPEED.expression(pl.col("v"), pl.Int64()))["v"]
    assert found.to_list() == [1.0, None]
    assert found.dtype == pl.Float64


@pytest.mark.parametrize("reading", [RUPEES, REAIS, FRANCS, KRONOR, DOLLARS, SPEED])
def test_a_reading_survives_json(reading: NumberReading) -> None:
    assert reading_from_json(reading.to_json()) == reading


@pytest.mark.parametrize(
    ("sign", "code"),
    [("€", "EUR"), ("eur", "EUR"), ("R$", "BRL"), ("zł", "PLN"), ("TL", "TRY"), ("Kč", "CZK"),
     ("Rs.", "INR"), ("$", "CAD"), ("Ft", "HUF"), ("S/.", "PEN"), ("kr", "SEK")],
)  # fmt: skip
def test_signs_of_currencies(sign: str, code: str) -> None:
    assert code in currencies_of(sign)


@pytest.mark.parametrize("word", ["visits", "km", "Level", "Room", "%"])
def test_other_words_are_no_currency(word: str) -> None:
    assert not currencies_of(word)
