"""Kernels of columns of numbers, against the dataframe's expressions: the same, up to rounding."""

from __future__ import annotations

import itertools

import narwhals as nw
import numpy as np
import polars as pl
import pytest

from engine.data_preparation.features import seen
from engine.data_preparation.features.by_kernel import seen_numbers, shaped_rows
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.native import tables
from engine.native.library import library
from engine.places.runtime import Runtime
from engine.places.staging import staged

pytestmark = pytest.mark.skipif(not library().instructions, reason=library().reason)

SIZES = [0, 1, 2, 255, 256, 257, 1_003]
WHOLE = [pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64]
ODD = [np.nan, np.inf, -np.inf, -0.0, 5e-324, 1e308, -1e308]


def _table(n: int) -> pl.DataFrame:
    """Make every type, with gaps and in several pieces that begin anywhere."""
    rng = np.random.default_rng(n)
    known = {str(t): pl.Series(rng.integers(0, 100, n)).cast(t) for t in WHOLE}
    signed = pl.Series(rng.integers(-(2**62), 2**62, n))
    odd = np.where(rng.random(n) < 0.3, rng.choice(ODD, n), rng.lognormal(3, 2, n))
    frame = pl.DataFrame(known | {
        "signed": signed, "single": pl.Series(rng.normal(0, 9, n), dtype=pl.Float32),
        "double": rng.normal(0, 9, n), "odd": odd, "truth": rng.random(n) < 0.5,
        "nothing": pl.Series([None] * n, dtype=pl.Null),
        "never": pl.Series([None] * n, dtype=pl.Float64),
    })  # fmt: skip
    gaps = pl.Series(rng.random(n) < 0.2)
    with_gaps = frame.select(pl.when(~gaps).then(pl.all()).name.suffix(" with gaps"))
    whole = frame.hstack(with_gaps)
    cuts = [0, n // 3, n // 2, n]
    parts = [whole[a:b] for a, b in itertools.pairwise(cuts)]
    return pl.concat([whole.clear(), *parts], rechunk=False)


def _plan(frame: pl.DataFrame) -> FeaturePlan:
    kinds = [
        {"low": None, "high": None, "log": False},
        {"low": -3.0, "high": 60.0, "log": True},
        {"low": -1e300, "high": 9.5, "log": True, "unit": 2.5},
    ]
    features = tuple(
        NumericFeature(c, fill=0.25 + i, centre=0.3, scale=1.7, **kinds[i % 3])
        for i, c in enumerate(frame.columns)
    )
    return FeaturePlan("id", "int64", features, ())


@pytest.mark.parametrize("n", SIZES)
def test_what_is_seen_is_what_expressions_say(n, instructions):
    frame = _table(n)
    expected = seen._facts(nw.from_native(frame, eager_only=True), frame.columns)
    expected = np.reshape([np.nan if v is None else v for v in expected], (-1, 4))
    found = seen_numbers(frame, frame.columns)
    np.testing.assert_array_equal(found[:, :2], expected[:, :2])
    known = np.isfinite(expected[:, 2])
    np.testing.assert_array_equal(found[known], expected[known])
    assert (found[~known, 2:] == [np.inf, -np.inf]).all()


@pytest.mark.parametrize("n", SIZES)
def test_rows_are_those_of_expressions(n, instructions):
    frame = _table(n)
    plan = _plan(frame)
    expected = plan._made(frame, plan.features, Runtime())
    found = plan.transform(frame)
    assert found.shape == (n, len(frame.columns))
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found, expected, rtol=2**-23, atol=0)
    assert (found != expected).sum() <= 1e-6 * found.size + 1


def test_rows_are_written_where_they_belong_and_nowhere_else(instructions):
    frame = _table(257)
    some = frame.select(frame.columns[:21])
    plan = _plan(some)
    matrix = np.full((300, 21), 7.0, np.float32)
    with staged(matrix, Runtime()) as target:
        plan.write(some, Runtime(), target, 20)
    np.testing.assert_array_equal(matrix[20:277], plan.transform(some))
    assert (matrix[:20] == 7.0).all()
    assert (matrix[277:] == 7.0).all()
    wide = np.full((257, 25), 7.0, np.float32)
    shapes = [f.shape for f in plan.numeric]
    assert shaped_rows(some, some.columns, shapes, 25, wide, 1) is wide
    np.testing.assert_array_equal(wide[:, :21], matrix[20:277])
    assert (wide[:, 21:] == 7.0).all()


def test_columns_may_have_any_name():
    frame = pl.DataFrame({"a\tn": [1.0, 5.0], "": [2, 3], "0": [None, True]})
    assert seen_numbers(frame, frame.columns)[:, 2].tolist() == [1, 2, 1]
    assert frame.columns == ["a\tn", "", "0"]
    assert _plan(frame).transform(frame).shape == (2, 3)


def test_rows_are_the_same_at_any_number_of_threads():
    frame = pl.concat([_table(1_003)] * 140).select("odd", "double with gaps", "UInt8")
    plan = _plan(frame)
    one, three = (plan.transform(frame, Runtime(threads=n)) for n in (1, 3))
    np.testing.assert_array_equal(one, three)
    np.testing.assert_array_equal(one[-1_003:], one[:1_003])


def test_logarithms_are_exact_to_single_precision(instructions):
    values = np.concatenate([np.geomspace(1e-320, 1e308, 20_001), 2.0 ** np.arange(-60, 60)])
    feature = NumericFeature("x", 0.0, None, None, log=True, centre=0.0, scale=1.0)
    plan = FeaturePlan("id", "int64", (feature,), ())
    for sign in (1, -1):
        found = plan.transform(pl.DataFrame({"x": sign * values})).ravel()
        expected = (sign * np.log(values + 1.0)).astype(np.float32)
        np.testing.assert_array_max_ulp(found, expected, maxulp=1)
        assert (found != expected).mean() < 1e-3


def test_what_no_kernel_reads_is_left_to_expressions():
    text = pl.DataFrame({"x": ["1", "2"]})
    assert seen_numbers(text, ["x"]) is None
    assert tables.seen(text, 1) is None
    assert tables.seen(pl.DataFrame({"x": [1]}), 2) is None
    assert seen_numbers({"x": [1]}, ["x"]) is None
    shape = [tables.Shape(0.0, 0.0, 1.0, tables.PLAIN, 1.0, 0.0, 1.0)]
    numbers, room = pl.DataFrame({"x": [1.0, 2.0]}), np.zeros((2, 1), np.float32)
    assert not tables.shaped(text, shape, room)
    assert not tables.shaped(numbers, shape, room[:1])
    assert not tables.shaped(numbers, shape, np.zeros((2, 1)))
    assert tables.shaped(numbers, shape, room)
    assert room.tolist() == [[1.0], [1.0]]
