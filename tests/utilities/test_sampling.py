"""Samples by a seeded hash: the published numbers, order-free, nested and even."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.utilities.sampling import draw, id_priority, mix, row_priority


def test_mix_is_splitmix64():
    # The generator's published output for seed 1234567: its state grows by the golden ratio.
    states = np.uint64(1234567) + np.arange(5, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert mix(states).tolist() == expected


def test_salts_give_independent_hashes():
    values = np.arange(10_000, dtype=np.uint64)
    one, other = (mix(values, salt).astype(float) for salt in (1, 2))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.03
    assert np.array_equal(values, np.arange(10_000))


def test_rows_have_priorities_of_their_own_wherever_one_starts():
    assert np.array_equal(row_priority(100, 7)[40:], row_priority(60, 7, start=40))
    assert len(np.unique(row_priority(100_000, 0))) == 100_000


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Int32, pl.UInt16])
def test_whole_ids_of_any_width_have_one_priority(dtype):
    ids = pl.Series([1, 500, 3], dtype=dtype)
    assert np.array_equal(id_priority(ids, 0), id_priority(ids.cast(pl.Int64), 0))


def test_priorities_do_not_change_between_versions():
    """What a sample holds is part of what a run repeats: these numbers are a promise."""
    assert (
        id_priority(pl.Series([1, 2]), 0).tolist() == mix(np.array([1, 2], np.uint64), 1).tolist()
    )
    # zlib.crc32(b"a") is 0xE8B7BE43.
    expected = mix(np.array([0xE8B7BE43], np.uint64), 1)
    assert id_priority(pl.Series(["a"]), 0).tolist() == expected.tolist()


def test_a_seed_is_another_sample():
    ids = pl.Series(range(1_000))
    one, other = (set(draw(id_priority(ids, s), 100).tolist()) for s in (0, 1))
    assert 0 < len(one & other) < 40


PRIORITIES = hnp.arrays(np.uint64, st.integers(0, 60), elements=st.integers(0, 2**64 - 1))


@given(PRIORITIES, st.integers(1, 80))
def test_draw_takes_the_smallest_in_order(priority, size):
    rows = draw(priority, size)
    assert len(rows) == min(size, len(priority))
    assert priority[rows].tolist() == sorted(priority.tolist())[:size]


@given(st.permutations(range(30)), st.integers(1, 30))
def test_draw_does_not_depend_on_row_order(order, size):
    ids = np.arange(30)
    priority = id_priority(pl.Series(ids), 3)
    turned = np.array(order)
    assert turned[draw(priority[turned], size)].tolist() == ids[draw(priority, size)].tolist()


def test_a_larger_sample_contains_the_smaller():
    priority = row_priority(5_000, 0)
    small, large = draw(priority, 100), draw(priority, 700)
    assert large[:100].tolist() == small.tolist()


def test_samples_are_even():
    rows = draw(row_priority(100_000, 0), 10_000)
    counts = np.bincount(rows // 10_000, minlength=10)
    # Ten cells of 1,000 expected: chi-square with 9 degrees of freedom is below 27.9 at 0.1%.
    assert ((counts - 1_000) ** 2 / 1_000).sum() < 27.9


def test_of_many_hashes_the_smallest_are_drawn_and_no_others():
    priority = row_priority(300_000, 5)
    expected = np.argsort(priority)[:1_000]
    assert draw(priority, 1_000).tolist() == expected.tolist()
    # What is no hash, such as numbers that are all large, is looked at as a whole.
    large = np.uint64(2**64 - 1) - np.arange(300_000, dtype=np.uint64)
    assert draw(large, 3).tolist() == [299_999, 299_998, 299_997]
