"""Communities of the neighbour graph, and the Faiss index under it, in both places."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from sklearn.datasets import make_circles, make_moons
from sklearn.metrics import adjusted_rand_score

from engine.clustering.ann_methods.algorithm import ANN_METHODS
from engine.clustering.ann_methods.index import build
from engine.clustering.ann_methods.library import MOST_PROBES
from engine.clustering.ann_methods.nearest_customers import NearestCustomers
from engine.clustering.ann_methods.params import AnnParams
from engine.errors import DataError, EngineError
from engine.places.place import Place
from engine.places.runtime import Runtime
from tests.fitting import fitted as by_row

CPU = Runtime(Place.CPU, "to compare with", threads=2)
FEW, ROWS = 2_000, 4_000

ROADS = {"all": AnnParams(), "a sample": AnnParams(exact_limit=1_000, graph_rows=1_500)}
roads = pytest.mark.parametrize("road", ROADS)
kinds = pytest.mark.parametrize("kind", ["flat", "ivf"])


def needs_an_index(runtime: Runtime) -> None:
    """Leave out what is asked of Faiss's index on a GPU where Faiss sees none."""
    if runtime.device_memory and not runtime.parts.has_faiss:
        pytest.skip(f"no index on this GPU: {runtime.parts.search.why}")


fitted = partial(by_row, ANN_METHODS)


@roads
def test_groups_far_apart_by_models_that_go_both_ways(rows_of, separated, road):
    runtime, where = rows_of
    x, groups = separated[0][:ROWS], separated[1][:ROWS]
    ours, theirs = fitted(where(x), 5, ROADS[road], runtime), fitted(x, 5, ROADS[road], CPU)
    assert adjusted_rand_score(groups, ours.labels) >= 0.99
    assert adjusted_rand_score(theirs.labels, ours.labels) >= 0.99
    assert np.array_equal(ours.representatives.assign(x, runtime=CPU), ours.labels)
    there = theirs.representatives.assign(where(x), runtime=runtime)
    assert np.array_equal(there, theirs.labels)


@roads
@pytest.mark.parametrize("make", [make_moons, make_circles])
def test_shapes(rows_of, make, road):
    runtime, where = rows_of
    settings = {"factor": 0.5} if make is make_circles else {}
    x, groups = make(FEW, noise=0.04, random_state=1, **settings)
    found = fitted(where(x.astype(np.float32)), 2, ROADS[road], runtime)
    assert adjusted_rand_score(groups, found.labels) >= 0.99


def test_refusals_are_alike(rows_of):
    runtime, where = rows_of
    x = np.repeat(np.eye(3, dtype=np.float32), 500, axis=0)
    said = []
    for place, rows in ((runtime, where(x)), (CPU, x)):
        with pytest.raises(DataError) as caught:
            fitted(rows, 4, AnnParams(), place)
        said.append(str(caught.value))
    assert said[0] == said[1]


@pytest.mark.long_at("cpu-ivf")
@kinds
def test_an_index_finds_the_true_neighbours(runtime, crowd, kind):
    """Whether its rows lie in host memory or on the device, and in more than one block."""
    needs_an_index(runtime)
    x = np.concatenate([crowd, crowd + np.float32(1), crowd + np.float32(2), crowd[:9_000] - 1])
    asked = x[::40]
    true = build(x, recall=1.0, k=10, seed=0, runtime=CPU, kind="flat").search(asked, 10)
    found = []
    for rows, wanted in ((x, asked), (runtime.put(x), runtime.put(asked))):
        index = build(rows, recall=0.95, k=10, seed=0, runtime=runtime, kind=kind)
        assert index.on_device == (runtime.place == Place.GPU)
        numbers, squares = index.search(wanted, 10)
        nearer = squares <= true[1][:, -1:] * (1 + 1e-4)
        assert nearer.mean() >= (0.9999 if kind == "flat" else 0.93)
        found.append((numbers, squares))
    assert (found[0][0] == found[1][0]).mean() >= (0.999 if kind == "flat" else 0.9)


def test_more_neighbours_than_a_gpu_gives_are_refused(gpu, crowd):
    needs_an_index(gpu)
    for rows in (crowd, gpu.put(crowd)):
        index = build(rows, recall=1.0, k=10, seed=0, runtime=gpu)
        assert index.search(crowd[:5], MOST_PROBES)[0].shape == (5, MOST_PROBES)
        with pytest.raises(EngineError, match="A GPU gives at most 2,048 neighbours"):
            index.search(crowd[:5], MOST_PROBES + 1)


@kinds
def test_an_index_goes_from_the_place_to_a_cpu(runtime, crowd, kind, tmp_path):
    needs_an_index(runtime)
    made = NearestCustomers.of(crowd, runtime=runtime, recall=1.0, n=5, kind=kind)
    made.save(tmp_path)
    read = NearestCustomers.load(tmp_path, runtime=CPU)
    assert not read.index.on_device
    here, there = (one.nearest(crowd[:500], 5)[1] for one in (read, made))
    assert here == pytest.approx(there, rel=1e-3, abs=1e-3)
