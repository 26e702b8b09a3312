"""Customers without groups: the lumps of real ones, and nothing of their groups."""

from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation.clouds import Wide, box, gaussian, lumps

N = 1_000


def same(x: np.ndarray) -> np.ndarray:
    return x


def customers(seed: int = 0) -> np.ndarray:
    """Draw a number, a flag and a category of three levels tied to it, and a count."""
    rng = np.random.default_rng(seed)
    number = rng.normal(size=N)
    flag = (number > 0.5).astype(float)
    level = np.digitize(number, [-0.5, 0.5])
    return np.column_stack(
        [number, flag, *(level == i for i in range(3)), rng.poisson(1.0, N)]
    ).astype(np.float32)


BLOCKS = ((2, 3, 4),)


def test_lumps_are_flags_counts_categories_and_many_equal_values():
    x = customers()
    mostly_zero = np.where(np.arange(N) % 2, 0, np.random.default_rng(1).gamma(2, 1, N))
    wide = np.column_stack([x, mostly_zero, np.ones(N)]).astype(np.float32)
    assert lumps(wide, BLOCKS) == ((2, 3, 4), (1,), (5,), (6,))
    assert lumps(x[:, :1]) == ()


@pytest.mark.parametrize("kind", [gaussian, box])
def test_lumpy_columns_keep_their_own_values_and_smooth_ones_do_not(kind):
    x = customers()
    drawn = Wide(x, same, BLOCKS).draw(kind, np.random.default_rng(2))
    for column in range(1, 6):
        assert np.array_equal(np.sort(drawn[:, column]), np.sort(x[:, column])), column
    assert not np.isin(drawn[:, 0], x[:, 0]).any()
    assert (drawn[:, 2:5].sum(axis=1) == 1).all(), "each has one level"


def test_a_category_goes_its_own_way_and_numbers_keep_their_correlation():
    x = customers()
    drawn = Wide(x, same, BLOCKS).draw(gaussian, np.random.default_rng(3))
    assert np.corrcoef(x[:, 0], x[:, 4])[0, 1] > 0.7
    assert abs(np.corrcoef(drawn[:, 0], drawn[:, 4])[0, 1]) < 0.1
    assert np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1] > 0.4


def test_rows_are_projected_to_where_customers_are_clustered():
    x = customers()

    def first(rows):
        return rows[:, :1]

    wide = Wide(x, first, BLOCKS).of(np.arange(10))
    assert wide.draw(box, np.random.default_rng(0)).shape == (10, 1)
    assert wide.lumps == Wide(x[:10], first, BLOCKS).lumps
