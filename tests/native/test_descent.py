"""The kernel of iterations over few rows, against NumPy: the same segments from the same start."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering.kmeans.descent import descend
from engine.clustering.kmeans.few_descent import descend_few
from engine.clustering.kmeans.layout import Rows
from engine.clustering.kmeans.pace import CONSTANTS
from engine.native.descent import descended
from engine.native.library import library
from engine.places.runtime import Runtime

pytestmark = pytest.mark.skipif(not library().instructions, reason=library().reason)

SHAPES = [(1, 1, 1), (5, 3, 2), (47, 2, 3), (48, 16, 8), (1_003, 5, 4), (2_000, 40, 13)]


def _rows(x, weights=None, dtype=np.float32) -> Rows:
    return Rows(np.asarray(x, dtype), weights, Runtime(), dtype)


def _both(rows: Rows, centres: np.ndarray, limit=1e-9, max_iter=300, far=0):
    found = descended(rows.columns, rows.weighted, centres, limit, max_iter, far, CONSTANTS)
    assert found is not None
    return found, descend_few(rows, centres, limit, max_iter, far)


def _inertia(rows: Rows, centres: np.ndarray) -> float:
    return rows.total(rows.near(centres, second=False).nearest)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "d", "k"), SHAPES)
def test_it_comes_to_rest_where_numpy_does(n, d, k, weighted, dtype):
    rng = np.random.default_rng(n + d + k)
    groups = rng.integers(k, size=n)
    groups[:k] = np.arange(k)
    x = 9.0 * rng.normal(size=(k, d))[groups] + rng.normal(size=(n, d))
    rows = _rows(x, rng.uniform(0.1, 1, n) if weighted else None, dtype)
    (centres, n_iter, done), expected = _both(rows, x[:k], far=20)
    assert (n_iter, done) == expected[1:]
    np.testing.assert_allclose(centres, expected[0], rtol=1e-4, atol=1e-4)


def test_where_nothing_parts_rows_it_is_as_good():
    rng = np.random.default_rng(0)
    rows = _rows(rng.normal(size=(3_000, 6)))
    for far in (0, 20):
        found, expected = _both(rows, rng.normal(size=(7, 6)), limit=1e-6, far=far)
        assert _inertia(rows, found[0]) == pytest.approx(_inertia(rows, expected[0]), rel=0.01)


def test_of_equally_near_centres_the_first_takes_the_row():
    rows = _rows([[0.0], [1.0], [2.0]])
    (centres, n_iter, done), expected = _both(rows, np.array([[0.5], [1.5]]))
    assert centres.tolist() == expected[0].tolist() == [[0.5], [2.0]]
    assert (n_iter, done) == expected[1:]


def test_a_centre_that_loses_its_rows_is_handed_back_and_put_elsewhere():
    rows, start = _rows([[0.0], [1.0], [4.0], [5.0]]), np.array([[0.0], [5.0], [99.0]])
    (centres, n_iter, done), expected = _both(rows, start)
    assert not done
    assert (centres.tolist(), n_iter, done) == (expected[0].tolist(), *expected[1:])
    ends, _ = descend(rows, start, 1e-9, 100)
    assert len(np.unique(ends)) == 3


def test_no_iteration_moves_nothing_and_rows_that_lie_otherwise_are_left_to_numpy():
    rows = _rows([[0.0], [1.0]])
    assert _both(rows, np.array([[0.2]]), max_iter=0)[0][:2] == (np.array([[0.2]]), 0)
    assert (
        descended(rows.columns[:, ::-1], rows.weighted, np.zeros((1, 1)), 0, 9, 0, CONSTANTS)
        is None
    )
    whole = rows.columns.astype(np.int32), rows.weighted.astype(np.int32)
    assert descended(*whole, np.zeros((1, 1)), 0, 9, 0, CONSTANTS) is None


def test_every_instruction_set_comes_to_the_same_rest(monkeypatch):
    from engine.native import library as owner

    rng = np.random.default_rng(3)
    x = 9.0 * rng.normal(size=(5, 4))[rng.integers(5, size=900)] + rng.normal(size=(900, 4))
    rows, found = _rows(x), []
    for name in library().available:
        with monkeypatch.context() as patch:
            patch.setenv(owner.SWITCH, name)
            for kept in (owner.library, owner.kernel):
                kept.cache_clear()
            assert owner.library().instructions == name
            found.append(_both(rows, x[:5])[0][0])
    for kept in (owner.library, owner.kernel):
        kept.cache_clear()
    for centres in found[1:]:
        np.testing.assert_allclose(centres, found[0], rtol=1e-5, atol=1e-5)
