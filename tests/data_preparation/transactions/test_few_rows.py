"""Money of few rows is about right in what is told, and of many exact."""

from __future__ import annotations

import json

from engine.data_preparation.transactions.few_rows import about_few


def facts(rows: int) -> dict:
    words = f"{rows} rows have no customer in 'id', 98,765.43 in all: dropped"
    return {
        "policies": [
            {"rows": rows, "amount": "98765.43", "words": words, "key": "missing_ids",
             "policy": "drop"},
            {"rows": rows, "amount": "-4321.09", "words": f"{rows} rows are returns, -4,321.09 in "
             "all: subtracted", "key": "returns", "policy": "net"},
            {"rows": 0, "amount": "0.00", "words": "0 rows", "key": "zero_prices",
             "policy": "drop"},
        ],
        "warnings": [f"90% of all rows are gone: {words}"],
        "notices": [],
        "returns": "4321.09", "gross": "1000000.00", "net": "995678.91",
        "apart": {"only returns": rows}, "net_of_customers_apart": "-77.77",
    }  # fmt: skip


def test_of_few_rows_no_sum_is_exact():
    told = facts(2)
    about_few(told, 5)
    text = json.dumps(told)
    for exact in ("98765", "98,765", "4321.09", "4,321", "995678.91", "77.77"):
        assert exact not in text, exact
    assert told["policies"][0]["amount"] == "98800"
    assert told["warnings"][0].endswith("about 99000 in all: dropped")
    assert (told["net"], told["returns"], told["gross"]) == (None, None, "1000000.00")
    assert told["policies"][1]["words"] == "2 rows are returns: subtracted"


def test_of_many_rows_all_is_as_it_was():
    told = facts(5)
    about_few(told, 5)
    assert told == facts(5)
    few = facts(2)
    about_few(few, 1)
    assert few == facts(2)
