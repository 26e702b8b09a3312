"""Ids of transactions in several writings: one customer, called as it is written first."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from engine.data_preparation.transactions import partitions
from engine.errors import DataError


def shop_of(ids: list[str | None]) -> pl.DataFrame:
    """Give lines of 10.00, one a customer's day, in the order of the ids."""
    days = [date(2024, 1, 1) + timedelta(days=d) for d in range(len(ids))]
    return pl.DataFrame(
        {"customer_id": ids, "invoice": [f"{n}" for n in range(len(ids))], "date": days,
         "sku": "x", "quantity": 1, "price": 10.0}
    )  # fmt: skip


def money(found) -> dict:
    table = pl.read_parquet(found.customers)
    return dict(table.select(found.id_column, "monetary").iter_rows())


MIXED = ["C1001", "c1001", "C1002", " C1002 ", "c1001", "Ben@x.de", "ben@X.de", "C\u20133", "C-3"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("lines_of_a_partition", [1_000_000, 2])
def test_writings_are_one_customer(gathered, monkeypatch, suffix, lines_of_a_partition):
    monkeypatch.setattr(partitions, "PARTITION_LINES", lines_of_a_partition)
    found = gathered(shop_of(MIXED), suffix=suffix)
    assert money(found) == {"Ben@x.de": 20.0, "C1001": 30.0, "C1002": 20.0, "C\u20133": 20.0}
    told = [n for n in found.facts["notices"] if "other writings" in n]
    # " C1002 " loses its blanks before anybody looks.
    assert told[0].startswith("6 ids in 'customer_id' are other writings of one another")
    assert "they are 3 customers" in told[0]
    assert found.facts["fold_ids"] == ["case"]
    assert found.facts["warnings"] == []


def test_nothing_is_folded_where_that_is_asked(gathered):
    found = gathered(shop_of(MIXED), fold_ids="never")
    assert len(money(found)) == 7
    assert found.facts["fold_ids"] == "never"
    assert not [n for n in found.facts["notices"] if "writings" in n]


def test_case_that_may_mean_something_is_kept_and_told(gathered):
    ids = ["aBc", "ABC", "abC", "xYz"]
    found = gathered(shop_of(ids))
    assert len(money(found)) == 4
    assert "3 ids in 'customer_id' would be 1 customer if capitals" in found.facts["warnings"][0]
    assert money(gathered(shop_of(ids), fold_ids=("case",))) == {"aBc": 30.0, "xYz": 10.0}


def test_numbers_padded_by_one_export(gathered):
    padded = [f"{n:06d}" for n in range(1001, 1009)]
    found = gathered(shop_of([*padded, "1001", "1002", "9"]), suffix="csv")
    assert money(found)["001001"] == money(found)["001002"] == 20.0
    assert len(money(found)) == 9


def test_ids_that_a_spreadsheet_shortened(gathered):
    short = [f"{b:.5E}" for b in range(4_600_000_000_000, 4_600_000_900_000, 9_000)]
    with pytest.raises(
        DataError, match=r"100 of 100 rows have an id .* such as 4\.60000E\+12.*text"
    ):
        gathered(shop_of(short), suffix="csv")
    few = [*(str(n) for n in range(200)), "4.60000E+12"]
    warnings = gathered(shop_of(few), suffix="csv").facts["warnings"]
    assert warnings[0].startswith("1 of 201 rows have an id in 'customer_id' that a spreadsheet")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_numbers_cut_at_fifteen_digits(gathered, suffix):
    ids = pl.Series([(10**15 + 10 * n) * 1000 for n in range(12)])
    ids = ids if suffix == "parquet" else ids.cast(pl.String)
    lines = shop_of(["1"] * 12).with_columns(customer_id=ids)
    warnings = gathered(lines, suffix=suffix).facts["warnings"]
    assert "12 of the 12 ids of more than 15 digits" in warnings[0]


def test_a_table_of_other_writings_is_joined(gathered):
    lines = shop_of(["C11", "c12", "C12", "C13"])
    table = pl.DataFrame({"customer_id": ["c11", " C12", "C19", "c19"], "age": [10, 20, 90, 91]})
    found = gathered(lines, table=table, suffix="csv")
    people = pl.read_parquet(found.customers)
    assert people["customer_id"].to_list() == ["C11", "C13", "c12"]
    assert people["age"].to_list() == [10, None, 20]
    assert found.apart["id"].to_list() == ["C19"]
    assert any("1 row that repeats an id" in w for w in found.facts["warnings"])


def test_a_table_that_pads_what_the_transactions_do_not(gathered):
    table = pl.DataFrame({"customer_id": [f"{n:05d}" for n in range(1, 5)], "age": [1, 2, 3, 4]})
    lines = shop_of(["1", "2", "3", "2"])
    found = gathered(lines, table=table, suffix="csv")
    assert pl.read_parquet(found.customers)["age"].to_list() == [1, 2, 3]
    assert any(
        "3 are the same customers but for leading zeros" in n for n in found.facts["notices"]
    )
    assert found.facts["fold_ids"] == ["zeros"]
    with pytest.raises(DataError, match=r"input\.fold_ids"):
        gathered(lines, table=table, suffix="csv", fold_ids="never")


def test_rows_and_transactions_in_two_files_are_counted_alike(gathered):
    first = shop_of(["1", None, "3", None])
    found = gathered(first, first)
    told = next(n for n in found.facts["notices"] if "more than one file" in n)
    assert told.startswith(
        "4 transactions have rows in more than one file; 4 rows that an earlier file holds "
        "already, 40.00 in all, are counted once"
    )


def test_floats_that_are_not_told_apart_are_told(gathered):
    first = 2**53
    ids = pl.Series([first, first + 1, first + 2, 1001], dtype=pl.Int64).cast(pl.Float64)
    found = gathered(shop_of(["x"] * 4).with_columns(customer_id=ids))
    assert found.facts["n_customers"] == 3
    assert found.facts["warnings"] == [
        "3 rows have an id in 'customer_id' that is a float of more than 15 digits, such as "
        "9999999999999999: floats do not tell such ids apart, so that different customers may be "
        "one; write the column as text or integers"
    ]
    small = shop_of(["x"] * 2).with_columns(customer_id=pl.Series([1001.0, 1002.0]))
    assert gathered(small).facts["warnings"] == []


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_numbers_with_a_point_beside_those_without_are_told(gathered, suffix):
    found = gathered(shop_of(["1001.0", "1001", "1002", "1002.0", "1003"]), suffix=suffix)
    assert found.facts["n_customers"] == 3
    told = (
        "2 of 5 rows write the id in 'customer_id' with a point, such as '9999.0': it is the "
        "customer without one, as the other rows write ids"
    )
    assert told in found.facts["notices"]
    alone = gathered(shop_of(["1001.0", "1002.0"]), suffix=suffix)
    assert not any("point" in n for n in alone.facts["notices"])


def test_a_model_that_folds_nothing_more_names_no_empty_list(gathered):
    facts = gathered(shop_of(["C\u20133", "C-3", "C4"]), fold_ids=()).facts
    [told] = [n for n in facts["notices"] if "other writings" in n]
    assert told.endswith("(by blanks and forms of signs; input.fold_ids: never keeps them apart)")
