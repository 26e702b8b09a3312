"""The p nearest points: the float64 answer for every row, whatever block it is in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clustering.spectral import neighbours
from engine.clustering.spectral.neighbours import NearestFew
from engine.places.runtime import Runtime


def brute(x: np.ndarray, points: np.ndarray, p: int) -> tuple[np.ndarray, np.ndarray]:
    """Nearest in float64 from differences, added up column by column, the first of equals first."""
    squares = np.zeros((len(x), len(points)))
    for column in range(x.shape[1]):
        squares += (points[:, column] - x[:, column, None].astype(np.float64)) ** 2
    order = np.argsort(squares, axis=1, kind="stable")[:, :p]
    return order, np.take_along_axis(squares, order, axis=1)


@st.composite
def hard(draw) -> tuple[np.ndarray, np.ndarray, int]:
    """Rows and points that float32 alone decides wrongly: offsets, scales, single ulps, crowds."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    d, m = draw(st.integers(1, 9)), draw(st.integers(1, 200))
    offset = draw(st.sampled_from([0.0, 1.0, -1e3, 1e6]))
    scale = draw(st.sampled_from([1e-20, 1e-6, 1.0, 1e6]))
    grid = draw(st.sampled_from([2, 1_000]))  # few values a column make many exact ties
    x = (offset + rng.integers(-grid, grid + 1, (40, d)) * scale).astype(np.float32)
    points = offset + rng.integers(-grid, grid + 1, (m, d)) * scale
    points[::2] += rng.integers(-1, 2, points[::2].shape) * np.spacing(np.abs(points[::2]))
    return x, points, draw(st.integers(1, 12))


def without_kernel(points, p):
    find = NearestFew(points, p, Runtime())
    find.balls = None
    return find


@pytest.mark.parametrize("kernel", [True, False])
@given(case=hard())
def test_equals_float64_brute_force(kernel, case):
    x, points, p = case
    index, squares = (NearestFew(points, p, Runtime()) if kernel else without_kernel(points, p))(x)
    expected, away = brute(x, points, p)
    assert np.array_equal(index, expected)
    assert np.array_equal(squares, away)


@given(hard(), st.integers(1, 39))
def test_does_not_depend_on_the_block(case, cut):
    x, points, p = case
    find = NearestFew(points, p, Runtime())
    whole = find(x)
    parts = find(x[:cut]), find(x[cut:])
    for j in range(2):
        assert np.array_equal(np.concatenate([part[j] for part in parts]), whole[j])


@pytest.mark.parametrize("d", [1, 2, 4])
def test_the_tree_finds_the_same(d):
    rng = np.random.default_rng(0)
    x, points = rng.normal(size=(500, d)).astype(np.float32), rng.normal(size=(300, d))
    index, squares = without_kernel(points, 5)(x)
    expected, away = brute(x, points, 5)
    assert np.array_equal(index, expected)
    assert np.array_equal(squares, away)
    assert np.array_equal(without_kernel(points, 1)(x)[0][:, 0], expected[:, 0])


@pytest.mark.parametrize("d", [1, 2, 4])
def test_the_product_finds_what_the_tree_finds(d, monkeypatch):
    rng = np.random.default_rng(3)
    x = (100 + rng.integers(0, 500, (2_000, d)) / 50).astype(np.float32)
    points = x[:300].astype(np.float64) + rng.integers(0, 3, (300, d)) / 100
    tree = without_kernel(points, 5)(x)
    monkeypatch.setattr(neighbours, "TREE_COLUMNS", 0)
    product = without_kernel(points, 5)(x)
    assert np.array_equal(product[1], tree[1])
    assert np.array_equal(product[0], brute(x, points, 5)[0])


def test_far_from_the_origin_the_product_alone_is_wrong(monkeypatch):
    """The case that makes the second look necessary, and shows that it is taken."""
    rng = np.random.default_rng(0)
    # Two crowds, so that no shift brings both near the origin.
    points = np.concatenate([rng.random((150, 6)), 3e4 + rng.random((150, 6)) * 4])
    x = (3e4 + rng.random((400, 6)) * 4).astype(np.float32)
    expected = brute(x, points, 5)[0]
    assert np.array_equal(without_kernel(points, 5)(x)[0], expected)
    monkeypatch.setattr(NearestFew, "_decide", lambda *_: None)
    assert not np.array_equal(without_kernel(points, 5)(x)[0], expected)


def test_does_not_depend_on_how_rows_are_parted(monkeypatch):
    rng = np.random.default_rng(1)
    x, points = rng.normal(size=(700, 7)).astype(np.float32), rng.normal(size=(150, 7))
    whole = without_kernel(points, 5)(x)
    monkeypatch.setattr(neighbours, "_CPU_CELLS", 1_000)
    parted = without_kernel(points, 5)(x)
    assert np.array_equal(parted[0], whole[0])
    assert np.array_equal(parted[1], whole[1])
