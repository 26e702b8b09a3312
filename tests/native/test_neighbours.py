"""The kernel of nearest others, against scikit-learn: the same rows, at the same distances."""

from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation import neighbours
from engine.native.library import library
from engine.native.neighbours import nearest_others

pytestmark = pytest.mark.skipif(not library().instructions, reason=library().reason)


@pytest.mark.parametrize(("n", "d"), [(2, 1), (3, 2), (16, 3), (17, 1), (501, 8), (1_000, 30)])
def test_they_are_those_of_scikit_learn(n, d, monkeypatch):
    x = np.random.default_rng(n + d).normal(size=(n, d)).astype(np.float32) + 100
    found = neighbours.nearest(x)
    monkeypatch.setattr(neighbours, "nearest_others", lambda *_: None)
    assert (np.sort(found) == np.sort(neighbours.nearest(x))).all()


def test_of_equally_near_rows_the_first_are_taken_and_never_the_row_itself():
    x = np.array([[0.0], [1.0], [2.0], [1.0], [1.0]], np.float32)
    found = nearest_others(x, 2)
    assert found is not None
    assert found.tolist() == [[1, 3], [3, 4], [1, 3], [1, 4], [1, 3]]
    alike = nearest_others(np.ones((40, 3), np.float32), 3)
    assert alike is not None
    assert alike[0].tolist() == [1, 2, 3]
    assert alike[39].tolist() == [0, 1, 2]


def test_one_row_has_none_and_other_types_are_left_to_scikit_learn():
    one = nearest_others(np.zeros((1, 2), np.float32), 0)
    assert one is not None
    assert one.shape == (1, 0)
    assert nearest_others(np.zeros((5, 2)), 1) is None


def test_every_instruction_set_finds_the_same(monkeypatch):
    from engine.native import library as owner

    x, found = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32), []
    for name in library().available:
        with monkeypatch.context() as patch:
            patch.setenv(owner.SWITCH, name)
            for kept in (owner.library, owner.kernel):
                kept.cache_clear()
            found.append(nearest_others(x, 7))
    for kept in (owner.library, owner.kernel):
        kept.cache_clear()
    assert all((np.asarray(other) == found[0]).all() for other in found)
