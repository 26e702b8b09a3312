"""Rows added up by label: the sums of the kernel and of NumPy, with weights, of no rows."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering import label_sums as owner
from engine.clustering.label_sums import label_sums
from tests import cupy_by_numpy as stand_in
from tests.cuda_on_cpu import raw_module
from tests.cupy_by_numpy import DeviceArray


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


@pytest.mark.parametrize("kernels", [True, False])
@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize(("n", "d", "k"), [(1, 1, 1), (500, 7, 4), (300, 16, 90)])
def test_sums_of_rows_on_a_gpu_are_those_of_rows_one_by_one(n, d, k, weighed, kernels):
    cupy = stand_in.made(kernels=kernels)
    rng = np.random.default_rng(n)
    x = (3 + rng.normal(size=(n, d))).astype(np.float32)
    labels = rng.integers(0, k, n).astype(np.int32)
    weights = rng.random(n) if weighed else None
    given = None if weights is None else DeviceArray(weights)
    counts, sums = label_sums(DeviceArray(x), DeviceArray(labels), k, cupy, given)
    expected = _expected(x, labels, k, weights)
    assert bool(raw_module.LAUNCHED) == kernels
    np.testing.assert_allclose(counts.get(), expected[0], rtol=1e-13)
    np.testing.assert_allclose(sums.get(), expected[1], rtol=1e-12)
