"""Kernels of the nearest point, against NumPy: the same labels, the same sums up to rounding."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering.frame import Frame
from engine.clustering.kmeans.estimator import KMeans
from engine.clustering.kmeans.passes import lloyd_step
from engine.clustering.nearest import Nearest
from engine.native.library import library
from engine.places.runtime import Runtime

pytestmark = pytest.mark.skipif(not library().instructions, reason=library().reason)

SHAPES = [(1, 1, 1), (1, 3, 2), (23, 2, 3), (24, 16, 8), (25, 5, 4), (999, 17, 65), (2_000, 130, 9)]


def _given(n: int, d: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n + d + k)
    return rng.normal(size=(n, d)).astype(np.float32), rng.normal(size=(k, d)) + 3


def _without(points: np.ndarray) -> Nearest:
    nearest = Nearest(points, Runtime())
    nearest.kernel = None
    return nearest


@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_labels_are_those_of_numpy(n, d, k):
    x, points = _given(n, d, k)
    found = Nearest(points, Runtime())
    assert found.kernel is not None
    np.testing.assert_array_equal(found.exact(x), _without(points).exact(x))


@pytest.mark.parametrize("k", range(1, 20))
def test_labels_are_those_of_numpy_however_many_points_fill_no_group(k, instructions):
    rng = np.random.default_rng(k)
    points = 3 * rng.normal(size=(k, 5))
    x = (np.tile(points, (99, 1)) + rng.normal(size=(99 * k, 5))).astype(np.float32)
    x[7, 2], x[8] = np.nan, np.inf
    found = Nearest(points, Runtime())
    assert found.kernel is not None
    with np.errstate(all="ignore"):
        expected = _without(points).exact(x)
    np.testing.assert_array_equal(found.exact(x), expected)
    assert set(expected) == set(range(k))


@pytest.mark.parametrize("apart", [1e18, 1e19, 1e25])
def test_points_whose_squares_are_no_float32_are_found_as_well(apart, instructions):
    points = np.zeros((12, 3))
    points[8:11, 0] = apart * np.arange(1, 4)
    x = np.concatenate([points, 0.9 * points]).astype(np.float32)
    with np.errstate(all="ignore"):
        expected = _without(points).exact(x)
        np.testing.assert_array_equal(Nearest(points, Runtime()).exact(x), expected)
    assert set(expected) == {0, 8, 9, 10}


def test_ties_are_decided_in_float64_and_the_first_of_equals_wins():
    points = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0 + 1e-9, 0.0], [2.0, 0.0]])
    x = np.array([[0.5, 0.0], [1.0, 0.0], [1.5, 0.0], [1.1, 0.0]], np.float32)
    labels = Nearest(points, Runtime()).exact(x)
    assert labels.tolist() == [0, 1, 3, 3]
    assert labels.tolist() == _without(points).exact(x).tolist()


def test_what_is_not_finite_is_labelled_as_numpy_labels_it():
    x, points = _given(50, 4, 5)
    x[3, 1], x[7], x[9, 0] = np.nan, np.inf, 3e38
    with np.errstate(all="ignore"):
        expected = _without(points).exact(x)
        np.testing.assert_array_equal(Nearest(points, Runtime()).exact(x), expected)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_sums_are_those_of_numpy(n, d, k, weighted, monkeypatch):
    x, points = _given(n, d, k)
    weights = np.random.default_rng(1).random(n) if weighted else None
    counts, sums = lloyd_step(x, points, Runtime(), weights)
    monkeypatch.setattr("engine.clustering.nearest.NearestKernel.of", lambda *_: None)
    expected_counts, expected_sums = lloyd_step(x, points, Runtime(), weights)
    np.testing.assert_allclose(counts, expected_counts, rtol=1e-12)
    np.testing.assert_allclose(sums, expected_sums, rtol=1e-9, atol=1e-9)


def test_threads_do_not_change_a_bit():
    x, points = _given(200_000, 7, 6)
    first, second = (lloyd_step(x, points, Runtime(threads=n)) for n in (1, 2))
    assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_every_instruction_set_gives_the_same_labels(instructions):
    x, points = _given(1_000, 9, 13)
    found = Nearest(points, Runtime())
    assert library().instructions == instructions
    assert found.kernel is not None
    np.testing.assert_array_equal(found.exact(x), _without(points).exact(x))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e200])
def test_predict_refuses_what_it_meets_in_its_one_pass(value):
    x = np.random.default_rng(0).normal(size=(70_000, 3))
    model = KMeans(4, random_state=0).fit(x)
    x[69_999, 1] = value
    with pytest.raises(ValueError, match=r"NaN|infinity|as large as"):
        model.predict(x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_are_moved_into_a_frame_as_numpy_moves_them(dtype, kernels_back):
    rng = np.random.default_rng(0)
    x = (rng.integers(-3, 4, size=(3_000, 3)) * 7.0 + 1_000).astype(dtype)  # many ties
    x[5] = 1e30
    points, frame = rng.integers(-3, 4, size=(6, 3)) / 2.0, Frame(np.full(3, 999.0), 16.0)
    expected = Nearest(points, Runtime()).label(x, frame=frame, precision=np.dtype(dtype))
    kernels_back()
    found = Nearest(points, Runtime())
    assert found.by_one_kernel(x)
    names = np.arange(6, dtype=np.int32)[::-1].copy()
    labels = found.label(x, names, frame=frame, precision=np.dtype(dtype))
    np.testing.assert_array_equal(5 - labels, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_many_ties_are_decided_as_by_differences_alone(dtype):
    rng = np.random.default_rng(0)
    points = rng.integers(-2, 3, size=(70, 4)) / 2.0
    points[40:] = points[:30]  # of equals the first
    x = np.concatenate(
        [rng.integers(-4, 5, size=(3_000, 4)) / 4.0, points[rng.integers(70, size=99)]]
    )
    x = (x + 1e-7 * rng.integers(2, size=x.shape)).astype(dtype)
    apart = x[:, None].astype(np.float64) - points
    squares = np.einsum("ijk,ijk->ij", apart, apart)
    np.testing.assert_array_equal(Nearest(points, Runtime()).exact(x), squares.argmin(axis=1))
