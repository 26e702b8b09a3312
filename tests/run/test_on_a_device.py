"""Whole runs as on a GPU with CuPy alone, NumPy in its place: the segments of a CPU."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

import engine
from engine.cluster import opening
from engine.data_preparation.generators.customers import generate
from engine.places.parts import ALONE
from engine.places.place import Place
from engine.places.runtime import Runtime
from tests.drawing import undrawn
from tests.standing_cupy import a_gpu

METHODS = ["kmeans", "agglomerative", "spectral", "ann_methods", "pca_methods"]
ROADS = {
    "exact": {},
    "sampled": {
        "kmeans": {"n_init": 2, "start_rows": 1_000, "coarse_rows": 1_000},
        "agglomerative": {"exact_limit": 200, "micro_clusters": 300},
        "spectral": {"exact_limit": 200, "landmarks": 200},
        "ann_methods": {"exact_limit": 200, "graph_rows": 1_500},
    },
}
LIES = ("in memory", "in blocks")


@pytest.fixture
def table(tmp_path):
    """Numbers with gaps, flags, levels and dates; and lumps."""
    path = tmp_path / "customers.parquet"
    generate(path, customers=2_000, seed=5)
    rng = np.random.default_rng(3)
    made = pl.read_parquet(path).with_columns(
        tier=pl.Series(np.array(["gold", "silver", "none"])[rng.integers(0, 3, 2_000)]),
        gaps=pl.Series(np.where(rng.random(2_000) < 0.1, np.nan, rng.normal(5, 2, 2_000))),
    )
    made.write_parquet(path, row_group_size=300)
    return path


def asked(path, tmp_path, method, **settings):
    return {
        "input": {"path": str(path)},
        "features": {"exclude": ["true_segment"]},
        "clustering": {"k": 5, "methods": [method], "kmeans": {"n_init": 2}, **settings},
        "evaluation": {"resamples": 2},
        "output": {f: str(tmp_path / f) for f in ("models", "reports", "processed")},
    }


def both(config, place, monkeypatch, **more):
    with undrawn():
        here = engine.segment(config, {**more, "compute.device": "cpu"})
        with monkeypatch.context() as patch:
            patch.setattr(opening, "choose", lambda _: place)
            there = engine.segment(config, more)
    return here, there


def check_alike(here, there):
    assert there.summary["place"] == Place.GPU
    pairs = here.segments.join(there.segments, on="customer_id", suffix="_there")
    assert len(pairs) == len(here.segments)
    assert adjusted_rand_score(pairs["segment"], pairs["segment_there"]) == 1
    values = [run.scores["silhouette"]["value"] for run in (here, there)]
    assert values[1] == pytest.approx(values[0], abs=1e-6)
    assert there.scores["inertia"] == pytest.approx(here.scores["inertia"], rel=1e-6)
    names = [c for c, t in here.profiles.schema.items() if t.is_numeric()]
    for name in names:
        one, other = (run.profiles[name].to_numpy() for run in (here, there))
        assert other == pytest.approx(one, rel=1e-6, abs=1e-9, nan_ok=True), name


@pytest.mark.long_at("*-sampled-in blocks", "*-exact-in memory")
@pytest.mark.parametrize("rows", LIES)
@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("method", METHODS)
def test_a_run_finds_the_segments_of_a_cpu(table, tmp_path, monkeypatch, method, road, rows):
    config = asked(table, tmp_path, method, **ROADS[road])
    place = a_gpu(monkeypatch, threads=2)
    if rows == "in blocks":
        monkeypatch.setattr(Runtime, "fits", lambda *_: False)
    here, there = both(config, place, monkeypatch)
    check_alike(here, there)
    assert there.summary["parts"] == ALONE.told()
    assert here.summary["parts"] is None
    assert not {"cudf", "cuml"} & {n for n, m in sys.modules.items() if m is not None}


@pytest.mark.long
@pytest.mark.parametrize("form", ["csv", "continued"])
def test_what_is_read_otherwise(table, tmp_path, monkeypatch, form):
    """Text read as numbers is read by Polars, and a previous model assigns as on a CPU."""
    path = table
    if form == "csv":
        path = tmp_path / "customers.csv"
        pl.read_parquet(table).write_csv(path)
    config = asked(path, tmp_path, "kmeans")
    more = {}
    if form == "continued":
        with undrawn():
            engine.segment(config, {"compute.device": "cpu", "output.name": "before"})
        more = {"clustering.continue_from": str(tmp_path / "models" / "before")}
    place = replace(a_gpu(monkeypatch, threads=2), reason="a test")
    check_alike(*both(config, place, monkeypatch, **more))
