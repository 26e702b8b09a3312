"""Rows measured by means on a device: what is measured row by row, in the same bits each time."""

from __future__ import annotations

import numpy as np
import pytest

from engine.cuda import grids
from engine.cuda.scores import measured_by_segment
from engine.native.moments import Means
from tests import cupy_by_numpy as stand_in
from tests.cuda_on_cpu import raw_module
from tests.cupy_by_numpy import DeviceArray

SHAPES = [
    (1, 1, 1), (1, 3, 2), (127, 16, 8), (129, 31, 3), (5_000, 2, 2), (300, 33, 9), (200, 70, 16),
    (260, 4, 129), (150, 3, 1_000),
]  # fmt: skip


@pytest.fixture(scope="module")
def cupy():
    return stand_in.made(kernels=True)


def made(n, d, k, *, away=0.0):
    """Rows, labels of which the last segment is empty and the one before holds one row."""
    rng = np.random.default_rng([n, d, k])
    rows = (away + rng.normal(size=(n, d))).astype(np.float32)
    labels = rng.integers(0, max(1, k - 2), n).astype(np.int32)
    if k > 2:
        labels[0] = k - 2
    sizes, means = np.bincount(labels, minlength=k), np.full((k, d), away)
    scatter = np.zeros(k)
    for s in np.flatnonzero(sizes):
        own = rows[labels == s].astype(np.float64)
        means[s] = own.mean(axis=0)
        scatter[s] = ((own - means[s]) ** 2).sum()
    return rows, labels, Means.of(means, sizes, scatter)


def row_by_row(rows, labels, means):
    k = len(means.sizes)
    totals = np.zeros((3, k))
    for row, label in zip(rows.astype(np.float64), labels.tolist(), strict=True):
        squares = ((row - means.centres) ** 2).sum(axis=1)
        own, size = squares[label], means.sizes[label]
        totals[:2, label] += own, np.sqrt(own)
        if size > 1 and means.several:
            within = (size * own + means.scatter[label]) / (size - 1)
            other = np.delete(squares + means.spread, label).min()
            totals[2, label] += (other - within) / (max(other, within) or 1.0)
    return totals


def found_of(cupy, rows, labels, means):
    given = (rows, labels, means.centres, means.facts)
    found = measured_by_segment(*map(DeviceArray, given), cupy)
    return None if found is None else np.stack([part.get() for part in found])


@pytest.mark.parametrize("away", [0.0, 1e4])
@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_sums_are_those_of_rows_one_by_one(cupy, n, d, k, away):
    rows, labels, means = made(n, d, k, away=away)
    found = found_of(cupy, rows, labels, means)
    np.testing.assert_allclose(found, row_by_row(rows, labels, means), rtol=1e-11, atol=1e-11)


def test_equal_rows_are_at_no_distance_from_their_mean(cupy):
    rows = np.repeat(np.array([[1e7, 1 / 3], [5, -2]], np.float32), 300, axis=0)
    labels = np.repeat(np.array([0, 1], np.int32), 300)
    means = Means.of(rows[::300].astype(np.float64), np.array([300, 300]), np.zeros(2))
    squares, distances, silhouettes = found_of(cupy, rows, labels, means)
    assert not squares.any()
    assert not distances.any()
    assert silhouettes.tolist() == [300, 300]


def test_coinciding_segments_score_nothing(cupy):
    rows, labels = np.ones((4, 2), np.float32), np.array([0, 0, 1, 1], np.int32)
    means = Means.of(np.ones((2, 2)), np.array([2, 2]), np.zeros(2))
    assert not found_of(cupy, rows, labels, means).any()


def test_the_bits_are_the_same_whatever_runs_first(cupy):
    given = made(5_000, 16, 8, away=3.0)
    first = found_of(cupy, *given)
    raw_module.ORDER[0] = True
    try:
        assert found_of(cupy, *given).tobytes() == first.tobytes()
    finally:
        raw_module.ORDER[0] = False


def test_labels_that_are_none_are_left_out(cupy):
    rows, labels, means = made(500, 3, 4)
    odd = labels.copy()
    odd[::7], odd[1::7] = -1, 4
    kept = (odd >= 0) & (odd < 4)
    found = found_of(cupy, rows, odd, means)
    expected = row_by_row(rows[kept], labels[kept], means)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)


def test_what_no_kernel_takes_is_left(cupy):
    rows, labels, means = made(20, 3, 3)
    assert found_of(cupy, rows.astype(np.float64), labels, means) is None
    assert found_of(cupy, rows[:0], labels[:0], means) is None
    assert found_of(cupy, rows, labels[:5], means) is None
    assert found_of(stand_in.made(), rows, labels, means) is None
    assert found_of(cupy, *made(20, 3, 1_025)) is None


def test_every_launch_is_within_what_cuda_takes():
    static = 128 * 33 * 4 + 32 * 4 + 8 * 32 * 8 + 3 * 128 * 8 + 128 * 4  # and what pads the tile
    for n in (1, 10**6, 1 << 33, 1 << 42):
        for k in (1, 2, 5, 8, 127, 128, 129, 1_000, 1_024):
            found = grids.measure_grid(n, k)
            assert found.blocks * found.span >= n > (found.blocks - 1) * found.span
            assert found.blocks <= grids.MOST_X
            assert found.shared + static <= 48 << 10
            assert found.strands * k <= max(128, k)
            # The tables are few beside the rows, or there is but a block.
            assert found.blocks * 3 * k * 8 <= 1.5 * 4 * n + 3 * k * 8
    assert grids.measure_grid(0, 3) is grids.measure_grid(5, 1_025) is None
