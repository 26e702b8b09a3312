"""A flag weighs what a number does, and a rare value less: by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.data_preparation.features.weights import (
    few_scale,
    lump_scale,
    weighed,
    without_the_usual,
)


def weighed_by(values: np.ndarray, *, flag: bool, scale: float | None = None) -> float:
    rare = without_the_usual(np.unique(values, return_counts=True)[1])
    return weighed(values.std() if scale is None else scale, rare, flag=flag)


def test_cutting_along_a_flag_explains_what_cutting_a_gaussian_does():
    flag = np.repeat([0.0, 1.0], [30, 70])
    scaled = flag / weighed_by(flag, flag=True)
    # All of a flag's variance, and 2 / pi of a Gaussian's with variance 1.
    assert scaled.var() == pytest.approx(2 / math.pi)


def test_two_of_a_thousand_lie_no_further_than_two_of_a_hundred():
    ends = []
    for few in (2, 20):
        flag = np.zeros(1_000)
        flag[:few] = 1
        ends.append(1 / weighed_by(flag, flag=True))
    assert ends[0] == pytest.approx(ends[1], rel=0.02)
    # One of 300 that ever bought: a number that nearly all have at zero.
    spend = np.append(np.zeros(299), 90_000.0)
    assert 90_000 / weighed_by(spend, flag=False) < 1 / math.sqrt(0.02 * 0.98) + 0.1


def test_a_number_of_many_values_is_left_alone():
    values = np.arange(100.0)
    assert weighed_by(values, flag=False, scale=7.0) == 7.0
    assert few_scale(0.02) == 1.0
    assert few_scale(0.0) == 1.0
    assert lump_scale(1.0, 0.5) == pytest.approx(math.sqrt(math.pi / 2))
