"""Runs that the contract's tests compare: the whole pipeline on generated customers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import engine
from engine.data_preparation.generators.customers import generate
from tests.drawing import undrawn

CUSTOMERS = 2_000

Run = Callable[..., engine.Result]

COARSE = {"clustering.kmeans.coarse_rows": 1_000, "preparation.sample_rows": 1_000}
"""Settings under which 2,000 customers are many: a sample, then passes over all rows."""


@pytest.fixture(scope="session")
def customers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give generated customers with known segments, in a Parquet file."""
    path = tmp_path_factory.mktemp("customers") / "customers.parquet"
    generate(path, customers=CUSTOMERS, seed=5)
    return path


@pytest.fixture(scope="session")
def as_csv(customers: Path) -> Path:
    """Give the same customers in a CSV file."""
    path = customers.with_suffix(".csv")
    pl.read_parquet(customers).write_csv(path)
    return path


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Segment a file into a folder of its own, without figures and the page.

    Those are most of a small run's time, come after everything that these tests compare, and have
    tests of their own.
    """

    def segment(path: Path, overrides: dict[str, Any] | None = None, **keys: Any) -> engine.Result:
        out = tmp_path_factory.mktemp("run")
        config = {
            "input": {"path": str(path)},
            "clustering": {"k": 8, "kmeans": {"n_init": 3}},
            "compute": {"threads": 2},
            "evaluation": {"resamples": 2},
            "output": {f: str(out / f) for f in ("models", "reports", "processed")},
        }
        with undrawn():
            return engine.segment(config, {**(overrides or {}), **keys})

    return segment


@pytest.fixture(scope="session", params=["exact", "coarse"])
def settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Few customers, or settings that make them many."""
    return COARSE if request.param == "coarse" else {}


@pytest.fixture(scope="session")
def base(customers: Path, run: Run, settings: dict[str, Any]) -> engine.Result:
    """Give the run that the others are compared with."""
    return run(customers, settings)


def model_files(result: engine.Result) -> Path:
    """Give the folder of a run's model."""
    models = Path(result.summary["config"]["output"]["models"])
    return models / result.summary["name"] / result.summary["run_id"]
