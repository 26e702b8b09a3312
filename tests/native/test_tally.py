"""How values lie, by the kernel and by a sort of NumPy: the same counts, and sums of all digits."""

from __future__ import annotations

import math
import os
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.data_preparation.features.bins import Tally, edges_of
from engine.native.columns import TYPES
from engine.native.library import SWITCH, library
from engine.native.tally import lie_of

pytestmark = pytest.mark.skipif(not library().instructions, reason=library().reason)

_MOST, _LEAST = float(np.finfo(np.float64).max), 5e-324
_STRANGE = (np.nan, np.inf, -np.inf, 0.0, -0.0, _LEAST, -_LEAST, 2.0**53, 2.0**53 + 2)
_FLOATS = st.one_of(
    st.sampled_from(_STRANGE), st.integers(-3, 3).map(float), st.floats(-1e9, 1e9),
    st.floats(-1e-300, 1e-300),
)  # fmt: skip
_WHOLE = st.one_of(
    st.integers(-3, 3), st.integers(2**53 - 2, 2**53 + 5), st.integers(-(2**63), 2**63 - 1)
)


_OTHER = SimpleNamespace(**vars(np))
"""NumPy by another name: what a kernel is not asked about."""


def _same(values: np.ndarray, edges: tuple[float, ...], bounds: tuple[float, float]) -> None:
    found = Tally(edges, bounds=bounds)
    assert lie_of(values, edges, bounds) is not None
    found.add(values)
    wanted = Tally(edges, bounds=bounds)
    wanted.add(values, xp=_OTHER)
    for name in ("rows", "known", "below", "beyond", "missing"):
        assert getattr(found, name) == getattr(wanted, name)
    assert found.counts.tolist() == wanted.counts.tolist()
    with np.errstate(over="ignore", invalid="ignore"):
        known = values[np.isfinite(values)].astype(np.float64)
        moved = known[(known >= bounds[0]) & (known <= bounds[1])] - bounds[0]
        scales = np.abs(known).sum(), moved.sum(), (moved * moved).sum()
    for name, scale in zip(("total", "moment", "square"), scales, strict=True):
        one, other = getattr(found, name), getattr(wanted, name)
        if math.isfinite(scale):  # a sum beyond the largest double is one of no order
            assert one == pytest.approx(other, rel=0, abs=1e-13 * scale, nan_ok=True)


@given(st.lists(_FLOATS, max_size=80), st.lists(_FLOATS.filter(math.isfinite), max_size=9))
@example([_MOST, 1.0, -_MOST], [-_MOST, _MOST])
@example([1e308, 1e308, 1.0, -1e308], [0.0])
@example([0.0, -0.0, _LEAST, -_LEAST], [0.0, _LEAST])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_floats_lie_as_numpy_sorts_them(dtype, values, edges):
    with np.errstate(over="ignore", under="ignore"):
        own = np.array(values, dtype)
    ends = sorted({*edges}) or [0.0]
    _same(own, tuple(ends), (ends[0], ends[-1]))
    _same(own, (), (ends[0], ends[-1]))
    _same(own, tuple(ends), (0.0, 1.0))


@given(st.lists(_WHOLE, max_size=80), st.lists(_WHOLE, min_size=1, max_size=9))
@pytest.mark.parametrize("dtype", [np.int64, np.int32])
def test_whole_numbers_lie_as_numpy_sorts_them(dtype, values, edges):
    own = np.array(values, np.int64).astype(dtype)
    ends = sorted({float(e) for e in edges})
    _same(own, tuple(ends), (ends[0], ends[-1]))


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("n", [0, 1, 7, 1_023, 1_024, 1_025, 40_000])
def test_every_instruction_set_counts_the_same(n, dtype, instructions):
    values = (np.random.default_rng(n).normal(size=n) * 50).astype(dtype)
    edges = edges_of(np.arange(-100.0, 100.0), 5)
    for some in (edges, edges[:1], edges[3:10]):
        _same(values, some, (some[0], some[-1]))
    assert library().instructions == instructions


def test_what_is_not_known_lies_nowhere(instructions):
    values = np.arange(3_000.0)
    values[[0, 5, 1_024]], values[7], values[2_999] = np.nan, np.inf, -np.inf
    lie = lie_of(values, (10.0, 20.0), (10.0, 20.0))
    known = values[np.isfinite(values)]
    assert (lie.known, lie.upto) == (len(known), [8, 18])
    assert (lie.below, lie.beyond) == (7, len(known) - 18)
    assert lie.total == known.sum()
    assert (lie.moment, lie.square) == (55.0, 385.0)


def test_a_sum_is_as_exact_as_its_digits_say(instructions):
    values = 1e6 + np.random.default_rng(3).normal(size=300_001)
    lie = lie_of(values, (1e6,), (-1e7, 1e7))
    assert lie.total == pytest.approx(math.fsum(values), rel=1e-14)
    assert lie.moment == pytest.approx(math.fsum(values + 1e7), rel=1e-14)
    assert lie.square == pytest.approx(math.fsum((values + 1e7) ** 2), rel=1e-14)


def test_sums_have_the_same_bits_each_time_and_the_kernels_are_left_out_where_asked(
    without_kernels, kernels_back, monkeypatch
):
    values = np.random.default_rng(1).normal(size=5_000)
    assert lie_of(values, (0.0,), (-1.0, 1.0)) is None
    kernels_back()
    assert lie_of(values, (0.0,), (-1.0, 1.0)) == lie_of(values.copy(), (0.0,), (-1.0, 1.0))
    assert SWITCH not in os.environ


def test_what_kernels_do_not_read_is_left_to_numpy():
    values = np.ones(8)
    assert lie_of(values, (), (0.0, 1.0)) is not None
    assert lie_of(values.astype(np.int16), (), (0.0, 1.0)) is None
    assert lie_of(np.ones(16)[::2], (), (0.0, 1.0)) is None
    assert lie_of(values.reshape(2, 4), (), (0.0, 1.0)) is None
    assert lie_of([1.0], (), (0.0, 1.0)) is None
