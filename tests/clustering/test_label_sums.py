"""Rows added up by label: the sums of the kernel and of NumPy, with weights, of no rows."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering import label_sums as owner
from engine.clustering.label_sums import label_sums


def _expected(x, labels, k, weights):
    each = np.ones(len(x)) if weights is None else weights
    sums = np.zeros((k, x.shape[1]))
    np.add.at(sums, labels, x.astype(np.float64) * each[:, None])
    return np.bincount(labels, weights, k), sums


@pytest.mark.parametrize("kernel", [True, False])
@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize(("n", "d", "k"), [(0, 2, 3), (1, 1, 1), (500, 7, 4), (300, 16, 90)])
def test_sums_are_those_of_rows_one_by_one(n, d, k, weighed, kernel, monkeypatch):
    if not kernel:
        monkeypatch.setattr(owner, "moments", lambda *_: None)
    rng = np.random.default_rng(n)
    x = (3 + rng.normal(size=(n, d))).astype(np.float32)
    labels = rng.integers(0, k, n).astype(np.int32)
    weights = rng.random(n) if weighed else None
    counts, sums = label_sums(x, labels, k, np, weights)
    expected = _expected(x, labels, k, weights)
    np.testing.assert_allclose(counts, expected[0], rtol=1e-14)
    np.testing.assert_allclose(sums, expected[1], rtol=1e-13)
