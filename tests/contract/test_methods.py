"""Every method keeps the contract: portable, predict equals fit, the same bits again."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sklearn.metrics import adjusted_rand_score

import engine
from engine.clustering.algorithm import ROWS

from .conftest import Run
from .test_portable_model import assigned_apart, model_of
from .test_repeats import arrays, scores

ROADS: dict[str, dict[str, Any]] = {
    "ward": {"clustering.methods": "agglomerative"},
    "micro-clusters": {
        "clustering.methods": "agglomerative",
        "clustering.agglomerative.exact_limit": 1_000,
        "clustering.agglomerative.micro_clusters": 400,
    },
    "graph": {"clustering.methods": "spectral"},
    "landmarks": {
        "clustering.methods": "spectral",
        "clustering.spectral.exact_limit": 1_000,
        "clustering.spectral.landmarks": 300,
    },
    "communities": {"clustering.methods": "ann_methods"},
    "communities of a sample": {
        "clustering.methods": "ann_methods",
        "clustering.ann_methods.exact_limit": 1_000,
        "clustering.ann_methods.graph_rows": 1_500,
        "clustering.ann_methods.representatives": 500,
    },
    "leading components": {
        "clustering.methods": "pca_methods",
        "clustering.pca_methods.components": 0.9,
        "pca.components": "off",
    },
    "landmarks among components": {
        "clustering.methods": "pca_methods",
        "clustering.pca_methods.method": "spectral",
        "clustering.pca_methods.components": 0.9,
        "clustering.pca_methods.settings": {"exact_limit": 1_000, "landmarks": 300},
    },
}


def test_every_method_has_a_road():
    """k-means, which is the default, is what all other tests of the contract run."""
    named = {settings["clustering.methods"] for settings in ROADS.values()} | {"kmeans"}
    assert not set(ROWS) - named, "methods without a line in ROADS"


@pytest.fixture(scope="module")
def made(customers: Path, run: Run) -> Callable[[str], engine.Result]:
    """Give the run by a road, made once."""
    return cache(lambda name: run(customers, ROADS[name]))


@pytest.fixture(scope="module", params=ROADS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def road(name: str) -> dict[str, Any]:
    return ROADS[name]


@pytest.fixture(scope="module")
def result(made: Callable[[str], engine.Result], name: str) -> engine.Result:
    return made(name)


@pytest.mark.long_at(
    "landmarks among components",
    "communities of a sample",
    "leading components",
    "graph",
    "communities",
)
def test_it_finds_the_segments_that_are_there(result, customers):
    truth = pl.read_parquet(customers)["true_segment"]
    assert adjusted_rand_score(truth, result.segments["segment"]) > 0.97


@pytest.mark.long_at(
    "landmarks among components",
    "communities of a sample",
    "leading components",
    "graph",
    "communities",
)
def test_assigning_gives_back_the_segments(result, customers, as_csv, tmp_path):
    output = result.summary["config"]["output"]
    model = engine.load_model(f"{output['models']}/{output['name']}")
    model.assign(as_csv, tmp_path / "a.parquet")
    written = pl.read_parquet(tmp_path / "a.parquet")
    assert_frame_equal(written, result.segments, check_exact=True)
    frame = pl.read_parquet(customers)
    turned = frame.sample(fraction=1, shuffle=True, seed=3)
    found = result.model.assign(turned).sort("customer_id")
    assert_frame_equal(found, result.segments.sort("customer_id"), check_exact=True)
    for row in (0, 17, len(frame) - 1):
        one = model.assign(frame[row : row + 1])
        assert_frame_equal(one, result.segments[row : row + 1], check_exact=True)
    # A model says of itself where it holds customers rather than means of segments.
    held = model.info["holds"]
    assert bool(held) == (len(model.representatives.points) > model.representatives.n_segments)
    assert held is None or held in result.summary["notices"]


@pytest.mark.long
def test_it_repeats_at_any_number_of_threads(result, customers, run, road):
    again = run(customers, road, **{"compute.threads": 1})
    assert arrays(again) == arrays(result)
    assert scores(again.summary) == scores(result.summary)
    assert_frame_equal(again.segments, result.segments, check_exact=True)


@pytest.mark.long
def test_another_order_of_rows_gives_the_same_segments(result, customers, run, road, tmp_path):
    frame = pl.read_parquet(customers).sample(fraction=1, shuffle=True, seed=8)
    frame.write_parquet(tmp_path / "turned.parquet")
    turned = run(tmp_path / "turned.parquet", road).segments.sort("customer_id")
    same = result.segments.sort("customer_id")
    assert adjusted_rand_score(same["segment"], turned["segment"]) >= 0.999


@pytest.mark.long
def test_they_assign_without_their_makers(made, customers, tmp_path):
    """All in one process, in which nothing that makes a model can be imported."""
    pairs = [(model_of(made(name)), tmp_path / f"{name}.parquet") for name in ROADS]
    told = assigned_apart(pairs, customers)
    for name, (_, target) in zip(ROADS, pairs, strict=True):
        assert_frame_equal(pl.read_parquet(target), made(name).segments, check_exact=True)
    assert told == [str(made(name).model.names) for name in ROADS]
