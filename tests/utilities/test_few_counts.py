"""No cell of a table of counts that is not told can be had from all that is told of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.utilities.few_counts import Untold, part_said, untold, untold_parts
from tests.attacker import Attacker, safe

LEAST = 5

sizes = st.one_of(st.integers(0, 8), st.integers(0, 60))
tables = st.tuples(st.integers(2, 5), st.integers(2, 5)).flatmap(
    lambda shape: st.lists(
        st.lists(sizes, min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0]
    ).map(np.array)
)


@given(tables)
def test_what_is_not_told_could_be_many(counts):
    safe(counts, untold(counts, LEAST))


@given(tables, st.data())
def test_cells_that_everybody_knows_hide_nothing(counts, data):
    known = np.array(data.draw(st.lists(st.booleans(), min_size=counts.size,
                                        max_size=counts.size))).reshape(counts.shape)  # fmt: skip
    counts = np.where(known, 0, counts)
    told = untold(counts, LEAST, known)
    assert not (told.hidden & known).any()
    safe(counts, told, known)


@given(tables, st.data())
def test_sums_of_cells_tell_no_more(counts, data):
    draws = st.lists(st.booleans(), min_size=counts.size, max_size=counts.size)
    sums = [np.array(data.draw(draws)).reshape(counts.shape) for _ in range(2)]
    told = untold(counts, LEAST)
    safe(counts, told, sums=sums)
    for which in sums:
        total, step = told.told(counts, which)
        assert 2 * abs(total - counts[which].sum()) <= step
        assert not step or step >= 4 * LEAST


def test_nothing_of_few_nothing_hidden():
    told = untold(np.array([[0, 7], [5, 0]]), LEAST)
    assert not told.hidden.any()
    assert told.told(np.array([[0, 7], [5, 0]]), np.eye(2, dtype=bool)) == (0, 0)


def test_large_counts_are_told_where_small_ones_serve():
    table = np.array([[100, 3, 6], [4, 200, 7], [8, 9, 300]])
    assert not untold(table, LEAST).hidden.diagonal().any()


def test_a_cell_that_no_circle_passes_was_told_by_rows_and_columns_of_two():
    """Two in each row and column are hidden; still the one that joins two circles was had."""
    counts = np.array([
        [3, 9, 70, 80, 90],
        [9, 9, 2, 80, 90],
        [60, 70, 9, 9, 90],
        [60, 70, 9, 9, 90],
    ])  # fmt: skip
    hidden = np.zeros(counts.shape, bool)
    hidden[:2, :2] = hidden[2:, 2:4] = hidden[1, 2] = True
    by_lines = Untold(hidden, [], 20)
    assert (hidden.sum(axis=0)[:4] > 1).all()
    assert (hidden.sum(axis=1) > 1).all()
    assert Attacker(counts, by_lines).range_of((1, 2)) == [2, 2]
    safe(counts, untold(counts, LEAST))


@given(tables)
def test_none_is_hidden_without_need(counts):
    told = untold(counts, LEAST)
    for cell in map(tuple, np.argwhere(told.hidden & ((counts == 0) | (counts >= LEAST)))):
        hidden = told.hidden.copy()
        hidden[cell] = False
        with pytest.raises(AssertionError):
            safe(counts, Untold(hidden, [], told.step))


@given(st.lists(sizes, min_size=1, max_size=8))
def test_parts_of_a_total_are_hidden_together(counts):
    hidden = untold_parts(counts, LEAST)
    values = np.array(counts)
    few = (values > 0) & (values < LEAST)
    assert hidden[few].all()
    assert not hidden.any() or few.any()
    if few.any() and len(counts) > 1:
        assert hidden.sum() > 1
        assert values[hidden].sum() >= min(LEAST, sum(counts))
    for i in np.flatnonzero(hidden & ~few):
        rest = hidden.copy()
        rest[i] = False
        assert rest.sum() < 2 or values[rest].sum() < LEAST


def test_of_many_segments_every_count_of_few_is_hidden():
    rng = np.random.default_rng(0)
    counts = (rng.pareto(0.5, (64, 64)) * 2).astype(int) + np.diag(np.full(64, 5_000))
    told = untold(counts, LEAST)
    assert told.hidden[(counts > 0) & (counts < LEAST)].all()
    assert not told.hidden.diagonal().any()


def test_large_counts_that_hide_few_are_said_roughly():
    counts = np.array([[804, 1, 0, 3], [0, 1103, 2, 0], [1, 0, 505, 4], [2, 0, 2, 0]])
    secret = untold(counts, 5)
    rough = secret.rough(counts)
    assert secret.hidden[0, 0]
    for i, j in np.argwhere(secret.hidden).tolist():
        near = rough[i][j]
        assert near is None if counts[i, j] < 5 else abs(near - counts[i, j]) <= 30
    assert all(rough[i][j] is None for i, j in np.argwhere(~secret.hidden).tolist())


@pytest.mark.parametrize(
    ("part", "whole", "step", "said"),
    [
        (9, 24, 0, "9 (38%)"),
        (0, 24, 20, "fewer than 20"),
        (0, 24, 0, "0 (0%)"),
        (3_000, 3_018, 20, "about 3,000 (99%)"),
        (3_020, 3_018, 20, "all but a few"),
    ],
)
def test_a_part_is_never_said_to_be_none_or_all_where_it_is_rounded(part, whole, step, said):
    assert part_said(part, whole, step) == said
