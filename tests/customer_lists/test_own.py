"""Columns of a CSV in lists: as it holds them, also where they look like numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from engine.errors import DataError
from tests.customer_lists.conftest import CUSTOMERS, customers
from tests.drawing import undrawn

OWN = {
    "store": [f"{i % 90:03d}" for i in range(CUSTOMERS)],  # zeros before it
    "account": [f"9007199254740{99000 + i}" for i in range(CUSTOMERS)],  # 18 digits
    "card": [f"4000{i:018d}" for i in range(CUSTOMERS)],  # 22 digits
    "product": [f"{i % 9 + 1}E{i % 7}" for i in range(CUSTOMERS)],
    "phone": [f"+49{600000 + i}" for i in range(CUSTOMERS)],
    "rate": [["1e-05", "-0.5", "12", "7.50", ""][i % 5] for i in range(CUSTOMERS)],
    "visited": [["12", "-3", "", "0"][i % 4] for i in range(CUSTOMERS)],
}
TEXT = ["store", "card", "product", "phone"]


@pytest.fixture(scope="module")
def settings(tree: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("own")
    customers().with_columns(pl.Series(c, v) for c, v in OWN.items()).write_csv(
        folder / "customers.csv"
    )
    output = {**tree["output"], "columns": list(OWN), "tables": ["csv"]}
    output |= {f: str(folder / f) for f in ("models", "reports", "processed")}
    return {**tree, "input": {"path": str(folder / "customers.csv")}, "output": output}


@pytest.fixture(scope="module")
def result(settings: dict[str, Any]) -> engine.Result:
    with undrawn():
        return engine.segment(settings)


def check(table: pl.DataFrame) -> None:
    for column in TEXT:
        assert table[column].to_list() == OWN[column]
    assert table["account"].to_list() == [int(v) for v in OWN["account"]]
    assert table["visited"].to_list() == [int(v) if v else None for v in OWN["visited"]]
    assert table["rate"].to_list() == [float(v) if v else None for v in OWN["rate"]]


def test_of_an_export(result: engine.Result, tmp_path: Path):
    out = tmp_path / "out.parquet"
    result.export(out, columns="all")
    check(pl.read_parquet(out))
    assert pl.read_parquet(out)["spend"].to_list() == customers()["spend"].to_list()


def test_of_the_tables_of_a_run(result: engine.Result):
    texts = dict.fromkeys(TEXT, pl.String)
    table = pl.read_csv(result.report_path.parent / "segments.csv", schema_overrides=texts)
    check(table.with_columns(phone=pl.col("phone").str.strip_prefix("'")))


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("store = '007'", [7, 97, 187, 277]),
        (f"account = {OWN['account'][5]}", [5]),
        (f"card = '{OWN['card'][9]}'", [9]),
        ("rate < 0.1 and rate > 0 and visited = -3", [i for i in range(0, 300, 5) if i % 4 == 1]),
        ("product = '1E1' and Store = '036'", [36]),
    ],
)
def test_of_a_condition(result: engine.Result, tmp_path: Path, where: str, rows: list[int]):
    out = tmp_path / "out.parquet"
    result.export(out, where=where)
    ids = customers()["customer_id"]
    assert pl.read_parquet(out)["customer_id"].to_list() == [ids[i] for i in rows]


def test_text_is_not_compared_with_a_number(result: engine.Result, tmp_path: Path):
    with pytest.raises(DataError, match="compares text with a number, which stands in single"):
        result.export(tmp_path / "out.csv", where="store = 007")


def test_decimal_commas_and_columns_that_form(tree: dict[str, Any], tmp_path: Path):
    """What forms the segments is a number there, and stands in lists as the file holds it."""
    rng, n = np.random.default_rng(1), 90
    spend = [f"{v:.2f}".replace(".", ",") for v in rng.normal(100 * (np.arange(n) % 3 + 1), 5)]
    table = pl.DataFrame({
        "id": [f"K{i}" for i in range(n)], "spend": spend,
        "rank": [f"{i % 3 + 1:02d}" for i in range(n)],
        "ratio": [f"{i % 7},5" for i in range(n)],
    })  # fmt: skip
    table.write_csv(tmp_path / "c.csv", separator=";")
    places = {f"output.{f}": str(tmp_path / f) for f in ("models", "reports", "processed")}
    more = {"input.path": str(tmp_path / "c.csv"), "features.include": ["spend", "rank"]}
    with undrawn():
        result = engine.segment(tree, {**more, **places, "output.columns": [], "output.tables": []})
    result.export(tmp_path / "out.parquet", columns="all", where="ratio > 0.6 and rank <> '01'")
    found = pl.read_parquet(tmp_path / "out.parquet")
    kept = [i for i in range(n) if i % 7 and i % 3]
    assert found["id"].to_list() == [f"K{i}" for i in kept]
    assert found["rank"].to_list() == [f"{i % 3 + 1:02d}" for i in kept]
    assert found["ratio"].to_list() == [i % 7 + 0.5 for i in kept]
    assert found["spend"].to_list() == [float(spend[i].replace(",", ".")) for i in kept]
