"""Where rows lie, and in what unit, changes nothing in what ``KMeans`` finds, told by float64."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.datasets import make_blobs

from engine.clustering import KMeans

K = 5
PLACES = [(offset, 1.0) for offset in (0.0, 1e3, 1e6, 1e9, 1e12)]
UNITS = [(0.0, unit) for unit in (1e-30, 1e-18, 1e-6, 1e6, 1e18, 1e30)]
IN_FLOAT32 = [place for place in PLACES + UNITS if place[0] <= 1e6]
"""Farther away float32 holds one and the same number for all of these rows."""

CASES = [(np.float64, *place) for place in PLACES + UNITS]
CASES += [(np.float32, *place) for place in IN_FLOAT32]


@pytest.fixture(scope="module")
def near() -> np.ndarray:
    """Give groups on a grid that float64 holds at any offset."""
    x, _ = make_blobs(1_000, 3, centers=K, cluster_std=1.0, random_state=3)
    return np.round(x * 1024) / 1024


def settings_of(road: str, start: np.ndarray) -> dict:
    return {
        "search": {},
        "of many": {"start_rows": 1_000, "coarse_rows": 1_000},
        "starts": {"n_init": 3},
        "elkan": {"algorithm": "elkan", "init": "random", "n_init": 3},
        "given": {"init": start},
    }[road]


@pytest.mark.parametrize("road", ["search", "of many", "starts", "elkan", "given"])
@pytest.mark.parametrize(("dtype", "offset", "unit"), CASES)
def test_the_same_wherever_rows_lie(near, road, dtype, offset, unit) -> None:
    if road == "of many":
        near = np.concatenate([near, near + 1 / 1024])
    x = ((near + offset) * unit).astype(dtype)
    start = np.array([near[0], near[7], near[20], near[33], near[41]])
    model = KMeans(K, random_state=0, **settings_of(road, (start + offset) * unit)).fit(x)

    # float32 far from zero has lost digits before anyone looks: what it holds is the truth here.
    given = x.astype(np.float64) / unit - offset
    labels = model.labels_
    means = np.array([given[labels == j].mean(axis=0) for j in range(K)])
    away = cdist(given, means)
    resolution = np.finfo(dtype).eps * (offset + 20)
    rounded = max(1e-5 if dtype == np.float32 else 1e-10, resolution)
    assert np.array_equal(labels, away.argmin(axis=1)) or road == "given"
    assert np.array_equal(labels, model.predict(x))
    inertia = float((away[np.arange(len(x)), labels] ** 2).sum())
    assert model.inertia_ / unit**2 == pytest.approx(inertia, rel=1e-6)
    assert -model.score(x) == pytest.approx(model.inertia_, rel=1e-12)
    reported = model.cluster_centers_.astype(np.float64) / unit - offset
    assert np.abs(reported - means).max() < 10 * rounded
    assert model.cluster_centers_.dtype == dtype
    distances = model.transform(x)
    assert distances.dtype == dtype
    assert np.abs(distances / unit - away).max() < 10 * (1e-10 if dtype == np.float64 else 1e-5)


def test_the_same_groups_at_every_offset(near) -> None:
    here = KMeans(K, random_state=0).fit(near)
    for offset, unit in PLACES + UNITS:
        there = KMeans(K, random_state=0).fit((near + offset) * unit)
        assert np.array_equal(there.labels_, here.labels_)
        assert there.inertia_ / unit**2 == pytest.approx(here.inertia_, rel=1e-6)


def test_a_centre_as_it_is_reported_is_at_no_distance_from_itself(near) -> None:
    for dtype in (np.float64, np.float32):
        model = KMeans(K, random_state=0).fit((near + 12_345.678).astype(dtype))
        away = model.transform(model.cluster_centers_)
        assert not away.diagonal().any()
        assert away + np.eye(K) == pytest.approx(
            cdist(model.cluster_centers_, model.cluster_centers_) + np.eye(K),
            rel=1e-9 if dtype == np.float64 else 1e-3,
        )
        assert model.predict(model.cluster_centers_).tolist() == list(range(K))


def test_what_is_near_is_told_apart_beside_what_is_far() -> None:
    """Rows of two groups are the same in float32 about the third."""
    x = np.concatenate([np.linspace(0, 1, 50), np.linspace(5, 6, 40), [3e7] * 30])[:, None]
    model = KMeans(3, init=[[0.0], [6.0], [3e7]]).fit(x)
    assert np.bincount(model.labels_).tolist() == [50, 40, 30]
    assert np.array_equal(model.predict(x), model.labels_)
    away = model.transform(x[:90])
    assert away[:, :2] == pytest.approx(np.abs(x[:90] - [0.5, 5.5]), abs=1e-7)


def test_new_rows_however_far_away_are_measured(near) -> None:
    model = KMeans(K, random_state=0).fit(near)
    x = np.array([[1e40, 0.0, 0.0], [-3e20, 4e20, 0.0], [1.0, 2.0, 3.0]])
    away = cdist(x, model.cluster_centers_)
    assert model.transform(x) == pytest.approx(away, rel=1e-9)
    assert model.score(x[1:]) == pytest.approx(-(away[1:].min(axis=1) ** 2).sum(), rel=1e-9)
    assert model.score(x[:1]) == pytest.approx(-1e80, rel=1e-9)
