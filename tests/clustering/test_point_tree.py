"""The tree's nearest point: what float64 decides, of equals the first, and it says when unsure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clustering.nearest import Nearest
from engine.clustering.point_tree import PointTree
from engine.places.runtime import Runtime


def brute(x: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Nearest in float64 from differences, the first of equals (or the first NaN)."""
    difference = x[:, None].astype(np.float64) - points
    return np.einsum("ijk,ijk->ij", difference, difference).argmin(axis=1)


@st.composite
def crowded(draw, largest: float = 1e30) -> tuple[np.ndarray, np.ndarray]:
    """Rows and points with equal points, half-way rows, single ulps, offsets, tiny and huge."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    d, k = draw(st.integers(1, 4)), draw(st.integers(1, 90))
    offset = draw(st.sampled_from([0.0, 1.0, -1e3, 1e6, 1e9]))
    scale = draw(st.sampled_from([1e-40, 1e-22, 1e-6, 1.0, 1e6, largest]))
    grid = draw(st.sampled_from([1, 3, 1_000]))
    x = (offset + rng.integers(-grid, grid + 1, (80, d)) * scale).astype(np.float32)
    points = x[rng.integers(0, 80, k)].astype(np.float64)
    points[::2] += rng.integers(-1, 2, points[::2].shape) * np.spacing(np.abs(points[::2]))
    points[1::3] = (points[1::3] + x[:1]) / 2
    x[::3] = np.nextafter(x[::3], np.float32(0))
    return x, points


@given(crowded())
def test_equals_float64_brute_force_where_it_is_sure(case):
    x, points = case
    index, unsure = PointTree(points).nearest(x)
    sure = np.setdiff1d(np.arange(len(x)), unsure)
    assert np.array_equal(index[sure], brute(x, points)[sure])


@given(crowded(largest=1e15), st.integers(1, 79))
def test_nearest_is_exact_by_the_tree_in_any_block(case, cut):
    x, points = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Nearest, "_TREE_POINTS", 1)
        nearest = Nearest(points, Runtime())
        assert nearest._tree is not None
        whole = nearest.exact(x)
        parts = [nearest.exact(x[:cut]), nearest.exact(x[cut:])]
    assert np.array_equal(whole, brute(x, points))
    assert np.array_equal(np.concatenate(parts), whole)


def test_many_points_at_one_distance_are_left_to_another():
    angle = 2 * np.pi * np.arange(40) / 40
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    index, unsure = PointTree(np.repeat(circle, 3, axis=0)).nearest(
        np.array([[0.0, 0.0], [0.9, 0.0], [5.0, 0.3]], np.float32)
    )
    assert unsure.tolist() == [0]
    assert index[1:].tolist() == [0, 0]


def test_equal_points_do_not_make_rows_unsure():
    points = np.repeat(np.array([[3.0, 0], [-0.0, 1], [0.0, 1], [2, 2]]), 30, axis=0)
    index, unsure = PointTree(points).nearest(np.array([[0, 1], [3, 0]], np.float32))
    assert (index.tolist(), unsure.tolist()) == ([30, 0], [])


def test_rows_that_are_not_finite_are_decided_as_without_a_tree():
    rng = np.random.default_rng(0)
    x, points = rng.random((9, 2)).astype(np.float32), rng.random((1_000, 2))
    x[1, 0], x[4, 1], x[7] = np.nan, np.inf, -np.inf
    nearest = Nearest(points, Runtime())
    assert nearest._tree is not None
    with np.errstate(invalid="ignore"):
        assert np.array_equal(nearest.exact(x), brute(x, points))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e120])
def test_points_that_no_tree_takes(value):
    points = np.zeros((1_000, 2))
    points[5, 1] = value
    assert not PointTree.takes(points)
    assert Nearest(np.zeros((1_000, 5)), Runtime())._tree is None
    assert Nearest(np.zeros((900, 2)), Runtime())._tree is None
