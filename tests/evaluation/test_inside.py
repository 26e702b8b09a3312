"""What is inside a segment: true groups, and nothing but lumps."""

from __future__ import annotations

import numpy as np
from sklearn.cluster import KMeans

from engine.errors import DataError
from engine.evaluation.clouds import Wide
from engine.evaluation.inside import Segment
from engine.places.runtime import Runtime


def kmeans(x, k):
    if len(np.unique(x, axis=0)) < k:
        message = "fewer distinct rows than segments"
        raise DataError(message)
    return KMeans(k, n_init=2, random_state=0).fit_predict(x).astype(np.int32)


def segment(x: np.ndarray, *, told: bool = True, least: float = 0.0) -> Segment:
    x = np.ascontiguousarray(x, np.float32)
    wide = Wide(x, lambda rows: rows) if told else None
    return Segment(x, kmeans, Runtime(threads=1), 0, least, wide)


def plan(n: int = 600) -> np.ndarray:
    """Spend, and a plan that says nothing of it."""
    rng = np.random.default_rng(0)
    return np.column_stack([rng.normal(size=n), 3.0 * rng.integers(0, 4, n)])


def test_a_lump_is_nothing_but_taken_for_groups_where_nobody_says_it_is_one():
    assert not segment(plan()).may_hold_more()
    assert segment(plan(), told=False).may_hold_more()


def test_groups_beside_a_lump_are_found():
    x = plan()
    x[:200, 0] += 9
    assert segment(x).may_hold_more()
    flag = np.column_stack([x[:, 0], np.arange(600) % 2])
    assert segment(flag).falls_apart()
    assert not segment(np.column_stack([plan()[:, 0], 9.0 * (np.arange(600) % 2)])).falls_apart()


def test_too_few_customers_may_hold_anything_and_too_small_pieces_count_for_nothing():
    x = plan()
    assert segment(x[:20]).may_hold_more()
    x[:200, 0] += 9
    assert not segment(x, least=0.5).may_hold_more()


def test_fewer_distinct_customers_than_pieces_hold_nothing():
    assert not segment(np.repeat([[0.0, 0.0], [1.0, 0.0]], 100, axis=0)).may_hold_more()


def test_groups_in_numbers_are_found_beside_flags_that_hide_them():
    rng = np.random.default_rng(1)
    flags = 2.0 * (rng.random((600, 4)) < 0.5)
    x = np.column_stack([rng.normal(size=600) + 5.0 * (np.arange(600) % 2), flags])
    assert segment(x).may_hold_more()
    assert not segment(np.column_stack([rng.normal(size=600), flags])).may_hold_more()
