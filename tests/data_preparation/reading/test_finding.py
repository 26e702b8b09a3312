"""Which text columns are read as numbers, by all of their values; and what is said of others."""

from __future__ import annotations

import polars as pl
import pytest

from engine.config.input import ReadConfig
from engine.data_preparation.reading.finding import Context, Finding, find_numbers
from engine.data_preparation.reading.shapes import Shapes


def found(*values: str | None, commas_separate: bool = False, **read: object) -> Finding:
    shapes = Shapes()
    shapes.look(pl.Series("c", values, pl.String))
    context = Context("f.csv", ReadConfig(**read), commas_separate=commas_separate)
    return find_numbers("c", shapes, context)


def numbers(finding: Finding, *values: str) -> list[float | None]:
    frame = pl.DataFrame({"c": values})
    return frame.select(finding.readings["c"].expression(pl.col("c"), pl.String()))["c"].to_list()


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (["₹ 1,44,679.40", "₹ 950.50"], [144_679.4, 950.5]),
        (["1,23,456.00", "950.00"], [123_456.0, 950.0]),
        (["R$ 1.234,50", "R$ 5,00"], [1_234.5, 5.0]),
        (["CHF 1'200", "CHF 950"], [1_200.0, 950.0]),
        (["12,50 kr", "1 234,00 kr"], [12.5, 1_234.0]),
        (["7,20 zł", "1 234,50 zł"], [7.2, 1_234.5]),
        (["5,25 TL", "TL 1.234,50"], [5.25, 1_234.5]),
        (["5 EUR", "€ 7", "EUR 9"], [5.0, 7.0, 9.0]),
        (["12.5K", "3M", "950"], [12_500.0, 3_000_000.0, 950.0]),
        (["2,5 Mio. €", "3,75 Mio. €"], [2_500_000.0, 3_750_000.0]),
        (["1.2k EUR", "500 EUR"], [1_200.0, 500.0]),
        (["₹ 5.5 cr", "₹ 2 lakh"], [55_000_000.0, 200_000.0]),
        (["233 km/h", "99 km/h"], [233.0, 99.0]),
        (["11 visits", "1 visit"], [11.0, 1.0]),
        (["15 %", "7%"], [15.0, 7.0]),
        (["%15", "%7"], [15.0, 7.0]),
        (["29.85 ", " 30.1"], [29.85, 30.1]),
        (["(45.00)", "7.00"], [-45.0, 7.0]),
        (["5 m²", "7.5 m²"], [5.0, 7.5]),
        (["100 000 ₽", "5 000 руб."], [100_000.0, 5_000.0]),  # noqa: RUF001
        (["36 months", "60 months"], [36.0, 60.0]),
        (["5 m", "7 m"], [5.0, 7.0]),
    ],
)
def test_read(values: list[str], read: list[float]) -> None:
    assert numbers(found(*values), *values) == read


@pytest.mark.parametrize(
    "values",
    [
        ["01234", "12345", "54321"],
        ["P100", "P200"],
        ["C1001", "C1002"],
        ["Level 3", "Level 4"],
        ["+49 170 1234567", "+49 171 7654321"],
        ["(555) 123-4567", "(555) 987-6543"],
        ["612 345 678", "698 765 432"],
        ["18-24", "25-34"],
        ["10+ years", "< 1 year", "3 years"],
        ["2nd", "3rd"],
        ["12A", "13B"],
        ["Q1", "Q2"],
        ["10:30", "11:15"],
        ["12.11.2024", "13.11.2024"],
        ["192.168.0.1", "10.0.0.1"],
        ["Yes", "No"],
        ["-", "n/a"],
        ["5 km"] * 9 + ["far"],
    ],
)
def test_left_alone_in_silence(values: list[str]) -> None:
    assert found(*values) == Finding()


def test_told_with_counts_and_examples():
    finding = found(*["$84,835.00"] * 30, *["$12,001.50"] * 20, "n.a.", "n.a.", "much")
    assert finding.notice == (
        "column 'c' is read as numbers in $ (commas for thousands): 50 values such as "
        "'$12,345.67'; 2 written 'n.a.' are missing"
    )
    assert finding.warning == (
        "column 'c': 1 value does not read as numbers in $ (such as 'xxxx') and counts as missing; "
        "correct it, or list the column under features.exclude"
    )
    assert finding.lost == 1


def test_several_units_are_told_and_not_read():
    finding = found(*["5 km"] * 3, *["3 miles"] * 2)
    assert not finding.readings
    assert finding.warning == (
        "column 'c' is not read as numbers: 3 values are in 'km' (such as '1 km'), 2 values are in "
        "'miles' (such as '1 miles'); write one unit, or list the column under features.exclude"
    )
    assert "3 values are in 'EUR'" in found(*["10 EUR"] * 3, *["900 INR"] * 2).warning
    assert "in '%'" in found(*["15 %"] * 3, *["0.15"] * 2).warning


def test_several_notations_are_told_and_not_read():
    finding = found(*["1.5"] * 3, *["2,5"] * 2)
    assert not finding.readings
    assert finding.warning == (
        "column 'c' is not read as numbers: 3 values are written as '1.2' and 2 as '1,2'; write "
        "them in one way, or list the column under features.exclude"
    )


def test_what_may_be_thousands_or_decimals_is_asked_as_elsewhere():
    finding = found("€1.234", "€950")
    assert finding.warning == (
        "column 'c' is not read as numbers: it holds some such as '1.234', which may be thousands "
        "or have three decimals; set input.read.decimal_comma to false, or input.read.thousands to "
        "'.'"
    )
    assert numbers(found("€1.234", "€950", thousands="."), "€1.234") == [1_234.0]
    assert numbers(found("€1.234", "€950", decimal_comma=False), "€1.234") == [1.234]
    separated = found("$84,835", "$950", commas_separate=True)
    assert numbers(separated, "$84,835") == [84_835.0]
    assert "set input.read.decimal_comma to true if they have decimals" in separated.notice
    assert numbers(found("€1.234", "€2,50"), "€1.234") == [1_234.0]


def test_words_like_kr_hold_no_thousands():
    assert numbers(found("12 kr", "5 kr"), "12 kr") == [12.0]
    assert numbers(found("12 km", "5 km"), "12 km") == [12.0]
    assert not found("$ 12 CR", "$ 5 CR").readings, "credit is no crore of dollars"


def test_blocks_and_their_order_change_nothing():
    values = [*["$5.00"] * 40, *["$1,200.50"] * 20, "n/a", "odd"]
    whole, parts = found(*values), Shapes()
    for start in (30, 0, 50):
        parts.look(pl.Series("c", values[start : start + (30 if start == 0 else 20)]))
    context = Context("f.csv", ReadConfig())
    assert find_numbers("c", parts, context) == whole


def test_free_text_is_given_up_on():
    shapes = Shapes()
    shapes.look(pl.Series([f"{a} and {b}" for a in "abcdefgh" for b in "abcdefgh"]))
    assert shapes.hopeless
    assert not shapes.found
