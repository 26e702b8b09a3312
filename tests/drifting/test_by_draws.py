"""Few customers of the fit itself have not drifted; few who did are still found."""

from __future__ import annotations

import polars as pl
import pytest

import engine


@pytest.mark.parametrize("n", [5, 10, 20, 50])
def test_samples_of_the_fit_are_seldom_a_large_shift(result, fit, n):
    found = [engine.drift(result.model, fit.sample(n, seed=seed)).level for seed in range(20)]
    assert found.count("large") <= 2


@pytest.mark.parametrize("n", [20, 50])
def test_a_real_shift_of_few_is_found(result, fit, n):
    older = fit.sample(n, seed=1).with_columns(age=pl.col("age") + 24)
    assert engine.drift(result.model, older).level == "large"
    one = fit.filter(result.segments["segment"] == result.segments["segment"][0])
    assert engine.drift(result.model, one.sample(n, seed=1)).level == "large"
