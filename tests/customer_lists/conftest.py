"""One run whose customers are handed out, without figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from tests.drawing import undrawn

CUSTOMERS = 300


def customers() -> pl.DataFrame:
    rng = np.random.default_rng(3)
    group = rng.integers(0, 3, CUSTOMERS)
    return pl.DataFrame(
        {
            "customer_id": [f"=C{i:04d}" if i % 50 == 0 else f"C{i:04d}" for i in range(CUSTOMERS)],
            "spend": np.round(rng.normal(100 * (group + 1), 8), 2),
            "visits": rng.poisson(4 + 10 * group),
            "Year Born": rng.integers(1950, 2000, CUSTOMERS),
            "country": [["Spain", "France", "=1+1"][i] for i in rng.integers(0, 3, CUSTOMERS)],
            "segment": ["old"] * CUSTOMERS,
        }
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lists")
    customers().write_csv(folder / "customers.csv")
    return folder


@pytest.fixture(scope="session")
def tree(folder: Path) -> dict[str, Any]:
    return {
        "input": {"path": str(folder / "customers.csv")},
        "features": {"include": ["spend", "visits"]},
        "clustering": {"k": 3, "kmeans": {"n_init": 2}},
        "evaluation": {"resamples": 0},
        "output": {
            **{f: str(folder / f) for f in ("models", "reports", "processed")},
            "name": "shop",
            "tables": ["csv", "xlsx"],
            "columns": ["country", "segment"],
        },
    }


@pytest.fixture(scope="session")
def result(tree: dict[str, Any]) -> engine.Result:
    with undrawn():
        return engine.segment(tree)
