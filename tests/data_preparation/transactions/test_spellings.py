"""Products and categories in several spellings: one each, under the usual one."""

from __future__ import annotations

import polars as pl
import pytest

NAMES = ["Garden P100", "Garden P100", "GARDEN P100 ", "Tea  Pot", "Tea Pot", "tea pot", "Tea Pot"]
KINDS = ["Home", "Home", "home ", "HOME", "Kitchen", "kitchen", "Kitchen"]


def lines(column: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"customer_id": [1, 1, 1, 2, 2, 2, 2], "order_id": range(7), "date": "2024-01-01",
         column: NAMES, "category": KINDS, "amount": 10.0}
    )  # fmt: skip


@pytest.mark.parametrize("column", ["product_name", "product", "Artikel"])
def test_products_without_a_code(gathered, column):
    found = gathered(lines(column))
    assert found.products["product_id"].to_list() == ["Garden P100", "Tea Pot"]
    people = pl.read_parquet(found.customers)
    assert people["distinct_products"].to_list() == [1, 1]
    assert found.facts["leading_categories"] == ["Home", "Kitchen"]
    assert people["spend_share_Home"].to_list() == [1.0, 0.25]
    told = [n for n in found.facts["notices"] if "several ways" in n]
    assert told[0].startswith("2 products are written in several ways, such as 'Xxxxxx X999' and")
    assert told[1].startswith("2 categories are written in several ways, such as 'Xxxx' and 'XXXX'")


def test_each_spelling_counts_where_that_is_asked(gathered):
    found = gathered(lines("product_name"), spellings="keep")
    assert found.products.height == 5
    assert len(found.facts["leading_categories"]) == 5


def test_codes_are_told_and_kept(gathered):
    coded = lines("sku")
    found = gathered(coded)
    assert found.products.height == 5
    told = next(n for n in found.facts["notices"] if "product codes differ" in n)
    assert told.startswith("5 product codes differ from another in capitals or blanks alone")
    assert "they are 2 products" in told
    assert gathered(coded, spellings="all").products.height == 2


def test_categories_of_an_earlier_fit_keep_their_spelling(gathered):
    found = gathered(lines("sku"), categories=["HOME", "Kitchen"])
    people = pl.read_parquet(found.customers)
    assert people["spend_share_HOME"].to_list() == [1.0, 0.25]
