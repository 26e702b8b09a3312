"""Measures of a shift: against NumPy and SciPy written out, and what chance gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from engine.drifting import measures

_COUNTS = st.lists(st.integers(0, 10**7), min_size=2, max_size=30)


@given(_COUNTS, st.data())
def test_the_index_is_that_of_its_definition(then, data):
    now = data.draw(st.lists(st.integers(0, 10**7), min_size=len(then), max_size=len(then)))
    index = measures.psi(then, now)
    p, q = (np.array(x) / max(sum(x), 1) for x in (then, now))
    p, q = np.where(p < 0.001, 0.001, p), np.where(q < 0.001, 0.001, q)
    assert index == pytest.approx(float(np.sum((q - p) * np.log(q / p))), abs=1e-12)
    assert index >= 0
    assert measures.psi(then, then) == 0.0
    assert measures.psi(then, [3 * n for n in then]) == pytest.approx(0.0, abs=1e-12)


def test_the_distance_is_wassersteins_where_bins_are_fine():
    rng = np.random.default_rng(0)
    then, now = rng.normal(50, 10, 20_000), rng.normal(53, 14, 20_000)
    edges = np.linspace(-20, 130, 400)
    counts = [np.histogram(x, [-np.inf, *edges, np.inf])[0] for x in (then, now)]
    found = measures.distance(edges, *counts)
    assert found == pytest.approx(wasserstein_distance(then, now), rel=0.01)


@pytest.mark.parametrize("n", [60, 400, 10_000])
def test_customers_of_the_same_seldom_shift_beyond_chance(n):
    rng = np.random.default_rng(n)
    share = rng.dirichlet(np.ones(20))
    then = rng.multinomial(100_000, share)
    beyond = [
        [measures.psi(then, now) > measures.psi_by_chance(then, now) + 1e-9,
         measures.moved(then, now) > measures.moved_by_chance(then, now)]
        for now in rng.multinomial(n, share, size=300)
    ]  # fmt: skip
    assert np.mean(beyond, axis=0).max() <= 0.03
