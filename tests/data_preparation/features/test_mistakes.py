"""Values that look like mistakes are told; the long tail of a skewed column is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data_preparation.features.mistakes import unlikely

RNG = np.random.default_rng(0)
AGES = RNG.normal(45, 12, 5_000).clip(18, 90).round()


@pytest.mark.parametrize(
    "values",
    [
        AGES,
        RNG.lognormal(5, 1.5, 20_000),
        np.where(RNG.random(5_000) < 0.7, 0, RNG.lognormal(4, 1, 5_000)),
        RNG.pareto(1.5, 20_000),
        RNG.normal(4, 1, 200_000),
        RNG.normal(0, 1, 5_000),
        RNG.poisson(3, 5_000),
        RNG.beta(1, 40, 5_000),
        np.repeat([0.0, 1.0], [4_990, 10]),
        np.r_[AGES[:40], 999],
    ],
    ids=[
        "ages",
        "spend",
        "zeros",
        "pareto",
        "near zero",
        "both",
        "counts",
        "shares",
        "flag",
        "few",
    ],
)
def test_ordinary_columns_are_left_alone(values):
    assert unlikely(np.asarray(values, float), complete=True) == []


def test_what_looks_like_a_mistake():
    births = 2_026 - AGES
    assert unlikely(np.r_[births, 1893, 1893, 1850], complete=True) == [
        "holds 3 values far below all others (about 1850, about 1890; the next is about 1940)"
    ]
    assert unlikely(np.r_[AGES, 999], complete=False) == [
        "holds values far above all others (about 1000; the next is about 84)"
    ]
    assert unlikely(np.r_[AGES * 1_000, -9_000, -50_000], complete=True) == [
        "holds 2 values below zero where all others are not (down to about -50000)"
    ]


def test_a_value_next_to_its_neighbour_is_not_far():
    close = np.linspace(30.0, 30.3, 1_000)
    assert unlikely(np.r_[close, 29.0], complete=True) == []
    assert unlikely(np.r_[close, 31.0], complete=True) == []
    assert unlikely(np.r_[close, 21.0], complete=True) == [
        "holds one value far below all others (about 21; the next is about 30)"
    ]
    # Far from the middle, and the next one nearly as far.
    tail = np.r_[np.linspace(1, 2, 996), 30.0, 33.0, 36.0, 40.0]
    assert unlikely(tail, complete=True) == []


def test_what_is_frequent_is_no_mistake():
    assert unlikely(np.r_[AGES, np.full(50, 999.0)], complete=True) == []


@given(st.lists(st.floats(-1e300, 1e300), max_size=120))
def test_any_numbers_give_sentences(values):
    assert all(isinstance(p, str) for p in unlikely(np.array(values), complete=True))


def test_an_amount_of_one_customer_is_told_about_right_and_what_many_hold_as_it_is():
    incomes = np.r_[np.linspace(20_000, 90_000, 5_000), 98_765.43 * 7]
    (told,) = unlikely(incomes, complete=True)
    assert "about 690000" in told
    assert "691358" not in told
    (exact,) = unlikely(incomes, complete=True, least=1)
    assert "(691358.01; the next is 90000)" in exact
    (coded,) = unlikely(np.r_[incomes[:-1], [-999_999.0] * 7], complete=True)
    assert "(down to -999999)" in coded
