"""What spectral clustering and communities both keep, on both of their roads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from engine.clustering.algorithm import Fit, algorithm
from engine.errors import DataError
from engine.places.runtime import Runtime
from tests.examples import at_most
from tests.fitting import fitted

ROADS = {
    "spectral": ("spectral", {}),
    "landmarks": ("spectral", {"exact_limit": 0}),
    "communities": ("ann_methods", {}),
    "sample": ("ann_methods", {"exact_limit": 0, "graph_rows": 5_000, "representatives": 2_000}),
}


@pytest.fixture(scope="module", params=ROADS)
def fit(request: pytest.FixtureRequest) -> Callable[..., Fit]:
    """Fit by a road: ``fit(x, k)``."""
    name, settings = ROADS[request.param]
    row = algorithm(name)
    return partial(fitted, row, params=row.params(**settings), runtime=Runtime(threads=2))


@pytest.mark.parametrize("k", [1, 3, 5, 60])
def test_any_number_of_segments(shapes, fit, k):
    x, segment = shapes.moons(4_000)
    found = fit(x, k)
    sizes = np.bincount(found.labels, minlength=k)
    assert len(sizes) == k
    assert sizes.min() > 0
    assert (np.diff(sizes) <= 0).all()
    means = np.stack([x[found.labels == j].mean(axis=0, dtype=np.float64) for j in range(k)])
    assert found.representatives.centres == pytest.approx(means, rel=1e-6)
    if k > 1:  # no segment has rows of both moons
        assert all(len(np.unique(segment[found.labels == j])) == 1 for j in range(k))


@pytest.mark.long_at("*7*")
@pytest.mark.parametrize("d", [2, 7])
def test_predict_equals_fit_where_borders_run_through_a_crowd(fit, d):
    x = np.random.default_rng(0).random((3_000 if d == 2 else 5_000, d), np.float32)
    found = fit(x, 7)
    assign = found.representatives.assign
    assert np.array_equal(assign(x, runtime=Runtime()), found.labels)
    one_by_one = [assign(x[i : i + 1], runtime=Runtime())[0] for i in range(300)]
    assert np.array_equal(one_by_one, found.labels[:300])
    assert np.array_equal(assign(x[17:1_234], runtime=Runtime()), found.labels[17:1_234])


@pytest.mark.long_at("*3*", "spectral-16", "communities-16")
@pytest.mark.parametrize("d", [2, 3, 16])
def test_noise_does_not_break_it(shapes, fit, d):
    x, segment = shapes.mixture(10_000, d, seed=4)
    found, real = fit(x, 6), segment >= 0
    assert adjusted_rand_score(segment[real], found.labels[real]) >= 0.99
    assert any("sparse surroundings" in note for note in found.notes)


@given(scale=st.sampled_from([1e-3, 0.25, 8.0, 1e4]), seed=st.integers(0, 50))
@at_most(8)
def test_the_unit_of_measurement_does_not_matter(shapes, fit, scale, seed):
    x, _ = shapes.mixture(1_200, 3, seed=seed)
    plain, scaled = (fit(a, 6).labels for a in (x, x * np.float32(scale)))
    assert adjusted_rand_score(plain, scaled) > 0.99


def test_equal_rows_share_a_segment(fit):
    x = np.random.default_rng(0).integers(0, 12, (3_000, 2)).astype(np.float32)
    x[::7] *= np.float32(-1)  # also -0, which equals 0
    found = fit(x, 4)
    _, owner = np.unique(x + np.float32(0), axis=0, return_inverse=True)
    owner = owner.ravel()
    first = np.full(owner.max() + 1, -1)
    first[owner[::-1]] = found.labels[::-1]
    assert np.array_equal(found.labels, first[owner])


def test_bad_numbers_of_segments(fit):
    x = np.repeat(np.array([[0, 1], [2, 3]], np.float32), 30, axis=0)
    with pytest.raises(
        DataError, match=r"^clustering\.k is 61, but there are only 60 customers\.$"
    ):
        fit(x, 61)
    with pytest.raises(DataError, match=r"only 2 distinct prepared rows; ask for at most 2\.$"):
        fit(x, 3)
    assert np.bincount(fit(x, 2).labels).tolist() == [30, 30]


def test_all_rows_equal(fit):
    x = np.full((50, 3), 2.5, np.float32)
    found = fit(x, 1)
    assert not found.labels.any()
    with pytest.raises(DataError, match="only 1 distinct"):
        fit(x, 2)


def test_input_is_left_alone(shapes, fit):
    x, _ = shapes.mixture(3_000, 4)
    before = x.copy()
    fit(x, 6)
    assert np.array_equal(x, before)
