"""The five methods on a cluster of two processes: the segments and scores of one machine."""

from __future__ import annotations

import pickle
import time
from typing import Any

import numpy as np
import pytest

from engine.cluster.opening import opened
from engine.cluster.runtime import ClusterRuntime
from engine.cluster.spread import Spread
from engine.clustering.algorithm import ROWS, Fit, Task, algorithm
from engine.clustering.kmeans.passes import refill
from engine.config.loading import load_config
from engine.config.sections import ComputeConfig
from engine.evaluation.scores import internal_scores
from engine.evaluation.silhouette import silhouette
from engine.evaluation.stability import agreement_of
from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.run.agreeing import shown_of
from engine.run.choosing import agreements
from engine.run.customers import Customers
from engine.run.methods import run_methods
from engine.run.speckless import judged
from engine.utilities.progress import Progress
from engine.utilities.rows import crossed, kth_smallest, smallest_within
from engine.utilities.sampling import draw, row_priority
from engine.utilities.stages import Stages
from tests.fitting import task_of

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


def spread(array: np.ndarray, cluster: ClusterRuntime, sizes: tuple[int, ...] = SIZES) -> Spread:
    found = Spread(cluster.members, sizes, array.dtype, array.shape[1:])
    found.fill(cluster.members.tasks(np.asarray, np.split(array, np.cumsum(sizes)[:-1])))
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


@pytest.fixture(scope="module")
def labels(x: np.ndarray) -> np.ndarray:
    params = algorithm("kmeans").params()
    return algorithm("kmeans").runs[Place.CPU](task_of(x, K), params, Runtime()).labels


def test_scores_are_those_of_one_machine_up_to_rounding(x, labels, cluster):
    priority = row_priority(len(x), 0)
    here, there = (x, labels, priority), tuple(spread(a, cluster) for a in (x, labels, priority))
    one, other = (
        internal_scores(rows, own, runtime=runtime)
        for (rows, own, _), runtime in ((here, Runtime()), (there, cluster))
    )
    assert other.sizes == one.sizes
    np.testing.assert_allclose(other.centres, one.centres, rtol=1e-12)
    for name in ("inertia", "davies_bouldin", "calinski_harabasz", "silhouette_squared"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-12)
    few = {"anchors": 300, "reference": 2_000}
    exact, drawn = (
        silhouette(rows, own, priority=hashed, runtime=runtime, **few)
        for (rows, own, hashed), runtime in ((here, Runtime()), (there, cluster))
    )
    assert np.array_equal(drawn.anchor_rows, exact.anchor_rows)
    assert (drawn.value, drawn.low, drawn.high) == (exact.value, exact.low, exact.high)


def test_labels_out_of_range_are_refused(x, cluster):
    wrong = spread(np.full(len(x), 7, np.int32), cluster)
    with pytest.raises(ValueError, match="must lie in 0 to 3; got 0 to 7"):
        internal_scores(spread(x, cluster), wrong, runtime=cluster, k=K)


def test_centres_without_rows_go_to_the_same_rows(x, cluster):
    start = np.vstack([x[:2].astype(float), np.full((2, COLUMNS), 1e3)])
    empty = np.array([False, False, True, True])
    one = refill(x, start, empty, Runtime())
    assert np.array_equal(refill(spread(x, cluster), start, empty, cluster), one)
    assert set(map(tuple, one[2:])) <= set(map(tuple, x.astype(float)))


def test_a_sample_that_is_not_spread_evenly_is_drawn_whole(cluster):
    # Few priorities below the bound that even hashes would keep to: all are looked at again.
    priority = np.arange(sum(SIZES), dtype=np.uint64)[::-1] + np.uint64(2**63)
    there = spread(priority, cluster)
    assert np.array_equal(draw(there, 50), draw(priority, 50))
    assert kth_smallest(there, 50) == kth_smallest(priority, 50) == np.sort(priority)[49]
    labels = (np.arange(len(priority)) % 3).astype(np.int32)
    counts, sizes = np.array([5, 0, 7]), np.bincount(labels)
    for one, other in zip(
        smallest_within(there, spread(labels, cluster), counts, sizes),
        smallest_within(priority, labels, counts),
        strict=True,
    ):
        assert np.array_equal(one, other)


def customers_of(x: Any, priority: Any, runtime: Runtime, **clustering: Any) -> Customers:
    settings = {name: FEW[name] for name in ROWS if name != "pca_methods"}
    tree = {
        "clustering": {
            "methods": list(ROWS), "k_min": 3, "k_max": 5, "k_sample_rows": 4_000,
            "pca_methods": {"components": 2, **FEW["pca_methods"]}, **settings, **clustering,
        },
        "evaluation": {
            "anchors": 300, "reference_rows": 2_000, "resamples": 2, "resample_rows": 500,
        },
    }  # fmt: skip
    return Customers(x, priority, load_config(tree), runtime, Stages(Progress()))


@pytest.mark.parametrize(
    "methods", [("kmeans",), pytest.param(tuple(ROWS), marks=pytest.mark.long)], ids=["one", "all"]
)
def test_a_run_chooses_the_same_numbers_and_method(methods, x, cluster):
    priority = row_priority(len(x), 0)
    one = customers_of(x, priority, Runtime(), methods=methods)
    rows, hashed = spread(x, cluster), spread(priority, cluster)
    other = customers_of(rows, hashed, cluster, methods=methods)
    found = []
    for customers in (one, other):
        scored, left_out = run_methods(methods, customers, {})
        assert not left_out
        shown, best, rule = shown_of(scored, customers)
        found.append((shown, best, rule, agreements(shown)))
    (ours, best, rule, agree), (theirs, their_best, their_rule, their_agree) = found
    assert (their_best.method, their_rule) == (best.method, rule)
    for a, b in zip(ours, theirs, strict=True):
        assert agreed(a.fit, b.fit) >= 0.999
        assert b.fit.notes == a.fit.notes
        assert a.choice.rule == b.choice.rule
        assert b.silhouette.value == pytest.approx(a.silhouette.value, abs=1e-3)
        assert (b.chance, b.stability) == (a.chance, a.stability)
        for method, value in their_agree.get(a.method, {}).items():
            assert value == pytest.approx(agree[a.method][method], abs=1e-3)


def test_specks_are_left_out_of_a_silhouette_alike(x, labels, cluster):
    far = np.vstack([x, x[:3] + 300]).astype(np.float32)
    own, sizes = np.append(labels, [K] * 3).astype(np.int32), (*SIZES[:-1], SIZES[-1] + 3)
    priority, counts = row_priority(len(far), 0), np.bincount(own)
    one = judged(own, counts, customers_of(far, priority, Runtime()))
    parts = (spread(a, cluster, sizes) for a in (far, own, priority))
    rows, there, hashed = parts
    other = judged(there, counts, customers_of(rows, hashed, cluster))
    assert one is not None
    assert one.specks == 3
    assert other == one


class Stolen:
    """A pass of which some pieces take longer, so that another worker takes over what waits."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, rows: np.ndarray) -> Any:
        time.sleep(self.seconds * (rows[0, 0] > 0))
        wide = rows.astype(np.float64)
        return wide.sum(axis=0), (wide**2).sum()


def fits(x: np.ndarray, runtime: ClusterRuntime) -> list[bytes]:
    sizes = tuple(np.diff(np.linspace(0, len(x), 9).astype(int)).tolist())
    priority = row_priority(len(x), 0)
    rows, hashed = (spread(a, runtime, sizes) for a in (x, priority))
    found: list[Any] = [runtime.reduce(Stolen(0.05), rows)]
    for method in ROWS:
        row = algorithm(method)
        fit = row.runs[Place.CPU_CLUSTER](
            Task(rows, K, hashed, 0), row.params(**FEW[method]), runtime
        )
        found += [fit.representatives.centres, laid_out(fit.labels)]
        found.append(internal_scores(rows, fit.labels, runtime=runtime).to_json())
    return [pickle.dumps(one) for one in found]


@pytest.fixture(scope="module")
def on_two_workers(x: np.ndarray, cluster: ClusterRuntime) -> list[bytes]:
    return fits(x, cluster)


@pytest.mark.long
@pytest.mark.parametrize("workers", [1, pytest.param(4, marks=pytest.mark.apart)])
def test_the_same_pieces_give_the_same_bits_on_any_number_of_workers(workers, x, on_two_workers):
    with opened(ComputeConfig(cluster="local", workers=workers)) as runtime:
        assert isinstance(runtime, ClusterRuntime)
        assert fits(x, runtime) == on_two_workers
