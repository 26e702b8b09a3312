"""Guests: words that name nobody are no customer, codes such as 0 are asked about."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest


def orders(ids: Sequence[str | int]) -> pl.DataFrame:
    n = len(ids)
    return pl.DataFrame({
        "customer_id": ids, "order_id": [f"o{i}" for i in range(n)],
        "order_date": [f"2024-01-{1 + i % 28:02d}" for i in range(n)], "amount": [2.0] * n,
    })  # fmt: skip


PEOPLE = [str(1000 + i) for i in range(30)]


@pytest.mark.parametrize(
    "word", ["guest", "Gast", "invité", "Anonymous", "unknown", "-", "?", "Walk-in Customer"]
)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_words_for_guests_are_no_customer(gathered, word, suffix):
    found = gathered(orders([*PEOPLE, *[word] * 60]), suffix=suffix).facts
    assert (found["n_customers"], found["gross"]) == (30, "60.00")
    assert (
        f"60 rows have {word!r} in 'customer_id', which names nobody: they count as rows without "
        "a customer (transactions.missing_ids)"
    ) in found["notices"]
    [fact] = [f for f in found["policies"] if f["key"] == "missing_ids"]
    assert (fact["rows"], fact["amount"]) == (60, "120.00")


@pytest.mark.parametrize("name", ["ND", "Guesty", "Una", "guest17", "A0"])
def test_codes_and_names_stay_customers(gathered, name):
    found = gathered(orders([*PEOPLE, name, name]), suffix="csv").facts
    assert (found["n_customers"], found["gross"]) == (31, "64.00")
    assert not [w for w in found["warnings"] if "guest" in w]


@pytest.mark.parametrize("code", ["0", "-1", "9999", "C-000", "00000000-0000-0000-0000"])
def test_a_code_for_nobody_with_many_rows_is_warned_of(gathered, code):
    found = gathered(orders([*PEOPLE, *[code] * 60]), suffix="csv").facts
    assert found["n_customers"] == 31
    [warning] = [w for w in found["warnings"] if "stand for guests" in w]
    assert warning.startswith(
        f"the id {code!r} in 'customer_id' holds 60 of 90 rows, the next 1: does it stand for"
    )
    assert "input.read.null_values" in warning


def test_a_code_of_numbers_is_warned_of(gathered):
    found = gathered(orders([*range(1, 31), *[0] * 60])).facts
    assert "the id '0' in 'customer_id' holds 60 of 90 rows" in " ".join(found["warnings"])


def test_one_id_far_ahead_of_few_is_warned_of_and_not_named(gathered):
    found = gathered(orders([*PEOPLE, *["77"] * 60]), suffix="csv").facts
    [warning] = [w for w in found["warnings"] if "is it a guest?" in w]
    assert warning.startswith("one id in 'customer_id' holds 67% of all rows")


def test_nobody_is_a_guest_where_customers_buy_alike(gathered):
    found = gathered(orders([*PEOPLE, "0", "9999", *PEOPLE]), suffix="csv").facts
    assert not [w for w in found["warnings"] if "guest" in w]
