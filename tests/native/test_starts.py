"""Kernels of where k-means starts from, against NumPy: the same seeds, the same cuts."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering.kmeans import seeding, swaps
from engine.clustering.kmeans.layout import Rows
from engine.native.library import library
from engine.places.runtime import Runtime

pytestmark = pytest.mark.skipif(not library().instructions, reason=library().reason)

SHAPES = [(1, 1, 1), (5, 3, 2), (33, 2, 3), (512, 16, 8), (1_003, 5, 4), (2_000, 40, 60)]


def _rows(n: int, d: int, dtype, *, weighted: bool) -> Rows:
    rng = np.random.default_rng(n + d)
    weights = rng.uniform(0.1, 1, n) if weighted else None
    return Rows(rng.normal(size=(n, d)).astype(dtype), weights, Runtime(), dtype)


def _without(monkeypatch, *names: tuple[object, str]) -> None:
    for module, name in names:
        monkeypatch.setattr(module, name, lambda *_: None)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_seeds_are_those_of_numpy(n, d, k, weighted, dtype, monkeypatch):
    rows = _rows(n, d, dtype, weighted=weighted)
    centres, scatter = seeding.seeds(rows, k, np.random.default_rng(k))
    _without(monkeypatch, (seeding, "seeds_drawn"))
    expected, left = seeding.seeds(rows, k, np.random.default_rng(k))
    np.testing.assert_array_equal(centres, expected)
    assert scatter == pytest.approx(left, rel=1e-4, abs=1e-4)


def test_seeds_of_equal_rows_leave_nothing():
    rows = Rows(np.ones((70, 3), np.float32), None, Runtime())
    centres, scatter = seeding.seeds(rows, 4, np.random.default_rng(0))
    assert (centres == 1).all()
    assert scatter == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_cuts_are_those_of_numpy(n, d, k, weighted, dtype, monkeypatch):
    rows, rng = _rows(n, d, dtype, weighted=weighted), np.random.default_rng(n)
    labels, along = rng.integers(0, k, n), rng.normal(size=(k, d))
    given = rows.wide, rows.weighted, labels, along, np.zeros((k, d)), 3
    found = swaps._parted(*given)
    _without(monkeypatch, (swaps, "cut_in_two"))
    for one, other in zip(found, swaps._parted(*given), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-3, atol=2e-3)


def test_a_side_without_rows_gains_nothing():
    x = np.array([[1.0], [1.0], [5.0], [7.0]], np.float32)
    rows = Rows(x, None, Runtime())
    gain, halves, *_ = swaps._parted(
        rows.wide,
        rows.weighted,
        np.array([0, 0, 1, 1]),
        np.ones((2, 1)),
        np.array([[1.0], [6.0]]),
        1,
    )
    assert gain.tolist() == [0.0, 2.0]
    assert halves[1].ravel().tolist() == [5.0, 7.0]
