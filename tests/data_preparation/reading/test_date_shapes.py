"""Dates in words, in periods and with times of day, as people and programs write them."""

# ruff: noqa: RUF001
from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from engine.data_preparation.reading.date_shapes import Reading, moments

LANGUAGES = ("en", "de", "fr", "es", "da", "fi", "pl", "ru", "hu", "tr", "el", "pt", "ca")


def read(*texts: str, order: str = "dmy") -> list:
    return moments(pl.Series(texts, dtype=pl.String), Reading(order, LANGUAGES)).to_list()


@pytest.mark.parametrize(
    "text",
    [
        "9-Dec-11", "09-DEC-11", "9 Dec 2011", "Dec 9, 2011", "Dec. 9 2011", "December 9th, 2011",
        "9th of December 2011", "Dec 9 '11", "09DEC2011", "Fri, 09 Dec 2011",
        "Friday, December 9, 2011", "9. Dezember 2011", "Freitag, 9. Dez. 2011",
        "9 décembre 2011", "9 DECEMBRE 2011", "le vendredi 9 décembre 2011", "9 déc. 2011",
        "9 de diciembre de 2011", "vie. 9 dic. 2011", "den 9. december 2011",
        "9. joulukuuta 2011", "9 grudnia 2011 r.", "9 декабря 2011 г.", "2011. december 9.",
        "9 Aralık 2011 Cuma", "9 Δεκεμβρίου 2011", "9 de dezembro de 2011",
        "2011-Dec-09", "2011年12月9日", "2011년 12월 9일", "2011. 12. 9.", "2011:12:09",
        "9.12.2011.", "9 12 2011", "Fri 09/12/2011", "2011-12-09 (Fri)", "2011-12-09Z",
        "2011-12-09+01:00", "09122011", "9122011", "20111209", "20111209.0", "2011W495",
    ],
)  # fmt: skip
def test_a_day(text):
    assert read(text) == [datetime(2011, 12, 9)]


@pytest.mark.parametrize(
    "text",
    [
        "Fri, 09 Dec 2011 12:50:00 +0000", "09/12/2011 12h50", "9.12.2011 12.50",
        "9.12.2011, 12:50 Uhr", "9. joulukuuta 2011 klo 12.50", "9 décembre 2011 à 12h50",
        "Fri Dec  9 12:50:00 2011", "Fri Dec 09 12:50:00 GMT 2011",
        "Fri Dec 09 2011 12:50:00 GMT+0100 (Central European Standard Time)",
        "2011-12-09T12:50:00.000Z", "2011-12-09 12:50:00,000", "2011-12-09-12.50.00.000000",
        "09DEC2011:12:50:00", "20111209T125000", "201112091250", "20111209125000",
        "2011-12-09 12:50 Europe/Rome", "2011-12-09 12:50:00 EST", "9/12/2011 12:50 p.m.",
        "9/12/2011 12:50PM", "9/12/2011 12:50 P. M.", "9/12/2011 12:50 μ.μ.",
        "2011-12-09 下午 12:50", "2011-12-09T12:50+05:30", "Dec 9, 2011 at 12:50 pm",
    ],
)  # fmt: skip
def test_a_time_of_day(text):
    assert read(text) == [datetime(2011, 12, 9, 12, 50)]


def test_halves_of_the_day_and_fractions():
    assert read("9/12/2011 12:05 a.m.", "9/12/2011 1:05 pm", "9/12/2011 7 PM") == [
        datetime(2011, 12, 9, 0, 5), datetime(2011, 12, 9, 13, 5), datetime(2011, 12, 9, 19),
    ]  # fmt: skip
    assert read("2011-12-09 12:50:01.25", "2011-12-09T12:50:01.123456789+02:00") == [
        datetime(2011, 12, 9, 12, 50, 1, 250_000), datetime(2011, 12, 9, 12, 50, 1, 123_456),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2011-12", (2011, 12, 31)), ("12/2011", (2011, 12, 31)), ("201102", (2011, 2, 28)),
        ("Dec 2011", (2011, 12, 31)), ("déc.-11", (2011, 12, 31)), ("2011 Feb", (2011, 2, 28)),
        ("2011-Q1", (2011, 3, 31)), ("Q4 2011", (2011, 12, 31)), ("3Q2012", (2012, 9, 30)),
        ("2011-W01", (2011, 1, 9)), ("2009-W53", (2010, 1, 3)), ("KW 49/2011", (2011, 12, 11)),
    ],
)  # fmt: skip
def test_a_period_is_its_last_day(text, day):
    assert read(text) == [datetime(*day)]


@pytest.mark.parametrize(
    "text",
    [
        "lunch", "Customer 12", "12.5", "2011", "2011-02-30", "31 Feb 2011", "2011-13-01", "Dec 9",
        "9/12/2011 25:00", "9/12/2011 12:61", "2011-W54", "9 lunch 2011", "12:50", "", "-",
        "9/12/2011 lunch", "00/00/0000", "9/12/111",
    ],
)  # fmt: skip
def test_what_is_no_date(text):
    assert read(text) == [None]


def test_the_order_is_that_of_the_column():
    assert read("9/12/2011 12h", order="mdy") == [datetime(2011, 9, 12, 12)]
    assert read("09122011", order="mdy") == [datetime(2011, 9, 12)]
    assert read("11-12-09", order="ymd") == [datetime(2011, 12, 9)]
    assert read("9/12/70", "9/12/69") == [datetime(1970, 12, 9), datetime(2069, 12, 9)]


def test_march_is_no_tuesday():
    """``mar`` is both in French, Spanish and Italian."""
    assert read("mar. 9 dec. 2011", "mar 9 2011", "9 mar 2011") == [
        datetime(2011, 12, 9), datetime(2011, 3, 9), datetime(2011, 3, 9),
    ]  # fmt: skip
