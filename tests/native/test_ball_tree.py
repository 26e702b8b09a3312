"""The kernel's tree of balls, against NumPy: the same nearest, squares of the same bits."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering.nearest import Nearest
from engine.clustering.spectral.neighbours import NearestFew
from engine.native.ball_tree import BallTree
from engine.native.library import library
from engine.places.runtime import Runtime

pytestmark = pytest.mark.skipif(not library().instructions, reason=library().reason)

SHAPES = [(1, 2, 1), (7, 1, 3), (65, 3, 5), (99, 8, 12), (700, 16, 5), (900, 7, 1), (300, 33, 20)]
"""Points, columns, neighbours."""


def _planted(points: np.ndarray) -> BallTree:
    tree = BallTree.of(points)
    assert tree is not None
    return tree


def _without(points: np.ndarray, p: int) -> NearestFew:
    find = NearestFew(points, p, Runtime())
    find.balls = None
    return find


def _crowds(n: int, d: int, seed: int = 0) -> np.ndarray:
    """Rows in crowds of several widths, and some far from all."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(size=(9, d)) * 4
    rows = middles[rng.integers(0, 9, n)] + rng.normal(size=(n, d)) * rng.random((n, 1))
    rows[::17] *= 5
    return rows


@pytest.mark.parametrize(("m", "d", "p"), SHAPES)
def test_finds_what_numpy_finds(m, d, p, instructions):
    points, x = _crowds(m, d), _crowds(400, d, 1).astype(np.float32)
    p = min(p, m)
    index, squares, unsure = _planted(points).few(x, p)
    assert not len(unsure)
    expected = _without(points, p)(x)
    np.testing.assert_array_equal(index, expected[0])
    np.testing.assert_array_equal(squares, expected[1])


def test_every_point_stands_in_the_tree_once():
    tree = _planted(_crowds(333, 5))
    assert sorted(tree.numbers[:333].tolist()) == list(range(333))
    assert np.isfinite(tree.points[:, 5].ravel()[:333]).all()
    assert not np.isfinite(tree.points[:, 5].ravel()[333:]).any()


def _nearest(points: np.ndarray, *, balls: bool) -> Nearest:
    nearest = Nearest(points, Runtime())
    if not balls:
        nearest.kernel = None
    return nearest


def test_labels_of_many_points_are_those_of_numpy(instructions):
    points, x = _crowds(2_100, 6), _crowds(1_500, 6, 1).astype(np.float32)
    found = _nearest(points, balls=True)
    assert found._balls is not None
    np.testing.assert_array_equal(found.exact(x), _nearest(points, balls=False).exact(x))


def test_ties_and_what_is_not_finite_are_decided_as_without_it():
    rng = np.random.default_rng(0)
    points = rng.integers(0, 40, (2_000, 2)).astype(float)  # many equal, and more in between
    x = (rng.integers(0, 80, (500, 2)) / 2).astype(np.float32)
    x[3, 1], x[5], x[7, 0] = np.nan, np.inf, 3e38
    index, unsure = _planted(points).nearest(x) or (None, np.empty(0))
    assert index is not None
    assert len(unsure) > 100
    with np.errstate(all="ignore"):
        expected = _nearest(points, balls=False).exact(x)
        np.testing.assert_array_equal(_nearest(points, balls=True).exact(x), expected)


def test_rows_as_near_to_more_points_than_it_holds_are_unsure():
    points = np.zeros((500, 3))
    assert _planted(points).few(np.ones((2, 3), np.float32), 4)[2].tolist() == [0, 1]
    index, _ = NearestFew(points, 4, Runtime())(np.ones((2, 3), np.float32))
    assert index.tolist() == [[0, 1, 2, 3]] * 2


def test_where_it_spares_nothing_all_points_are_looked_at():
    rng = np.random.default_rng(0)
    points, x = rng.normal(size=(2_000, 24)), rng.normal(size=(300, 24)).astype(np.float32)
    assert _planted(points).nearest(x) is None
    expected = _nearest(points, balls=False).exact(x)
    np.testing.assert_array_equal(_nearest(points, balls=True).exact(x), expected)


def test_points_too_large_for_float32_and_none_at_all_have_no_tree():
    assert BallTree.of(np.array([[1e16], [1.0]])) is None
    assert BallTree.of(np.array([[np.nan], [1.0]])) is None
    assert BallTree.of(np.empty((0, 3))) is None


def test_no_rows_have_no_nearest():
    index, squares, unsure = _planted(_crowds(20, 3)).few(np.empty((0, 3), np.float32), 2)
    assert (index.shape, squares.shape, len(unsure)) == ((0, 2), (0, 2), 0)
