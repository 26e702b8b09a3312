"""A whole run on a cluster of GPUs, with NumPy and pandas in the places of CuPy and cuDF."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import pytest
from sklearn.metrics import adjusted_rand_score

import engine
from engine.cluster.gpu import on_gpus
from engine.cluster.gpu_runtime import GpuClusterRuntime
from engine.data_preparation.generators.customers import generate
from engine.data_preparation.reading import cuts
from engine.places.parts import CLIENTS_SEARCH, in_common
from engine.places.place import Place
from engine.run import placed
from tests.cluster import standing_gpu
from tests.drawing import undrawn


@pytest.fixture
def on_standing_gpus(cluster, monkeypatch):
    """Let runs find workers with GPUs."""

    @contextmanager
    def opened(*_, **__):
        with on_gpus(cluster.members.client, standing_gpu.opened) as found:
            yield GpuClusterRuntime(
                Place.GPU_CLUSTER,
                "a test",
                threads=1,
                memory_limit=cluster.memory_limit,
                members=cluster.members,
                cluster=cluster.cluster,
                least_pool=found[0].pool,
                parts_there=in_common([gpu.parts for gpu in found]),
            )

    monkeypatch.setattr(placed, "opened", opened)


@pytest.mark.long
@pytest.mark.usefixtures("on_standing_gpus")
@pytest.mark.parametrize("more", [{}, {"pca.components": "off"}])
def test_a_run_finds_the_segments_of_one_machine(tmp_path, monkeypatch, more):
    monkeypatch.setattr(cuts, "PIECE_ROWS", 500)
    path = tmp_path / "customers.parquet"
    generate(path, customers=2_000, seed=5)
    config = {
        "input": {"path": str(path)},
        "features": {"exclude": ["true_segment"]},
        "clustering": {"k": 5, "kmeans": {"n_init": 4}},
        "evaluation": {"resamples": 2},
        "output": {f: str(tmp_path / f) for f in ("models", "reports", "processed")},
    }
    with undrawn():
        there = engine.segment(config, more)
        monkeypatch.undo()
        here = engine.segment(config, {**more, "compute.device": "cpu"})
    assert there.summary["place"] == Place.GPU_CLUSTER
    parts = replace(standing_gpu.place().parts, search=CLIENTS_SEARCH)
    assert there.summary["parts"] == parts.told()
    assert here.summary["parts"] is None
    pairs = here.segments.join(there.segments, on="customer_id", suffix="_there")
    assert len(pairs) == 2_000
    assert adjusted_rand_score(pairs["segment"], pairs["segment_there"]) >= 0.999
    assert there.scores["inertia"] == pytest.approx(here.scores["inertia"], rel=1e-4)
