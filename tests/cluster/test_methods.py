"""The five methods on a cluster of two processes: the segments and scores of one machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.cluster.runtime import ClusterRuntime
from engine.cluster.spread import Spread
from engine.clustering.algorithm import ROWS, Fit, Task, algorithm
from engine.evaluation.scores import internal_scores
from engine.evaluation.silhouette import silhouette
from engine.evaluation.stability import agreement_of
from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.utilities.rows import counted, crossed
from engine.utilities.sampling import row_priority

SIZES = (3_000, 1, 1_500, 0, 2_499)
K, COLUMNS = 4, 6
FEW: dict[str, dict[str, Any]] = {
    "kmeans": {"n_init": 2, "start_rows": 1_000, "coarse_rows": 2_000},
    "agglomerative": {"exact_limit": 2_000, "micro_clusters": 100},
    "spectral": {"exact_limit": 2_000, "landmarks": 100},
    "ann_methods": {"exact_limit": 2_000, "graph_rows": 2_000, "representatives": 200},
    "pca_methods": {"settings": {"n_init": 2, "start_rows": 1_000, "coarse_rows": 2_000}},
}
"""Settings with which so many rows are many."""


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    rng = np.random.default_rng(5)
    centres = rng.normal(size=(K, COLUMNS)) * 6
    labels = rng.choice(K, sum(SIZES), p=[0.4, 0.3, 0.2, 0.1])
    return (centres[labels] + rng.normal(size=(len(labels), COLUMNS))).astype(np.float32)


def spread(array: np.ndarray, cluster: ClusterRuntime) -> Spread:
    found = Spread(cluster.members, SIZES, array.dtype, array.shape[1:])
    found.fill(cluster.members.tasks(np.asarray, np.split(array, np.cumsum(SIZES)[:-1])))
    return found


def tasks(x: np.ndarray, cluster: ClusterRuntime, **more: Any) -> tuple[Task, Task]:
    priority = row_priority(len(x), 0)
    here = Task(x, K, priority, 0, **more)
    return here, Task(spread(x, cluster), K, spread(priority, cluster), 0, **more)


def agreed(one: Fit, other: Fit) -> float:
    k = one.representatives.n_segments
    return agreement_of(crossed(laid_out(one.labels), laid_out(other.labels), (k, k)))


def laid_out(labels: Any) -> np.ndarray:
    return labels[np.arange(len(labels))]


@pytest.mark.parametrize("method", ROWS)
@pytest.mark.parametrize("many", [True, False], ids=["many", "few"])
def test_a_method_finds_the_segments_of_one_machine(method, many, x, cluster):
    row = algorithm(method)
    params = row.params(**(FEW[method] if many else {}))
    here, there = tasks(x, cluster)
    one = row.runs[Place.CPU](here, params, Runtime())
    other = row.runs[Place.CPU_CLUSTER](there, params, cluster)
    assert isinstance(other.labels, Spread)
    assert agreed(one, other) >= 0.999
    np.testing.assert_allclose(
        other.representatives.centres, one.representatives.centres, rtol=1e-4, atol=1e-4
    )
    assert other.notes == one.notes
    if not many and method != "pca_methods":  # brought here: the very same fit
        assert np.array_equal(laid_out(other.labels), one.labels)
