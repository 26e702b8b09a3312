"""What a model keeps of its columns tells no outlier, and no count of few by its totals."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.data_preparation.features.bins import Tally, edges_of
from engine.data_preparation.features.feature_plan import MISSING_LEVEL
from engine.descriptive_stats.reference import _levels, _number
from tests.drawing import undrawn

LEAST = 5


def kept_of(values: np.ndarray) -> dict[str, Any]:
    tally = Tally(edges_of(values[np.isfinite(values)], LEAST))
    tally.add(values)
    return _number("x", tally, LEAST)


def test_a_model_tells_no_outlier_over_ties():
    rng = np.random.default_rng(0)
    n = 400
    kids = rng.integers(0, 4, n)
    kids[7] = 873
    data = pl.DataFrame({"kids": kids, "spend": rng.lognormal(3, 0.5, n).round(2)})
    with undrawn():
        model = engine.segment(data, {"evaluation.resamples": 0}, k=3, ephemeral=True).model
    column = next(c for c in model.info["reference"]["columns"] if c["column"] == "kids")
    assert column["mean"] == column["inner_mean"] < 4
    assert column["inner_std"] < 4
    assert column["outside"] == 0
    assert sum(column["counts"]) == n


@given(
    st.lists(st.integers(0, 3), min_size=20, max_size=300),
    st.lists(st.integers(50, 1000), max_size=4),
    st.integers(0, 4),
)
def test_no_total_tells_of_few_numbers(common, far, missing):
    values = np.array([*common, *far, *[np.nan] * missing], np.float64)
    kept = kept_of(values)
    assert sum(kept["counts"]) + kept["missing"] == len(values)
    assert all(n == 0 or n >= LEAST for n in (*kept["counts"], kept["missing"], kept["outside"]))
    known, (low, high) = values[np.isfinite(values)], kept["bounds"]
    if ((known < low) | (known > high)).sum() < LEAST:
        rest = len(known) * (kept["mean"] - kept["inner_mean"])
        assert rest == pytest.approx(0, abs=1e-6), "it is what the few have beyond the bounds"


def test_a_number_that_few_know_has_no_mean():
    values = np.array([*[np.nan] * 50, 1.0, 2.0, 7.0])
    assert [kept_of(values)[key] for key in ("mean", "inner_mean", "inner_std")] == [None] * 3


@given(st.lists(st.integers(0, 40), min_size=4, max_size=4).filter(any))
def test_no_total_tells_of_few_in_a_level(counts):
    names = ("a", "b", "c", MISSING_LEVEL)
    gathered = SimpleNamespace(
        levels={"x": Counter({(0, level): n for level, n in zip(names, counts, strict=True)})}
    )
    kept = _levels("x", ("a", "b"), gathered, LEAST)  # type: ignore[arg-type]
    told = [*kept["counts"], kept["other"], kept["missing"]]
    assert sum(told) == sum(counts)
    if sum(counts) >= LEAST:
        few = [n for n, real in zip(told, counts, strict=True) if 0 < n < LEAST]
        assert not few or max(counts) < LEAST
