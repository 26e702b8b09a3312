"""Runs on ids in several writings: what is told, and what a saved model does with new files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import engine
from tests.drawing import undrawn

PEOPLE = 40


def shop(folder: Path, writing: str = "C{:04d}", other: str = "c{:04d}") -> Path:
    """Write four lines a customer, each second in another writing of the id."""
    teas = ("Tee", "TEE ", "Kanne")
    rows = [
        {"Kundennr": (writing, other)[n % 2].format(who), "Belegnr": f"{who}-{n}",
         "Datum": f"2024-{1 + n:02d}-{1 + who % 28:02d}", "Artikel": teas[n % 3],
         "Betrag": 5.0 + who % 4 * 40 + n}
        for who in range(PEOPLE) for n in range(4)
    ]  # fmt: skip
    path = folder / "shop.csv"
    pl.DataFrame(rows).write_csv(path)
    return path


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> engine.Result:
    folder = tmp_path_factory.mktemp("shop")
    tree: dict[str, Any] = {
        "input": {"path": str(shop(folder)), "kind": "transactions"},
        "clustering": {"k": 2, "kmeans": {"n_init": 2}},
        "evaluation": {"resamples": 0},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
    }
    with undrawn():
        return engine.segment(tree)


def test_customers_are_counted_once_and_it_is_told(result: engine.Result):
    facts = result.summary["transactions"]
    assert facts["n_customers"] == result.segments.height == PEOPLE
    assert result.segments["Kundennr"].str.starts_with("C").all()
    assert any("80 ids in 'Kundennr' are other writings" in n for n in facts["notices"])
    assert any("1 product is written in several ways, such as 'Tee'" in n for n in facts["notices"])


def test_a_saved_model_folds_as_the_run_did(result: engine.Result, tmp_path: Path):
    # All of this file alone would leave the case of ids open: some mix it.
    path = shop(tmp_path, "cU{:03d}", "CU{:03d}")
    assert result.model.info["transactions"]["fold_ids"] == ["case"]
    answer = result.model.assign(str(path))
    assert answer.height == PEOPLE


def test_a_model_of_an_earlier_build_tells_every_writing_apart(result, tmp_path, monkeypatch):
    path = shop(tmp_path)
    earlier = {k: v for k, v in result.model.info["transactions"].items() if k != "fold_ids"}
    earlier["policies"] = {k: v for k, v in earlier["policies"].items() if k != "spellings"}
    monkeypatch.setitem(result.model.info, "transactions", earlier)
    assert result.model.assign(str(path)).height == 2 * PEOPLE
