"""Runs on transactions, from the command line's end to the report's: what was bought, by whom."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import engine
from engine.data_preparation.generators.customers import FIRST_ID
from engine.data_preparation.generators.shop import kinds_of, transaction_batches
from engine.data_preparation.reading.sources import Source
from engine.errors import EngineError
from tests.drawing import undrawn

CUSTOMERS = 600
CENTS = 100
_WHO = ["customer_id", "segment", "segment_name"]


@pytest.fixture(scope="module")
def lines() -> pl.DataFrame:
    return pl.concat(transaction_batches(CUSTOMERS, 5))


def run(folder: Path, path: Path, *, drawn: bool = False, **sections: Any) -> engine.Result:
    folder.mkdir(exist_ok=True)
    quick = {"clustering": {"k": 4, "kmeans": {"n_init": 4}}, "evaluation": {"resamples": 2}}
    tree: dict[str, Any] = {**quick, **sections}
    tree["input"] = {"path": str(path), "kind": "transactions", **tree.get("input", {})}
    tree["output"] = {f: str(folder / f) for f in ("models", "reports", "processed")}
    # Sums are exact where nothing is left out.
    tree["output"]["smallest_group"] = 1
    with nullcontext() if drawn else undrawn():
        return engine.segment(tree)


@pytest.fixture(scope="module")
def shop(lines: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.parquet"
    lines.write_parquet(path)
    return path


@pytest.fixture(scope="module")
def result(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> engine.Result:
    return run(tmp_path_factory.mktemp("run"), shop, drawn=True)


def cents(frame: pl.DataFrame) -> int:
    each = (frame["unit_price"] * CENTS).round().cast(pl.Int64) * frame["quantity"]
    return int(each.sum())


def test_the_money_is_the_money_of_the_file(result: engine.Result, lines: pl.DataFrame) -> None:
    facts = result.summary["transactions"]
    assert round(float(facts["net"]) * CENTS) == cents(lines)
    assert round(float(facts["gross"]) * CENTS) == cents(lines.filter(pl.col("quantity") > 0))
    assert facts["n_customers"] == CUSTOMERS


def test_the_kinds_of_customers_are_found(result: engine.Result) -> None:
    from sklearn.metrics import adjusted_rand_score

    found = result.segments.sort("customer_id")
    assert found["customer_id"].to_list() == list(range(FIRST_ID, FIRST_ID + CUSTOMERS))
    assert adjusted_rand_score(kinds_of(CUSTOMERS, 5), found["segment"]) > 0.8


def test_each_customer_has_rfm_beside_the_segment(
    result: engine.Result, lines: pl.DataFrame
) -> None:
    bought = lines.filter(pl.col("quantity") > 0)
    expected = bought.group_by("customer_id").agg(pl.col("transaction_id").n_unique().alias("n"))
    found = result.segments.join(expected, on="customer_id", validate="1:1")
    assert (found["frequency"] == found["n"]).all()
    scores = found.select(pl.concat_str("r_score", "f_score", "m_score"))
    assert scores.to_series().to_list() == found["RFM_SCORE"].to_list()
    table = pl.read_csv(result.report_path.parent / "rfm_by_segment.csv")
    assert table["total"].sum() == CUSTOMERS
    counts = dict(found["rfm_segment"].value_counts().iter_rows())
    assert {k: v for k, v in table.select("rfm_segment", "total").iter_rows() if v} == counts


def test_segments_add_up(result: engine.Result) -> None:
    data = json.loads((result.report_path.parent / "report_data.json").read_text())["sales"]
    facts, segments = data["facts"], data["segments"]
    assert sum(s["customers"] for s in segments) == CUSTOMERS
    assert sum(s["gross"] for s in segments) == pytest.approx(float(facts["gross"]), abs=0.005)
    assert sum(s["net"] for s in segments) == pytest.approx(float(facts["net"]), abs=0.005)
    assert sum(map(sum, data["rfm"]["counts"])) == CUSTOMERS


def test_what_goes_together_is_found(result: engine.Result) -> None:
    assert result.cross_sell is not None
    pairs = result.cross_sell.pairs.filter(pl.col("segment").is_null())
    best = pairs.sort("lift", descending=True).head(20)
    ranks = [(int(a[1:]), int(b[1:])) for a, b in best.select("product_a", "product_b").rows()]
    # Partners are neighbours: 0 implies 1, 2 implies 3, ...
    assert np.mean([abs(a - b) == 1 for a, b in ranks]) > 0.5
    written = pl.read_csv(result.report_path.parent / "cross_sell.csv")
    assert written.height == result.cross_sell.pairs.height
    for file in ("offers.csv", "best_sellers.csv", "best_categories.csv", "rfm_by_segment.csv"):
        assert (result.report_path.parent / file).stat().st_size > 100


def test_the_page_names_gross_and_net(result: engine.Result) -> None:
    page = result.report_path.read_text(encoding="utf-8")
    assert "net of returns" in page
    assert "gross" in page
    assert "recency" in page.lower()


def test_customers_are_named_in_the_segments_alone(shop: Path, tmp_path: Path) -> None:
    lines = pl.read_parquet(shop)
    # Ids that are no numbers by chance, and names beside them.
    lines = lines.with_columns(
        ("cust-" + pl.col("customer_id").cast(pl.String)).alias("customer_id"),
        pl.lit("Jane Q. Buyer").alias("customer_name"),
    )
    lines.write_parquet(tmp_path / "named.parquet")
    found = run(tmp_path / "out", tmp_path / "named.parquet", drawn=True)
    files = [f for f in (tmp_path / "out").rglob("*") if f.is_file()]
    plain = [f for f in files if f.suffix in (".html", ".json", ".csv", ".safetensors")]
    assert len(plain) > 8
    for file in plain:
        text = file.read_bytes()
        assert b"cust-" not in text, file
        assert b"Jane" not in text, file
    assert found.segments["customer_id"].str.starts_with("cust-").all()


def clothes(lines: pl.DataFrame, folder: Path) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Write the same lines in other clothes: path and the input section each needs."""
    shuffled = lines.sample(fraction=1.0, shuffle=True, seed=1)
    names = {
        "transaction_id": "InvoiceNo",
        "transaction_date": "InvoiceDate",
        "customer_id": "Customer ID",
        "product_id": "StockCode",
        "product_name": "Description",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
    }
    european = shuffled.rename(names).with_columns(
        pl.col("InvoiceDate").dt.strftime("%d.%m.%Y %H:%M"),
        pl.col("UnitPrice").cast(pl.String).str.replace(".", ",", literal=True),
    )
    european.write_csv(folder / "european.csv", separator=";")
    american = lines.with_columns(pl.col("transaction_date").dt.strftime("%m/%d/%Y %H:%M"))
    american.write_csv(folder / "american.csv")
    tabs = lines.reverse().with_columns(pl.lit("café").alias("note"))
    text = tabs.write_csv(separator="\t")
    (folder / "tabs.tsv").write_bytes(text.encode("cp1252"))
    (folder / "parts").mkdir()
    for number in range(3):
        part = lines.gather_every(3, number)
        part.write_parquet(folder / "parts" / f"{number}.parquet")
    return {
        "european": (folder / "european.csv", {}),
        "american": (folder / "american.csv", {}),
        "tabs": (folder / "tabs.tsv", {}),
        "parts": (folder / "parts", {}),
    }


@pytest.mark.long_at("tabs", "american", "parts")
@pytest.mark.parametrize("which", ["european", "american", "tabs", "parts"])
def test_other_clothes_same_segments(
    which: str, result: engine.Result, lines: pl.DataFrame, tmp_path: Path
) -> None:
    path, settings = clothes(lines, tmp_path)[which]
    other = run(tmp_path / "out", path, input=settings)
    found = other.segments
    found = found.rename({found.columns[0]: "customer_id"})
    # Distances depend on the order of sums; what is said of customers does not.
    assert_frame_equal(found.drop("distance"), result.segments.drop("distance"))
    mine, theirs = (r.summary["transactions"] for r in (result, other))
    for fact in ("gross", "net", "n_lines", "n_transactions", "n_customers", "snapshot"):
        assert mine[fact] == theirs[fact]


def test_assigning_the_same_transactions_gives_the_same_segments(
    result: engine.Result, shop: Path, tmp_path: Path
) -> None:
    done = result.model.assign_file(shop, tmp_path / "again.parquet")
    again = pl.read_parquet(tmp_path / "again.parquet")
    assert_frame_equal(again.drop("distance"), result.segments.select(_WHO))
    assert done.rows == CUSTOMERS


def test_a_customers_table_is_joined_and_those_without_purchases_stand_apart(
    shop: Path, tmp_path: Path
) -> None:
    ids = np.arange(FIRST_ID, FIRST_ID + CUSTOMERS + 50)
    table = pl.DataFrame(
        {
            "CustomerID": ids,
            "age": np.random.default_rng(0).integers(18, 80, len(ids)),
            "e-mail": [f"c{i}@example.org" for i in ids],
        }
    )
    table.write_csv(tmp_path / "people.csv")
    settings = {"customers": str(tmp_path / "people.csv")}
    found = run(tmp_path / "out", shop, input=settings)
    assert found.summary["n_customers"] == CUSTOMERS
    assert found.summary["n_apart"] == 50
    assert found.segments.height == CUSTOMERS + 50
    apart = found.segments.filter(pl.col("segment").is_null())
    assert apart["recency"].null_count() == 50
    assert set(apart["customer_id"].to_list()) == set(ids[CUSTOMERS:].tolist())
    assert apart["segment_name"].unique().to_list() == ["no transactions"]
    columns = {f.column for f in found.model.plan.features}
    assert "age" in columns
    assert "e-mail" not in columns
    again = found.model.assign(shop, customers=tmp_path / "people.csv")
    assert_frame_equal(again.drop("distance"), found.segments.select(_WHO))


def test_what_only_describes_is_no_feature_unless_asked(shop: Path, tmp_path: Path) -> None:
    features = {"include": ["recency", "frequency", "monetary_gross"]}
    found = run(tmp_path / "out", shop, features=features)
    columns = {f.column for f in found.model.plan.features}
    assert columns == {"recency", "frequency", "monetary_gross"}


def test_a_plan_reads_no_rows(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: Any, **__: Any) -> None:
        pytest.fail("rows were read")

    monkeypatch.setattr(Source, "batches", read)
    planned = engine.plan({"input": {"path": str(shop), "kind": "transactions"}})
    assert not planned.refusals
    assert planned.steps[0].name == "transactions"
    assert all(step.bytes > 0 for step in planned.steps)


def test_a_file_without_dates_is_refused(lines: pl.DataFrame, tmp_path: Path) -> None:
    lines.drop("transaction_date").write_parquet(tmp_path / "no_dates.parquet")
    with pytest.raises(EngineError, match="transaction_date"):
        run(tmp_path / "out", tmp_path / "no_dates.parquet")
    assert not list((tmp_path / "out").rglob("*.json"))


def some(lines: pl.DataFrame, result: engine.Result, segment: int) -> list[int]:
    """Pick customers of one segment, whose categories, dates and sums are not everybody's."""
    members = result.segments.filter(pl.col("segment") == segment)["customer_id"]
    return members.sort().to_list()[:40]


@pytest.mark.parametrize("segment", [0, 3])
def test_some_of_the_customers_get_what_all_of_them_got(
    segment: int, result: engine.Result, lines: pl.DataFrame, tmp_path: Path
) -> None:
    members = some(lines, result, segment)
    lines.filter(pl.col("customer_id").is_in(members)).write_parquet(tmp_path / "some.parquet")
    found = result.model.assign(tmp_path / "some.parquet")
    expected = result.segments.filter(pl.col("customer_id").is_in(members))
    assert_frame_equal(found.drop("distance"), expected.select(_WHO))


def test_the_policies_of_the_fit_hold_for_new_lines(
    lines: pl.DataFrame, shop: Path, tmp_path: Path
) -> None:
    policies = {"returns": "ignore", "leading_categories": 2, "snapshot": "2026-02-01"}
    found = run(tmp_path / "out", shop, transactions=policies)
    members = some(lines, found, 3)
    lines.filter(pl.col("customer_id").is_in(members)).write_parquet(tmp_path / "some.parquet")
    again = found.model.assign(tmp_path / "some.parquet")
    expected = found.segments.filter(pl.col("customer_id").is_in(members))
    assert_frame_equal(again.drop("distance"), expected.select(_WHO))


def test_later_invoices_are_counted_to_a_later_day(
    result: engine.Result, lines: pl.DataFrame, tmp_path: Path
) -> None:
    later = lines.with_columns(pl.col("transaction_date").dt.offset_by("1y"))
    later.write_parquet(tmp_path / "later.parquet")
    done = result.model.assign_file(tmp_path / "later.parquet", tmp_path / "later.csv")
    fitted = result.summary["transactions"]["snapshot"]
    assert any("recency is counted to 2026" in n and fitted in n for n in done.notices)
    found = pl.read_csv(tmp_path / "later.csv")
    # The same lines a year later are the same customers.
    assert found["segment"].to_list() == result.segments["segment"].to_list()


def test_dates_that_a_file_leaves_open_are_read_as_in_training(
    lines: pl.DataFrame, tmp_path: Path
) -> None:
    text = lines.with_columns(pl.col("transaction_date").dt.strftime("%d/%m/%Y %H:%M"))
    text.write_csv(tmp_path / "all.csv")
    found = run(tmp_path / "out", tmp_path / "all.csv")
    few = lines.filter(pl.col("transaction_date").dt.day() <= 12)
    text.filter(lines["transaction_date"].dt.day() <= 12).write_csv(tmp_path / "few.csv")
    few.write_parquet(tmp_path / "few.parquet")
    expected = found.model.assign(tmp_path / "few.parquet")
    done = found.model.assign_file(tmp_path / "few.csv", tmp_path / "few_out.parquet")
    assert_frame_equal(pl.read_parquet(tmp_path / "few_out.parquet"), expected)
    assert any("as in training" in notice for notice in done.notices)
    overrides = {"input.read.date_format": "mdy"}
    other = found.model.assign(tmp_path / "few.csv", overrides=overrides)
    assert not other.drop("distance").equals(expected.select(_WHO))


def test_the_id_is_called_as_in_training(
    result: engine.Result, lines: pl.DataFrame, tmp_path: Path
) -> None:
    lines.rename({"customer_id": "CUST_ID"}).write_parquet(tmp_path / "other.parquet")
    found = result.model.assign(tmp_path / "other.parquet")
    assert_frame_equal(found.drop("distance"), result.segments.select(_WHO))


def test_what_assigning_needs_is_said_in_words(
    result: engine.Result, shop: Path, lines: pl.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(EngineError, match=r"Invoices are given as a file"):
        result.model.assign(lines)
    with pytest.raises(EngineError, match=r"clustering\.k is not set when assigning"):
        result.model.assign(shop, overrides={"clustering.k": 3})
    ages = pl.DataFrame({"customer_id": range(FIRST_ID, FIRST_ID + CUSTOMERS)})
    ages = ages.with_columns((pl.col("customer_id") % 61 + 18).alias("age"))
    ages.write_parquet(tmp_path / "people.parquet")
    joined = run(tmp_path / "out", shop, input={"customers": str(tmp_path / "people.parquet")})
    with pytest.raises(EngineError, match=r"'age'.*--customers"):
        joined.model.assign(shop)


def test_invoices_taken_for_customers_are_told_apart(lines: pl.DataFrame, tmp_path: Path) -> None:
    lines.write_csv(tmp_path / "invoices.csv")
    with pytest.raises(
        EngineError, match=r"586 ids have several rows, .*set input\.kind to transactions"
    ):
        engine.segment({"input": {"path": str(tmp_path / "invoices.csv")}})


def test_a_table_of_other_customers_is_refused(shop: Path, tmp_path: Path) -> None:
    pl.DataFrame({"customer_id": ["x-1", "x-2"], "age": [30, 40]}).write_csv(tmp_path / "x.csv")
    with pytest.raises(EngineError, match=r"no customer with a purchase is in the table"):
        run(tmp_path / "out", shop, input={"customers": str(tmp_path / "x.csv")})


def test_a_joined_column_called_as_ours_can_be_left_out(shop: Path, tmp_path: Path) -> None:
    ids = pl.int_range(FIRST_ID, FIRST_ID + CUSTOMERS, eager=True)
    table = pl.DataFrame({"customer_id": ids, "monetary": ids % 7, "age": ids % 61})
    table.write_parquet(tmp_path / "people.parquet")
    given = {"customers": str(tmp_path / "people.parquet")}
    found = run(tmp_path / "out", shop, input=given, features={"exclude": ["monetary_given"]})
    columns = {f.column for f in found.model.plan.features}
    assert {"monetary", "age"} <= columns
    assert "monetary_given" not in columns


def test_what_was_found_of_discounts_and_currencies_holds_for_other_files(
    lines: pl.DataFrame, tmp_path: Path
) -> None:
    """Among few lines a discount of 1 could be a percentage: it is read as in the fit."""
    whole = lines.with_columns(
        discount=pl.Series([0.5, 1.0] * (lines.height // 2) + [0.5] * (lines.height % 2)),
        currency=pl.lit("EUR"),
    )
    whole.write_parquet(tmp_path / "whole.parquet")
    found = run(tmp_path / "out", tmp_path / "whole.parquet", transactions={"zero_prices": "keep"})
    gathering = found.model.info["transactions"]
    assert (gathering["policies"]["discount"], gathering["currency"]) == ("share", "EUR")
    few = whole.filter(pl.col("discount") == 1.0).head(50)
    few.write_parquet(tmp_path / "few.parquet")
    found.model.assign(tmp_path / "few.parquet")
    few.with_columns(currency=pl.lit("USD")).write_parquet(tmp_path / "usd.parquet")
    with pytest.raises(EngineError, match="money is in USD, but the model's is in EUR"):
        found.model.assign(tmp_path / "usd.parquet")
    rates = {"transactions.currency": {"EUR": 1, "USD": 0.9}}
    assert found.model.assign(tmp_path / "usd.parquet", overrides=rates).height > 0
