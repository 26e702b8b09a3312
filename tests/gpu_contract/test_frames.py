"""Dataframe code gives the same on pandas as on Polars, by what cuDF can do.

cuDF is the same code of Narwhals as pandas (its pandas-like backend), so pandas stands in for it
where there is no GPU; which pandas methods that code calls is noted and looked up in cuDF.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from types import FrameType

import cudf
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest
from contract_binding import signature
from cudf.core.groupby.groupby import DataFrameGroupBy
from environment import ROOT
from narwhals._pandas_like.series import PandasLikeSeries

from engine.config.loading import load_config
from engine.data_preparation import prepare
from engine.data_preparation.features.feature_plan import CategoricalFeature, FeaturePlan
from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.data_preparation.features.samplers import Sampler
from engine.data_preparation.features.seen import (
    NumericSurvey,
    TextSurvey,
    count_levels,
    count_numbers,
)
from engine.data_preparation.features.visiting import _where
from engine.data_preparation.prepare import Prepared
from engine.data_preparation.reading.frames import only_row, to_array
from engine.descriptive_stats.gathering import Gathered
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress

N = 3_000
NUMERIC = ("whole", "holes", "special", "single", "int", "int_holes", "small", "flag", "empty")
KINDS = ("numpy", "nullable", "arrow")
"""Float64 with NaN for null, as cuDF's dtypes are; Float64 with NA; Arrow's own types."""


def with_holes(values: list, rng: np.random.Generator) -> list:
    return [None if rng.random() < 0.1 else value for value in values]


@pytest.fixture(scope="module")
def polars() -> pl.DataFrame:
    rng = np.random.default_rng(5)
    whole = [float(x) for x in rng.normal(size=N) * 1_000]
    special = with_holes(whole, rng)
    special[3:6] = [float("nan"), float("inf"), float("-inf")]
    words = [("a", "b", "ü", "", "(missing)", "d e")[i % 6] for i in range(N)]
    return pl.DataFrame(
        {
            "whole": whole,
            "holes": with_holes(whole, rng),
            "special": special,
            "single": pl.Series(with_holes(whole, rng), dtype=pl.Float32),
            "int": range(N),
            "int_holes": with_holes(list(range(N)), rng),
            "small": pl.Series([i % 100 for i in range(N)], dtype=pl.Int8),
            "flag": [i % 3 == 0 for i in range(N)],
            "empty": pl.Series([None] * N, dtype=pl.Float64),
            "word": with_holes(words, rng),
            "full": [("x", "y")[i % 2] for i in range(N)],
            "truth": [i % 5 == 0 for i in range(N)],
            "truth_holes": with_holes([i % 5 == 0 for i in range(N)], rng),
        }
    )


@pytest.fixture
def pandas(polars: pl.DataFrame, request: pytest.FixtureRequest) -> pd.DataFrame:
    if request.param == "arrow":
        return polars.to_pandas(use_pyarrow_extension_array=True)
    if request.param == "numpy":
        return polars.to_pandas()
    types = {pl.Float64: "Float64", pl.Float32: "Float32", pl.Int64: "Int64", pl.Int8: "Int8"}
    types |= {pl.Boolean: "boolean", pl.String: "string"}
    held = {c.name: pd.array(c.to_list(), dtype=types[c.dtype]) for c in polars}
    return pd.DataFrame(held)


def every_kind(function):
    return pytest.mark.parametrize("pandas", KINDS, indirect=True)(function)


def plan(numeric: tuple[str, ...] = NUMERIC) -> FeaturePlan:
    shapes = [(None, None, False), (-100.0, 200.0, True), (None, None, True)]
    numbers = (
        NumericFeature(c, 0.5, *shapes[i % 3], centre=1.0, scale=2.0) for i, c in enumerate(numeric)
    )
    levels = ("a", "b", "ü", "", "(missing)")
    texts = (
        CategoricalFeature("word", "one-hot", levels, (0.2,) * 5, 0.0, 0.4),
        CategoricalFeature("full", "frequency", ("x",), (0.5,), 0.2, 0.3),
        CategoricalFeature("truth", "one-hot", ("false", "true"), (0.8, 0.2), 0.0, 0.5),
    )
    return FeaturePlan(None, "int64", tuple(numbers), texts)


def facts(frame: object) -> dict[str, NumericSurvey]:
    known = {c: NumericSurvey() for c in NUMERIC}
    count_numbers(nw.from_native(frame, eager_only=True), known)
    return known


def levels(frame: object, column: str) -> TextSurvey:
    known = TextSurvey()
    count_levels(nw.from_native(frame, eager_only=True), column, known)
    return known


@every_kind
def test_counts_and_ranges(polars, pandas):
    assert facts(pandas) == facts(polars)
    assert facts(polars)["special"].infinite == 2
    assert facts(polars)["empty"].missing == N


@every_kind
@pytest.mark.parametrize(
    "column", ["word", "full", "truth", "truth_holes", "int", "int_holes", "small"]
)
def test_levels(polars, pandas, column):
    assert levels(pandas, column) == levels(polars, column)


@every_kind
def test_the_prepared_matrix(polars, pandas):
    expected = plan().transform(polars)
    assert np.isfinite(expected).all()
    found = plan().transform(pandas)
    assert found.dtype == expected.dtype == np.float32
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found, expected, rtol=2**-22, atol=2**-22)
    assert plan().count_unknown(pandas) == plan().count_unknown(polars)
    assert plan().count_unknown(polars)["full"] == N // 2


@every_kind
def test_one_row(polars, pandas):
    for frame in (polars, pandas):
        rows = nw.from_native(frame, eager_only=True)
        row = rows.select(nw.col("whole").max(), nw.col("empty").min(), nw.col("int").sum())
        assert only_row(row) == [polars["whole"].max(), None, N * (N - 1) // 2]


@every_kind
def test_rows_are_kept_by_a_mask(polars, pandas):
    keep = np.arange(N) % 7 > 2
    kept = nw.from_native(_where(pandas, keep), eager_only=True)
    expected = nw.from_native(_where(polars, keep), eager_only=True)
    assert kept["int"].to_list() == expected["int"].to_list() == np.flatnonzero(keep).tolist()


@pytest.mark.parametrize("pandas", ["numpy"], indirect=True)
def test_samples_and_arrays(polars, pandas):
    priority = np.random.default_rng(1).integers(2**63, size=N).astype(np.uint64)
    drawn = []
    for frame in (polars, pandas):
        rows = nw.from_native(frame, eager_only=True).select(NUMERIC)
        sampler = Sampler(100)
        for start in range(0, N, 500):
            sampler.add(rows[start : start + 500], priority[start : start + 500])
        drawn += [sampler.rows(), to_array(rows)]
    np.testing.assert_array_equal(drawn[0], drawn[2])
    np.testing.assert_array_equal(drawn[1], drawn[3])
    assert drawn[0].shape == (100, len(NUMERIC))


def gathered(frames: Iterator[tuple[int, object]], prepared: Prepared, k: int) -> Gathered:
    labels = (np.arange(len(prepared.matrix)) * 7 % k).astype(np.int32)
    found = Gathered(prepared, labels, np.bincount(labels, minlength=k), Runtime())
    priority = prepared.identity.priority
    for start, frame in frames:
        rows = slice(start, start + len(frame))
        found.add(start, frame, labels[rows], priority[rows])
    return found


@pytest.mark.parametrize("pandas", ["numpy"], indirect=True)
def test_what_profiles_are_made_of(polars, pandas, tmp_path):
    columns = ["whole", "special", "int_holes", "word", "full", "truth"]
    polars.select(columns).write_parquet(tmp_path / "customers.parquet")
    config = load_config(
        {
            "input": {"path": str(tmp_path / "customers.parquet")},
            "features": {"categorical": ["truth"]},
        }
    )
    loaded, progress, runtime = prepare.load(config), Progress(), Runtime()
    identity = prepare.identify(loaded, config)
    loaded, surveyed, fitted, report = prepare.learn(loaded, identity, config, runtime, progress)
    matrix = fitted.transform(polars)
    prepared = Prepared(matrix, identity, fitted, surveyed, report)
    gaps = np.arange(2 * N) % 2 == 0  # what is dropped leaves gaps in a pandas index
    twice = pd.concat([pandas, pandas]).sort_index(kind="stable").reset_index(drop=True)
    kept = _where(twice, gaps)
    assert kept.index[1] == 2
    bounds = [(s, min(s + 800, N)) for s in range(0, N, 800)]
    expected = gathered(((a, polars[a:b]) for a, b in bounds), prepared, 4)
    found = gathered(((a, kept.iloc[a:b]) for a, b in bounds), prepared, 4)
    assert found.levels == expected.levels
    assert {level for _, level in found.levels["truth"]} == {"true", "false"}
    np.testing.assert_allclose(found.means(), expected.means(), rtol=1e-12)  # kernels add otherwise
    np.testing.assert_array_equal(found.medians(2), expected.medians(2))
    np.testing.assert_allclose(found.overall(), expected.overall(), rtol=1e-12)


def all_pieces(frame: pd.DataFrame) -> None:
    """Run what runs on cuDF's frames."""
    plan().transform(frame)
    facts(frame)
    levels(frame, "word")
    levels(frame, "truth")
    rows = nw.from_native(_where(frame, np.arange(N) % 3 > 0), eager_only=True)
    Sampler(10).add(rows.select(NUMERIC), np.arange(len(rows), dtype=np.uint64))
    segment = nw.new_series("segment", np.zeros(len(rows), np.int32), backend=rows.implementation)
    pairs = rows.select(nw.col("word").alias("level")).with_columns(segment)
    pairs.group_by("segment", "level").agg(nw.len().alias("n"))["n"].to_list()


@pytest.mark.parametrize("pandas", ["numpy"], indirect=True)
def test_only_columns_without_nulls_pass_through_cupy(pandas, monkeypatch):
    """On cuDF these go through CuPy, which raises `does not support masked arrays` for nulls."""
    seen = []
    apply = PandasLikeSeries._apply_array_func

    def noted(self, native, function):
        seen.append((function, int(native.isna().sum())))
        return apply(self, native, function)

    monkeypatch.setattr(PandasLikeSeries, "_apply_array_func", noted)
    all_pieces(pandas)
    assert seen
    assert all(nulls == 0 for _, nulls in seen)
    for file in (ROOT / "engine").rglob("*.py"):
        assert not re.search(r"\)\.is_finite\(", file.read_text(encoding="utf-8")), file


CUDF = {
    pd.DataFrame: cudf.DataFrame,
    pd.Series: cudf.Series,
    pd.Index: cudf.Index,
    pd.core.groupby.DataFrameGroupBy: DataFrameGroupBy,
}
OTHER_WAY = {
    ("Series", "tolist"): "Narwhals goes by to_arrow for cuDF",
    ("Series", "set_axis"): "Narwhals copies and sets the index for cuDF",
    ("Series", "items"): "of `dtypes`, which is a pandas Series in cuDF too",
    ("Index", "tolist"): "of `columns`, which is a pandas Index in cuDF too",
}


def pandas_calls(frame: pd.DataFrame) -> set[tuple[type, str, tuple[str, ...]]]:
    """Note which methods Narwhals calls on pandas, and which parameters it gives."""
    seen = set()

    def note(called: FrameType, event: str, _: object) -> None:
        code, caller = called.f_code, called.f_back
        if event != "call" or "/pandas/core/" not in code.co_filename:
            return
        while caller and "/pandas/util/_decorators" in caller.f_code.co_filename:
            caller = caller.f_back
        me = called.f_locals.get("self")
        owner = next((c for c in CUDF if isinstance(me, c)), None)
        if owner is None or not caller or "/_pandas_like/" not in caller.f_code.co_filename:
            return
        method = getattr(owner, code.co_name, None)
        if callable(method) and not code.co_name.startswith("_"):
            parameters = inspect.signature(method).parameters
            given = [n for n in parameters if n not in ("self", "kwargs") and n in called.f_locals]
            given = [n for n in given if called.f_locals[n] is not parameters[n].default]
            seen.add((owner, code.co_name, tuple(given)))

    sys.setprofile(note)
    try:
        all_pieces(frame)
    finally:
        sys.setprofile(None)
    return seen


@pytest.mark.parametrize("pandas", ["numpy"], indirect=True)
def test_cudf_has_the_methods_that_narwhals_calls(pandas):
    calls = pandas_calls(pandas)
    names = {(owner.__name__, name) for owner, name, _ in calls}
    assert {("DataFrame", "groupby"), ("Series", "where"), ("Index", "get_indexer")} <= names
    assert set(OTHER_WAY) <= names
    for owner, name, given in calls:
        if (owner.__name__, name) in OTHER_WAY:
            continue
        method = getattr(CUDF[owner], name)
        assert set(given) <= set(signature(method).parameters), f"cudf.{owner.__name__}.{name}"


def test_narwhals_knows_cudf_without_conversion():
    frame, series = object.__new__(cudf.DataFrame), object.__new__(cudf.Series)
    assert nw.dependencies.is_cudf_dataframe(frame)
    assert nw.dependencies.is_cudf_series(series)
    assert nw.Implementation.from_native_namespace(cudf) is nw.Implementation.CUDF
    assert nw.Implementation.CUDF.is_pandas_like()
