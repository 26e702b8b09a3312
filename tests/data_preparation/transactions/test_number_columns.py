"""Money and quantities of invoices as people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl
import pytest

from engine.errors import DataError


def invoices(amounts: Sequence[str], **more: Sequence[str]) -> pl.DataFrame:
    n = len(amounts)
    return pl.DataFrame(
        {
            "customer_id": [f"c{i % 3}" for i in range(n)],
            "order_id": [f"o{i}" for i in range(n)],
            "order_date": [f"2024-01-{1 + i % 28:02d}" for i in range(n)],
            "amount": amounts,
            **more,
        }
    )


@pytest.mark.parametrize(
    ("amounts", "gross", "net"),
    [
        (["$1,234.50", "$5.00"], "12395.00", "12395.00"),
        (["₹ 1,44,679.40", "₹ 950.00"], "1456294.00", "1456294.00"),
        (["R$ 1.234,50", "R$ 5,00"], "12395.00", "12395.00"),
        (["CHF 1'200", "CHF 50"], "12500.00", "12500.00"),
        (["12,50 kr", "1 234,00 kr"], "12465.00", "12465.00"),
        (["5 EUR", "€ 7"], "120.00", "120.00"),
        (["($5.00)", "$9.00"], "90.00", "40.00"),
        (["4.00-", "9.00"], "90.00", "50.00"),
        (["29.85 ", "9.00"], "388.50", "388.50"),
        (["12.5K", "500"], "130000.00", "130000.00"),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_money(gathered, amounts, gross, net, suffix):
    facts = gathered(invoices(amounts * 10), suffix=suffix).facts
    assert (facts["gross"], facts["net"]) == (gross, net)
    [notice] = [n for n in facts["notices"] if n.startswith("column 'amount' is read as numbers")]
    assert "20 values such as " in notice


def test_quantity_and_price(gathered):
    shop = (
        invoices(["x"] * 20)
        .drop("amount")
        .with_columns(quantity=pl.lit("3 pcs"), unit_price=pl.lit("$1,000.50"))
    )
    assert gathered(shop, suffix="csv").facts["gross"] == "60030.00"


def test_two_currencies_are_refused_with_an_example_of_each(gathered):
    sentence = (
        "column 'amount' is not read as numbers: 10 values are in 'EUR' (such as '12 EUR'), 10 "
        "values are in 'INR' (such as '123 INR'); write one unit."
    )
    with pytest.raises(DataError, match=re.escape(sentence)):
        gathered(invoices(["10 EUR", "900 INR"] * 10), suffix="csv")


def test_words_for_missing_are_dropped_and_told(gathered):
    facts = gathered(invoices(["5.00"] * 19 + ["#N/A"]), suffix="csv").facts
    assert facts["gross"] == "95.00"
    assert any(n.endswith("1 written '#N/A' is missing") for n in facts["notices"])


def test_a_word_far_below(gathered):
    facts = gathered(invoices(["5.00"] * 10_500 + ["n.a."]), suffix="csv").facts
    assert facts["gross"] == "52500.00"


@pytest.mark.parametrize("n", [19, 10_500])
def test_text_among_plain_money_is_refused_with_a_remedy_that_helps(gathered, n):
    sentence = (
        f"column 'amount' holds numbers but also the text 'much' (data row {n + 1:,}); correct the "
        "value, or add it to input.read.null_values."
    )
    with pytest.raises(DataError, match=re.escape(sentence)):
        gathered(invoices(["5.00"] * n + ["much"]), suffix="csv")


def test_text_among_money_with_a_sign_is_dropped_with_a_warning(gathered):
    facts = gathered(invoices(["$5.00"] * 29 + ["much"]), suffix="csv").facts
    assert facts["gross"] == "145.00"
    assert facts["warnings"][0] == (
        "column 'amount': 1 value does not read as numbers in $ (such as 'xxxx') and counts as "
        "missing; correct it"
    )


@pytest.mark.parametrize(
    ("amounts", "gross"),
    [
        (["1.020,-", "300,-"], "13200.00"),
        (["kr 1.020,-", "kr 300,-"], "13200.00"),
        (["1,020.-", "300.-"], "13200.00"),
        (["1'020.-", "300.-"], "13200.00"),
        (["1.020,00", "300,00"], "13200.00"),
        (["49,-", "49,50"], "985.00"),
        (["49.-", "49,50"], "985.00"),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_prices_without_cents_tell_their_decimal_mark(gathered, amounts, gross, suffix):
    assert gathered(invoices(amounts * 10), suffix=suffix).facts["gross"] == gross


@pytest.mark.parametrize(("amounts", "n"), [(["1.234", "5.678"], 20), (["$1.234", "$900"], 10)])
def test_points_that_may_all_group_thousands_are_warned_of(gathered, amounts, n):
    facts = gathered(invoices(amounts * 10), suffix="csv").facts
    assert facts["warnings"][0] == (
        f"column 'amount': {n} of 20 values are written like 1.234, with three digits after the "
        "point, and nothing tells what it means: read with decimals, 1.234 is 1.234; were they "
        "thousands, it would be 1,234, for which set input.read.thousands to '.'"
    )


def test_points_that_are_decimal_marks_are_no_cause_for_a_warning(gathered):
    facts = gathered(invoices(["1.234", "5.50"] * 10), suffix="csv").facts
    assert not [w for w in facts["warnings"] if "three digits" in w]


def test_negatives_of_accountants_are_named(gathered):
    facts = gathered(invoices(["9.00"] * 15 + ["(45.00)"] * 3 + ["4.00-"] * 2), suffix="csv").facts
    assert (facts["gross"], facts["returns"]) == ("135.00", "143.00")
    [notice] = [n for n in facts["notices"] if n.startswith("column 'amount' is read as numbers")]
    assert "; 3 values in parentheses, such as '(12.34)', are negative" in notice
    assert "; 2 values with a minus behind, such as '1.23-', are negative" in notice


def test_rows_that_are_a_purchase_and_a_return_are_one_line(gathered):
    shop = invoices(["5.00"] * 20).with_columns(
        returned=pl.Series([1 if i < 4 else 0 for i in range(20)])
    )
    facts = gathered(shop, suffix="csv").facts
    assert (facts["gross"], facts["returns"], facts["n_lines"]) == ("100.00", "20.00", 20)
