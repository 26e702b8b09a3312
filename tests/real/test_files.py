"""Real files with a configuration of three lines: they run, make sense and keep people private."""

from __future__ import annotations

import csv

import polars as pl
import pytest

import engine

pytestmark = pytest.mark.long


def roles(result) -> dict[str, tuple[str, str]]:
    return {c["column"]: (c["role"], c["what"]) for c in result.summary["preparation"]}


def says_something(result) -> None:
    """Segments of some size, each with a name of its own and a feature that stands out."""
    sizes, names = result.scores["sizes"], result.model.names
    assert min(sizes) >= 0.02 * sum(sizes)
    assert len(set(names)) == len(names)
    z = result.profiles.select(pl.selectors.ends_with("_z"))
    assert (z.select(pl.all().abs()).max_horizontal() > 0.5).any()


@pytest.fixture(scope="module")
def cards(segment):
    return segment("credit_card_customers.csv", "clustering: {k: 4}\nrandom_state: 1", drawn=True)


def test_credit_cards(cards):
    assert cards.summary["n_customers"] == 8_950
    assert cards.summary["n_features"] == 17
    says_something(cards)
    known = roles(cards)
    assert "313 missing set to the median (312.344)" in known["MINIMUM_PAYMENTS"][1]
    assert "signed log" in known["BALANCE"][1]
    # The two ways of using a card: those who buy, and those who take cash.
    z = cards.profiles.select("PURCHASES_z", "CASH_ADVANCE_z")
    assert z.filter((pl.col("PURCHASES_z") < -0.5) & (pl.col("CASH_ADVANCE_z") > 0.5)).height >= 1
    assert z.filter((pl.col("PURCHASES_z") > 0.5) & (pl.col("CASH_ADVANCE_z") < 0)).height >= 1


def test_credit_cards_are_assigned_as_they_were_fitted(cards, real_data):
    assert cards.model.assign(real_data / "credit_card_customers.csv").equals(cards.segments)


def test_no_customer_is_in_the_credit_card_report(cards):
    page = cards.report_path.read_text()
    for customer in cards.segments["CUST_ID"].head(50):
        assert customer not in page


def test_policyholders(segment, real_data):
    result = segment("policyholders_year0.parquet", "input: {id: id_policy}\nclustering: {k: 4}")
    assert result.summary["n_customers"] == 100_000
    assert result.segments.columns[0] == "id_policy"
    says_something(result)
    known = roles(result)
    assert known["id_client"][0] == "left out"
    assert known["pol_insee_code"][0] == "left out"
    pooled = "frequency of 67 levels, the 35 of fewer than 5 customers as (other)"
    assert known["vh_make"] == ("categorical", pooled)
    later = result.model.assign(real_data / "policyholders_year1.parquet")
    both = (result.segments["segment"], later["segment"])
    now, then = (s.value_counts(normalize=True).sort("segment")["proportion"] for s in both)
    assert (now - then).abs().max() < 0.1  # a year moves few


def test_policyholders_need_an_id(segment):
    with pytest.raises(
        engine.EngineError, match="'id_client' 7,912 ids have several rows"
    ) as caught:
        segment("policyholders_year0.parquet", "input: {id: id_client}")
    assert "name another column in input.id" in str(caught.value)


def test_marketing_campaign(segment):
    result = segment("marketing_campaign.csv")
    assert result.summary["n_customers"] == 2_240
    assert result.summary["notices"] == [
        "marketing_campaign.csv: separator ';', byte order mark",
        "customers are identified by the column 'ID'",
        "column 'AcceptedCmp2' has one value but for 1.34% of the customers: too few for a segment "
        "(2%), so it weighs less in telling customers apart",
        "column 'Complain' has one value but for 0.94% of the customers: too few for a segment "
        "(2%), so it weighs less in telling customers apart",
        "1 column has levels of fewer than 5 customers, which no model, page or table names: "
        "'Marital_Status' (3) (output.smallest_group)",
        "column 'Dt_Customer' holds dates (year-month-day) and is used as "
        "'Dt_Customer (days ago)': days before 2014-06-29, the latest date in "
        "'Dt_Customer', which preparation.snapshot sets",
    ]
    assert result.summary["warnings"][:4] == [
        "column 'Z_CostContact' is constant (3) and was left out",
        "column 'Z_Revenue' is constant (11) and was left out",
        "column 'Year_Birth' holds 3 values far below all others (about 1890, about 1900; the "
        "next is about 1940); correct them if they are mistakes",
        "column 'Income' holds one value far above all others (about 670000; the next is about "
        "160000); correct them if they are mistakes",
    ]
    known = roles(result)
    assert known["Dt_Customer"] == ("left out", "is read as days ago")
    assert known["Dt_Customer (days ago)"][0] == "numeric"
    said = "24 missing set to the median (51381.5), clipped to about 7500"
    assert known["Income"][1].startswith(said)
    assert known["Year_Birth"][1].startswith("clipped to about 1940")
    says_something(result)


def test_marketing_campaign_with_the_wrong_separator(segment):
    with pytest.raises(engine.EngineError, match=r"Is input\.read\.separator right\?$"):
        segment("marketing_campaign.csv", 'input: {read: {separator: "|"}}')


def test_airline(segment, real_data):
    result = segment("airline_loyalty_history.csv", "clustering: {k: 4}", drawn=True)
    assert result.summary["n_customers"] == 16_737
    assert result.segments.columns[0] == "Loyalty Number"
    known = roles(result)
    assert known["Postal Code"] == ("left out", "may identify people (named like postcodes)")
    assert known["Country"] == ("left out", "is constant (Canada)")
    assert known["City"] == ("categorical", "frequency of 29 levels")
    assert (
        "column 'Salary' holds 20 values below zero where all others are not (down to about "
        "-58000); correct them if they are mistakes"
    ) in result.summary["warnings"]
    codes = pl.read_csv(real_data / "airline_loyalty_history.csv")["Postal Code"].unique()
    for path in [result.report_path, *result.report_path.parent.glob("*.json")]:
        text = path.read_text()
        assert not [c for c in codes if c in text], path.name


def test_bank_churners_describe_their_columns_in_the_first_row(segment):
    result = segment("bank_churners.csv", "clustering: {k: 4}")
    assert result.summary["n_customers"] == 10_127
    assert result.summary["notices"][0] == (
        "bank_churners.csv: the row under the header describes the columns and was skipped"
    )
    known = roles(result)
    leaks = [c for c in known if c.startswith("Naive_Bayes_Classifier")]
    assert len(leaks) == 2
    for column in leaks:
        assert known[column] == ("left out", "looks like the output of another model")
    assert known["Credit_Limit"][0] == known["Customer_Age"][0] == "numeric"
    # Who left is what a model is to predict; what is left to buy is the limit but for the balance.
    assert known["Attrition_Flag"][0] == "left out"
    assert known["Avg_Open_To_Buy"] == ("left out", "repeats Credit_Limit (correlation 0.996)")
    assert result.summary["n_features"] == 18
    says_something(result)


@pytest.fixture(scope="module")
def superstore(segment):
    return segment("superstore_eu.csv", "clustering: {k: 3}", drawn=True)


def test_superstore_read_as_found(superstore, real_data):
    result = superstore
    told = result.summary["notices"][0]
    assert told.startswith("superstore_eu.csv: separator ';', cp1252 (letters such as ")
    assert told.endswith("; input.read.encoding names another), decimal comma")
    assert result.summary["n_customers"] == 9_994
    with (real_data / "superstore_eu.csv").open(encoding="cp1252", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter=";"))
    sales = sum(float(row["Sales"].replace(",", ".")) for row in rows)
    table = result.profiles
    assert (table["Sales_mean"] * table["customers"]).sum() == pytest.approx(sales, rel=1e-12)


def test_superstore_is_not_utf8(segment, real_data):
    with pytest.raises(engine.EngineError) as caught:
        segment("superstore_eu.csv", "input: {read: {encoding: utf8}}")
    assert str(caught.value) == (
        f"{real_data / 'superstore_eu.csv'} is not text in UTF-8; save it as UTF-8, or set "
        "input.read.encoding to what it is in, such as cp1250, or to utf8-lossy if only a few "
        "letters are damaged."
    )


def test_superstore_keeps_names_to_itself(superstore, real_data):
    result = superstore
    known = roles(result)
    assert known["Customer Name"] == ("left out", "may identify people (named like people's names)")
    assert known["Sales"][0] == "numeric"
    lines = (real_data / "superstore_eu.csv").read_text(encoding="cp1252").splitlines()
    column = lines[0].split(";").index("Customer Name")
    names = {line.split(";")[column] for line in lines[1:]}
    assert len(names) > 500
    for path in [result.report_path, *result.report_path.parent.glob("*.json")]:
        text = path.read_text()
        assert not [n for n in names if n in text], path.name


def test_transactions_without_a_customer(segment):
    with pytest.raises(engine.EngineError) as caught:
        segment("online_retail.parquet")
    assert str(caught.value) == (
        "online_retail.parquet: 135,080 rows have no id in the column 'CustomerID'; "
        "fill them in, or set preparation.null_ids to drop. Its columns look like those of "
        "invoices: where a row is a line of one, set input.kind to transactions "
        "(--transactions, or transactions=True in Python)."
    )
