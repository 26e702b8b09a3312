"""Rows for benchmarks of clusters: files of customers and of plain numbers; inertia of centres."""

from __future__ import annotations

import os
import shutil
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl

COLUMNS, GROUPS = 16, 8
ROWS_A_FILE = 10_000_000
GROUP_ROWS = 262_144


def cache() -> Path:
    """Give the folder where data is kept."""
    default = Path.home() / ".cache" / "engine-bench"
    folder = Path(os.environ.get("ENGINE_BENCH_DATA") or default)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def customers(rows: int, seed: int) -> Path:
    """Give a folder of the generator's customers, 10 million a file; made once."""
    from engine.data_preparation.generators.customers import SCHEMA, customer_batches
    from engine.utilities.tables import write_table

    folder = cache() / f"customers-{rows}-{seed}"
    if folder.exists():
        return folder
    print(f"generating {rows:,} customers into {folder}", flush=True)
    part = _emptied(folder.with_suffix(".part"))
    batches = customer_batches(rows, seed)
    for number in range(-(-rows // ROWS_A_FILE)):
        several = islice(batches, -(-ROWS_A_FILE // 65_536))
        write_table(several, SCHEMA, part / f"{number:04}.parquet")
    part.rename(folder)
    return folder


def numbers(rows: int) -> Path:
    """Give a folder of float32 columns in overlapping groups of unequal sizes; made once."""
    folder = cache() / f"numbers-{rows}"
    if folder.exists():
        return folder
    print(f"generating {rows:,} rows into {folder}", flush=True)
    part = _emptied(folder.with_suffix(".part"))
    rng = np.random.default_rng(1)
    centres = 2.0 * rng.standard_normal((GROUPS, COLUMNS))
    shares = 0.7 * rng.dirichlet(np.ones(GROUPS)) + 0.3 / GROUPS
    for number, start in enumerate(range(0, rows, GROUP_ROWS * 4)):
        n = min(GROUP_ROWS * 4, rows - start)
        x = centres[rng.choice(GROUPS, n, p=shares)] + rng.standard_normal((n, COLUMNS))
        frame = pl.DataFrame(x.astype(np.float32), schema=[f"x{i}" for i in range(COLUMNS)])
        frame.write_parquet(part / f"{number:05}.parquet", row_group_size=GROUP_ROWS)
    part.rename(folder)
    return folder


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def read(folder: Path) -> np.ndarray:
    """Read all of it: float32, (rows, columns)."""
    return np.ascontiguousarray(pl.read_parquet(folder / "*.parquet").to_numpy())


def inertia(x: np.ndarray, centres: np.ndarray) -> float:
    """Add up the squared distances of rows to their nearest centres, in float64."""
    total = 0.0
    centres = centres.astype(np.float64)
    for start in range(0, len(x), GROUP_ROWS):
        rows = x[start : start + GROUP_ROWS].astype(np.float64)
        near = (centres**2).sum(axis=1) - 2 * rows @ centres.T
        total += float((near.min(axis=1) + (rows**2).sum(axis=1)).sum())
    return total
