"""Why these customers: asked by id, answered in words and in a table."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from engine.command_line import cli
from engine.errors import DataError
from tests.drawing import undrawn

CUSTOMERS = 300


def customers() -> pl.DataFrame:
    rng = np.random.default_rng(3)
    group = rng.integers(0, 3, CUSTOMERS)
    return pl.DataFrame(
        {
            "customer_id": [f"C{i:04d}" for i in range(CUSTOMERS)],
            "spend": np.round(rng.normal(100 * (group + 1), 12), 2),
            "visits": rng.poisson(4 + 10 * group),
            "newsletter": (rng.random(CUSTOMERS) < 0.2 + 0.3 * group).astype(int),
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("explained")


@pytest.fixture(scope="module")
def tree(folder: Path) -> dict[str, Any]:
    customers().write_csv(folder / "customers.csv")
    return {
        "input": {"path": str(folder / "customers.csv")},
        "clustering": {"k": 3, "kmeans": {"n_init": 2}},
        "evaluation": {"resamples": 0},
        "output": {
            **{f: str(folder / f) for f in ("models", "reports", "processed")}, "name": "shop",
        },
    }  # fmt: skip


@pytest.fixture(scope="module")
def result(tree: dict[str, Any]) -> engine.Result:
    with undrawn():
        return engine.segment(tree)


def test_in_words(result: engine.Result):
    told = str(result.explain("C0007"))
    row = result.segments.row(7, named=True)
    assert told.startswith(
        f"Customer C0007 is in segment {row['segment'] + 1} ({row['segment_name']}).\nNext best: "
    )
    assert re.search(r"Margin 0\.\d\d, of 0 \(halfway between the two\) to 1", told)
    assert re.search(r"^Holds it in segment \d:$", told, re.MULTILINE)
    assert re.search(r"^Pulls to segment \d:$", told, re.MULTILINE)
    spend = customers()["spend"][7]
    medians = dict(result.profiles.select("segment", "spend_median").rows())
    line = next(li for li in told.splitlines() if li.startswith("  spend  "))
    assert f"{spend:.0f}" in line
    assert f"{medians[row['segment']]:.0f}" in line
    assert "All else as it is, it would come to another segment with" in told
    flags = next(li for li in told.splitlines() if li.startswith("  newsletter  "))
    assert ("yes" if customers()["newsletter"][7] else "no") in flags.split()
    assert flags.count("%") == 3


def test_the_table_adds_up(result: engine.Result):
    asked = [f"C{i:04d}" for i in (9, 3, 250)]
    table = result.explain(asked).table()
    assert table["customer_id"].unique(maintain_order=True).to_list() == asked
    assert set(table["feature"]) == {"spend", "visits", "newsletter"}
    sums = table.group_by("customer_id", maintain_order=True).agg(
        pl.sum("share"), pl.sum("contribution"), pl.first("margin")
    )
    np.testing.assert_allclose(sums["share"], 1)
    assert (sums["contribution"] > 0).all()
    own = result.segments.filter(pl.col("customer_id").is_in(asked))
    firsts = table.group_by("customer_id").agg(pl.first("segment")).sort("customer_id")
    assert firsts["segment"].to_list() == own.sort("customer_id")["segment"].to_list()


def test_every_customer_to_a_file(result: engine.Result, tmp_path: Path):
    (tmp_path / "ids.txt").write_text("\n".join(customers()["customer_id"]))
    explained = result.explain(tmp_path / "ids.txt")
    assert explained.write(tmp_path / "why.parquet") == CUSTOMERS
    table = pl.read_parquet(tmp_path / "why.parquet")
    assert table.height == 3 * CUSTOMERS
    assert table["customer_id"].unique(maintain_order=True).to_list() == list(
        customers()["customer_id"]
    )
    value = table.filter(feature="spend")["value"].cast(pl.Float64)
    assert value.to_list() == customers()["spend"].to_list()
    assert str(explained).endswith(f"And {CUSTOMERS - 5} more; name a file to write them all.")


def test_of_many_the_first_are_told_what_would_change(
    result: engine.Result, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engine.explaining.answers.MOST_CHANGES", 6)
    ids = customers()["customer_id"].head(20)
    explained = result.explain(ids)
    few = str(result.explain(ids.head(5)))
    assert str(explained).startswith(few)
    assert "it would come to another segment with" in few
    assert {reason.changes for reason in explained.customers()} == {None}
    assert explained.table()["change_to"].null_count() == 60


def test_what_was_not_looked_for_is_not_said_to_be_missing(result: engine.Result):
    """Where landmarks decide, distances may tell another segment than the customer's."""
    explained = result.explain("C0007")
    labels = (explained.asked.labels + 1) % 3
    other = replace(explained, asked=replace(explained.asked, labels=labels))
    assert [reason.changes for reason in other.customers()] == [None]
    assert "What would change its segment cannot be told" in str(other)
    assert "No value of one of these columns" not in str(other)


def test_by_name_and_by_command(
    result: engine.Result, tree: dict[str, Any], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    told = str(result.explain(["C0001", "C0002"]))
    assert str(engine.explain("shop", ["C0001", "C0002"], tree)) == told
    places = [f"--set=output.{f}={tree['output'][f]}" for f in ("models", "reports")]
    words = ["engine", "explain", "shop", "--ids", "C0001,C0002", "-q", *places]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit):
        cli.main()
    assert capsys.readouterr().out == f"{told}\n"
    out = tmp_path / "why.csv"
    monkeypatch.setattr(sys, "argv", [*words, str(out)])
    with pytest.raises(SystemExit):
        cli.main()
    assert pl.read_csv(out).height == 6


def test_who_is_not_there_is_named(result: engine.Result):
    with pytest.raises(DataError, match="clustered no customer with the id nobody"):
        result.explain("nobody")
    with pytest.raises(DataError, match="no ids were given"):
        result.explain([])


def test_an_input_that_has_changed_is_refused(tree: dict[str, Any], tmp_path: Path):
    table, file = customers(), tmp_path / "customers.csv"
    table.write_csv(file)
    places = {f"output.{f}": str(tmp_path / f) for f in ("models", "reports", "processed")}
    with undrawn():
        result = engine.segment(tree, {"input.path": str(file), **places})
    table.with_columns(spend=pl.col("spend").reverse()).write_csv(file)
    with pytest.raises(DataError, match="has changed since run"):
        result.explain("C0001")


@pytest.mark.long
def test_of_other_methods_the_nearest_are_counted_and_none_is_shown(
    tree: dict[str, Any], tmp_path: Path
):
    places = {f"output.{f}": str(tmp_path / f) for f in ("models", "reports", "processed")}
    with undrawn():
        result = engine.segment(tree, {"clustering.methods": ["agglomerative"], **places})
    told = str(result.explain("C0007"))
    assert re.search(r"^Nearest 10 representatives: \d+ of segment \d", told, re.MULTILINE)
    others = set(customers()["customer_id"]) - {"C0007"}
    assert not [i for i in others if i in told]


@pytest.mark.long
def test_customers_without_a_purchase_have_their_reason(tmp_path: Path):
    rng = np.random.default_rng(1)
    n = 4_000
    lines = pl.DataFrame(
        {
            "customer_id": [f"K{i:03d}" for i in rng.integers(0, 200, n)],
            "invoice": [f"I{i // 4}" for i in range(n)],
            "date": pl.Series(rng.integers(0, 300, n)).cast(pl.Int32)
            + pl.Series([19_000] * n, dtype=pl.Int32),
            "quantity": rng.integers(1, 5, n),
            "price": np.round(rng.gamma(2, 10, n), 2),
        }
    ).with_columns(pl.col("date").cast(pl.Date))
    back = lines.head(1).with_columns(customer_id=pl.lit("K999"), quantity=pl.lit(-2, pl.Int64))
    pl.concat([lines, back]).write_csv(tmp_path / "lines.csv")
    tree = {
        "input": {"path": str(tmp_path / "lines.csv"), "kind": "transactions"},
        "clustering": {"k": 3, "kmeans": {"n_init": 2}},
        "evaluation": {"resamples": 0},
        "output": {f: str(tmp_path / f) for f in ("models", "reports", "processed")},
    }
    with undrawn():
        result = engine.segment(tree)
    reason = result.segments.filter(customer_id="K999")["segment_name"][0]
    with pytest.raises(DataError, match=f"K999 is in no segment: {reason}"):
        result.explain("K999")
    told = str(result.explain("K999,K001"))
    assert told.startswith("Customer K001 is in segment ")
    assert told.endswith(f"K999 is in no segment: {reason}.")
