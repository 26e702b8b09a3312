"""Levels as truths: the bits of the expressions, whatever a column holds."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data_preparation.features.feature_plan import (
    MISSING_LEVEL,
    OTHER_LEVEL,
    POOLED,
    UNNAMED,
    CategoricalFeature,
    FeaturePlan,
)
from engine.data_preparation.features.level_hits import hit_shapes
from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.native.library import library
from engine.places.runtime import Runtime

WORDS = [
    "web",
    "shop",
    "true",
    "TRUE",
    "1",
    "1.0",
    "2.0",
    "",
    MISSING_LEVEL,
    "a rather long level of a column",
]
NUMBER = NumericFeature("x", 0.5, None, None, log=False, centre=0.25, scale=3.0)


@st.composite
def features(draw: st.DrawFn, column: str) -> CategoricalFeature:
    levels = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5, unique=True))
    rest = draw(st.sampled_from(["", POOLED, UNNAMED]))
    levels += [OTHER_LEVEL] if rest == POOLED else []
    shares = draw(st.lists(st.floats(0, 1), min_size=len(levels), max_size=len(levels)))
    encoding = draw(st.sampled_from(["one-hot", "one-hot", "frequency"]))
    centre = 0.0 if encoding == "one-hot" else draw(st.floats(0, 1))
    return CategoricalFeature(
        column, encoding, tuple(levels), tuple(shares), centre, draw(st.floats(0.01, 3)),
        draw(st.sampled_from(["level", "neutral"])), rest,
    )  # fmt: skip


def _same(plan: FeaturePlan, frame: pl.DataFrame) -> None:
    made = plan.transform(frame, Runtime(threads=2))
    wanted = plan._made(frame, plan.features, Runtime())
    # Numbers are another matter: of 1 / scale, and of these kernels say so themselves.
    start = len(plan.numeric)
    assert made[:, start:].tobytes() == wanted[:, start:].tobytes()
    np.testing.assert_allclose(made[:, :start], wanted[:, :start], 1e-6)


VALUES = st.lists(st.one_of(st.none(), st.sampled_from([*WORDS, "2", "other", "True"])), min_size=1)


@given(st.data(), VALUES, st.sampled_from([pl.String, pl.Categorical]), st.booleans())
def test_columns_of_levels_have_the_bits_of_expressions(data, values, dtype, numbers):
    one, other = data.draw(features("one")), data.draw(features("other"))
    text = pl.Series("one", values, dtype=pl.String)
    frame = pl.DataFrame([text.cast(dtype), text.reverse().alias("other")]).with_columns(
        x=pl.int_range(pl.len()).cast(pl.Float64)
    )
    _same(FeaturePlan(None, "int64", (NUMBER,) if numbers else (), (one, other)), frame)


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        ([1, 2, None, 3], ("1", "2")),
        ([1, 2, None, 3], ("1.0", "2")),
        ([1.0, 2.0, 3.5, None], ("1.0", "2", "3.5")),
        (["1.0", "2", "3.0", "07", None], ("1", "2.0", "7")),
        ([1.0, 2.5, -0.0, math.nan, math.inf, None], ("1", "2.5", "0", MISSING_LEVEL)),
        ([True, False, None], ("true", "false")),
        ([None, None], ("a", MISSING_LEVEL)),
        ([], ("a",)),
    ],
)
def test_levels_of_any_type_are_told(values, levels):
    feature = CategoricalFeature("c", "one-hot", levels, (0.1,) * len(levels), 0.0, 0.7)
    _same(FeaturePlan(None, "int64", (), (feature,)), pl.DataFrame({"c": values}, strict=False))


@pytest.mark.skipif(not library().instructions, reason=library().reason)
def test_they_are_made_by_the_kernel_in_rows_of_several_chunks(monkeypatch):
    n = 140_001  # no whole number of chunks, nor of bytes of truths
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"x": rng.normal(size=n), "c": rng.choice(["a", "b", "c", "d"], n)})
    frame = frame.with_columns(pl.when(pl.col("x") > 2).then(None).otherwise("c").alias("c"))
    feature = CategoricalFeature(
        "c", "one-hot", ("a", "b", OTHER_LEVEL), (0.2, 0.2, 0.3), 0.0, 0.61, "neutral", POOLED
    )
    plan = FeaturePlan(None, "int64", (NUMBER,), (feature,))
    wanted = plan._made(frame, plan.features, Runtime())
    monkeypatch.setattr(FeaturePlan, "_made", None)
    made = plan.transform(pl.concat([frame[:70_003], frame[70_003:]], rechunk=False))
    assert made[:, 1:].tobytes() == wanted[:, 1:].tobytes()


def test_what_the_kernel_would_round_otherwise_is_left_to_expressions():
    rng = np.random.default_rng(1)
    kept = [hit_shapes([v], c, s) for v, c, s in rng.uniform(0.1, 1, (2_000, 3))]
    assert all(kept)  # a last bit of 53 shows in 24 once in 500 million times
    assert hit_shapes([0.0], 0.0, 0.3)[0].scale == 0.3
    one = next(  # which has to be looked for at a border between two of float32
        (v, s)
        for s in rng.uniform(0.5, 1, 200)
        for v in [np.nextafter(float(np.float32(0.7)) + 2.0**-25, d) * s for d in (0, 1)]
        + [(float(np.float32(0.7)) + 2.0**-25) * s]
        if np.float32(v / s) != np.float32(v * (1 / s))
    )
    assert hit_shapes([one[0]], 0.0, one[1]) is None
