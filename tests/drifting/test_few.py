"""Of few customers nothing is had from what a drift tells of levels and segments."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.drift import DriftConfig
from engine.drifting.columns import shifts
from engine.drifting.seeing import Levels, Seen
from engine.drifting.segments import segments_of
from engine.utilities.few_counts import Untold
from tests.attacker import LEAST, safe

few_or_many = st.one_of(st.integers(0, 6), st.integers(0, 60))


@given(st.lists(st.tuples(few_or_many, few_or_many), min_size=3, max_size=3))
def test_who_belongs_nowhere_is_not_had_from_segments_and_the_share_of_all(result, parts):
    counts = np.array(parts)  # who is far, and who is not
    kept = max(len(s["distances"]) for s in result.model.info["reference"]["segments"])
    near = np.repeat(counts[:, 1:], kept, axis=1)
    seen = Seen(int(counts.sum()), {}, {}, counts.sum(axis=1), near)
    found = segments_of(result.model, seen, DriftConfig(), LEAST)
    hidden = np.array([[s.nowhere.few] * 2 for s in found.each])
    assert [s.nowhere.now for s in found.each] == pytest.approx(
        counts[:, 0] / np.maximum(counts.sum(axis=1), 1)
    )
    safe(counts, Untold(hidden, [], 1))


@given(st.lists(few_or_many, min_size=5, max_size=5))
def test_a_level_of_few_is_not_had_from_the_others(result, counts):
    """Counts of web, shop, app, of other levels and of those who have none."""
    kept = result.model.info["reference"]["columns"]
    names = next(c["levels"] for c in kept if c["column"] == "channel")
    levels = Levels(dict(zip(names, counts[:3], strict=True)), *counts[3:])
    seen = Seen(sum(counts), {}, {"channel": levels}, np.zeros(3, int), np.zeros((3, 1), int))
    (shift,) = shifts(result.model, seen, DriftConfig(), LEAST)
    hidden = np.array([*shift.few[:3], shift.strange.few, shift.missing.few])
    values = np.array(counts)
    few = (values > 0) & (values < LEAST)
    assert hidden[few].all()
    if few.any():
        assert hidden.sum() > 1
        assert values[hidden].sum() >= min(LEAST, values.sum())
