"""Small models of every kind, fitted for real: what the campaigns and the fuzzing change."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import engine
from engine.data_preparation.generators.shop import generate_transactions
from engine.model.files import _digest
from tests.drawing import undrawn

ARRAYS, TREE = "arrays.safetensors", "model.json"

KINDS: dict[str, dict[str, Any]] = {
    "kmeans": {"methods": ["kmeans"], "kmeans": {"n_init": 1}},
    "agglomerative": {"methods": ["agglomerative"]},
    "micro-clusters": {
        "methods": ["agglomerative"],
        "agglomerative": {"exact_limit": 50, "micro_clusters": 60},
    },
    "spectral": {"methods": ["spectral"]},
    "landmarks": {"methods": ["spectral"], "spectral": {"exact_limit": 50, "landmarks": 60}},
    "ann_methods": {"methods": ["ann_methods"]},
    "pca_methods": {"methods": ["pca_methods"]},
    "pca_landmarks": {
        "methods": ["pca_methods"],
        "pca_methods": {
            "method": "spectral",
            "settings": {"exact_limit": 50, "landmarks": 60},
        },
    },
}
"""Sections ``clustering`` of the models that are fitted to the table of customers."""


def customers(n: int = 240) -> pl.DataFrame:
    """Give three groups in numbers, levels, flags, dates, and numbers that are written as text."""
    rng = np.random.default_rng(11)
    group = np.arange(n) % 3
    visits = np.round(rng.gamma(2 + 3 * group, 2, n), 2)
    return pl.DataFrame(
        {
            "customer_id": np.arange(n) + 1_000,
            "income": rng.normal(50 + 10 * group, 1),
            "score": np.where(np.arange(n) % 17 == 3, np.nan, rng.normal(10 - 3 * group, 1)),
            "visits": [f"{v:.2f}".replace(".", ",") for v in visits],
            "plan": [
                ["basic", "plus", "gold"][(g + (i % 5 == 0)) % 3] for i, g in enumerate(group)
            ],
            "town": [f"town {i}" for i in rng.integers(0, 20, n)],
            "joined": [f"20{10 + g * 3}-0{1 + i % 9}-1{i % 10}" for i, g in enumerate(group)],
        },
    )


def make_models(folder: Path, kinds: list[str] | None = None) -> dict[str, tuple[Path, Path]]:
    """Fit a model of each kind in a folder.

    Returns
    -------
    models : dict of kind to (folder of the model, file that it assigns)
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "customers.csv"
    customers().write_csv(table, separator=";")
    made = {}
    with undrawn():
        for kind, clustering in KINDS.items():
            if kinds is None or kind in kinds:
                made[kind] = (_fit(folder, kind, table, {"k": 3, **clustering}), table)
        if kinds is None or "continued" in kinds:
            before = _fit(folder, "before", table, {"k": 3, **KINDS["kmeans"]})
            again = {"k": 4, **KINDS["kmeans"], "continue_from": str(before)}
            made["continued"] = (_fit(folder, "continued", table, again), table)
        if kinds is None or "transactions" in kinds:
            lines = folder / "lines.csv"
            generate_transactions(lines, customers=150, seed=3)
            bought = {"k": 3, **KINDS["kmeans"]}
            made["transactions"] = (_fit(folder, "shop", lines, bought, "transactions"), lines)
    return made


def _fit(
    folder: Path, name: str, path: Path, clustering: dict[str, Any], kind: str = "customers"
) -> Path:
    output = {k: str(folder / k) for k in ("models", "reports", "processed")}
    engine.segment(
        {
            "input": {"path": str(path), "kind": kind},
            "clustering": clustering,
            "evaluation": {"resamples": 0, "anchors": 50},
            "output": {**output, "name": name},
        }
    )
    return (folder / "models" / name / "latest").resolve()


def parts_of(model: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read a model's tree and arrays as anybody can, whatever they hold."""
    from safetensors.numpy import load_file

    return json.loads((model / TREE).read_text(encoding="utf-8")), load_file(model / ARRAYS)


def sealed(folder: Path, tree: dict[str, Any], content: bytes) -> None:
    """Write a model with digests that are right for what it holds, as its author could."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ARRAYS).write_bytes(content)
    whole = {**tree, "files": {ARRAYS: _digest(content)}}
    whole.pop("digest", None)
    whole["digest"] = _digest(json.dumps(whole, sort_keys=True).encode())  # whatever it holds
    (folder / TREE).write_text(json.dumps(whole), encoding="utf-8")


Change = Callable[[dict[str, Any], dict[str, np.ndarray]], None]
