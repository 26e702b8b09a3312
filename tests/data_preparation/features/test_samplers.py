"""Rows with their text: those of smallest priority, whatever the blocks."""

from __future__ import annotations

import narwhals as nw
import numpy as np
import polars as pl
import pytest

from engine.data_preparation.features import samplers
from engine.data_preparation.features.samplers import JointSampler


@pytest.mark.parametrize("block", [1, 3, 100])
def test_the_rows_of_smallest_priority(monkeypatch, block):
    monkeypatch.setattr(samplers, "JOINT_ROWS", 4)
    frame = pl.DataFrame({"n": range(20), "t": [f"l{i}" for i in range(20)], "other": range(20)})
    priority = np.random.default_rng(0).permutation(20).astype(np.uint64)
    found = JointSampler(["n"], ["t"])
    for start in range(0, 20, block):
        rows = nw.from_native(frame[start : start + block], eager_only=True)
        found.add(rows, priority[start : start + block])
    order = np.argsort(priority)[:4].tolist()
    assert found.rows().to_dict(as_series=False) == {
        "n": [float(i) for i in order],
        "t": [f"l{i}" for i in order],
    }


def test_nothing_is_kept_without_text():
    found = JointSampler(["n"], [])
    found.add(nw.from_native(pl.DataFrame({"n": [1]}), eager_only=True), np.array([1], np.uint64))
    assert found.rows() is None
