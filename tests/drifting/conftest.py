"""Customers of three groups and a run of them, without figures."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import engine
from tests.drawing import undrawn

N = 3_000


def customers(seed: int = 0, n: int = N) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 3, n)
    return pl.DataFrame(
        {
            "client_id": [f"C{seed}-{i:05}" for i in range(n)],
            "age": rng.normal(45, 12, n).round().clip(18, 90).astype(int),
            "spend": (rng.lognormal(3, 0.4, n) * (1 + 4 * group)).round(2),
            "visits": rng.poisson(3 + 9 * group),
            "income": pl.Series(rng.normal(40_000, 8_000, n)).set(
                pl.Series(rng.random(n) < 0.04), None
            ),
            "channel": rng.choice(["web", "shop", "app"], n, p=[0.5, 0.3, 0.2]),
        }
    )


@pytest.fixture(scope="session")
def fit() -> pl.DataFrame:
    return customers()


@pytest.fixture(scope="session")
def result(fit: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> engine.Result:
    folder = tmp_path_factory.mktemp("fit")
    fit.write_parquet(folder / "customers.parquet")
    config = {
        "input": {"path": str(folder / "customers.parquet")},
        "clustering": {"k": 3, "kmeans": {"n_init": 2}},
        "evaluation": {"resamples": 0},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
    }
    with undrawn():
        return engine.segment(config)
