"""Groups whose distance is many thousand times their width are told apart, on every road."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist

from engine.clustering import KMeans


def pairs(gap: float, n: int, seed: int = 0) -> np.ndarray:
    """Give two pairs of groups: 1 from each other, and ``gap`` from the other pair."""
    random = np.random.default_rng(seed)
    middles = np.array([0.0, 1.0, gap, gap + 1])
    return np.concatenate([random.normal(middle, 0.05, (n, 1)) for middle in middles])


ROADS = {
    "search": {},
    "starts": {"n_init": 5},
    "elkan": {"algorithm": "elkan", "n_init": 5},
    "given": {"init": "middles"},
}


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("gap", [1e4, 1e5, 1e7])
@pytest.mark.parametrize("n", [100, 3_000, 20_000])
def test_pairs_of_groups_are_four(road, gap, n) -> None:
    x, settings = pairs(gap, n), dict(ROADS[road])
    if road == "given":
        settings["init"] = [[0.0], [1.0], [gap], [gap + 1]]
    model = KMeans(4, random_state=0, **settings).fit(x)
    middles = np.sort(model.cluster_centers_.ravel())
    assert middles == pytest.approx([0, 1, gap, gap + 1], abs=0.02)
    assert (np.bincount(model.labels_) == n).all()
    assert model.inertia_ == pytest.approx(4 * n * 0.05**2, rel=0.2)
    assert np.array_equal(model.predict(x), model.labels_)


@pytest.mark.parametrize("gap", [2e8, 1e9])
@pytest.mark.parametrize("n", [100, 3_000, 20_000])
def test_the_search_takes_differences_where_float64_has_no_squares(gap, n) -> None:
    model = KMeans(4, random_state=0).fit(pairs(gap, n))
    middles = np.sort(model.cluster_centers_.ravel())
    assert middles == pytest.approx([0, 1, gap, gap + 1], abs=0.02)
    assert model.inertia_ == pytest.approx(4 * n * 0.05**2, rel=0.2)


def test_in_several_columns_as_well() -> None:
    random = np.random.default_rng(1)
    middles = np.array([[0.0] * 4, [3.0] * 4, [1e5] * 4, [1e5 + 3] * 4])
    x = np.concatenate([random.normal(middle, 0.2, (5_000, 4)) for middle in middles])
    for settings in ({"n_init": 5}, {"init": middles}, {}):
        model = KMeans(4, random_state=0, **settings).fit(x)
        assert np.bincount(model.labels_).tolist() == [5_000] * 4


def test_a_few_rows_far_out_are_parted() -> None:
    random = np.random.default_rng(1)
    x = random.normal(0, 1, (40_000, 2))
    x[:200] += 1e6
    x[:100, 0] += 30
    model = KMeans(3, random_state=0, init=[[0.0, 0], [1e6, 1e6], [1e6 + 30, 1e6]]).fit(x)
    assert np.bincount(model.labels_).tolist() == [39_800, 100, 100]


@pytest.mark.parametrize("times", [1, 200])
@pytest.mark.parametrize("settings", [{}, {"n_init": 2}, {"init": "random", "n_init": 20}])
def test_what_float64_tells_apart_is_not_merged(times, settings) -> None:
    values = np.repeat([0.0, 200_000_001, 200_000_002], np.array([500, 250, 250]) * times)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = KMeans(3, random_state=0, **settings).fit(values[:, None])
    assert np.sort(model.cluster_centers_.ravel()).tolist() == [0.0, 200_000_001, 200_000_002]
    assert model.inertia_ == 0


@pytest.mark.parametrize("n", [12, 12_000])
def test_clusters_without_rows_lie_at_rows_in_all_digits(n) -> None:
    x = np.resize([0.19212679513298, 0.7, 0.3], n)[:, None] * np.ones((1, 6))
    with pytest.warns(match="distinct clusters"):
        model = KMeans(5, random_state=0).fit(x)
    assert cdist(model.cluster_centers_, x).min(axis=1) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("size", [1e-200, 1e-46, 1e36, 1e200])
@pytest.mark.parametrize("settings", [{}, {"n_init": 2}, {"init": "random", "n_init": 2}])
def test_weights_of_any_size(dtype, size, settings) -> None:
    random = np.random.default_rng(0)
    x, weights = random.normal(size=(12_000, 2)).astype(dtype), random.random(12_000)
    usual = KMeans(3, random_state=0, **settings).fit(x, sample_weight=weights)
    model = KMeans(3, random_state=0, **settings).fit(x, sample_weight=weights * size)
    assert model.inertia_ / size == pytest.approx(usual.inertia_, rel=1e-6)
    assert model.cluster_centers_ == pytest.approx(usual.cluster_centers_, abs=1e-4)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("settings", [{}, {"n_init": 2}])
def test_one_weight_beside_which_float32_holds_no_other(dtype, settings) -> None:
    x = np.random.default_rng(0).normal(size=(12_000, 8)).astype(dtype)
    weights = np.ones(len(x))
    weights[5] = 1e45
    model = KMeans(3, random_state=0, **settings).fit(x, sample_weight=weights)
    without = KMeans(2, random_state=0).fit(np.delete(x, 5, axis=0))
    assert np.bincount(model.labels_).min() > 0
    assert cdist(model.cluster_centers_, x[5:6]).min() == pytest.approx(0, abs=1e-6)
    away = cdist(x, model.cluster_centers_)[np.arange(len(x)), model.labels_]
    assert (away**2)[weights == 1].sum() < 1.05 * without.inertia_


def far_column(n: int, offset: float) -> np.ndarray:
    random = np.random.default_rng(0)
    x = np.where(random.random((n, 50)) < 0.35, random.normal(size=(n, 50)), 0)
    x[:, 7] = np.where(random.random(n) < 0.7, offset + random.normal(size=n), 0)
    return x


@pytest.mark.parametrize("offset", [1e5, 1e8, 1e9])
@pytest.mark.parametrize("settings", [{}, {"n_init": 3}])
def test_a_sparse_column_far_from_zero_is_measured(offset, settings) -> None:
    x = far_column(200, offset)
    rows = sparse.csr_array(x)
    for fitted in (rows, x):
        model = KMeans(6, random_state=0, **settings).fit(fitted)
        away = cdist(x, model.cluster_centers_)
        # What is told of a centre is rounded where it lies.
        near = 4 * np.spacing(offset) + 1e-9
        labels = model.predict(rows)
        assert away[np.arange(200), labels] == pytest.approx(away.min(axis=1), abs=near)
        assert model.transform(rows) == pytest.approx(away, rel=1e-8, abs=near)
        assert -model.score(rows) == pytest.approx((away.min(axis=1) ** 2).sum(), rel=1e-6)
        assert model.inertia_ == pytest.approx((away.min(axis=1) ** 2).sum(), rel=1e-6)
        assert np.array_equal(model.predict(fitted), model.labels_)


def test_sparse_groups_in_a_column_far_from_zero() -> None:
    values = np.array([0, 1, 2, 3, 10, 11, 12, 13]) + np.array([0] + [1e9] * 7)
    rows = sparse.csr_matrix(np.c_[values, np.zeros(8)])
    model = KMeans(3, n_init=10, random_state=0).fit(rows)
    assert model.inertia_ == pytest.approx(7.0)
    own = model.transform(rows)[np.arange(8), model.labels_]
    assert np.sort(own).tolist() == [0, 0, 0.5, 0.5, 1, 1, 1.5, 1.5]


def test_new_rows_many_widths_away_are_scored_and_gone_on_from() -> None:
    x = np.array([[0.3], [0.1 + 0.2]] * 5)  # 5e-17 apart
    model = KMeans(1, random_state=0).fit(x)
    assert model.score([[5.0]]) == pytest.approx(-22.09)
    assert model.partial_fit([[5.0]] * 10).cluster_centers_.item() == pytest.approx(2.65)

    model = KMeans(2, random_state=0).fit([[0.0], [1.0], [2.0]])
    assert model.score([[1e20]]) == pytest.approx(-1e40)
    model.partial_fit([[1e20]] * 1_000)
    largest = model.cluster_centers_.max()
    assert largest == pytest.approx(1e20, rel=0.01)
    assert model.predict([[largest]]).item() == model.cluster_centers_.argmax()
    assert model.predict([[0.0]]).item() == model.cluster_centers_.argmin()
