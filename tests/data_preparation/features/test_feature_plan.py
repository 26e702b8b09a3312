"""The plan's arithmetic by hand, its round trip through JSON, and rows that stand alone."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data_preparation.features.feature_plan import (
    MISSING_LEVEL,
    CategoricalFeature,
    FeaturePlan,
)
from engine.data_preparation.features.numeric_feature import NumericFeature
from tests.examples import at_most


def plan(*features: NumericFeature | CategoricalFeature) -> FeaturePlan:
    return FeaturePlan(
        "id",
        "int64",
        tuple(f for f in features if isinstance(f, NumericFeature)),
        tuple(f for f in features if isinstance(f, CategoricalFeature)),
    )


def test_a_number_by_hand():
    # Fill with 3, clip to -8 .. 8, signed log, minus 1, divided by 2.
    feature = NumericFeature("x", 3.0, -8.0, 8.0, log=True, centre=1.0, scale=2.0)
    values = [None, math.nan, math.inf, 3.0, 100.0, -100.0, 0.0, -3.0]
    got = plan(feature).transform(pl.DataFrame({"x": values}))
    filled, high, low = math.log(4), math.log(9), -math.log(9)
    expected = [filled, filled, filled, filled, high, low, 0.0, -filled]
    assert got[:, 0] == pytest.approx([(e - 1) / 2 for e in expected], rel=1e-6)
    assert got.dtype == np.float32
    assert got.flags.c_contiguous


def test_a_number_on_both_sides_of_zero_by_hand():
    # asinh(x / 4): asinh(3/4) is log(2), asinh(4/3) is log(3).
    feature = NumericFeature("x", 0.0, None, None, log=True, centre=0.0, scale=1.0, unit=4.0)
    got = plan(feature).transform(pl.DataFrame({"x": [3.0, -3.0, 16 / 3, 0.0, None]}))
    expected = [math.log(2), -math.log(2), math.log(3), 0.0, 0.0]
    assert got[:, 0] == pytest.approx(expected, rel=1e-6)


def test_models_of_earlier_builds_say_nothing_of_units_and_missing_levels():
    number = NumericFeature("x", 0.0, None, None, log=True, centre=0.0, scale=1.0)
    text = CategoricalFeature("c", "one-hot", ("a", MISSING_LEVEL), (0.5, 0.5), 0.0, 1.0)
    tree = plan(number, text).to_json()
    del tree["numeric"][0]["unit"], tree["categorical"][0]["missing"]
    read = FeaturePlan.from_json(json.loads(json.dumps(tree)))
    assert read == plan(number, text)
    got = read.transform(pl.DataFrame({"x": [0.0, 0.0], "c": ["a", None]}))
    assert got[:, 1:].tolist() == [[1, 0], [0, 1]]


def test_missing_levels_in_the_middle_by_hand():
    kept = {"centre": 0.0, "scale": 0.5, "missing": "neutral"}
    one_hot = CategoricalFeature("c", "one-hot", ("a", "b"), (0.75, 0.25), **kept)
    many = CategoricalFeature("d", "frequency", ("a", "b"), (0.75, 0.25), **kept)
    whole = plan(one_hot, many)
    values = ["a", None, "new"]
    got = whole.transform(pl.DataFrame({"c": values, "d": values}))
    # The mean frequency is 9/16 + 1/16.
    assert got.tolist() == [[2, 0, 1.5], [1.5, 0.5, 1.25], [0, 0, 0]]
    assert whole.count_unknown(pl.DataFrame({"c": values, "d": values})) == {"c": 1, "d": 1}
    pandas = whole.transform(pd.DataFrame({"c": values, "d": values}))
    assert pandas.tolist() == got.tolist()


def test_a_number_taken_as_it_is():
    feature = NumericFeature("x", 0.0, None, None, log=False, centre=0.0, scale=1.0)
    got = plan(feature).transform(pl.DataFrame({"x": [1, -2, None]}))
    assert got[:, 0].tolist() == [1, -2, 0]


def test_a_flag():
    feature = NumericFeature("x", 0.0, None, None, log=False, centre=0.5, scale=0.5)
    got = plan(feature).transform(pl.DataFrame({"x": [True, False, None]}))
    assert got[:, 0].tolist() == [1, -1, -1]


def test_one_hot_by_hand():
    levels = ("a", "b", MISSING_LEVEL)
    feature = CategoricalFeature("c", "one-hot", levels, (0.5, 0.25, 0.25), 0.0, 0.5)
    whole = plan(feature)
    got = whole.transform(pl.DataFrame({"c": ["a", None, "b", "new"]}))
    assert got.tolist() == [[2, 0, 0], [0, 0, 2], [0, 2, 0], [0, 0, 0]]
    assert whole.names == ["c=a", "c=b", "c=(missing)"]


def test_frequency_by_hand():
    feature = CategoricalFeature("c", "frequency", ("a", "b"), (0.75, 0.25), 0.5, 0.25)
    whole = plan(feature)
    got = whole.transform(pl.DataFrame({"c": ["a", "b", "new", None]}))
    assert got[:, 0].tolist() == [1, -1, -2, -2]
    assert whole.names == ["c (frequency)"]


def test_levels_of_numbers_and_flags_are_text():
    feature = CategoricalFeature("c", "one-hot", ("1", "2"), (0.5, 0.5), 0.0, 1.0)
    assert plan(feature).transform(pl.DataFrame({"c": [2, 1]})).tolist() == [[0, 1], [1, 0]]


def test_unknown_values_are_counted():
    feature = CategoricalFeature("c", "one-hot", ("a", "b"), (0.5, 0.5), 0.0, 1.0)
    number = NumericFeature("x", 0.0, None, None, log=False, centre=0.0, scale=1.0)
    whole = plan(feature, number)
    frame = pl.DataFrame({"c": ["a", "x", None, "y", "b"], "x": range(5)})
    assert whole.count_unknown(frame) == {"c": 3}
    assert whole.count_unknown(frame.head(1)) == {}
    assert plan(number).count_unknown(frame) == {}


def test_names_that_clash_stay_apart():
    one = CategoricalFeature("a", "one-hot", ("b=c", "d"), (0.5, 0.5), 0.0, 1.0)
    two = CategoricalFeature("a=b", "one-hot", ("c", "d"), (0.5, 0.5), 0.0, 1.0)
    got = plan(one, two).transform(pl.DataFrame({"a": ["d"], "a=b": ["c"]}))
    assert got.tolist() == [[0, 1, 1, 0]]


def test_no_rows():
    feature = NumericFeature("x", 0.0, None, None, log=False, centre=0.0, scale=1.0)
    assert plan(feature).transform(pl.DataFrame({"x": []}, schema={"x": float})).shape == (0, 1)


LIBRARIES = {
    "pandas": lambda t: t.to_pandas(),
    "pandas-objects": lambda t: t.to_pandas().astype({"c": object}),
    "pandas-none": lambda t: t.to_pandas().astype({"c": object}).replace({"c": {np.nan: None}}),
    "pandas-categories": lambda t: t.to_pandas().astype({"c": "category"}),
    "pandas-nullable": lambda t: t.to_pandas().convert_dtypes(),
    "pandas-arrow": lambda t: t.to_pandas(types_mapper=pd.ArrowDtype),
    "pyarrow": lambda t: t,
    "pyarrow-dictionary": lambda t: t.set_column(1, "c", t["c"].dictionary_encode()),
    "polars-categories": lambda t: pl.DataFrame(t).with_columns(pl.col("c").cast(pl.Categorical)),
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_table_library_prepares_alike(library):
    whole = plan(
        NumericFeature("x", 3.0, -8.0, 8.0, log=True, centre=1.0, scale=2.0),
        CategoricalFeature("c", "one-hot", ("a", MISSING_LEVEL), (0.5, 0.5), 0.0, 0.5),
        CategoricalFeature("d", "frequency", ("a", MISSING_LEVEL), (0.5, 0.5), 0.1, 0.5),
    )
    texts = ["a", None, "new", "a"]
    table = pa.table({"x": [1.0, None, -7.5, 1e9], "c": texts, "d": texts})
    expected = whole.transform(pl.DataFrame(table))
    frame = LIBRARIES[library](table)
    assert np.array_equal(whole.transform(frame), expected)
    assert whole.count_unknown(frame) == {"c": 1, "d": 1}


FLOATS = st.floats(allow_nan=False, allow_infinity=False)
BOUNDS = st.one_of(st.just((None, None)), st.tuples(FLOATS, FLOATS))
NUMERIC = st.builds(
    lambda column, fill, bounds, log, centre, scale: NumericFeature(
        column, fill, *bounds, log=log, centre=centre, scale=scale
    ),
    st.text(), FLOATS, BOUNDS, st.booleans(), FLOATS, FLOATS,
)  # fmt: skip
CATEGORICAL = st.builds(
    lambda column, encoding, pairs, centre, scale: CategoricalFeature(
        column, encoding, tuple(p[0] for p in pairs), tuple(p[1] for p in pairs), centre, scale
    ),
    st.text(), st.sampled_from(["one-hot", "frequency"]),
    st.lists(st.tuples(st.text(), FLOATS), max_size=4), FLOATS, FLOATS,
)  # fmt: skip


@given(st.lists(NUMERIC, max_size=3), st.lists(CATEGORICAL, max_size=3), st.none() | st.text())
def test_json_keeps_every_bit(numeric, categorical, id_column):
    before = FeaturePlan(id_column, "string", tuple(numeric), tuple(categorical))
    text = json.dumps(before.to_json(), allow_nan=False)
    assert FeaturePlan.from_json(json.loads(text)) == before


@at_most(30)
@given(
    st.lists(
        st.tuples(
            st.none() | st.floats(width=64),
            st.none() | st.sampled_from(["a", "b", "c", "new"]),
        ),
        min_size=2,
        max_size=10,
    ),
    st.data(),
)
def test_a_row_does_not_depend_on_its_block(rows, data):
    whole = plan(
        NumericFeature("x", 0.3, -1e6, 1e6, log=True, centre=0.1, scale=0.7),
        CategoricalFeature("c", "one-hot", ("a", "b", "c"), (0.5, 0.3, 0.2), 0.0, 0.6),
        CategoricalFeature("c", "frequency", ("a", "b", "c"), (0.5, 0.3, 0.2), 0.38, 0.12),
    )
    frame = pl.DataFrame(rows, schema={"x": pl.Float64, "c": pl.String}, orient="row")
    together = whole.transform(frame)
    cut = data.draw(st.integers(1, len(rows) - 1))
    apart = np.vstack([whole.transform(frame[:cut]), whole.transform(frame[cut:])])
    assert np.array_equal(apart, together)
    single = np.vstack([whole.transform(frame[i : i + 1]) for i in range(len(frame))])
    assert np.array_equal(single, together)
