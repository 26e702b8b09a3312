"""Every number of the plan against one computed by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.sections import PreparationConfig
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.fit_plan import PlanReport, fit_plan
from engine.data_preparation.features.identity import Identity
from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.data_preparation.features.roles import Roles
from engine.data_preparation.features.seen import NumericSurvey, TextSurvey
from engine.data_preparation.features.shapes import skewness
from engine.data_preparation.features.survey import Survey
from engine.errors import DataError
from engine.places.runtime import Runtime

PLAIN = {"skew": "off", "outliers": "off"}


def number(values: list[float | None]) -> tuple[NumericSurvey, np.ndarray]:
    sample = np.array([np.nan if v is None else v for v in values])
    infinite, finite = np.isinf(sample), sample[np.isfinite(sample)]
    low, high = (finite.min(), finite.max()) if len(finite) else (np.inf, -np.inf)
    missing = int(np.isnan(sample).sum())
    known = NumericSurvey(missing, int(infinite.sum()), float(low), float(high))
    return known, np.where(infinite, np.nan, sample)


def text(values: list[str | None]) -> TextSurvey:
    present = [v for v in values if v is not None]
    missing = len(values) - len(present)
    return TextSurvey(present=len(present), missing=missing, levels=Counter(present))


def fitted(
    numeric: dict[str, list[float | None]] | None = None,
    categorical: dict[str, list[str | None]] | None = None,
    computed: tuple[str, ...] = (),
    threads: int = 1,
    **settings: object,
) -> tuple[FeaturePlan, PlanReport]:
    numeric, categorical = numeric or {}, categorical or {}
    n = len(next(iter((numeric | categorical).values())))
    numbers = {c: number(v) for c, v in numeric.items()}
    sample = np.column_stack([s for _, s in numbers.values()]) if numbers else np.empty((n, 0))
    known = Survey(
        n,
        {c: k for c, (k, _) in numbers.items()},
        {c: text(v) for c, v in categorical.items()},
        sample,
    )
    identity = Identity(pl.Series("id", range(n)), np.arange(n), None, "id", (), ())
    roles = Roles(tuple(numeric), tuple(categorical), {"city": "excluded by features.exclude"})
    asked, runtime = PreparationConfig(**settings), Runtime(threads=threads)
    return fit_plan(known, roles, identity, asked, (), computed, runtime=runtime)


def one(values: list[float | None], **settings: object) -> NumericFeature:
    return fitted({"x": values}, **settings)[0].numeric[0]


def says(report: PlanReport, column: str) -> tuple[str, str]:
    return next((c["role"], c["what"]) for c in report.columns if c["column"] == column)


def test_missing_values_become_the_median_or_the_mean():
    values = [1.0, 2.0, 6.0, None, float("inf")]
    assert one(values, **PLAIN).fill == 2.0
    assert one(values, missing="mean", **PLAIN).fill == 3.0
    with pytest.raises(DataError) as caught:
        one(values, missing="error")
    assert str(caught.value) == (
        "column 'x' has 2 missing values; fill them in, or set preparation.missing to median."
    )


def test_standard_scaling_counts_a_few_that_were_filled():
    # 20 at 0, 19 at 2, and the median 0 for the missing one: mean 38/40, mean square 76/40.
    feature = one([0.0] * 20 + [2.0] * 19 + [None], **PLAIN)
    assert feature.fill == 0.0
    assert feature.centre == pytest.approx(0.95)
    assert feature.scale == pytest.approx(np.sqrt((1.9 - 0.95**2) * np.pi / 2))


def test_standard_scaling_is_that_of_the_known_where_many_are_missing():
    # 1, 2, 6: mean 3, variance (4 + 1 + 9) / 3.
    feature = one([1.0, 2.0, 6.0, None], **PLAIN)
    assert feature.centre == pytest.approx(3)
    assert feature.scale == pytest.approx(np.sqrt(14 / 3))


def test_robust_scaling():
    feature = one([0.0, 1.0, 2.0, 3.0, 400.0], scaling="robust", **PLAIN)
    assert (feature.centre, feature.scale) == (2.0, 2.0)
    # No spread between the quartiles: the standard deviation stands in.
    feature = one([0.0] * 9 + [1.0, 2.0], scaling="robust", **PLAIN)
    assert feature.centre == 0.0
    assert feature.scale == pytest.approx(np.std([0.0] * 9 + [1.0, 2.0]))


def test_no_scaling():
    feature = one([5.0, 7.0, 11.0], scaling="none", **PLAIN)
    assert (feature.centre, feature.scale) == (0.0, 1.0)


@pytest.mark.parametrize("offset", [-1e6, 1e9, 1e12])
def test_what_all_share_is_taken_off_without_scaling_too(offset):
    """Single precision would hold nothing but the offset."""
    values = offset + np.array([5.0, 7.0, 12.0])
    feature = one(values.tolist(), scaling="none", **PLAIN)
    assert feature.scale == 1.0
    assert feature.centre == pytest.approx(offset + 8, rel=1e-15)


@pytest.mark.parametrize("unit", [1e-30, 1e-12])
def test_a_skewed_column_in_a_tiny_unit_keeps_its_digits(unit):
    """Its logarithm would be that of 1, for every customer."""
    values = np.exp(np.linspace(0, 6, 200)) * unit
    feature = one(values.tolist(), outliers="off")
    assert not feature.log
    assert feature.scale == pytest.approx(values.std())


def test_numbers_too_small_to_compute_with_as_they_are_refused():
    with pytest.raises(DataError, match=r"^the columns range over 1.2e-29 at most, too little"):
        one([1e-30, 5e-30, 1.3e-29], scaling="none", **PLAIN)
    assert one([1e-30, 5e-30, 1.3e-29], **PLAIN).scale == pytest.approx(np.std([1, 5, 13]) * 1e-30)


def test_clipping_at_quantiles():
    values = [float(v) for v in range(101)]
    feature = one(values, skew="off", clip_quantiles=(0.1, 0.95))
    assert (feature.low, feature.high) == (10.0, 95.0)
    clipped = np.clip(values, 10, 95)
    assert feature.centre == pytest.approx(clipped.mean())
    assert feature.scale == pytest.approx(clipped.std())


def test_a_column_that_is_nearly_constant_is_not_clipped_away():
    feature = one([0.0] * 998 + [1.0, 2.0], skew="off", clip_quantiles=(0.01, 0.99))
    assert (feature.low, feature.high) == (None, None)
    assert feature.scale > 0


def test_the_logarithm_is_taken_where_it_helps():
    amounts = [float(v) for v in np.exp(np.arange(40) / 4)]
    feature = one(amounts, outliers="off")
    assert feature.log
    logs = np.log1p(amounts)
    assert (feature.centre, feature.scale) == pytest.approx((logs.mean(), logs.std()))
    assert not one([float(v) for v in range(40)], outliers="off").log
    assert not one(amounts, skew="off", outliers="off").log
    # A tail to the left is no better in logarithms.
    assert not one([20_000 - a for a in amounts], outliers="off").log


def test_a_flag_is_neither_clipped_nor_logged():
    feature = one([0.0] * 999 + [1.0], clip_quantiles=(0.01, 0.99))
    assert (feature.low, feature.high, feature.log) == (None, None, False)
    # As far out as one of 50 would lie, and a lump: see test_weights.py.
    assert feature.scale == pytest.approx(np.sqrt(0.001 * 0.999 * 20 * np.pi / 2))


def test_constant_and_empty_columns_are_left_out_and_told():
    plan, report = fitted(
        {"x": [1.0, 2.0, 4.0], "same": [7.0, 7.0, 7.0], "none": [None, None, None]}
    )
    assert plan.columns == ["x"]
    assert says(report, "same") == ("left out", "is constant (7)")
    assert says(report, "none") == ("left out", "has no values")
    assert report.warnings == [
        "column 'same' is constant (7) and was left out",
        "column 'none' has no values and was left out",
    ]
    assert says(report, "city") == ("left out", "excluded by features.exclude")


def test_columns_are_fitted_and_told_of_the_same_on_any_number_of_threads():
    rng = np.random.default_rng(0)
    columns = {
        "skewed": rng.lognormal(3, 1, 999),
        "same": np.full(999, 3.0),
        "endless": np.append(rng.normal(size=998), np.inf),
        "rare flag": np.append(np.zeros(994), np.ones(5)),
        "gaps": np.append(rng.gamma(2, 10, 499), np.full(500, np.nan)),
        "unknown": np.full(999, np.nan),
        "mistyped": np.append(rng.normal(50, 5, 998), 1e6),
        "mistaken": np.append(rng.normal(50, 5, 998), -1e6),
    }
    one, many = (fitted({c: x.tolist() for c, x in columns.items()}, threads=n) for n in (1, 5))
    assert one == many
    told = [c["column"] for c in one[1].columns]
    assert told == [*columns, "city"]
    assert [w.split("'")[1] for w in one[1].warnings] == [
        "same",
        "endless",
        "unknown",
        "mistyped",
        "mistaken",
        "gaps",
    ]


def test_infinite_values_are_told():
    _, report = fitted({"x": [1.0, 2.0, float("inf"), -float("inf")]})
    assert report.warnings == ["column 'x' holds 2 infinite values, treated as missing"]


def test_nothing_left():
    with pytest.raises(DataError) as caught:
        fitted({"x": [1.0, 1.0], "y": [None, None]})
    assert str(caught.value) == (
        "no column is left to segment by: x is constant (1); y has no values; "
        "city excluded by features.exclude."
    )


def test_what_is_said_of_a_number():
    values = [*map(float, np.exp(np.arange(40) / 4)), None]
    _, report = fitted({"x": values}, clip_quantiles=(0.0, 0.9))
    role, what = says(report, "x")
    assert role == "numeric"
    assert what.startswith("1 missing set to the median (")
    assert what.endswith(", signed log, standard scaling")
    assert "clipped to about 1 .. " in what
    assert says(fitted({"x": [1.0, 2.0, 4.0]}, scaling="none", **PLAIN)[1], "x")[1] == (
        "taken as it is"
    )


def test_a_one_hot_block_has_the_variance_of_a_lump():
    values: list[str | None] = ["a"] * 50 + ["b"] * 30 + ["c"] * 15 + [None] * 5
    plan, report = fitted(categorical={"c": values}, missing_levels="level")
    feature = plan.categorical[0]
    assert feature.levels == ("a", "b", "c", "(missing)")
    assert feature.values == (0.5, 0.3, 0.15, 0.05)
    matrix = plan.transform(pl.DataFrame({"c": values})).astype(float)
    assert matrix.var(axis=0).sum() == pytest.approx(2 / np.pi, rel=1e-6)
    assert says(report, "c") == ("categorical", "one-hot of 4 levels")
    raw = fitted(categorical={"c": values}, scaling="none", missing_levels="level")[0]
    assert set(raw.transform(pl.DataFrame({"c": values})).ravel()) == {0.0, 1.0}


def test_what_is_missing_stands_where_the_known_are_on_average():
    values: list[str | None] = ["a"] * 50 + ["b"] * 30 + ["c"] * 15 + [None] * 5
    plan, report = fitted(categorical={"c": values})
    feature = plan.categorical[0]
    assert feature.levels == ("a", "b", "c")
    assert feature.values == (50 / 95, 30 / 95, 15 / 95)
    assert says(report, "c")[1] == (
        "one-hot of 3 levels, 5 missing count as the average of the known"
    )
    matrix = plan.transform(pl.DataFrame({"c": ["a", None, "new"]})).astype(float)
    # Shares of 10, 6 and 3 in 19: the block's variance is 1 - 145 / 361; that of a lump is 2 / pi.
    scale = (216 / 361 * np.pi / 2) ** 0.5
    assert matrix[0].tolist() == pytest.approx([1 / scale, 0, 0])
    assert matrix[1].tolist() == pytest.approx([10 / 19 / scale, 6 / 19 / scale, 3 / 19 / scale])
    assert matrix[2].tolist() == [0, 0, 0]
    # The known count as they would alone: 95 of 100 have variance 2 / pi.
    known = plan.transform(pl.DataFrame({"c": values})).astype(float)
    assert known.var(axis=0).sum() == pytest.approx(0.95 * 2 / np.pi, rel=1e-6)
    assert plan.count_unknown(pl.DataFrame({"c": ["a", None, "new"]})) == {"c": 1}


def test_missing_values_of_many_levels_have_their_mean_frequency():
    values: list[str | None] = [*(["a"] * 6 + ["b"] * 3 + ["c"] * 1) * 5, *[None] * 50]
    plan, _ = fitted(categorical={"c": values}, max_levels=2, scaling="none")
    assert plan.categorical[0].values == (0.6, 0.3, 0.1)
    got = plan.transform(pl.DataFrame({"c": ["a", None, "new"]}))[:, 0]
    assert got.tolist() == pytest.approx([0.6, 0.36 + 0.09 + 0.01, 0])


def test_one_value_and_blanks_are_a_flag():
    plan, _ = fitted(categorical={"promo": ["X"] * 30 + [None] * 70})
    assert plan.categorical[0].levels == ("(missing)", "X")


def test_more_levels_are_encoded_by_frequency():
    values: list[str | None] = [c for c in "abcde" for _ in range(ord(c) - 90)]
    plan, report = fitted(categorical={"c": values}, max_levels=4)
    feature = plan.categorical[0]
    assert feature.encoding == "frequency"
    assert feature.levels == tuple("edcba")  # most frequent first
    matrix = plan.transform(pl.DataFrame({"c": values})).astype(float)
    assert matrix.mean() == pytest.approx(0, abs=1e-6)
    assert matrix.std() == pytest.approx(np.sqrt(2 / np.pi), rel=1e-6)
    assert says(report, "c") == ("categorical", "frequency of 5 levels")
    raw = fitted(categorical={"c": values}, max_levels=4, scaling="none")[0]
    got = raw.transform(pl.DataFrame({"c": ["e", "a", "new"]}))[:, 0]
    assert got.tolist() == pytest.approx([11 / 45, 7 / 45, 0])


def test_equally_frequent_levels_are_ordered_by_name():
    values: list[str | None] = ["b", "a", "c"] * 20
    assert fitted(categorical={"c": values})[0].categorical[0].levels == ("a", "b", "c")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([f"note {i}" for i in range(60)],
         "has a value of its own for most customers: an identifier or free text"),
        ([f"p{i % 10}@shop.example" for i in range(60)],
         "may identify people (holds e-mail addresses)"),
        ([f"2024-01-{1 + i % 20:02}" for i in range(60)],
         "is a date or time, which has no scale to cluster on"),
        ([f"{1 + i % 20}/12/2023 10:00" for i in range(60)],
         "is a date or time, which has no scale to cluster on"),
        ([None] * 60, "has no values"),
        (["same"] * 60, "is constant (same)"),
    ],
    ids=["free", "mail", "iso", "slashes", "empty", "constant"],
)  # fmt: skip
def test_text_that_is_no_category(values, reason):
    plan, report = fitted({"x": [float(i) for i in range(60)]}, {"c": values})
    assert plan.columns == ["x"]
    assert says(report, "c") == ("left out", reason)


def test_few_customers_may_all_differ():
    assert fitted(categorical={"c": ["a", "b", "c"]})[0].columns == ["c"]


def test_the_plan_remembers_the_id():
    plan, _ = fitted({"x": [1.0, 2.0, 4.0]})
    assert (plan.id_column, plan.id_type) == ("id", "int64")


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=50), st.floats(-100, 100))
def test_skewness_is_the_third_standardised_moment(values, shift):
    from scipy.stats import skew

    x = np.array(values)
    if x.std() > 1e-3 * (1 + np.abs(x).max()):
        assert skewness(x) == pytest.approx(skew(x), rel=1e-6, abs=1e-9)
        assert skewness(-x) == pytest.approx(-skewness(x), rel=1e-9, abs=1e-12)
    assert skewness(np.full(5, shift)) == 0.0


def test_nobody_is_asked_to_correct_what_was_computed():
    incomes = [*np.linspace(20_000, 90_000, 999), 666_666]
    by_last = [*incomes[500:-1], *incomes[:500], incomes[-1]]
    _, report = fitted({"income": incomes, "monetary": by_last}, computed=("monetary",))
    far = "holds one value far above all others (666666; the next is 90000)"
    assert report.warnings == [
        f"column 'income' {far}; correct them if they are mistakes",
        f"column 'monetary' {far}; it is computed from the transactions: look for a wrong price, "
        "quantity or date there",
    ]
