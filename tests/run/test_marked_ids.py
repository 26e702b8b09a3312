"""Text that looks like formulas: marked in every CSV of a run, told once, and ids come back."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_series_equal

import engine
from engine.data_preparation.generators.shop import generate_transactions
from engine.model.model import Model
from engine.similar_customers.answers import ask
from engine.utilities.formulas import is_formula
from tests.drawing import undrawn

IDS = ["=1+1", "-5", "+49170", "@home", "'=x", "''-y", "'t", "a=b", 'q"; =1', "n\n=1"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def customers() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    n, group = 150, np.arange(150) % 3
    columns = {f"{sign}x": rng.normal(10 * group, 1) for sign in "=+ab"}
    return pl.DataFrame({"customer_id": [*IDS, *(f"C{i}" for i in range(n - len(IDS)))], **columns})


def run(path: str, **sections: Any) -> engine.Result:
    settings = {
        "input": {"path": path, "id": "customer_id", "fold_ids": "never"},
        "clustering": {"k": 3, "kmeans": {"n_init": 2}},
        "evaluation": {"resamples": 0},
    }
    with undrawn():
        return engine.segment(settings | sections)


def check_cells(file: Path) -> None:
    """Read a CSV as other programs do: no cell begins a formula, unless it is a number."""
    with file.open(newline="") as opened:
        for row in csv.reader(opened):
            for cell in row:
                number = cell.lstrip("-").replace(".", "").replace("e-", "").isdigit()
                assert cell.startswith("'") or number or not is_formula(cell), (file.name, cell)


def test_ids_come_back_through_any_number_of_files() -> None:
    table = customers()
    table.write_parquet("customers.parquet")
    first = run("customers.parquet")
    assert_series_equal(first.segments["customer_id"], table["customer_id"])
    (told,) = (n for n in first.summary["notices"] if "engine.unmarked" in n)
    assert told.startswith("6 cells begin as a spreadsheet's formula does"), "six names of columns"
    check_cells(first.report_path.parent / "profiles.csv")
    path = "customers.parquet"
    for trip in range(2):
        done = first.model.assign_file(path, f"out{trip}.csv")
        assert sum("6 cells begin" in n for n in done.notices) == 1
        check_cells(Path(f"out{trip}.csv"))
        written = pl.read_csv(f"out{trip}.csv")
        assert_series_equal(engine.unmarked(written)["customer_id"], table["customer_id"])
        path = f"in{trip}.csv"
        written.select("customer_id").hstack(table.drop("customer_id")).write_csv(path)
    again = run(path)
    assert_series_equal(again.segments["customer_id"], table["customer_id"])
    assert Path("out0.csv").read_bytes() == Path("out1.csv").read_bytes()


def test_similar_customers_are_asked_by_a_csv_of_the_engine() -> None:
    customers().write_parquet("customers.parquet")
    run("customers.parquet").model.assign("customers.parquet", "out.csv")
    ask("customers", Path("out.csv"), 2, output="similar.csv").write("similar.csv")
    check_cells(Path("similar.csv"))
    asked = engine.unmarked(pl.read_csv("similar.csv"))["customer_id"].unique(maintain_order=True)
    assert asked.to_list() == customers()["customer_id"].to_list()


@pytest.mark.long
def test_products_and_categories_are_marked_and_told_once() -> None:
    generate_transactions(Path("given.parquet"), customers=120, seed=0)
    lines = pl.read_parquet("given.parquet")
    text = [c for c, kind in lines.schema.items() if kind == pl.String and "id" not in c.lower()]
    marks = [("=cmd|" + pl.col(c)).alias(c) for c in text]
    lines.with_columns(marks).write_parquet("lines.parquet")
    result = run("lines.parquet", input={"path": "lines.parquet", "kind": "transactions"})
    folder = result.report_path.parent
    tables = {f.name: f.read_text() for f in folder.glob("*.csv")}
    assert {"best_sellers.csv", "offers.csv", "cross_sell.csv", "best_categories.csv"} <= set(
        tables
    )
    for file in folder.glob("*.csv"):
        check_cells(file)
    assert "\"'=cmd|" in tables["best_sellers.csv"]
    assert sum("engine.unmarked" in n for n in result.summary["notices"]) == 1
    assert isinstance(result.model, Model)
