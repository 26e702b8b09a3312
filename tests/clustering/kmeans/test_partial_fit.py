"""Batch by batch: each centre is the mean of all rows that were ever nearest to it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.cluster import MiniBatchKMeans
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning

from engine.clustering import KMeans

K = 6


def stream(n: int, seed: int = 3, spread: float = 1.0) -> np.ndarray:
    return make_blobs(n, 4, centers=K, cluster_std=spread, random_state=seed)[0]


@pytest.mark.parametrize("kind", [np.asarray, csr_array])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_each_centre_is_the_mean_of_what_it_was_given(kind, offset) -> None:
    """Groups apart from each other: no row is ever given to another centre than at the end."""
    x = stream(3_000, spread=0.5) + offset
    model = KMeans(K, random_state=0)
    for start in range(0, 3_000, 500):
        batch = x[start : start + 500]
        assert model.partial_fit(kind(batch)) is model
        assert np.array_equal(model.labels_, model.predict(kind(batch)))
    assert model.n_steps_ == 6
    labels = model.predict(x)
    means = np.array([x[labels == j].mean(axis=0) for j in range(K)])
    assert model.cluster_centers_ == pytest.approx(means, rel=1e-9, abs=1e-9)
    in_full = KMeans(K, random_state=0).fit(x)
    assert -model.score(x) == pytest.approx(in_full.inertia_, rel=1e-6)


@pytest.mark.parametrize("spread", [1.0, 3.0, 6.0])
def test_as_good_as_scikit_learns_mini_batches(spread) -> None:
    ours, theirs = [], []
    for seed in range(3):
        x = stream(10_000, seed=seed, spread=spread)
        model, other = KMeans(K, random_state=seed), MiniBatchKMeans(K, random_state=seed)
        for start in range(0, 10_000, 500):
            model.partial_fit(x[start : start + 500])
            other.partial_fit(x[start : start + 500])
        ours.append(-model.score(x))
        theirs.append(-other.score(x))
    assert sum(ours) <= sum(theirs)


def test_a_fit_is_gone_on_from() -> None:
    x = stream(2_000)
    model = KMeans(K, random_state=0).fit(x[:1_500])
    before = model.cluster_centers_.copy()
    model.partial_fit(x[1_500:])
    assert model.n_steps_ == 2
    moved = np.abs(model.cluster_centers_ - before)
    assert 0 < moved.max() < 0.2
    model.fit(x[:1_500])
    assert not hasattr(model, "n_steps_")
    assert model.cluster_centers_.tobytes() == before.tobytes()


def test_weights_are_repetitions() -> None:
    x = stream(1_000)
    weights = np.random.default_rng(0).integers(0, 4, 500)
    start = KMeans(K, random_state=0).fit(x[:500])
    by_weight, by_rows = (pickle.loads(pickle.dumps(start)) for _ in range(2))
    by_weight.partial_fit(x[500:], sample_weight=weights)
    by_rows.partial_fit(np.repeat(x[500:], weights, axis=0))
    assert by_weight.cluster_centers_ == pytest.approx(by_rows.cluster_centers_, rel=1e-12)
    assert by_weight.inertia_ == pytest.approx(by_rows.inertia_, rel=1e-12)


def test_centres_that_hold_nothing_take_the_farthest_rows() -> None:
    model = KMeans(3, random_state=0)
    with pytest.warns(ConvergenceWarning, match="Number of distinct clusters"):
        model.partial_fit([[0.0], [0.0], [1.0]])
    model.partial_fit([[9.0], [0.0], [1.0], [8.5]])
    assert np.sort(model.cluster_centers_.ravel()) == pytest.approx([0, 1, 8.75])
    model.partial_fit([[9.5]])
    assert np.sort(model.cluster_centers_.ravel()) == pytest.approx([0, 1, 9])


def test_float32_stays_and_batches_of_one_row_are_taken() -> None:
    x = stream(300).astype(np.float32)
    model = KMeans(K, random_state=0).partial_fit(x)
    for row in x[:20]:
        model.partial_fit(row[None])
        assert model.labels_.shape == (1,)
    assert model.cluster_centers_.dtype == np.float32
    assert model.n_steps_ == 21


def test_a_first_batch_of_too_few_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="n_samples=5 should be >= n_clusters=6"):
        KMeans(K).partial_fit(stream(5))


def test_other_features_are_refused() -> None:
    model = KMeans(K, random_state=0).partial_fit(stream(100))
    with pytest.raises(ValueError, match="X has 3 features, but KMeans is expecting 4"):
        model.partial_fit(stream(100)[:, :3])
