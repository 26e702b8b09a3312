"""Rows far from zero, tiny or huge are moved and scaled in float64, and nothing else changes."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score as ari

from engine import clustering
from engine.clustering.frame import Frame

OFFSETS = [0.0, 1e3, 1e6, 1e9, 1e12]
SCALES = [1e-30, 1e-10, 1.0, 1e10, 1e30]
ESTIMATORS = [getattr(clustering, name) for name in clustering.__all__]


def blobs(n: int = 300) -> np.ndarray:
    """Five groups, on a grid that float64 holds at any offset below: nothing is lost by moving."""
    x, _ = make_blobs(n, 3, centers=5, cluster_std=0.7, random_state=3)
    return np.round(x * 1024) / 1024


@pytest.mark.parametrize("offset", OFFSETS)
def test_inside_is_near_zero_and_outside_again_what_it_was(offset: float) -> None:
    x = blobs() + offset
    frame = Frame.of(x)
    inside = frame.inside(x)
    assert inside.dtype == np.float32
    assert np.abs(np.median(inside, axis=0)).max() <= 1
    assert_allclose(frame.outside(inside), x, rtol=1e-15, atol=1e-6)
    assert np.array_equal(frame.outside(frame.inside(x, np.float64)), x)


@pytest.mark.parametrize("scale", SCALES)
def test_the_scale_rounds_nothing(scale: float) -> None:
    x = blobs() * scale
    frame = Frame.of(x)
    assert np.frexp(frame.scale)[0] == 0.5
    moved = frame.inside(x, np.float64)
    assert 0.1 < np.abs(moved).max() < 1e3
    assert_allclose(frame.outside(moved), x, rtol=1e-14, atol=1e-14 * scale)


def test_float32_rows_near_zero_are_not_copied() -> None:
    x = blobs().astype(np.float32)
    frame = Frame.of(x)
    assert frame.inside(x) is x
    assert np.array_equal(frame.outside(x), x)
    assert frame.scale == 1


def test_float32_rows_far_away_are_moved_without_a_loss() -> None:
    x = (np.round(blobs()) + 1e6).astype(np.float32)
    frame = Frame.of(x)
    assert np.array_equal(frame.outside(frame.inside(x)).astype(np.float32), x)
    assert np.abs(frame.inside(x)).max() < 100


def test_an_outlier_moves_and_widens_nothing() -> None:
    x = blobs()
    x[7, 1] = 1e12
    frame = Frame.of(x)
    assert np.abs(frame.shift).max() < 100
    assert frame.scale < 100


def test_constant_and_lone_rows_have_a_frame() -> None:
    for x in (np.full((5, 2), 7e9), np.array([[3.0, -1e12]]), np.zeros((4, 1))):
        frame = Frame.of(x)
        assert not frame.inside(x).any()
        assert np.array_equal(frame.outside(frame.inside(x)), x)


def test_what_lies_beyond_all_bounds_keeps_its_direction() -> None:
    frame = Frame.of(blobs())
    far = frame.inside(np.array([[1e140, 0.0, 5e139], [-3.0, 1.0, 2.0]]))
    assert np.isfinite(far).all()
    assert_allclose(far[0] / far[0, 0], [1, 0, 0.5], atol=1e-6)
    assert np.array_equal(far[1], frame.inside(np.array([[-3.0, 1.0, 2.0]]))[0])


PLACES = [
    *((np.float64, offset, 1.0) for offset in OFFSETS),
    *((np.float32, offset, 1.0) for offset in OFFSETS if offset <= 1e6),  # it holds no more
    *((dtype, 0.0, scale) for dtype in (np.float64, np.float32) for scale in SCALES),
]


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(("dtype", "offset", "scale"), PLACES)
def test_every_estimator_finds_the_same_wherever_rows_lie(estimator, dtype, offset, scale) -> None:
    near = np.round(blobs())
    x = ((near + offset) * scale).astype(dtype)
    here = estimator(n_clusters=5, random_state=0).fit(near)
    there = estimator(n_clusters=5, random_state=0).fit(x)
    assert ari(here.labels_, there.labels_) == 1
    assert np.array_equal(there.predict(x), there.labels_)


@pytest.mark.parametrize("name", ["ANNClustering", "PCAClustering", "SpectralClustering"])
def test_crowds_too_far_apart_for_float32_are_warned_of(name) -> None:
    """What parts the rows of a crowd is lost beside the way between crowds, in any frame."""
    near = blobs()
    apart = np.concatenate([near, near + 1e9])
    estimator = getattr(clustering, name)(n_clusters=2, random_state=0)
    with pytest.warns(UserWarning, match=r"^Some columns of X span .* of 600 distinct rows apart"):
        labels = estimator.fit(apart).labels_
    if name != "ANNClustering":
        assert ari(labels, np.repeat([0, 1], len(near))) == 1
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Some columns of X")
        estimator.fit(near + 1e9)
