"""Which logarithm helps which column."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data_preparation.features.shapes import log_of, logged

DRAW = np.random.default_rng(0)


def test_a_column_of_one_sign_has_the_plain_logarithm():
    money = DRAW.lognormal(5, 1, 500)
    assert log_of(money, 1.0) == (True, None)
    assert log_of(-money, 1.0) == (True, None)


def test_a_column_on_both_sides_of_zero_has_a_scale():
    # Around zero, and a few far above: the median of abs(x) is 100.
    column = np.array([-100.0, 100.0, 0.0] * 100 + [9_000.0] * 5)
    assert log_of(column, 1.0) == (True, 300.0)


def test_noise_around_zero_is_not_cut_in_two():
    noise = np.append(DRAW.normal(0, 100, 900), [6_000.0] * 12)
    log, unit = log_of(noise, 1.0)
    assert log
    shaped = logged(noise[:900], unit)
    middle = np.abs(shaped) < shaped.std() / 2
    # A third and more of a normal cloud is within half a deviation; sign(x) log(1 + |x|) left 1%.
    assert middle.mean() > 0.3
    assert (np.abs(logged(noise[:900], None)) < 2).mean() < 0.1


@pytest.mark.parametrize(
    "column",
    [
        np.append(np.full(50, 1_990.0), DRAW.integers(2_015, 2_021, 500)),
        DRAW.normal(0, 100, 900),
        DRAW.uniform(0, 100, 900),
    ],
)
def test_no_logarithm(column):
    assert log_of(column, 1.0) == (False, None)
