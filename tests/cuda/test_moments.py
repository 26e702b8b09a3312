"""Rows added up by segment on a device: the sums of rows one by one, in the same bits each time."""

from __future__ import annotations

import numpy as np
import pytest

from engine.cuda import grids
from engine.cuda.moments import moments_by_segment, sums_by_label
from tests import cupy_by_numpy as stand_in
from tests.cuda_on_cpu import raw_module
from tests.cupy_by_numpy import DeviceArray

SHAPES = [
    (1, 1, 1), (1, 16, 8), (300, 4, 1), (2_049, 16, 8), (5_000, 17, 3), (700, 3, 40),
    (600, 16, 96), (400, 300, 2), (900, 2, 250), (600, 16, 200), (300, 5, 1_000),
]  # fmt: skip


@pytest.fixture(scope="module")
def cupy():
    return stand_in.made(kernels=True)


def made(n, d, k, *, away=0.0):
    """Rows, labels of which the last segment is empty, origins and weights."""
    rng = np.random.default_rng([n, d, k])
    rows = (away + rng.normal(size=(n, d))).astype(np.float32)
    labels = rng.integers(0, max(1, k - 1), n).astype(np.int32)
    return rows, labels, away + rng.normal(size=(k, d)), rng.random(n)


def moments_of(rows, labels, origin):
    apart = rows.astype(np.float64) - origin[labels]
    sums, squares = np.zeros(origin.shape), np.zeros(origin.shape)
    np.add.at(sums, labels, apart)
    np.add.at(squares, labels, apart * apart)
    return sums, squares


def on_device(*arrays):
    return tuple(map(DeviceArray, arrays))


@pytest.mark.parametrize("away", [0.0, 1e4])
@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_moments_are_those_of_rows_one_by_one(cupy, n, d, k, away):
    rows, labels, origin, _ = made(n, d, k, away=away)
    found = moments_by_segment(*on_device(rows, labels, origin), cupy)
    for own, expected in zip(found, moments_of(rows, labels, origin), strict=True):
        np.testing.assert_allclose(own.get(), expected, rtol=1e-12, atol=1e-12 * n)
    assert not found[0].get()[k - 1 :].any() or k == 1


@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_sums_are_those_of_rows_one_by_one(cupy, n, d, k, weighed):
    rows, labels, _, weights = made(n, d, k)
    each = weights if weighed else np.ones(n)
    given = [DeviceArray(weights)] if weighed else []
    counts, sums = sums_by_label(*on_device(rows, labels), k, cupy, *given)
    expected = np.zeros((k, d))
    np.add.at(expected, labels, rows.astype(np.float64) * each[:, None])
    np.testing.assert_allclose(counts.get(), np.bincount(labels, each, k), rtol=1e-13)
    np.testing.assert_allclose(sums.get(), expected, rtol=1e-12, atol=1e-12 * n)


def test_rows_that_are_their_origin_leave_nothing(cupy):
    row = np.array([1e7 / 3, -1e-30], np.float32)
    rows, labels = np.tile(row, (500, 1)), np.arange(500, dtype=np.int32) % 3
    origin = np.tile(row.astype(np.float64), (3, 1))
    sums, squares = moments_by_segment(*on_device(rows, labels, origin), cupy)
    assert not sums.get().any()
    assert not squares.get().any()


@pytest.mark.parametrize(("k", "launched"), [(96, "label_sums_f32"), (97, "segment_sums")])
def test_many_labels_are_added_up_by_warps_that_own_them(cupy, k, launched):
    rows, labels, _, _ = made(600, 16, k)
    raw_module.LAUNCHED.clear()
    sums_by_label(*on_device(rows, labels), k, cupy)
    assert raw_module.LAUNCHED[0] == launched


def test_the_bits_are_the_same_whatever_runs_first(cupy):
    rows, labels, origin, weights = made(3_000, 16, 8, away=3.0)
    found = []
    for order in (False, True):
        raw_module.ORDER[0] = order
        try:
            parts = moments_by_segment(*on_device(rows, labels, origin), cupy)
            parts += sums_by_label(*on_device(rows, labels), 8, cupy, DeviceArray(weights))
        finally:
            raw_module.ORDER[0] = False
        found.append(b"".join(np.ascontiguousarray(part.get()).tobytes() for part in parts))
    assert found[0] == found[1]


def test_rows_that_begin_anywhere_are_read(cupy):
    rows, labels, origin, _ = made(400, 3, 2)
    given = DeviceArray(rows), DeviceArray(labels)
    found = moments_by_segment(given[0][1:], given[1][1:], DeviceArray(origin), cupy)
    expected = moments_of(rows[1:], labels[1:], origin)
    np.testing.assert_allclose(found[0].get(), expected[0], rtol=1e-12, atol=1e-10)


def test_labels_that_are_none_are_left_out(cupy):
    rows = np.ones((6, 2), np.float32)
    labels = np.array([0, -1, 2, 1, 2_147_483_647, -2_147_483_648], np.int32)
    counts, sums = sums_by_label(*on_device(rows, labels), 2, cupy)
    assert counts.get().tolist() == [1, 1]
    assert sums.get().tolist() == [[1, 1], [1, 1]]


def test_what_is_not_finite_stays_in_its_cell(cupy):
    rows = np.array([[np.nan, 1], [2, np.inf], [3, 3]], np.float32)
    labels = np.array([0, 1, 2], np.int32)
    sums, _ = moments_by_segment(*on_device(rows, labels, np.zeros((3, 2))), cupy)
    assert np.array_equal(sums.get(), [[np.nan, 1], [2, np.inf], [3, 3]], equal_nan=True)


def test_more_columns_than_a_block_has_threads_are_weighed(cupy):
    rows, labels, _, weights = made(50, 600, 3)
    _, sums = sums_by_label(*on_device(rows, labels), 3, cupy, DeviceArray(weights))
    expected = np.zeros((3, 600))
    np.add.at(expected, labels, rows * weights[:, None])
    np.testing.assert_allclose(sums.get(), expected, rtol=1e-12, atol=1e-14)


def test_what_no_kernel_takes_is_left(cupy):
    rows, labels, origin, weights = made(10, 3, 2)
    wide, gaps = DeviceArray(rows.astype(np.float64)), DeviceArray(rows)[::2]
    given = on_device(labels, origin)
    assert moments_by_segment(wide, *given, cupy) is None
    assert moments_by_segment(gaps, given[0][::2], given[1], cupy) is None
    other = on_device(rows, labels.astype(np.int64), origin)
    assert moments_by_segment(*other, cupy) is None
    assert moments_by_segment(DeviceArray(rows[:0]), *on_device(labels[:0], origin), cupy) is None
    assert sums_by_label(*on_device(rows, labels), 10**6, cupy) is None
    narrow = DeviceArray(weights.astype(np.float32))
    assert sums_by_label(*on_device(rows, labels), 2, cupy, narrow) is None
    assert moments_by_segment(*on_device(rows, labels, origin), stand_in.made()) is None
    assert moments_by_segment(rows, labels, origin, np) is None


@pytest.mark.parametrize("tables", [1, 2])
@pytest.mark.parametrize("n", [1, 10**4, 4 << 20, 1 << 32, 1 << 40])
def test_every_launch_is_within_what_cuda_takes(n, tables):
    for d in (1, 2, 3, 7, 8, 15, 16, 17, 33, 64, 129, 255, 257, 1_000, 5_000):
        for k in (1, 2, 3, 8, 47, 64, 191, 192, 193, 400, 1_000, 5_000):
            found = grids.segment_grid(n, d, k, tables)
            assert found is not None
            assert found.shared <= 48 << 10
            assert found.stride % 16 == 0  # a thread's bank does not depend on the segment
            assert 1 <= found.threads <= found.stride <= 256
            assert found.blocks * found.span >= n > (found.blocks - 1) * found.span
            assert found.blocks <= grids.MOST_X
            assert max(found.grid[1:]) <= grids.MOST_YZ
            assert found.column_slices * found.width >= d > (found.column_slices - 1) * found.width
            assert found.segment_slices * found.segments >= k
            assert (found.segment_slices - 1) * found.segments < k
            # What kernels number by int: rows of a block and those asked for ahead, a step of
            # rows, cells of a table.
            assert found.span + 8 * found.lanes < 1 << 31
            assert 8 * found.lanes * d < 1 << 31
            assert k * (d + 1) < 1 << 31
            # The tables are a quarter of the rows at most, or there is but a block.
            table = found.blocks * k * d * 8 * tables
            assert table <= n * d * 4 // 4 + k * d * 8 * tables


def test_more_than_kernels_number_is_refused():
    assert grids.segment_grid(0, 3, 3, 1) is None
    assert grids.segment_grid(10, 1 << 20, 1 << 12, 1) is None
    assert grids.segment_grid(10, 4, 64 * 192, 2) is not None
    assert grids.segment_grid(10, 4, 64 * 192 + 1, 2) is None
    assert grids.segment_grid(1 << 43, 4, 4, 1) is None
