"""What the tests of similar customers share: runs to ask, and the answers by all distances."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import engine
from engine.data_preparation.generators.customers import FIRST_ID

CUSTOMERS = 2_000
ASKED = [FIRST_ID + 7, FIRST_ID, FIRST_ID + CUSTOMERS - 1]


def settings(folder: Path, path: Path, **sections: Any) -> dict[str, Any]:
    kind = sections.pop("input", {})
    return {
        "input": {"path": str(path), **kind},
        "clustering": {"k": 4, "kmeans": {"n_init": 2}},
        "evaluation": {"resamples": 0},
        "output": {f: str(folder / f) for f in ("models", "reports", "processed")},
        **sections,
    }


def index_of(result: engine.Result, folder: Path) -> Path:
    name = result.summary["name"]
    return folder / "processed" / "similar" / name / result.summary["run_id"]


def space_of(result: engine.Result, table: pl.DataFrame) -> np.ndarray:
    space = result.model.plan.transform(table)
    space = result.model.pca.transform(space) if result.model.pca else space
    return np.asarray(space, np.float64)


def by_all_distances(result: engine.Result, table: pl.DataFrame, row: int, n: int) -> pl.DataFrame:
    """Give the nearest others of one row of the input."""
    space, name = space_of(result, table), result.model.id_name
    distances = np.linalg.norm(space - space[row], axis=1)
    distances[row] = np.inf
    near = np.lexsort((np.arange(len(table)), distances))[:n]
    there = result.segments[near]
    return pl.DataFrame(
        {
            name: np.repeat(table[name][row], n),
            "rank": np.arange(1, n + 1, dtype=np.int32),
            f"similar_{name}": table[name][near],
            "segment": there["segment"],
            "segment_name": there["segment_name"],
            "distance": distances[near].astype(np.float32),
        }
    )
