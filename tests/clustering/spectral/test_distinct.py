"""Distinct rows are those of ``numpy.unique``, in its order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from engine.clustering.spectral.distinct import distinct, n_distinct

FEW_VALUES = st.integers(-2, 2).map(float)


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=FEW_VALUES))
def test_as_numpy_finds_them(rows):
    rows = rows + np.float32(0)
    wanted, owner, counts = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    found = distinct(rows)
    assert np.array_equal(found.rows, wanted)
    assert np.array_equal(found.owner, owner.ravel())
    assert np.array_equal(found.counts, counts)
    assert n_distinct(rows) == len(wanted)


@pytest.mark.parametrize("told_by", [0, 1, 5])
def test_columns_are_looked_at_as_long_as_rows_tie(told_by):
    rng = np.random.default_rng(0)
    rows = np.zeros((50, 6), np.float32)
    rows[:, told_by] = rng.permutation(50)
    assert np.array_equal(distinct(rows).rows, rows[np.argsort(rows[:, told_by])])
