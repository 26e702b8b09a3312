"""Amounts in text that no rule reads are told from words, codes and plain text."""

from __future__ import annotations

import polars as pl
import pytest

from engine.data_preparation.reading.unread_amounts import unread_amount, unread_words


@pytest.mark.parametrize(
    "value",
    ["$ 1.0 CR", "1.0 CR €", "USD 5 to 6", "5 EUR/month", "about 12 %", "₹ 4 + tax", "-$ 5 DR",
     "Rs. 12 only", "21.5 °C or so"],
)  # fmt: skip
def test_signs_beside_digits_tell(value):
    assert unread_amount(pl.DataFrame({"n": [3, 1], "text": [value, "none at all"]})) == value


@pytest.mark.parametrize(
    "value", ["P100", "12 Main Street", "gold", "2014-03-09", "n/a", "EURO 2020 fan", "A-17", "5"]
)
def test_words_and_codes_do_not(value):
    assert unread_amount(pl.DataFrame({"n": [3], "text": [value]})) == ""


def test_the_warning_names_column_example_and_remedy():
    assert unread_words("limit", "$ 1.0 CR") == (
        "column 'limit' is not read as numbers: most of its values are amounts or measures, such "
        "as '$ 1.2 CR', in no notation that is known; write them as plain numbers in one unit, or "
        "list the column under features.exclude"
    )
