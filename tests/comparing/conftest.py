"""A shop of three groups of customers over three periods, without figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import engine
from tests.drawing import undrawn

CUSTOMERS = 300


def customers(ids: Any, group: np.ndarray, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "customer_id": ids,
            "spend": np.round(rng.normal(100 * (group + 1), 8), 2),
            "visits": rng.poisson(4 + 10 * group),
            "plan": [("basic", "plus")[int(g > 0)] for g in group],
        }
    )


def moved(group: np.ndarray) -> np.ndarray:
    """Move every fourth customer to the next group."""
    found = group.copy()
    found[::4] = (group[::4] + 1) % 3
    return found


@pytest.fixture(scope="session")
def groups() -> list[np.ndarray]:
    first = np.random.default_rng(3).integers(0, 3, CUSTOMERS)
    return [first, moved(first)]


@pytest.fixture(scope="session")
def ids() -> list[np.ndarray]:
    """Of both periods: thirty have left, and thirty others have come."""
    return [np.arange(CUSTOMERS) + 1000, np.arange(CUSTOMERS) + 1030]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compare")


Settings = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def tree(folder: Path) -> Settings:
    def of(file: str, name: str = "shop", **clustering: Any) -> dict[str, Any]:
        where = {f: str(folder / f) for f in ("models", "reports", "processed")}
        return {
            "input": {"path": str(folder / file)},
            "features": {"include": ["spend", "visits"]},
            "clustering": {"k": 3, "kmeans": {"n_init": 2}, **clustering},
            "evaluation": {"resamples": 0},
            "output": {**where, "name": name},
        }

    return of


@pytest.fixture(scope="session")
def runs(
    folder: Path, tree: Settings, groups: list[np.ndarray], ids: list[np.ndarray]
) -> list[engine.Result]:
    """Segment the first period, the second continuing it, and the second by itself."""
    old, new = groups
    customers(ids[0], old, 1).write_csv(folder / "old.csv")
    # The thirty who left come first; who stayed has the group they moved to.
    later = np.concatenate([new[30:], np.random.default_rng(5).integers(0, 3, 30)])
    customers(ids[1], later, 2).write_csv(folder / "new.csv")
    before = str(folder / "models" / "shop" / "latest")
    with undrawn():
        first = engine.segment(tree("old.csv"))
        second = engine.segment(tree("new.csv", continue_from=before))
        apart = engine.segment(tree("new.csv", name="apart"))
    return [first, second, apart]
