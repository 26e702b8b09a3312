"""The search: as good as many starts of scikit-learn's, and the same wherever it runs."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.datasets import load_digits, make_blobs

from engine.clustering.kmeans.descent import descend
from engine.clustering.kmeans.distinct import are_at_least, merged
from engine.clustering.kmeans.layout import Rows
from engine.clustering.kmeans.search import gone_on, mean_variance, searched
from engine.clustering.kmeans.swaps import improved
from engine.places.runtime import CHUNK_ROWS, Runtime

ONE = Runtime(threads=1)


def groups(rows: int = 2_000, columns: int = 8, k: int = 12, seed: int = 0) -> np.ndarray:
    x, _ = make_blobs(rows, columns, centers=k, cluster_std=2, random_state=seed)
    return (x - x.mean(axis=0)).astype(np.float32)


def inertia(x: np.ndarray, centres: np.ndarray, weights: np.ndarray | None = None) -> float:
    apart = ((x[:, None].astype(np.float64) - centres) ** 2).sum(axis=2).min(axis=1)
    return float(np.average(apart, weights=weights) * len(x))


def digits() -> np.ndarray:
    x = load_digits().data
    return (x - x.mean(axis=0)).astype(np.float32)


DATA = {
    "groups": (groups(), 12),
    "many groups": (groups(3_000, 10, 40), 40),
    "none in a box": (np.random.default_rng(0).random((2_000, 6), np.float32) - 0.5, 8),
    "digits": (digits(), 10),
    "skewed": (np.exp(np.random.default_rng(1).standard_normal((2_000, 5), np.float32)) - 1.6, 9),
}


@pytest.mark.parametrize("name", DATA)
def test_inertia_is_that_of_scikit_learns_starts_or_less(name):
    x, k = DATA[name]
    ours = [inertia(x, searched(x, k, seed=s, runtime=ONE).centres) for s in range(8)]
    theirs = [SklearnKMeans(k, random_state=s).fit(x).inertia_ for s in range(8)]
    assert np.mean(ours) <= np.mean(theirs) * 1.002
    assert min(ours) <= min(theirs) * 1.005


@pytest.mark.parametrize("seed", range(10))
def test_groups_are_found_by_one_start(seed):
    x, k = DATA["many groups"]
    best = SklearnKMeans(k, n_init=10, random_state=0).fit(x).inertia_
    assert inertia(x, searched(x, k, seed=seed, runtime=ONE).centres) <= best * 1.0001


def test_more_starts_are_no_worse():
    x, k = DATA["digits"]
    one, ten = (
        np.mean(
            [inertia(x, searched(x, k, seed=s, n_init=n, runtime=ONE).centres) for s in range(3)]
        )
        for n in (1, 10)
    )
    assert ten < one


@pytest.mark.parametrize("n_init", ["auto", 3])
@pytest.mark.parametrize("rows", [2_000, 2 * CHUNK_ROWS + 5])
def test_the_same_bits_at_any_number_of_threads(rows, n_init):
    x = np.random.default_rng(0).random((rows, 3), np.float32)
    found = {
        searched(
            x, 5, seed=1, n_init=n_init, max_iter=20, runtime=Runtime(threads=threads)
        ).centres.tobytes()
        for threads in (1, 2, 4)
    }
    assert len(found) == 1


def test_centres_are_the_means_of_their_rows():
    x, k = DATA["groups"]
    centres = searched(x, k, seed=0, tol=0, runtime=ONE).centres
    labels = ((x[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    means = np.array([x[labels == c].mean(axis=0, dtype=np.float64) for c in range(k)])
    assert centres == pytest.approx(means, abs=1e-5)


def test_a_weight_is_so_many_rows():
    x, k = groups(400, 3, 5), 5
    weights = np.random.default_rng(0).integers(0, 5, len(x))
    repeated, start = np.repeat(x, weights, axis=0), x[:k].astype(np.float64)
    by_weight = gone_on(x, start, 0, 300, weights=weights.astype(float), runtime=ONE)
    by_rows = gone_on(repeated, start, 0, 300, runtime=ONE)
    assert by_weight.centres == pytest.approx(by_rows.centres, abs=1e-4)
    best = min(
        inertia(x, searched(x, k, weights=weights / 7, seed=s, runtime=ONE).centres, weights)
        for s in range(5)
    )
    other = SklearnKMeans(k, n_init=10, random_state=0).fit(x, sample_weight=weights)
    assert best <= inertia(x, other.cluster_centers_, weights) * 1.001


def test_weights_of_any_size_count_in_proportion():
    x, weights = groups(500), np.random.default_rng(0).random(500)
    one, other = (
        searched(x, 6, weights=weights * times, seed=0, runtime=ONE).centres
        for times in (1.0, 2.0**60)
    )
    assert np.array_equal(one, other)


def test_few_distinct_rows_are_taken_once_each():
    rng = np.random.default_rng(0)
    own = rng.standard_normal((50, 4), np.float32)
    x = own[rng.integers(0, 50, 5_000)]
    rows, weights = merged(x, None)
    assert len(rows) == 50
    assert weights.max() == 1
    assert weights * np.unique(x, axis=0, return_counts=True)[1].max() == pytest.approx(
        [np.count_nonzero((x == row).all(axis=1)) for row in rows]
    )
    best = SklearnKMeans(8, n_init=10, random_state=0).fit(x).inertia_
    ours = [inertia(x, searched(x, 8, seed=s, runtime=ONE).centres) for s in range(8)]
    assert np.mean(ours) <= best * 1.05
    assert merged(own, None)[0] is own


@pytest.mark.parametrize("k", [50, 51, 60])
def test_as_many_centres_as_distinct_rows_or_more(k):
    rng = np.random.default_rng(0)
    own = rng.standard_normal((50, 4), np.float32)
    x = own[rng.integers(0, 50, 5_000)]
    centres = searched(x, k, seed=0, runtime=ONE).centres
    assert centres.shape == (k, 4)
    assert inertia(x, centres) == 0


def test_fewer_distinct_rows_than_clusters_among_many_that_differ_little():
    x = np.repeat(np.arange(300, dtype=np.float32)[:, None] - 150, 2, axis=0)
    assert are_at_least(x, 300)
    assert not are_at_least(x, 301)
    assert np.isfinite(searched(x, 400, seed=0, runtime=ONE).centres).all()


def test_groups_far_from_each_other_are_cut_as_well():
    """Squares of 1e4 leave float32 nothing of distances of 1."""
    near, _ = make_blobs(600, 2, centers=[[0, 0], [3, 0], [0, 3]], cluster_std=0.2, random_state=0)
    x = np.concatenate((near - 1e4, near + 1e4)).astype(np.float32)
    found = searched(x, 6, seed=0, runtime=ONE)
    assert inertia(x, found.centres) < 1_200 * 2 * 0.2**2 * 1.3


def test_rows_as_float64_give_what_float32_gives():
    x, k = DATA["groups"]
    wide = searched(x.astype(np.float64), k, seed=3, runtime=ONE).centres
    narrow = searched(x, k, seed=3, runtime=ONE).centres
    assert inertia(x, wide) == pytest.approx(inertia(x, narrow), rel=1e-3)


@pytest.mark.parametrize("name", DATA)
def test_swaps_never_make_it_worse(name):
    x, k = DATA[name]
    rows, rng = Rows(x, None, ONE), np.random.default_rng(0)
    before, _ = descend(rows, x[:k].astype(np.float64), 0, 50)
    after, worth = improved(rows, before, 0, rng)
    assert inertia(x, after) <= inertia(x, before) * (1 + 1e-6)
    assert worth == pytest.approx(inertia(x, after), rel=1e-4)


def test_a_swap_by_hand():
    """Two centres share one group, and one has two groups: the swap mends it."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(m, 0.1, 100) for m in (-10, 0, 10)])[:, None].astype(np.float32)
    rows = Rows(x, None, ONE)
    stuck, _ = descend(rows, np.array([[-10.05], [-9.95], [5.0]]), 0, 100)
    mended, _ = improved(rows, stuck, 0, rng)
    assert sorted(np.round(stuck[:, 0])) == [-10, -10, 5]
    assert sorted(np.round(mended[:, 0])) == [-10, 0, 10]


@pytest.mark.parametrize("some", [None, np.array([5, 7, 1_999, 3])])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_two_nearest_are_those_by_differences(some, dtype):
    x, centres = groups(), groups(7, 8, 3).astype(np.float64)
    near = Rows(x, None, ONE, dtype).near(centres, some)
    apart = ((x[:, None].astype(np.float64) - centres) ** 2).sum(axis=2)[
        slice(None) if some is None else some
    ]
    assert near.labels.tolist() == apart.argmin(axis=1).tolist()
    two = np.sort(apart, axis=1)[:, :2]
    assert near.nearest == pytest.approx(two[:, 0], rel=1e-3, abs=1e-3)
    assert near.second == pytest.approx(two[:, 1], rel=1e-3, abs=1e-3)


def test_bounds_skip_only_rows_that_cannot_change():
    x, k = groups(6_000, 4, 10), 10
    assert len(x) * k > 1 << 15  # otherwise there are no bounds
    start = x[:k].astype(np.float64)
    rows = Rows(x, None, ONE)
    found, _ = descend(rows, start, 0, 300)
    labels = ((x[:, None] - found) ** 2).sum(axis=2).argmin(axis=1)
    means = np.array([x[labels == c].mean(axis=0, dtype=np.float64) for c in range(k)])
    assert found == pytest.approx(means, abs=1e-4)


def test_going_on_stops_at_the_limit():
    x, k = DATA["none in a box"]
    start = x[:k].astype(np.float64)
    loose, tight = (
        gone_on(x, start, tol * mean_variance(x), 300, runtime=ONE) for tol in (1e-1, 1e-6)
    )
    assert loose.n_iter < tight.n_iter
    assert inertia(x, tight.centres) < inertia(x, loose.centres)


@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_the_mean_variance(offset):
    x = np.random.default_rng(0).random((5_000, 3), np.float32) + np.float32(offset)
    assert mean_variance(x) == pytest.approx(x.var(axis=0, dtype=np.float64).mean(), rel=1e-5)
