"""Rows added up by label without a kernel: sorted by label, in an order that rows tell."""

from __future__ import annotations

import numpy as np
import pytest

from engine.cuda import segments
from engine.cuda.segments import sums_in_order
from tests import cupy_by_numpy as stand_in
from tests.cupy_by_numpy import DeviceArray


@pytest.mark.parametrize("cells", [1 << 22, 12])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighed", [False, True])
def test_sums_are_those_of_rows_one_by_one(weighed, dtype, cells, monkeypatch):
    monkeypatch.setattr(segments, "_CELLS", cells)
    rng, k = np.random.default_rng(3), 7
    x = (5 + rng.normal(size=(200, 3))).astype(dtype)
    labels = rng.integers(-1, k + 1, 200)  # some are none, and of 4 there are none
    labels[labels == 4] = k
    x[labels == k] = np.nan
    weights = rng.random(200) if weighed else None
    each = np.ones(200) if weights is None else weights
    given = None if weights is None else DeviceArray(weights)
    found = sums_in_order(stand_in.made(), DeviceArray(x), DeviceArray(labels), k, given)
    for segment in range(k):
        own = labels == segment
        assert found[0].get()[segment] == pytest.approx(each[own].sum(), rel=1e-13)
        wanted = (x[own].astype(np.float64) * each[own, None]).sum(axis=0)
        np.testing.assert_allclose(found[1].get()[segment], wanted, rtol=1e-13)
    assert not found[0].get()[4]
