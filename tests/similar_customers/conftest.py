"""One run that is asked about, without figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.data_preparation.generators.customers import generate
from tests.drawing import undrawn
from tests.similar_customers.asking import CUSTOMERS, settings


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    """Figures and the page have their tests."""
    with undrawn():
        yield


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("similar")
    generate(folder / "customers.parquet", customers=CUSTOMERS, seed=2)
    return folder


@pytest.fixture(scope="session")
def tree(folder: Path) -> dict[str, Any]:
    return settings(folder, folder / "customers.parquet")


@pytest.fixture(scope="session")
def result(tree: dict[str, Any]) -> engine.Result:
    with undrawn():
        return engine.segment(tree)
