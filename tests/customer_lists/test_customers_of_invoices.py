"""The customers' own table beside invoices, in lists: as its CSV holds it, as a plain file's is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import engine
from engine.data_preparation.generators.shop import transaction_batches
from tests.drawing import undrawn

CUSTOMERS = 120
OWN = {
    "zip": [f"{i * 97 % 9000:05d}" for i in range(CUSTOMERS)],
    "age": [str(20 + i % 50) for i in range(CUSTOMERS)],
    "rate": [["0,5", "12", "", "7,25"][i % 4] for i in range(CUSTOMERS)],
    "branch_id": [f"{i % 9}" for i in range(CUSTOMERS)],
    "recency": [f"{i:04d}" for i in range(CUSTOMERS)],
    "mixed": [["01234", "A1"][i % 2] for i in range(CUSTOMERS)],
}
KINDS = {"zip": pl.String, "age": pl.Int64, "rate": pl.Float64, "branch_id": pl.Int64,
         "recency_given": pl.String, "mixed": pl.String}  # fmt: skip


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> tuple[engine.Result, list[int]]:
    """Give a run of invoices with a table of customers, and the ids in its order."""
    folder = tmp_path_factory.mktemp("given")
    lines = pl.concat(transaction_batches(CUSTOMERS, 5))
    lines.write_parquet(folder / "lines.parquet")
    ids = lines["customer_id"].unique(maintain_order=True).to_list()[:CUSTOMERS]
    table = pl.DataFrame({"customer_id": ids} | {c: v[: len(ids)] for c, v in OWN.items()})
    table.write_csv(folder / "own.csv", separator=";")
    tree: dict[str, Any] = {
        "input": {"path": str(folder / "lines.parquet"), "kind": "transactions",
                  "customers": str(folder / "own.csv")},
        "clustering": {"k": 3, "kmeans": {"n_init": 2}},
        "evaluation": {"resamples": 0},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
    }  # fmt: skip
    with undrawn():
        return engine.segment(tree), ids


def expected(ids: list[int]) -> dict[int, dict[str, Any]]:
    """Say by hand what stands beside each customer."""
    rows = {}
    for number, who in enumerate(ids):
        row: dict[str, Any] = {c: v[number] for c, v in OWN.items()}
        row["recency_given"] = row.pop("recency")
        rate = row["rate"].replace(",", ".")
        numbers = {"age": int(row["age"]), "branch_id": int(row["branch_id"])}
        rows[who] = row | numbers | {"rate": float(rate) if rate else None}
    return rows


def test_zeros_before_numbers_stay(given: tuple[engine.Result, list[int]], tmp_path: Path):
    result, ids = given
    result.export(tmp_path / "all.parquet", columns="all")
    table, wanted = pl.read_parquet(tmp_path / "all.parquet"), expected(ids)
    assert {c: table.schema[c] for c in KINDS} == KINDS
    found = {r["customer_id"]: r for r in table.iter_rows(named=True)}
    assert {who: {c: found[who][c] for c in KINDS} for who in ids} == wanted
    assert table["recency"].dtype.is_integer()  # what was gathered is as it was
    assert not [c for c in table.columns if "as written" in c]


def test_they_are_asked_for_as_they_stand(given: tuple[engine.Result, list[int]], tmp_path: Path):
    result, ids = given
    result.export(tmp_path / "one.csv", where="zip = '00097'", columns=["recency_given"])
    found = pl.read_csv(tmp_path / "one.csv", infer_schema=False)
    assert found["customer_id"].to_list() == [str(ids[1])]
    assert found["recency_given"].to_list() == ["0001"]
