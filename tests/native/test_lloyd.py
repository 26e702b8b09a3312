"""Kernels of Lloyd's passes, against NumPy: nearest centres, and sums kept while centres move."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering.kmeans.bounded import BoundedPasses
from engine.clustering.kmeans.descent import descend
from engine.clustering.kmeans.layout import Rows
from engine.clustering.kmeans.passes import refine
from engine.native.library import library
from engine.native.lloyd import own_squares, takes, two_nearest
from engine.places.runtime import Runtime

pytestmark = pytest.mark.skipif(not library().instructions, reason=library().reason)

SHAPES = [(1, 1, 1), (23, 2, 3), (25, 5, 4), (300, 17, 65), (40, 200, 600)]


def _given(n: int, d: int, k: int, dtype: type = np.float32) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n + d + k)
    return rng.normal(size=(n, d)).astype(dtype), rng.normal(size=(k, d))


def _squares(x: np.ndarray, centres: np.ndarray) -> np.ndarray:
    return ((x[:, None].astype(np.float64) - centres) ** 2).sum(axis=2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_the_two_nearest_are_those_of_numpy(n, d, k, dtype):
    x, centres = _given(n, d, k, dtype)
    wide = np.full((n, d + 2), np.nan, dtype)
    wide[:, :d] = x
    some = np.arange(n)[::-2].copy()
    for rows, which in ((x, None), (wide[:, :d], None), (wide[:, :d], some)):
        m = n if which is None else len(which)
        labels, nearest, second = np.empty(m, np.int64), np.empty(m, dtype), np.empty(m, dtype)
        two_nearest(rows, which, centres, labels, nearest, second)
        squares = _squares(x if which is None else x[which], centres)
        ordered = np.sort(np.column_stack((squares, np.full(m, np.inf))), axis=1)
        np.testing.assert_array_equal(labels, squares.argmin(axis=1))
        np.testing.assert_allclose(nearest, ordered[:, 0], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(second, ordered[:, 1], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bounds_keep_the_sums_of_all_rows(dtype, weighted):
    x, centres = _given(70_000, 3, 9, dtype)
    weights = np.random.default_rng(0).random(len(x)) if weighted else None
    each = np.ones(len(x)) if weights is None else weights
    passes = BoundedPasses(x, weights, len(centres), Runtime(threads=2))
    rng, looked_at = np.random.default_rng(1), []
    for size in (1.0, 0.1, 0.01, 0.001, 0.0):
        centres = centres + size * rng.normal(size=centres.shape)
        looked_at.append(passes.step(centres))
        labels = _squares(x, centres).argmin(axis=1)
        assert np.count_nonzero(labels != passes.labels) <= 2  # within rounding of float32
        counts = np.bincount(passes.labels, each, minlength=9)
        sums = np.stack([np.bincount(passes.labels, each * c, minlength=9) for c in x.T], axis=1)
        np.testing.assert_allclose(passes.counts, counts, rtol=1e-9)
        np.testing.assert_allclose(passes.sums, sums, rtol=1e-6, atol=1e-6)
    assert looked_at[0] == len(x)
    assert looked_at[-1] == 0


def test_threads_do_not_change_a_bit_of_many_passes():
    x, centres = _given(140_000, 4, 12)
    one, two = (refine(x, centres, 0.0, 30, Runtime(threads=n)) for n in (1, 2))
    assert (one[0] == two[0]).all()
    assert one[1] == two[1]


def test_iterations_by_kernel_end_where_those_of_numpy_do(kernels_back):
    x, centres = _given(80_000, 2, 5)
    x[:40_000] += 6
    own = Rows(x, None, Runtime())
    assert not takes(own.points)
    expected, _ = descend(own, centres, 1e-9, 100)
    kernels_back()
    assert takes(own.points)
    found, _ = descend(own, centres, 1e-9, 100)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_every_instruction_set_keeps_the_same_rows(instructions):
    x, centres = _given(1_000, 9, 13)
    passes = BoundedPasses(x, None, 13, Runtime())
    assert library().instructions == instructions
    for shift in (0.0, 0.05, 0.0):
        passes.step(centres + shift)
        np.testing.assert_array_equal(passes.labels, _squares(x, centres + shift).argmin(axis=1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_squares_of_rows_in_a_frame_are_those_of_numpy(n, d, k, dtype):
    x, centres = _given(n, d, k, dtype)
    labels = np.random.default_rng(0).integers(k, size=n).astype(np.int32)
    apart = (x.astype(np.float64) - 0.5) * 0.25 - centres[labels]
    total = own_squares(x, labels, centres, np.full(d, 0.5), 0.25)
    np.testing.assert_allclose(total, (apart**2).sum(), rtol=1e-12)
