"""Distances of points to rows on a device, added up by code: as from the whole matrix of them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.cuda import grids
from engine.cuda.distances import distance_sums
from tests import cupy_by_numpy as stand_in
from tests.cuda_on_cpu import raw_module
from tests.cupy_by_numpy import DeviceArray

CELLS = 1 << 22


@pytest.fixture(scope="module")
def cupy():
    return stand_in.made(kernels=True)


def made(m, n, d, *, away=0.0):
    """Lines of points and rows, whose products are their squared distances, and the distances."""
    rng = np.random.default_rng([m, n, d])
    points, rows = away + rng.normal(size=(m, d)), away + rng.normal(size=(n, d))
    rows[: min(m, n)] = points[: min(m, n)]  # the same row is at no distance
    shrink = 1.0 - (4 * d + 8) * 2.0**-53
    left = np.column_stack([-2 * points, np.ones(m), shrink * (points**2).sum(axis=1)])
    right = np.column_stack([rows, shrink * (rows**2).sum(axis=1), np.ones(n)])
    apart = np.sqrt(((points[:, None] - rows[None]) ** 2).sum(axis=2))
    return left, right, apart


def by_code(apart, codes, n_codes):
    sums = np.zeros((len(apart), n_codes))
    np.add.at(sums.T, codes, apart.T)
    return sums


def sums_of(cupy, left, right, codes, n_codes, cells=CELLS):
    given = DeviceArray(left), DeviceArray(right)
    found = distance_sums(*given, codes, n_codes, xp=cupy, cells=cells)
    return None if found is None else found.get()


@pytest.mark.parametrize(
    ("m", "n", "d", "n_codes"),
    [(1, 1, 1, 1), (1, 70, 3, 2), (65, 300, 4, 3), (130, 200, 22, 9), (40, 500, 23, 5),
     (3, 90, 60, 40), (64, 64, 16, 64), (20, 40, 130, 100), (5, 2_500, 2, 1)],
)  # fmt: skip
def test_sums_are_those_of_the_matrix(cupy, m, n, d, n_codes):
    left, right, apart = made(m, n, d)
    codes = np.sort(np.random.default_rng(n).integers(0, n_codes, n))
    found = sums_of(cupy, left, right, codes, n_codes)
    np.testing.assert_allclose(found, by_code(apart, codes, n_codes), rtol=1e-12, atol=1e-12 * n)


def test_a_code_without_rows_has_no_sum(cupy):
    left, right, apart = made(10, 50, 3)
    codes = np.repeat([1, 4], 25)
    found = sums_of(cupy, left, right, codes, 6)
    assert not found[:, [0, 2, 3, 5]].any()
    np.testing.assert_allclose(found, by_code(apart, codes, 6), rtol=1e-12)


@pytest.mark.parametrize("d", [1, 5, 16, 40])
def test_equal_rows_are_at_exactly_no_distance(cupy, d):
    left, right, _ = made(64, 64, d, away=1e3)
    same = np.tile(left[:1], (64, 1)), np.tile(right[:1], (64, 1))
    assert not sums_of(cupy, *same, np.zeros(64, int), 1).any()
    own = sums_of(cupy, left, right, np.arange(64), 64)
    assert not own.diagonal().any()
    assert (own + np.eye(64) > 0).all()


def test_a_nan_stays_one_and_concerns_its_code_alone(cupy):
    left, right, apart = made(5, 40, 3)
    right[30, 1] = np.nan
    codes = np.repeat([0, 1], 20)
    found = sums_of(cupy, left, right, codes, 2)
    assert np.isnan(found[:, 1]).all()
    np.testing.assert_allclose(found[:, 0], apart[:, :20].sum(axis=1), rtol=1e-12)


def test_the_bits_are_the_same_whatever_runs_first(cupy):
    left, right, _ = made(100, 1_500, 6)
    codes = np.sort(np.random.default_rng(0).integers(0, 4, 1_500))
    first = sums_of(cupy, left, right, codes, 4)
    raw_module.ORDER[0] = True
    try:
        turned = sums_of(cupy, left, right, codes, 4, cells=1)  # 64 points a launch
    finally:
        raw_module.ORDER[0] = False
    assert first.tobytes() == turned.tobytes()


def test_points_that_begin_anywhere_are_read(cupy):
    left, right, apart = made(9, 30, 3)
    given = DeviceArray(left)[2:], DeviceArray(right)[1:]
    found = distance_sums(*given, np.zeros(29, int), 1, xp=cupy, cells=CELLS)
    np.testing.assert_allclose(found.get()[:, 0], apart[2:, 1:].sum(axis=1), rtol=1e-12)


def test_what_no_kernel_takes_is_left(cupy):
    left, right, _ = made(4, 10, 2)
    codes = np.zeros(10, int)
    assert sums_of(cupy, left.astype(np.float32), right, codes, 1) is None
    assert sums_of(cupy, left, np.asfortranarray(right), codes, 1) is None
    assert sums_of(cupy, left, right[:0], codes[:0], 1) is None
    assert sums_of(stand_in.made(), left, right, codes, 1) is None


@pytest.mark.parametrize("codes", [[1, 0, 0], [-1, 0, 0], [0, 0, 2]])
def test_codes_that_do_not_ascend_or_are_none_are_refused(cupy, codes):
    left, right, _ = made(2, 3, 2)
    with pytest.raises(ValueError, match="codes must ascend, from 0 to n_codes - 1"):
        sums_of(cupy, left, right, np.array(codes), 2)


@pytest.mark.parametrize("n_codes", [1, 7, 160, 20_000])
@pytest.mark.parametrize("n", [1, 1_000, 100_000, 3_000_000])
def test_pieces_are_all_rows_in_order_of_one_code_each(n, n_codes):
    counts = np.random.default_rng(n).multinomial(n, np.full(n_codes, 1 / n_codes))
    counts[0] += n  # one that is far larger
    edges, firsts = grids.pieces_of(counts)
    sizes = np.diff(edges)
    assert (edges[0], edges[-1]) == (0, 2 * n)
    assert (sizes > 0).all()
    ends = np.add.reduceat(np.append(sizes, 0), firsts[:-1]) * (np.diff(firsts) > 0)
    assert np.array_equal(ends, counts)
    assert len(sizes) <= grids.MOST_X
    assert len(sizes) <= 2 * n // 1_024 + n_codes + 4_096 // 2


def test_launches_of_many_rows_keep_to_their_numbers():
    counts = np.array([1 << 33, 5])
    edges, firsts = grids.pieces_of(counts)
    assert edges.dtype == firsts.dtype == np.int64
    assert edges[-1] == (1 << 33) + 5
    assert len(edges) < 5_000
    for cells in (1, 1 << 16, 1 << 26, 1 << 40):
        for n_pieces in (1, 300, 5_000, 10**6):
            step = grids.point_step(n_pieces, cells)
            assert step % 64 == 0
            assert 1 <= step // 64 <= grids.MOST_YZ
            assert step == 64 or step * n_pieces <= cells
