"""What a plan refuses for its place: a method, also where another one would run it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from engine.clustering import algorithm as rows
from engine.clustering.algorithm import algorithm
from engine.config.loading import load_config
from engine.data_preparation.prepare import load
from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.planning.customers import make_plan

ON_GPU = Runtime(Place.GPU, "for the test", device_memory=1 << 34)


@pytest.mark.parametrize(
    ("clustering", "method"),
    [
        ({"methods": ["agglomerative"]}, "agglomerative"),
        ({"methods": ["pca_methods"], "pca_methods": {"method": "agglomerative"}}, "pca_methods"),
    ],
)
def test_a_method_that_lacks_the_place(
    clustering: dict, method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = algorithm("agglomerative")
    lacking = replace(
        row, runs={Place.CPU: row.runs[Place.CPU]}, lacks={**row.lacks, Place.GPU: "it has none"}
    )
    real = rows.algorithm
    for module in ("engine.planning.refusals", "engine.clustering.pca_methods.algorithm"):
        monkeypatch.setattr(
            f"{module}.algorithm", lambda n: lacking if n == "agglomerative" else real(n)
        )
    frame = {"customer_id": range(50), "x": [float(i % 7) for i in range(50)], "y": [0.5] * 50}
    pl.DataFrame(frame).write_parquet(tmp_path / "c.parquet")
    tree = {"input": {"path": str(tmp_path / "c.parquet")}, "clustering": {"k": 2, **clustering}}
    config = load_config(tree)
    refusals = make_plan(config, load(config), ON_GPU).refusals
    assert refusals == (f"{method} does not run on gpu: it has none; set compute.device to cpu.",)
    assert make_plan(config, load(config), Runtime()).refusals == ()
