"""Launches fit every GPU, and sizes that overflow an index or an address are counted in 64 bits."""

from __future__ import annotations

import itertools

import pytest

from engine.cuda import geometry
from engine.cuda.geometry import MOST_INDEX, fused_pass, label_pass, pass_blocks

LIMITS = {"sm_70": 96 << 10, "sm_75": 64 << 10, "sm_80": 163 << 10, "sm_86": 99 << 10,
          "sm_90": 227 << 10, "sm_100": 227 << 10}  # fmt: skip
"""Bytes of shared memory that a block may opt into (CUDA C++ programming guide, table of
compute capabilities)."""

COLUMNS = [*range(1, 71), 127, 128, 129, 200, 256]
POINTS = [1, 2, 7, 8, 9, 15, 16, 17, 64, 255, 256, 257, 1_000, 4_096]


@pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS)
def test_shared_memory_stays_within_what_a_block_may_have(limit):
    for d, k in itertools.product(COLUMNS, POINTS):
        kinds = itertools.product((False, True), (False, True))
        passes = [fused_pass(d, k, limit, weighted=w, inertia=i) for w, i in kinds]
        passes.append(label_pass(d, k, limit))
        for how in filter(None, passes):
            assert 0 < how.shared <= limit
            assert how.threads in (32, 64, 128)
            assert how.rows * how.stride * 4 < how.shared
            assert how.width % 4 == 0
            assert d <= how.width < d + 4
            assert how.stride // 4 % 2 == 1
            assert how.stride >= how.width
            assert how.copies * how.parts * min(d, how.threads) <= how.threads
            assert how.parts & (how.parts - 1) == 0
            assert how.held >= 1


def test_sixty_four_columns_are_labelled_on_every_gpu_at_any_number_of_points():
    for d, k, limit in itertools.product(range(1, 65), POINTS, LIMITS.values()):
        assert label_pass(d, k, limit) is not None


def test_launches_are_the_same_on_every_gpu_where_rows_are_added_up():
    """So that sums have the same bits."""
    for d, k in itertools.product(COLUMNS, POINTS):
        assert len({fused_pass(d, k, limit) for limit in LIMITS.values()}) == 1


@pytest.mark.parametrize(("d", "most"), [(4, 256), (16, 128), (32, 64), (64, 16)])
def test_up_to_these_points_one_reading_does(d, most):
    assert fused_pass(d, most, 96 << 10) is not None


def test_rows_beyond_32_bits_are_covered_once():
    """Rows x columns above 2^31 and 2^32, and rows themselves."""
    for n in (1, 255, 256, 257, 1 << 27, (1 << 31) + 1, (1 << 32) + 17, 1 << 40):
        for tile, partial in ((256, 0), (256, 1_088), (128, 20_000), (64, 60_000)):
            blocks = pass_blocks(n, tile, partial)
            assert blocks.rows % tile == 0
            assert (blocks.count - 1) * blocks.rows < n <= blocks.count * blocks.rows
            assert blocks.count <= 2_112
            assert blocks.count * partial <= max(partial, 64 << 20)


def test_rows_are_covered_once_where_they_are_added_up_by_segment():
    for n, d, k in ((1, 1, 1), (4_097, 3, 257), (1 << 33, 128, 1_024), (10**9, 2_000, 30_000)):
        blocks = geometry.segment_blocks(n, d, k)
        assert blocks.rows % 32 == 0
        assert (blocks.count - 1) * blocks.rows < n <= blocks.count * blocks.rows
        assert blocks.count == 1 or blocks.count * k * (d + 1) * 8 <= 64 << 20


def test_slices_cover_columns_and_segments_without_opting_into_shared_memory():
    for d, k in itertools.product(COLUMNS, [*POINTS, 160, 161, 30_000]):
        segments, columns, slices, shared = geometry.segment_slices(d, k)
        assert (slices - 1) * segments < k <= slices * segments
        assert (columns - 1) * 32 < d <= columns * 32
        assert shared == segments * 33 * 8 <= 48 << 10


def test_what_32_bits_do_not_count_is_left_to_arrays():
    assert geometry.fits_index(64, 1 << 20)
    assert not geometry.fits_index(4_096, 1 << 16)
    assert not geometry.fits_index(1, 160 * 65_536)
    d, k = 63, (MOST_INDEX // 16 // 64)
    assert geometry.fits_index(d, k)
    assert not geometry.fits_index(d, k + 1)
