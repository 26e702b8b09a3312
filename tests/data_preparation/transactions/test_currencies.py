"""Two currencies are never one sum."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from engine.config.transactions import TransactionsConfig
from engine.errors import DataError

TWO = pl.DataFrame({
    "customer_id": ["a", "b", "c"], "order_id": [1, 2, 3],
    "date": [date(2024, 1, d) for d in (1, 2, 3)], "amount": [10.0, 900.0, 30.0],
    "currency": ["EUR", "INR", "eur "],
})  # fmt: skip


def test_several_are_refused_with_both_remedies(gathered):
    with pytest.raises(DataError) as caught:
        gathered(TWO, suffix="csv")
    words = str(caught.value)
    assert (
        "several currencies by 'currency', which are never added: EUR (2 rows), INR (1 rows)"
        in words
    )
    assert "the one to segment, such as EUR" in words
    assert "{EUR: 1, INR: <rate>}" in words


def test_one_of_them_is_kept(gathered):
    found = gathered(TWO, currency="EUR")
    assert (found.facts["n_customers"], found.facts["gross"]) == (2, "40.00")
    fact = next(p for p in found.facts["policies"] if p["key"] == "currency")
    assert (fact["rows"], fact["amount"]) == (1, None)
    with pytest.raises(DataError, match=r"transactions\.currency is USD, but 'currency' holds EUR"):
        gathered(TWO, currency="USD")


def test_a_table_of_rates_converts(gathered):
    found = gathered(TWO, currency={"EUR": 1, "INR": 0.011})
    assert (found.facts["gross"], found.facts["currency"]) == ("49.90", "EUR")
    with pytest.raises(DataError, match=r"no rate for INR \(1 rows\)"):
        gathered(TWO, currency={"EUR": 1})


def test_refunds_are_converted_with_their_money(gathered):
    found = gathered(
        TWO.with_columns(refund_amount=pl.Series([0.0, 100.0, 0.0])),
        currency={"EUR": 1, "INR": 0.01},
    )
    assert (found.facts["gross"], found.facts["returns"]) == ("49.00", "1.00")


def test_one_currency_is_told_and_counts(gathered):
    one = TWO.with_columns(currency=pl.Series(["EUR", None, "€"]))
    found = gathered(one)
    assert (found.facts["gross"], found.facts["currency"]) == ("940.00", "EUR")
    assert any(
        "all money is in EUR by 'currency'; 1 rows say none" in n for n in found.facts["notices"]
    )


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("statuses", {"x": "maybe"}, "must give 'x' one of purchase, return, refund, none"),
        ("statuses", 3, "must be auto, off or a table"),
        ("currency", {"EUR": "much"}, "must be auto, a code such as EUR or a table"),
        ("currency", {"EUR": 0}, "must be auto, a code such as EUR or a table"),
    ],
)
def test_wrong_settings_are_one_sentence(key, value, words):
    with pytest.raises(ValueError, match=words):
        TransactionsConfig(**{key: value})


def test_settings_as_yaml_reads_them():
    settings = TransactionsConfig(statuses={2: "purchase", True: "none"}, refund=False)
    assert settings.statuses == {"2": "purchase", "true": "none"}
    assert settings.refund == "off"
    assert TransactionsConfig(statuses=False).statuses == "off"
