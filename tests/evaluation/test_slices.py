"""Borders where customers are few, beside slices of the same segments, by hand and on shapes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans

from engine.evaluation.neighbours import nearest
from engine.evaluation.slices import THIN, beside_slices


def pieces(x: np.ndarray, k: int) -> np.ndarray:
    return KMeans(k, n_init=4, random_state=0).fit_predict(x)


def ring(n: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, 2 * np.pi, n)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.normal(0, 0.05, (n, 2))


def touching(n: int) -> np.ndarray:
    """Nine round groups that touch, on a grid."""
    rng = np.random.default_rng(1)
    group = rng.integers(0, 9, n)
    return np.stack([group % 3, group // 3], axis=1) * 4.5 + rng.normal(size=(n, 2))


@pytest.mark.parametrize(
    ("x", "k", "thin"),
    [
        (touching(900), 9, True),
        (ring(600), 6, False),
        (np.random.default_rng(2).uniform(size=(800, 2)) * [4, 1], 4, False),
        (np.random.default_rng(3).normal(size=(800, 3)), 5, False),
    ],
    ids=("touching groups", "ring", "bar", "cloud"),
)
def test_groups_that_touch_are_told_from_slices(x: np.ndarray, k: int, thin: bool) -> None:
    x = x.astype(np.float32)
    whole = np.zeros(len(x), np.int64)
    share = beside_slices(x, nearest(x), pieces(x, k), whole, 0)
    assert share is not None
    assert (share <= THIN) == thin


def test_only_what_is_cut_within_a_segment_counts() -> None:
    x = np.arange(8, dtype=np.float32)[:, None]
    others = np.array([[1], [0], [3], [2], [5], [4], [7], [6]])
    halves, quarters = np.repeat([0, 1], 4), np.repeat([0, 1, 2, 3], 2)
    assert beside_slices(x, others, halves, halves, 0) is None  # nothing is cut
    assert beside_slices(x, others, quarters, halves, 0) == 0.0  # no link leaves a quarter
    across = np.array([0, 1, 0, 1, 2, 3, 2, 3])
    found = beside_slices(x, others, across, halves, 0)
    assert found is not None
    assert found > 1  # every link does
    assert found == beside_slices(x, others, across, halves, 0)
