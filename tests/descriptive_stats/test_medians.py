"""Medians of columns are NumPy's, of what is known."""

from __future__ import annotations

import numpy as np
import pytest

from engine.descriptive_stats.medians import median, medians, turned


@pytest.mark.parametrize("n", [1, 2, 3, 10, 4_999, 5_000])
def test_a_median_is_numpys(n):
    rng = np.random.default_rng(n)
    for values in (rng.normal(size=n), rng.integers(-2, 3, n).astype(float)):
        assert median(values) == np.median(values)


def test_what_is_not_known_is_left_out():
    rows = np.random.default_rng(0).normal(size=(5_001, 3))
    rows[::7, 0], rows[3, 1], rows[:, 2] = np.nan, np.inf, np.nan
    found = medians(rows)
    assert found[0] == np.nanmedian(rows[:, 0])
    assert found[1] == np.median(np.delete(rows[:, 1], 3))
    assert np.isnan(found[2])
    assert np.isnan(medians(rows[:0])).all()


def test_rows_are_turned():
    rows = np.arange(15_000.0).reshape(5_000, 3)
    assert (turned(rows) == rows.T).all()
    assert turned(rows).flags.c_contiguous
