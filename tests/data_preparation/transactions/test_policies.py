"""Each policy on a shop small enough to be reckoned by hand: what is dropped, counted, summed."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest

from engine.errors import DataError

A = ("a", "1", "2024-01-01", "x", 2, 1.5)  # 3.00
B = ("b", "2", "2024-01-03", "y", 1, 10.0)  # 10.00


def policy(found, key: str) -> tuple[int, str | None]:
    fact = next(p for p in found.facts["policies"] if p["key"] == key)
    assert f"transactions.{key}: {fact['policy']}" in fact["words"]
    assert f"{fact['rows']:,}" in fact["words"]
    return fact["rows"], fact["amount"]


def money(found) -> tuple[str, str]:
    return found.facts["gross"], found.facts["net"]


def customers(found) -> dict[str, dict]:
    table = pl.read_parquet(found.customers)
    return {row[found.id_column]: row for row in table.iter_rows(named=True)}


def test_full_duplicates(gathered, shop):
    lines = shop(A, A, A, B)
    dropped, kept = gathered(lines), gathered(lines, duplicates="keep")
    assert policy(dropped, "duplicates") == policy(kept, "duplicates") == (2, "6.00")
    assert money(dropped) == ("13.00", "13.00")
    assert money(kept) == ("19.00", "19.00")
    assert customers(kept)["a"]["frequency"] == 1


def test_rows_that_differ_in_any_column_are_no_duplicates(gathered, shop):
    lines = shop(A, A, B).with_row_index("Row ID")
    found = gathered(lines)
    assert policy(found, "duplicates") == (0, "0.00")
    assert money(found)[0] == "16.00"


def test_lines_that_an_earlier_file_holds(gathered, shop):
    other = ("a", "1", "2024-01-01", "z", 1, 1.0)
    first, second = shop(A, B), shop(A, other)
    found = gathered(first, second)
    assert policy(found, "repeated_invoices") == (1, "3.00")
    assert money(found)[0] == "14.00"
    words = (
        "1 transaction has rows in more than one file; 1 row that an earlier file holds already, "
        "3.00 in all, is counted once (transactions.repeated_invoices: merge)"
    )
    assert words in found.facts["notices"]
    kept = gathered(first, second, repeated_invoices="keep")
    assert money(kept)[0] == "17.00"


def test_the_largest_number_of_copies_in_a_file_counts(gathered, shop):
    found = gathered(shop(A, A, B), shop(A, A, A), duplicates="keep")
    assert policy(found, "repeated_invoices") == (2, "6.00")
    assert money(found)[0] == "19.00"


def test_an_invoice_in_two_files_counts_once_however_it_is_written(gathered, shop):
    other = [(i, t, f"{d} 00:00:00", f"{p.upper()} ", u, m) for i, t, d, p, u, m in (A, B)]
    found = gathered(shop(A, B), shop(*other))
    assert money(found)[0] == money(gathered(shop(A, B)))[0]
    assert policy(found, "repeated_invoices")[0] == 2
    kept = gathered(shop(A, B), shop(*other), repeated_invoices="keep")
    assert float(money(kept)[0]) == 2 * float(money(found)[0])


def test_an_invoice_split_over_files_keeps_rows_that_look_alike(gathered, shop):
    # The same product in the same number stands in both parts, but so does something else.
    other = (*A[:3], "something else", *A[4:])
    spelled = (*A[:3], f"{A[3]} ", *A[4:])
    found = gathered(shop(A), shop(spelled, other))
    assert float(money(found)[0]) == 3 * float(money(gathered(shop(A)))[0])


@pytest.mark.parametrize(
    ("key", "row", "words"),
    [
        ("missing_ids", (None, "3", "2024-01-01", "x", 1, 2.0), "have no customer in"),
        ("missing_ids", ("  ", "3", "2024-01-01", "x", 1, 2.0), "have no customer in"),
        ("missing_ids", ("nan", "3", "2024-01-01", "x", 1, 2.0), "have no customer in"),
        ("missing_dates", ("a", "3", None, "x", 1, 2.0), "have no date that reads in 'date'"),
        ("missing_dates", ("a", "3", "2024-13-77", "x", 1, 2.0), "have no date that reads"),
        ("missing_amounts", ("a", "3", "2024-01-01", "x", None, 2.0), "have no money"),
        ("missing_amounts", ("a", "3", "2024-01-01", "x", 1, float("nan")), "have no money"),
        ("missing_amounts", ("a", "3", "2024-01-01", "x", 1, float("inf")), "have no money"),
        ("negative_prices", ("a", "3", "2024-01-01", "x", 1, -2.0), "have a price below zero"),
    ],
)
def test_rows_that_lack_something(gathered, shop, key, row, words):
    found = gathered(shop(A, B, row))
    assert policy(found, key)[0] == 1
    assert money(found) == ("13.00", "13.00")
    with pytest.raises(DataError) as caught:
        gathered(shop(A, B, row), **{key: "error"})
    assert words in str(caught.value)
    assert f"set transactions.{key} to drop" in str(caught.value)
    assert str(caught.value).startswith("0.parquet: 1 rows ")


def test_a_row_counts_under_the_first_policy_that_takes_it(gathered, shop):
    found = gathered(shop(A, B, (None, "3", None, "x", 0, None)))
    assert policy(found, "missing_ids")[0] == 1
    assert policy(found, "missing_dates")[0] == policy(found, "zero_prices")[0] == 0


def test_zero_prices(gathered, shop):
    lines = shop(A, B, ("a", "3", "2024-01-05", "x", 1, 0.0), ("c", "4", "2024-01-02", "x", 0, 1.0))
    dropped, kept = gathered(lines), gathered(lines, zero_prices="keep")
    assert policy(dropped, "zero_prices") == policy(kept, "zero_prices") == (2, "0.00")
    assert set(customers(dropped)) == {"a", "b"}
    assert dropped.apart.rows() == [("c", "no usable rows")]
    assert customers(kept)["a"]["frequency"] == 2
    assert customers(kept)["c"]["monetary"] == 0.0
    assert customers(kept)["c"]["return_share"] == 0.0


def test_negative_prices_that_are_kept_are_money_back(gathered, shop):
    lines = shop(A, B, ("a", "3", "2024-01-05", "x", 1, -2.0))
    found = gathered(lines, negative_prices="keep")
    assert policy(found, "negative_prices") == (1, "-2.00")
    assert money(found) == ("13.00", "11.00")


RETURNED = ("a", "C3", "2024-01-05", "x", -1, 1.5)


def test_returns(gathered, shop):
    lines = shop(A, B, RETURNED, ("z", "C4", "2024-01-06", "y", -1, 10.0))
    net, ignored = gathered(lines), gathered(lines, returns="ignore")
    assert policy(net, "returns") == policy(ignored, "returns") == (2, "-11.50")
    assert money(net) == ("13.00", "11.50")
    assert money(ignored) == ("13.00", "13.00")
    assert net.facts["net_of_customers_apart"] == "-10.00"
    a = customers(net)["a"]
    assert (a["frequency"], a["recency"], a["return_share"]) == (1, 6, 0.5)
    assert (a["monetary"], a["monetary_gross"], a["returns"]) == (1.5, 3.0, 1.5)
    assert net.apart.rows() == ignored.apart.rows() == [("z", "only returns")]
    assert net.facts["apart"] == {"only returns": 1}
    with pytest.raises(DataError, match="2 rows are returns or cancellations; correct them, or"):
        gathered(lines, returns="error")


def test_returns_where_the_money_alone_is_negative(gathered, shop):
    lines = shop(A, B, ("a", "3", "2024-01-05", "x", 2, -1.5)).with_columns(
        amount=pl.col("quantity") * pl.col("price")
    )
    found = gathered(lines.drop("price"))
    assert money(found) == ("13.00", "10.00")
    part = pl.read_parquet(found.lines[0])
    assert part.filter(pl.col("amount") < 0)["units"].to_list() == [-2.0]


def test_a_cancellation_by_its_number(gathered, shop):
    lines = shop(A, B, ("a", "C3", "2024-01-05", "x", 1, 1.5))
    found = gathered(lines)
    assert money(found) == ("13.00", "11.50")
    assert any("1 lines with positive money are returns" in n for n in found.facts["notices"])
    assert money(gathered(lines, cancellations="never")) == ("14.50", "14.50")


def test_a_shop_that_numbers_everything_with_c(gathered, shop):
    lines = shop(*(("a", f"C{i}", "2024-01-05", "x", 1, 1.0) for i in range(3)), A)
    assert money(gathered(lines)) == ("6.00", "6.00")
    assert money(gathered(lines, cancellations="always")) == ("3.00", "0.00")


def test_what_is_no_product(gathered, shop):
    post = ("a", "1", "2024-01-01", "post", 1, 4.0)
    counted, dropped, kept = (
        gathered(shop(A, B, post), non_products=p) for p in ("money_only", "drop", "keep")
    )
    for found in (counted, dropped, kept):
        assert policy(found, "non_products") == (1, "4.00")
    assert [money(f)[0] for f in (counted, dropped, kept)] == ["17.00", "13.00", "17.00"]
    assert [f.products["product_id"].to_list() for f in (counted, dropped, kept)] == [
        ["x", "y"], ["x", "y"], ["post", "x", "y"],
    ]  # fmt: skip
    assert customers(counted)["a"]["distinct_products"] == 1
    assert pl.read_parquet(counted.lines[0])["product"].to_list() == [None, 0, 1]
    own = gathered(shop(A, B, post), non_product_codes=["Y"])
    assert policy(own, "non_products") == (1, "10.00")


def test_a_snapshot_of_ones_own(gathered, shop):
    lines = shop(A, B, ("a", "3", "2024-01-04", "x", 1, 7.0))
    found = gathered(lines, snapshot="2024-01-04")
    assert policy(found, "snapshot") == (1, "7.00")
    assert found.facts["snapshot"] == "2024-01-04"
    assert {c: row["recency"] for c, row in customers(found).items()} == {"a": 3, "b": 1}


def test_empty_lines_are_no_rows(gathered, tmp_path):
    text = "customer_id,invoice,date,amount\na,1,2024-01-01,3\n,,,\n\nb,2,2024-01-02,4\n"
    frame = pl.read_csv(text.encode(), infer_schema=False)
    found = gathered(frame, suffix="csv")
    assert found.facts["n_rows"] == 2
    assert money(found)[0] == "7.00"


def test_a_dropped_flood_is_a_warning(gathered, shop):
    found = gathered(shop(A, B, (None, "3", "2024-01-01", "x", 1, 1.0)))
    assert found.facts["warnings"] == [
        "33% of all rows are gone: 1 rows have no customer in 'customer_id', 1.00 in all: dropped "
        "(transactions.missing_ids: drop)"
    ]


def test_nobody_buys(gathered, shop):
    with pytest.raises(DataError) as caught:
        gathered(shop((None, "1", "2024-01-01", "x", 1, 1.0), RETURNED))
    assert str(caught.value) == (
        "0.parquet holds no purchase of a known customer: 1 rows have no customer in "
        "'customer_id', 1.00 in all: dropped (transactions.missing_ids: drop); 1 lines are returns "
        "or cancellations, -1.50 in all: subtracted from what is net, never from what is gross "
        "(transactions.returns: net)."
    )


def test_a_file_without_rows(gathered, shop):
    with pytest.raises(DataError, match="has a header but no rows"):
        gathered(shop())


def test_money_too_large_to_be_exact(gathered, shop):
    with pytest.raises(DataError, match="a line amounts to 1,000,000,000,000, more than the"):
        gathered(shop(A, ("a", "3", "2024-01-01", "x", 1, 1e12)))
    many = shop(*(("a", str(i), "2024-01-01", "x", 1, 1e11) for i in range(9_100)))
    with pytest.raises(DataError, match="all lines together amount to more than"):
        gathered(many)


def test_text_among_numbers(gathered, shop):
    texts = shop(A, B).with_columns(price=pl.Series(["1.5", "ten"]))
    with pytest.raises(
        DataError, match="'price' should hold numbers but also holds the text 'ten'"
    ):
        gathered(texts)
    assert money(gathered(shop(A, B).cast({"price": pl.String})))[0] == "13.00"


def test_a_cent_is_a_cent(gathered, shop):
    lines = [("a", str(i), "2024-01-01", "x", 1, 0.1) for i in range(1_000)]
    found = gathered(shop(*lines, ("b", "b", "2024-01-01", "x", 3, 0.0001)))
    assert customers(found)["a"]["monetary"] == 100.0
    assert customers(found)["b"]["monetary"] == float(Decimal("0.0003"))


def test_pieces_below_zero_are_a_return_whatever_the_money(gathered, shop):
    twice = shop(A, B, ("a", "3", "2024-01-05", "x", -2, -1.5))
    assert money(gathered(twice, negative_prices="keep")) == ("13.00", "10.00")
    lines = shop(A, B, ("a", "3", "2024-01-05", "x", -2, 3.0)).rename({"price": "line_total"})
    assert money(gathered(lines)) == ("11.50", "8.50")  # a: 1.50, of which 3.00 back


def test_pieces_of_many_decimals_are_rounded_line_by_line(gathered, shop):
    """Each line is rounded to a ten-thousandth, so that three thirds of a cent are no cent."""
    lines = shop(*(("a", str(i), "2024-01-01", "x", 1, 0.01) for i in range(3)), B)
    thirds = lines.with_columns(quantity=pl.Series([1 / 3, 1 / 3, 1 / 3, 1.0]))
    found = gathered(thirds)
    assert customers(found)["a"]["monetary"] == float(Decimal("0.0099"))
    weighed = lines.with_columns(
        quantity=pl.Series([0.333, 1.26, 2.7, 1.0]), price=pl.Series([1.99, 1.999, 0.0001, 10.0])
    )
    # From 0.66267, 2.51874 and 0.00027.
    rounded = Decimal("0.6627") + Decimal("2.5187") + Decimal("0.0003")
    assert customers(gathered(weighed))["a"]["monetary"] == float(rounded)


def test_dates_that_are_there_and_do_not_read_are_told(gathered, shop):
    rows = [("a", str(n), "9. maj 2011", "x", 1, 2.0) for n in range(5)]
    found = gathered(shop(*rows, ("b", "7", "lunch", "x", 1, 2.0)), suffix="csv")
    assert money(found)[0] == "10.00"
    warned = [w for w in found.facts["warnings"] if "no date that reads, such as 'xxxxx'" in w]
    assert warned[0].startswith("1 values in 'date' are no date that reads")
    clean = gathered(shop(*rows), suffix="csv")
    assert not [w for w in clean.facts["warnings"] if "no date" in w]
