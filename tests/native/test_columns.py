"""Kernels of columns by segment, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from engine.native.columns import TYPES, column_sums
from engine.native.library import library

pytestmark = pytest.mark.skipif(not library().instructions, reason=library().reason)


def _labels(n: int, k: int) -> np.ndarray:
    return np.random.default_rng(n).integers(0, k, n).astype(np.int32)


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize(("n", "k"), [(0, 1), (1, 1), (5, 2), (512, 3), (2_053, 40)])
def test_sums_are_those_of_numpy(n, k, dtype, instructions):
    labels, shift = _labels(n, k), np.array([0.5, -3.0])
    values = [(np.random.default_rng(i).normal(size=n) * 100).astype(dtype) for i in range(2)]
    sums, counts, squares = column_sums(labels, values, shift, k)
    for j, value in enumerate(values):
        apart = value - shift[j]
        np.testing.assert_allclose(sums[:, j], np.bincount(labels, apart, k), 1e-9, 1e-6)
        assert squares[j] == pytest.approx((apart.astype(np.float64) ** 2).sum(), rel=1e-6)
        assert counts[:, j].tolist() == np.bincount(labels, minlength=k).tolist()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_what_is_not_known_counts_for_nothing(dtype, instructions):
    labels, values = _labels(3_000, 4), np.arange(3_000).astype(dtype)
    values[[3, 700, 701]], values[9], values[2_999] = np.nan, np.inf, -np.inf
    known = np.isfinite(values)
    sums, counts, squares = column_sums(labels, [values], np.array([7.0]), 4)
    apart = np.where(known, values - 7.0, 0.0).astype(np.float64)
    np.testing.assert_allclose(sums[:, 0], np.bincount(labels, apart))
    assert counts[:, 0].tolist() == np.bincount(labels, known).tolist()
    assert squares[0] == pytest.approx(apart @ apart)


def test_the_largest_numbers_are_known(instructions):
    most = np.finfo(np.float64).max
    sums, counts, _ = column_sums(np.zeros(2, np.int32), [np.array([most, 0.0])], np.zeros(1), 1)
    assert (sums[0, 0], counts[0, 0]) == (most, 2)


def test_what_kernels_do_not_read_is_left_to_numpy():
    labels, column, shift = _labels(8, 2), np.ones(8), np.zeros(1)
    assert column_sums(labels, [column], shift, 2) is not None
    assert column_sums(labels, [column.astype(np.int16)], shift, 2) is None
    assert column_sums(labels, [np.ones(16)[::2]], shift, 2) is None
    assert column_sums(labels, [np.ones(7)], shift, 2) is None
    assert column_sums(labels.astype(np.int64), [column], shift, 2) is None
    labels[0] = 2  # none of the segments
    assert column_sums(labels, [column], shift, 2) is None
