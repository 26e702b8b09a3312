"""A row of weight n is as good as n equal rows, for every way to start."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_array
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.datasets import make_blobs

from engine.clustering import KMeans

K = 4


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return make_blobs(300, 3, centers=K, cluster_std=2, random_state=6)[0]


@pytest.fixture(scope="module")
def weights(x) -> np.ndarray:
    """Give whole weights, some of them zero, which turn the order of sizes round."""
    labels = SklearnKMeans(K, n_init=10, random_state=0).fit(x).labels_
    return np.random.default_rng(2).integers(0, 4, len(x)) + labels * 2.0


ROADS = [
    {"tol": 0.0, "n_init": 5},
    {"tol": 0.0, "init": "random", "n_init": 20},
    {"tol": 0.0, "algorithm": "elkan", "n_init": 5},
]


@pytest.mark.parametrize("settings", ROADS, ids=str)
@pytest.mark.parametrize("kind", [np.asarray, csr_array])
@pytest.mark.parametrize("start_rows", [1_000, 10_000])
def test_weights_are_repetitions(x, weights, kind, settings, start_rows) -> None:
    settings = {**settings, "start_rows": start_rows}
    times = weights.astype(int)
    weighted = KMeans(K, random_state=0, **settings).fit(kind(x), sample_weight=weights)
    repeated = KMeans(K, random_state=0, **settings).fit(kind(np.repeat(x, times, axis=0)))
    assert np.array_equal(np.repeat(weighted.labels_, times), repeated.labels_)
    assert weighted.cluster_centers_ == pytest.approx(repeated.cluster_centers_, rel=1e-9)
    assert weighted.inertia_ == pytest.approx(repeated.inertia_, rel=1e-9)
    assert (np.diff(np.bincount(weighted.labels_, weights)) <= 0).all()
    assert np.array_equal(weighted.predict(kind(x)), weighted.labels_)


@pytest.mark.parametrize("start_rows", [1_000, 10_000])
def test_the_search_weighs_rows(start_rows) -> None:
    x, groups = make_blobs(1_500, 3, centers=K, cluster_std=0.5, random_state=6)
    weights = np.random.default_rng(2).integers(0, 4, len(x)) + groups * 2.0
    settings = {"start_rows": start_rows, "coarse_rows": start_rows, "random_state": 0}
    weighted = KMeans(K, **settings).fit(x, sample_weight=weights)
    repeated = KMeans(K, **settings).fit(np.repeat(x, weights.astype(int), axis=0))
    assert np.array_equal(np.repeat(weighted.labels_, weights.astype(int)), repeated.labels_)
    assert weighted.cluster_centers_ == pytest.approx(repeated.cluster_centers_, rel=1e-9)
    assert weighted.inertia_ == pytest.approx(repeated.inertia_, rel=1e-9)
    assert (np.diff(np.bincount(weighted.labels_, weights)) <= 0).all()
    assert np.array_equal(weighted.predict(x), weighted.labels_)


def test_many_weighted_rows_from_given_centres(x, weights) -> None:
    rows, twice = np.concatenate([x] * 5), np.tile(weights, 5)
    for init in (x[::75], lambda rows, k, random_state: x[::75]):
        settings = {"init": init, "n_init": 1}
        ours = KMeans(K, start_rows=1_000, **settings).fit(rows, sample_weight=twice)
        theirs = SklearnKMeans(K, init=x[::75], n_init=1).fit(rows, sample_weight=twice)
        assert np.array_equal(ours.labels_, theirs.labels_)
        assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-5)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_weighted_starts_are_scikit_learns(x, weights, dtype) -> None:
    for settings in ({"init": x[:K]}, {"init": "random", "n_init": 1}, {"n_init": 2}):
        ours, theirs = (
            cls(K, random_state=0, **settings).fit(x.astype(dtype), sample_weight=weights)
            for cls in (KMeans, SklearnKMeans)
        )
        assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-5)
        assert ours.n_iter_ == theirs.n_iter_


def test_the_score_is_weighted(x, weights) -> None:
    model = KMeans(K, random_state=0).fit(x, sample_weight=weights)
    squares = ((x - model.cluster_centers_[model.labels_]) ** 2).sum(axis=1)
    assert model.score(x) == pytest.approx(-squares.sum(), rel=1e-12)
    assert model.score(x, sample_weight=weights) == pytest.approx(-(squares @ weights), rel=1e-12)
    assert model.score(x, sample_weight=weights) == pytest.approx(-model.inertia_, rel=1e-12)
    sparse = csr_array(x)
    assert model.score(sparse, sample_weight=weights) == pytest.approx(-model.inertia_, rel=1e-12)


@pytest.mark.parametrize("settings", [{}, *ROADS], ids=str)
def test_equal_weights_scale_the_inertia_alone(x, settings) -> None:
    plain = KMeans(K, random_state=0, **settings).fit(x)
    for weight in (np.full(len(x), 0.3), 0.3):
        model = KMeans(K, random_state=0, **settings).fit(x, sample_weight=weight)
        assert model.cluster_centers_.tobytes() == plain.cluster_centers_.tobytes()
        assert model.inertia_ == pytest.approx(0.3 * plain.inertia_, rel=1e-12)


def test_the_unit_of_weights_changes_nothing(x, weights) -> None:
    one, other = (KMeans(K, random_state=0).fit(x, sample_weight=weights * w) for w in (1, 1e-9))
    assert np.array_equal(one.labels_, other.labels_)
    assert other.inertia_ == pytest.approx(1e-9 * one.inertia_, rel=1e-9)


def test_rows_that_count_for_nothing_move_nothing(x) -> None:
    far = np.concatenate([x, [[1e3, 1e3, 1e3]]])
    weights = np.append(np.ones(len(x)), 0.0)
    model = KMeans(K, n_init=10, tol=0.0, random_state=0).fit(far, sample_weight=weights)
    without = KMeans(K, n_init=10, tol=0.0, random_state=0).fit(x)
    assert model.inertia_ == pytest.approx(without.inertia_, rel=1e-9)
    assert model.labels_[-1] == model.predict(far[-1:])[0]


@pytest.mark.parametrize("kind", [np.asarray, csr_array])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("settings", [{}, {"init": "random"}, {"n_init": 3}], ids=str)
def test_of_many_rows_few_count(kind, dtype, settings) -> None:
    """No sample of them need hold one that does: what is drawn are rows that count."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5_000, 2)) * 50
    counting = rng.choice(5_000, 60, replace=False)
    x[counting] = rng.normal(size=(60, 2)) + np.repeat([[0, 0], [9, 0], [0, 9]], 20, axis=0)
    weights = np.zeros(5_000)
    weights[counting] = rng.integers(1, 4, 60)
    settings = {"start_rows": 1_000, "coarse_rows": 1_000, "random_state": 0, **settings}
    rows = kind(x.astype(dtype))
    model = KMeans(3, **settings).fit(rows, sample_weight=weights)
    alone = SklearnKMeans(3, n_init=10, random_state=0)
    alone.fit(x[counting], sample_weight=weights[counting])
    assert model.inertia_ == pytest.approx(alone.inertia_, rel=1e-5)
    assert np.array_equal(model.predict(rows), model.labels_)
    assert (np.diff(np.bincount(model.labels_, weights)) <= 0).all()


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_fewer_rows_count_than_there_are_clusters(x, kind) -> None:
    weights = np.zeros(len(x))
    weights[[3, 70]] = 1
    model = KMeans(K, random_state=0).fit(kind(x), sample_weight=weights)
    assert model.inertia_ == pytest.approx(0, abs=1e-9)
    assert model.transform(x[[3, 70]]).min(axis=1) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("column", [list, pd.Series, pl.Series, np.float32])
def test_kinds_of_weights(x, weights, column) -> None:
    given = KMeans(K, random_state=0).fit(x, sample_weight=column(weights))
    assert given.inertia_ == KMeans(K, random_state=0).fit(x, sample_weight=weights).inertia_


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        (np.ones(7), r"sample_weight.shape == \(7,\), expected \(300,\)!"),
        (np.ones((300, 2)), "Sample weights must be 1D array or scalar, got 2D array"),
        (np.zeros(300), "Sample weights must contain at least one non-zero number"),
        (np.full(300, np.nan), "Input sample_weight contains NaN"),
        (-np.ones(300), "Negative values in data passed to `sample_weight`"),
    ],
)
def test_what_is_no_weight_is_refused(x, weights, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        KMeans(K).fit(x, sample_weight=weights)
    with pytest.raises(ValueError, match=sentence):
        KMeans(K, random_state=0).fit(x).score(x, sample_weight=weights)
