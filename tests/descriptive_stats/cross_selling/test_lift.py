"""Lift and its interval, by hand and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.descriptive_stats.cross_selling.lift import lift_interval, sure_of_more


def test_lift_by_hand():
    # 22697 and 22699 of the retail file: 541 baskets of 18,532 hold both, 691 and 783 one.
    lift, low, high = (float(v) for v in lift_interval(541, 691, 783, 18_532))
    assert lift == pytest.approx(541 / 691 / (783 / 18_532))
    centre = 541.5 / 692 / (784 / 18_534)
    error = math.sqrt(1 / 541.5 - 1 / 692 - 1 / 784 + 2 * 541.5 / (692 * 784) - 1 / 18_534)
    assert low == pytest.approx(centre * math.exp(-1.959964 * error))
    assert high == pytest.approx(centre * math.exp(1.959964 * error))
    assert round(lift, 1) == 18.5
    assert round(low, 1) == 17.4
    assert round(high, 1) == 19.7


def test_everyone_against_everyone_is_one():
    for both, a, b in ((5, 100, 5), (7, 7, 100), (100, 100, 100)):
        assert [float(v) for v in lift_interval(both, a, b, 100)] == [1.0, 1.0, 1.0]


def test_one_buyer_gives_a_wide_interval():
    lift, low, high = (float(v) for v in lift_interval(1, 1_000, 1, 4_000))
    assert lift == 4.0
    assert high / low > 3


def test_nobody_has_both():
    lift, low, high = (float(v) for v in lift_interval(0, 10, 20, 1_000))
    assert (lift, low) == (0.0, 0.0)
    assert high > 1  # a chance meeting is expected in 0.2 baskets: none says nothing
    assert not sure_of_more(0, 10, 20, 1_000)


@pytest.mark.parametrize(
    ("n", "a", "b", "given_b"),
    [(4_000, 0.25, 0.01, 0.5), (4_000, 0.25, 0.006, 0.97), (20_000, 0.002, 0.004, 0.5)],
)
def test_the_interval_covers(n, a, b, given_b):
    both = b * given_b
    cells = [both, a - both, b - both, 1 - a - b + both]
    x = np.random.default_rng(0).multinomial(n, cells, 20_000)
    _, low, high = lift_interval(x[:, 0], x[:, 0] + x[:, 1], x[:, 0] + x[:, 2], n)
    true = both / (a * b)
    assert np.mean((low <= true) & (true <= high)) > 0.935
    assert np.mean(low > true) < 0.05


@given(st.data())
def test_ends_hold_the_lift_and_it_is_symmetric(data):
    n = data.draw(st.integers(1, 10_000))
    a, b = (data.draw(st.integers(1, n)) for _ in range(2))
    both = data.draw(st.integers(max(0, a + b - n), min(a, b)))
    lift, low, high = lift_interval(both, a, b, n)
    assert 0 <= low <= lift <= high < np.inf
    assert float(lift) == pytest.approx(both * n / (a * b))
    assert np.allclose([lift, low, high], lift_interval(both, b, a, n))
