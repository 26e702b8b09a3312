"""Columns that say what another says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from engine.data_preparation.features.repeats import missing_together
from tests.data_preparation.features.test_no_features import SPEND, N, learnt, why

DRAW = np.random.default_rng(1)
CODES = DRAW.integers(0, 5, N)
NAMES = [["North", "East", "South", "West", "Abroad"][c] for c in CODES]


@pytest.mark.parametrize(
    ("column", "how"),
    [
        (SPEND, "equal"),
        (SPEND * 100, "the same on another scale, as about 310 and 31000"),
        (500 - SPEND, "the same on another scale, as about 310 and 190"),
        (SPEND + DRAW.normal(0, 1, N), "correlation 1.000"),
    ],
)
def test_numbers_that_repeat_another(tmp_path, column, how):
    plan, report = learnt({"again": column}, tmp_path, "parquet")
    assert plan.columns == ["spend"]
    found = why(report, "again")
    assert found.startswith("repeats spend (")
    assert found.split("(")[1].split(",")[0].rstrip(")") == how.split(",")[0]
    assert report.notices == [
        f"the column 'again' repeats what another says and was not used: 'again' {found}; to use "
        "them all the same, name all columns to use in features.include"
    ]


@pytest.mark.parametrize(
    "column",
    [
        SPEND + DRAW.normal(0, 40, N),
        # Zero for the same customers, and amounts that have nothing to do with each other.
        np.where(SPEND > 400, DRAW.gamma(2, 50, N), 0.0),
    ],
)
def test_numbers_that_do_not(tmp_path, column):
    assert learnt({"other": column}, tmp_path, "parquet")[0].columns == ["spend", "other"]


def test_zeros_in_common_are_no_repeat(tmp_path):
    buys = DRAW.random(N) < 0.3
    web, shop = (np.where(buys, DRAW.uniform(900, 1_000, N), 0.0) for _ in range(2))
    assert learnt({"web": web, "shop": shop}, tmp_path)[0].columns == ["spend", "web", "shop"]


def test_what_features_names_stays(tmp_path):
    columns = {"cents": SPEND * 100}
    plan, report = learnt(columns, tmp_path, include=["spend", "cents"])
    assert plan.columns == ["spend", "cents"]
    assert "both are used, because features names 'cents'" in report.warnings[0]
    assert learnt(columns, tmp_path, include=["cents"])[0].columns == ["cents"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("code_first", [True, False])
def test_a_code_and_its_name(tmp_path, suffix, code_first):
    columns = {"region": NAMES, "region_code": CODES}
    if code_first:
        columns = dict(reversed(columns.items()))
    plan, report = learnt(columns, tmp_path, suffix)
    # The number has an order that means nothing.
    assert plan.columns == ["spend", "region"]
    assert why(report, "region_code").startswith("repeats region (one for one, as ")


def test_two_categories_of_which_one_is_finer(tmp_path):
    city = [f"{n} {i % 2}" for i, n in enumerate(NAMES)]
    plan = learnt({"region": NAMES, "city": city, "iso": [n[:2] for n in NAMES]}, tmp_path)[0]
    assert plan.columns == ["spend", "region", "city"]


def test_independent_rare_flags_are_no_repeat(tmp_path):
    rare = {f"flag_{i}": np.where(np.arange(N) % 47 == i, "yes", "no") for i in range(2)}
    assert learnt(rare, tmp_path)[0].columns == ["spend", "flag_0", "flag_1"]


def test_sums_are_told_and_stay(tmp_path: Path):
    web = DRAW.gamma(2, 30, N).round(2)
    plan, report = learnt({"web": web, "total": SPEND + web}, tmp_path)
    assert plan.columns == ["spend", "web", "total"]
    assert report.notices == [
        "column 'total' is the sum of 'spend' and 'web': all are used; features.exclude leaves one "
        "out"
    ]


def test_columns_of_a_joined_table_are_missing_together():
    frame = pl.DataFrame({"a": ["x", None, "x"], "b": [1.0, None, 3.0], "c": ["y", "z", None]})
    assert missing_together("a", frame)
    assert not missing_together("c", frame)
    assert not missing_together("a", None)


def test_one_value_of_a_joined_table_is_no_flag(tmp_path):
    known = DRAW.random(N) < 0.3
    columns = {
        "panel": [("yes" if k else None) for k in known],
        "home": [(n if k else None) for n, k in zip(NAMES, known, strict=True)],
        "promo": [("X" if x else None) for x in DRAW.random(N) < 0.3],
    }
    plan, report = learnt(columns, tmp_path)
    assert plan.columns == ["spend", "home", "promo"]
    assert why(report, "panel") == "is constant (yes) where it is known"
