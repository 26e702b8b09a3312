"""How values lie: counts of bins against NumPy's, in any blocks, and that few are told of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data_preparation.features.bins import Tally, edges_of, pooled

_VALUES = st.lists(
    st.one_of(st.floats(-1e6, 1e6), st.integers(-3, 3).map(float),
              st.sampled_from([np.nan, np.inf, -np.inf])),
    min_size=1, max_size=200,
)  # fmt: skip


@given(_VALUES, st.integers(1, 50))
def test_counts_are_those_of_numpy_however_rows_come(values, step):
    x = np.array(values)
    known = x[np.isfinite(x)]
    edges = edges_of(known, 1)
    whole, parts = Tally(edges), Tally(edges)
    whole.add(x)
    for start in range(0, len(x), step):
        part = Tally(edges)
        part.add(x[start : start + step])
        parts.merge(part)
    wanted = np.bincount(np.searchsorted(edges, known, "left"), minlength=len(edges) + 1)
    for tally in (whole, parts):
        assert tally.counts.tolist() == wanted.tolist()
        assert (tally.rows, tally.known) == (len(x), len(known))
    if len(known):
        inner = np.clip(known, edges[0], edges[-1])
        found = parts.inner or (np.nan, np.nan)
        scale = 1e-9 * (1 + np.abs(inner).max())
        assert found[0] == pytest.approx(inner.mean(), abs=scale)
        assert found[1] == pytest.approx(inner.std(), abs=1e-4 * (1 + np.ptp(inner)))
        assert parts.beyond == (known > edges[-1]).sum()


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float32, np.float64])
def test_numbers_are_counted_as_they_are_written(dtype):
    x = np.arange(1000).astype(dtype)
    tally = Tally(edges_of(x.astype(float), 5))
    tally.add(x)
    assert tally.known == 1000
    assert tally.counts[1:-1].tolist() == pytest.approx([50] * 20, abs=6)
    assert tally.mean == pytest.approx(499.5)


def test_edges_tell_of_no_customer_and_bins_hold_several():
    """Values that several share stay; others are rounded, and ends leave several beyond."""
    rng = np.random.default_rng(0)
    for n in (12, 60, 5_000):
        x = rng.lognormal(3, 1, n)
        edges = edges_of(x, 5)
        assert not set(edges) & set(x.tolist())
        tally = Tally(edges)
        tally.add(x)
        _, counts = pooled(edges, tally.counts.tolist(), 5)
        assert sum(counts) == n
        assert all(count == 0 or count >= 5 for count in counts)
    assert edges_of(np.array([0.123456] * 50 + [7.654321] * 50), 5) == (0.123456, 7.654321)
    assert edges_of(np.empty(0)) == ()
    assert len(edges_of(np.array([1e308, -1e308, 0.0]))) >= 1
