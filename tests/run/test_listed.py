"""A run's own lists: columns of the customers' table beside invoices as its CSV holds them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import engine
from engine.data_preparation.generators.shop import transaction_batches
from tests.drawing import undrawn

CUSTOMERS = 120
OWN = {
    "plz": [f"{18000 + i * 97 % 9000}" for i in range(CUSTOMERS)],
    "code2": [f"{i:03d}" for i in range(CUSTOMERS)],
    "big": [str(2**60 + i) for i in range(CUSTOMERS)],
    "recency": [["0000", "1"][i % 2] for i in range(CUSTOMERS)],
}
SHOWN = ("plz", "code2", "big", "recency_given")


Runs = Callable[..., engine.Result]
"""Runs with these columns in its lists, each once."""


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """Write invoices and customers; give the folder, and the ids in the order of the table."""
    folder = tmp_path_factory.mktemp("given")
    lines = pl.concat(transaction_batches(CUSTOMERS, 5))
    lines.write_parquet(folder / "lines.parquet")
    ids = lines["customer_id"].unique(maintain_order=True).to_list()[:CUSTOMERS]
    table = pl.DataFrame({"customer_id": ids} | {c: v[: len(ids)] for c, v in OWN.items()})
    table.write_csv(folder / "own.csv")
    return folder, ids


@pytest.fixture(scope="module")
def runs(given: tuple[Path, list[int]]) -> Runs:
    folder, _ = given

    @cache
    def run(*columns: str) -> engine.Result:
        out = folder / ("-".join(columns) or "none")
        tree: dict[str, Any] = {
            "input": {"path": str(folder / "lines.parquet"), "kind": "transactions",
                      "customers": str(folder / "own.csv")},
            "clustering": {"k": 3, "kmeans": {"n_init": 2}},
            "evaluation": {"resamples": 0},
            "output": {"tables": ["csv", "xlsx"], "columns": list(columns)}
            | {f: str(out / f) for f in ("models", "reports", "processed")},
        }  # fmt: skip
        with undrawn():
            return engine.segment(tree)

    return run


@pytest.mark.parametrize("asked", [("all",), SHOWN])
def test_numbers_of_customers_stay_as_they_are_written(
    runs: Runs, given: tuple[Path, list[int]], asked: tuple[str, ...]
):
    (folder, ids), result = given, runs(*asked)
    listed = pl.read_csv(result.report_path.parent / "segments.csv", infer_schema=False)
    found = {int(r["customer_id"]): tuple(r[c] for c in SHOWN) for r in listed.to_dicts()}
    wanted = dict(zip(ids, zip(*OWN.values(), strict=True), strict=False))
    assert {who: found[who] for who in ids} == wanted
    assert set(listed.columns) >= set(SHOWN)
    assert not [c for c in listed.columns if "as written" in c]
    exported = folder / "exported.csv"
    result.export(exported, columns=asked)
    again = pl.read_csv(exported, infer_schema=False)
    assert again.sort("customer_id").equals(listed.sort("customer_id"))


def test_nothing_else_of_the_run_knows_of_their_text(runs: Runs):
    shown, bare = runs("all"), runs()
    assert shown.segments.equals(bare.segments)
    assert shown.model.plan.names == bare.model.plan.names
    assert shown.profiles.equals(bare.profiles)
    for part in ("columns", "transactions"):
        assert shown.summary.get(part) == bare.summary.get(part)
    assert "as written" not in json.dumps(shown.summary, default=str)
