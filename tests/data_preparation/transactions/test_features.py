"""What a customer's row says, by hand: days, means, shares, scores; who is kept apart."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from engine.data_preparation.transactions.rfm import SEGMENTS, limits, scores, segment_names
from engine.errors import DataError

LINES = (
    ("7", "1", "2024-01-01 23:59:00", "x", 2, 1.5),
    ("7", "1", "2024-01-01 23:59:00", "y", 1, 4.0),
    ("7", "2", "2024-01-11 08:00:00", "x", 2, 1.5),
    ("12", "3", "2024-01-05 00:00:00", "z", 1, 20.0),
    ("12", "3", "2024-01-21 10:00:00", "z", -1, 5.0),
)


def row(found, customer) -> dict:
    table = pl.read_parquet(found.customers)
    return table.row(by_predicate=pl.col(found.id_column) == customer, named=True)


def test_a_row_by_hand(gathered, shop):
    found = gathered(shop(*LINES))
    assert found.facts["snapshot"] == "2024-01-22"
    assert row(found, "7") == {
        "customer_id": "7", "recency": 10, "frequency": 2, "monetary": 10.0, "tenure": 20,
        "average_order_value": 5.0, "days_between_orders": 10.0, "distinct_products": 2,
        "return_share": 0.0, "monetary_gross": 10.0, "returns": 0.0,
        "first_purchase": date(2024, 1, 1), "last_purchase": date(2024, 1, 11),
        "r_score": 5, "f_score": 3, "m_score": 1, "RFM_SCORE": "531",
        "rfm_segment": "Potential Loyalists",
    }  # fmt: skip
    other = row(found, "12")
    assert (other["recency"], other["frequency"], other["days_between_orders"]) == (17, 1, None)
    assert (other["monetary"], other["return_share"]) == (15.0, 0.25)
    assert pl.read_parquet(found.customers).columns == [
        "customer_id", *found.features, *found.described,
    ]  # fmt: skip


def test_lines_and_products(gathered, shop):
    found = gathered(shop(*LINES))
    assert found.products.select("product", "product_id").rows() == [(0, "x"), (1, "y"), (2, "z")]
    lines = pl.concat(pl.read_parquet(f) for f in found.lines)
    assert lines.schema == {
        "customer": pl.UInt32, "basket": pl.UInt32, "product": pl.UInt32,
        "category": pl.String, "units": pl.Float64, "amount": pl.Int64, "back": pl.Boolean,
    }  # fmt: skip
    ids = pl.read_parquet(found.customers)["customer_id"].to_list()
    assert ids == ["12", "7"]  # text in the file stays text
    amounts = lines.group_by("customer").agg(pl.col("amount").sum()).sort("customer")
    assert amounts.rows() == [(0, 150_000), (1, 100_000)]
    assert lines["basket"].n_unique() == 3


def test_without_numbers_a_date_is_a_transaction(gathered, shop):
    found = gathered(shop(*LINES).drop("invoice"))
    assert row(found, "7")["frequency"] == 2
    assert any("; 1 line that counts repeats a date" in n for n in found.facts["notices"])
    mixed = shop(
        *LINES, ("7", None, "2024-01-02", "x", 1, 1.0), ("7", None, "2024-01-02", "y", 1, 1.0)
    )
    found = gathered(mixed)
    assert row(found, "7")["frequency"] == 3
    assert any(n.startswith("2 lines have no transaction number") for n in found.facts["notices"])


def test_the_same_number_of_two_customers_is_two_transactions(gathered, shop):
    found = gathered(
        shop(("a", "1", "2024-01-01", "x", 1, 1.0), ("b", "1", "2024-01-01", "x", 1, 1.0))
    )
    assert found.facts["n_transactions"] == 2


def test_year_and_month(gathered):
    months = pl.DataFrame({
        "member_id": [1, 1, 1, 2], "year": [2023, 2024, 2024, 2024], "month": [12, 2, 2, 1],
        "amount": [1.0, 2.0, 3.0, 4.0],
    })  # fmt: skip
    found = gathered(months)
    assert (found.facts["first_date"], found.facts["last_date"]) == ("2023-12-31", "2024-02-29")
    assert (row(found, 1)["frequency"], row(found, 1)["recency"]) == (2, 1)
    assert any("; 1 line that counts repeats a date" in n for n in found.facts["notices"])
    wrong = months.with_columns(month=pl.Series([13, 2, 2, 1]))
    assert row(gathered(wrong), 1)["frequency"] == 1


CATEGORIES = pl.DataFrame({
    "customer_id": [1, 1, 1, 2, 2, 3],
    "invoice": [1, 1, 2, 3, 3, 4],
    "date": [date(2024, 1, 1)] * 6,
    "category": ["tea", "cups", "tea", "tea", None, "spoons"],
    "amount": [6.0, 3.0, 1.0, 5.0, 5.0, 2.0],
})  # fmt: skip


def test_shares_of_the_leading_categories(gathered):
    found = gathered(CATEGORIES, leading_categories=2)
    assert found.facts["leading_categories"] == ["tea", "cups"]
    table = pl.read_parquet(found.customers)
    assert table["spend_share_tea"].to_list() == [0.7, 0.5, 0.0]
    assert table["spend_share_cups"].to_list() == [0.3, 0.0, 0.0]
    assert found.products.height == 0
    assert pl.read_parquet(found.lines[0])["category"].null_count() == 1


def test_categories_of_an_earlier_fit_stay(gathered):
    found = gathered(CATEGORIES, categories=["spoons", "plates"])
    table = pl.read_parquet(found.customers)
    assert found.features[-2:] == ("spend_share_spoons", "spend_share_plates")
    assert table["spend_share_spoons"].to_list() == [0.0, 0.0, 1.0]
    assert table["spend_share_plates"].to_list() == [0.0, 0.0, 0.0]
    without = gathered(CATEGORIES.drop("category"), categories=["tea"])
    assert pl.read_parquet(without.customers)["spend_share_tea"].to_list() == [0.0, 0.0, 0.0]


def test_the_most_usual_name_and_category(gathered, shop):
    lines = shop(*(("a", str(i), "2024-01-01", "x", 1, 1.0) for i in range(5)))
    lines = lines.with_columns(description=pl.Series(["Tea", "?", "Cup", "Tea", "Cup"]))
    assert gathered(lines).products.row(0) == (0, "x", "Cup", None)


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float64, pl.String])
@pytest.mark.parametrize("table_type", [pl.Int64, pl.Float64, pl.String])
def test_a_table_is_joined_whatever_the_type_of_its_ids(gathered, suffix, dtype, table_type):
    lines = CATEGORIES.cast({"customer_id": dtype})
    table = pl.DataFrame({
        "Customer ID": pl.Series([9, 2, 1, 2, None]).cast(table_type),
        "age": [90, 20, 10, 99, 0], "recency": [0, 1, 2, 3, 4],
    })  # fmt: skip
    found = gathered(lines, table=table, suffix=suffix)
    people = pl.read_parquet(found.customers)
    as_text = people["customer_id"].cast(pl.String).to_list()
    assert as_text == ["1", "2", "3"]
    assert people["age"].to_list() == [10, 20, None]
    assert found.joined == ("age", "recency_given")
    assert people["recency_given"].to_list() == [2, 1, None]
    assert found.apart["id"].cast(pl.String).to_list() == ["9"]
    assert found.apart["reason"].to_list() == ["no transactions"]
    assert people["customer_id"].dtype == found.apart["id"].dtype
    name = f"0.{suffix}"
    assert found.facts["warnings"] == [
        f"{name}: 1 row without an id was dropped",
        f"{name}: 1 row that repeats an id (1 id has several rows) was dropped, the first row of "
        "each id kept",
        "1 customers with purchases are not in the table of input.customers",
    ]


def test_ids_of_a_table_keep_their_zeros(gathered):
    lines = CATEGORIES.with_columns(pl.col("customer_id").cast(pl.String).str.zfill(3))
    table = pl.DataFrame({
        "customer_id": ["001", "002", "009"], "branch_id": ["007", None, "12"],
        "order_id": ["7", "8", "9"], "visits": ["01", "2", "3"],
    })  # fmt: skip
    found = gathered(lines, table=table, suffix="csv")
    people = pl.read_parquet(found.customers).sort("customer_id")
    assert people["customer_id"].to_list()[:2] == ["001", "002"]
    assert people["branch_id"].to_list()[:2] == ["007", None]
    assert people["order_id"].to_list()[:2] == [7, 8], "numbers without zeros stay what they were"
    assert people["visits"].to_list()[:2] == [1, 2], "and so do those that are no ids"
    assert found.joined == ("branch_id", "order_id", "visits")
    assert found.apart["id"].to_list() == ["009"]


def test_a_table_without_an_id(gathered):
    with pytest.raises(DataError, match=r"\(input\.customers\) has no column 'customer_id', as"):
        gathered(CATEGORIES, table=pl.DataFrame({"age": [1]}))


def test_an_id_called_like_a_feature(gathered):
    lines = CATEGORIES.rename({"customer_id": "frequency"})
    with pytest.raises(DataError, match="is called 'frequency', as a column of the results is"):
        gathered(lines, columns={"customer_id": "frequency"})


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=200), st.booleans())
def test_scores_follow_the_value_alone(values, low):
    series = pl.Series(values)
    scored = scores(series, low_is_good=low)
    table = pl.DataFrame({"v": series, "s": scored}).unique().sort("v", descending=low)
    assert table["v"].n_unique() == table.height  # equal values, equal scores
    assert table["s"].is_sorted()
    assert table["s"].is_between(1, 5).all()
    worst, best = table["s"][0], table["s"][-1]
    if table.height > 1:
        assert best == 5 if low else worst == 1
    else:
        assert worst == 3


def test_distinct_values_fill_the_scores_evenly():
    assert scores(pl.Series(range(100))).value_counts().sort("count")["count"].to_list() == [20] * 5
    reverse = scores(pl.Series(range(10)), low_is_good=True)
    assert reverse.to_list() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]


def test_every_pair_of_scores_has_a_name():
    grid = pl.DataFrame({"r": range(1, 6)}).join(pl.DataFrame({"f": range(1, 6)}), how="cross")
    named = grid.with_columns(name=segment_names(pl.col("r"), pl.col("f")))
    assert set(named["name"]) == set(SEGMENTS)
    cells = {(r, f): name for r, f, name in named.rows()}
    assert cells[5, 5] == cells[5, 4] == "Champions"
    assert (cells[5, 1], cells[4, 1], cells[3, 3]) == ("New", "Promising", "Need Attention")
    assert (cells[1, 5], cells[2, 3], cells[1, 1]) == ("Cannot Lose", "At Risk", "Hibernating")


def test_two_runs_write_the_same(gathered, shop):
    first, second = gathered(shop(*LINES)), gathered(shop(*LINES))
    assert_frame_equal(pl.read_parquet(first.customers), pl.read_parquet(second.customers))
    assert first.facts == second.facts


def test_ids_beyond_32_bits_are_whole_numbers(gathered, shop):
    large = [2.0**31, 2.0**31, 2.0**53 - 1, 7.0, 7.0]
    found = gathered(shop(*LINES).with_columns(customer_id=pl.Series(large)))
    people = pl.read_parquet(found.customers)
    assert people["customer_id"].to_list() == [7, 2**31, 2**53 - 1]


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_minus_nothing_is_the_id_0(gathered, shop, suffix):
    ids = pl.Series(["0", "-0", "-0.0", "-5", "7"])
    lines = shop(*LINES).with_columns(customer_id=ids, quantity=pl.lit(1))
    table = pl.DataFrame({"customer_id": ["-0", "7", "-5", "0"], "age": [1, 2, 3, 4]})
    found = gathered(lines, table=table, suffix=suffix)
    people = pl.read_parquet(found.customers)
    assert people["customer_id"].cast(pl.String).sort().to_list() == ["-5", "0", "7"]
    assert people["age"].sort().to_list() == [1, 2, 3]
    assert "1 row that repeats an id" in found.facts["warnings"][0]


def test_who_stands_apart_with_a_reason_stands_there_once(gathered, shop):
    returned = ("9", "4", "2024-01-05", "z", -1, 20.0)
    table = pl.DataFrame({"customer_id": ["9", "7", "8"], "age": [1, 2, 3]})
    found = gathered(shop(*LINES, returned), table=table)
    assert found.apart.rows() == [("8", "no transactions"), ("9", "only returns")]


@pytest.mark.parametrize(("few", "told"), [(1, "4"), (4, "4"), (5, "5")])
def test_no_limit_of_a_score_is_that_of_few(few, told):
    orders = pl.Series([1] * 9 + [2] * 8 + [5] * 7 + [37 + i for i in range(few)])
    score = pl.Series([1] * 9 + [2] * 8 + [4] * 7 + [5] * few)
    found = limits(orders, score, 5)
    assert max(found) == told
    ends = {v for low_high in found.values() for v in low_high}
    assert not ends & {float(37 + i) for i in range(1, few)}
    assert (37.0 in ends) == (few == 5)  # five have so many or more
    assert found["1"] == [1.0, 1.0]
    assert limits(orders, score)["5"][0] == 37.0
