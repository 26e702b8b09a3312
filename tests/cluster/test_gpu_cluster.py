"""Passes on a cluster of GPUs, with NumPy in CuPy's place on real processes: as on CPUs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from engine.cluster.gpu import on_gpus
from engine.cluster.gpu_runtime import GpuClusterRuntime
from engine.cluster.spread import Spread
from engine.cluster.travelling import Travelling
from engine.clustering.algorithm import ROWS, Task, algorithm
from engine.clustering.kmeans.passes import lloyd_step
from engine.clustering.representatives import Representatives
from engine.dimensionality_reduction.pca import fit_pca, project_all
from engine.evaluation.scores import internal_scores
from engine.evaluation.stability import agreement_of
from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.utilities.rows import crossed
from engine.utilities.sampling import row_priority
from tests.cluster import standing_gpu
from tests.cluster.test_methods import FEW

SIZES = (7_000, 1, 0, 3_000)
HERE = Runtime()


@pytest.fixture(scope="module")
def gpus(cluster) -> Iterator[GpuClusterRuntime]:
    members = cluster.members
    with on_gpus(members.client, standing_gpu.opened) as found:
        least = min(gpu.pool for gpu in found)
        assert (len(found), least) == (2, standing_gpu.POOL)
        assert {gpu.parts for gpu in found} == {standing_gpu.place().parts}
        yield GpuClusterRuntime(Place.GPU_CLUSTER, "a test", members=members, least_pool=least)


def to_gpu(part):
    return standing_gpu.stand_in.made().asarray(part)


def kind(piece):
    return type(piece).__name__


def spread(array, runtime, fn=to_gpu) -> Spread:
    found = Spread(runtime.members, SIZES, array.dtype, array.shape[1:])
    found.fill(runtime.members.tasks(fn, np.split(array, np.cumsum(SIZES)[:-1])))
    return found


def kinds(rows: Spread) -> set[str]:
    return set(rows.members.results(rows.members.tasks(kind, rows.pieces)))


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(4, 3)) * 6
    return (centres[rng.integers(0, 4, sum(SIZES))] + rng.normal(size=(sum(SIZES), 3))).astype(
        np.float32
    )


def test_rows_lie_on_gpus_and_labels_in_host_memory(gpus, x):
    rows = spread(x, gpus)
    found = Representatives(x[:5].astype(float), np.arange(5, dtype=np.int32), x[:5].astype(float))
    labels = found.assign(rows, runtime=gpus)
    assert kinds(rows) == {"DeviceArray"}
    assert kinds(labels) == {"ndarray"}
    assert np.array_equal(labels[np.arange(len(x))], found.assign(x, runtime=HERE))
    away = found.distances(rows, labels, runtime=gpus)
    expected = found.distances(x, labels[np.arange(len(x))], runtime=HERE)
    assert np.array_equal(away[np.arange(len(x))], expected)


def test_sums_of_segments_are_the_same(gpus, x):
    centres = x[:4].astype(np.float64)
    for one, other in zip(
        lloyd_step(spread(x, gpus), centres, gpus), lloyd_step(x, centres, HERE), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_components_are_the_same_and_lie_on_gpus(gpus, x):
    rows = spread(x, gpus)
    pca, expected = fit_pca(rows, 2, runtime=gpus), fit_pca(x, 2, runtime=HERE)
    np.testing.assert_allclose(pca.components, expected.components, atol=1e-9)
    out = gpus.beside(rows, np.float32, (2,))
    project_all(pca, rows, out, runtime=gpus)
    assert kinds(out) == {"DeviceArray"}
    np.testing.assert_allclose(out[:50], expected.transform(x[:50]), atol=1e-5)


def test_scores_are_the_same(gpus, x):
    found = Representatives(x[:4].astype(float), np.arange(4, dtype=np.int32), x[:4].astype(float))
    labels = found.assign(x, runtime=HERE)
    expected = internal_scores(x, labels, runtime=HERE)
    scores = internal_scores(spread(x, gpus), spread(labels, gpus, np.asarray), runtime=gpus)
    assert scores.sizes == expected.sizes
    assert scores.silhouette_squared == pytest.approx(expected.silhouette_squared, rel=1e-12)
    assert scores.davies_bouldin == pytest.approx(expected.davies_bouldin, rel=1e-12)


@pytest.mark.parametrize(
    "method", [m if m == "kmeans" else pytest.param(m, marks=pytest.mark.long) for m in ROWS]
)
def test_a_method_finds_the_segments_of_one_machine(method, x, gpus):
    row = algorithm(method)
    params, priority = row.params(**FEW[method]), row_priority(len(x), 0)
    one = row.runs[Place.CPU](Task(x, 4, priority, 0), params, HERE)
    task = Task(spread(x, gpus), 4, spread(priority, gpus, np.asarray), 0)
    other = row.runs[Place.GPU_CLUSTER](task, params, gpus)
    assert kinds(other.labels) == {"ndarray"}
    labels = other.labels[np.arange(len(x))]
    assert agreement_of(crossed(one.labels, labels, (4, 4))) >= 0.999
    assert not isinstance(other.representatives.points, Travelling)
