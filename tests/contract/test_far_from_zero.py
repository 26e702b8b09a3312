"""Time stamps, account numbers, money in small units: where numbers lie decides nothing."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

METHODS = ["kmeans", "agglomerative", "spectral", "ann_methods", "pca_methods"]
SETTINGS = {
    "clustering.k": 4,
    "clustering.methods": METHODS,
    "preparation.outliers": "off",
    "evaluation.resamples": 0,
}

pytestmark = pytest.mark.long_at("*-standard", "*-robust", "0.0-*", "1000000.0-*", "1000000000.0-*")


def file_of(x: np.ndarray, path: Path) -> Path:
    columns = {f"v{i}": column for i, column in enumerate(x.T)}
    pl.DataFrame({"customer_id": np.arange(len(x)), **columns}).write_parquet(path)
    return path


@pytest.fixture(scope="module")
def near() -> np.ndarray:
    """Four groups on a grid that float64 holds at any offset below."""
    x, _ = make_blobs(500, 3, centers=4, cluster_std=0.8, random_state=3)
    return np.round(x * 1024) / 1024


PLACES = [(1e6, 1.0), (1e9, 1.0), (1e12, 1.0), (0.0, 1e-30), (0.0, 1e-10), (0.0, 1e10)]


@pytest.mark.parametrize(
    ("offset", "unit", "scaling"),
    [
        (*place, scaling)
        for place, scaling in product(PLACES, ("standard", "robust", "none"))
        if (place[1], scaling) != (1e-30, "none")  # refused in a sentence
    ],
)
def test_the_pipeline_finds_the_same_wherever_numbers_lie(
    run, near, tmp_path, offset, unit, scaling
) -> None:
    settings = {**SETTINGS, "preparation.scaling": scaling}
    here = run(file_of(near, tmp_path / "here.parquet"), settings)
    moved = file_of((near + offset) * unit, tmp_path / "there.parquet")
    there = run(moved, settings)
    assert adjusted_rand_score(*(r.segments["segment"] for r in (here, there))) == 1
    as_given = unit**2 if scaling == "none" else 1.0
    for method in METHODS:
        one, other = (r.summary["methods"][method] for r in (here, there))
        assert other["inertia"] == pytest.approx(one["inertia"] * as_given, rel=1e-6)
        assert other["silhouette"]["value"] == pytest.approx(one["silhouette"]["value"], abs=1e-6)
    again = there.model.assign(pl.read_parquet(moved))["segment"]
    assert again.to_list() == there.segments["segment"].to_list()
