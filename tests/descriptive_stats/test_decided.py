"""Segments that one column decides: found where it does, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from engine.descriptive_stats.decided import told
from tests.descriptive_stats.test_profiles import described

N = 900


def frame(**columns: Any) -> tuple[pl.DataFrame, np.ndarray]:
    """Two groups of customers by spend, and columns beside that have nothing to do with them."""
    rng = np.random.default_rng(3)
    group = np.arange(N) % 2
    made: dict[str, Any] = {
        "id": np.arange(N),
        "spend": 100.0 + 500 * group + rng.normal(size=N),
        "visits": rng.normal(10, 2, N),
        "tariff": rng.choice(["basic", "plus", "pro"], N),
    }
    return pl.DataFrame(made | {c: f(rng, group) for c, f in columns.items()}), group


def gender(rng: np.random.Generator, _group: np.ndarray) -> np.ndarray:
    return rng.choice(["f", "m"], N)


def test_two_segments_that_are_women_and_men(tmp_path):
    table, group = frame(gender=gender)
    women = (table["gender"] == "f").to_numpy()
    labels = np.where(group == 1, 0, np.where(women, 1, 2))
    tree = described(table, labels.tolist(), tmp_path, least=5).tree
    assert tree["decided"] == [
        {"columns": ["gender"], "segments": [1, 2], "levels": ["f", "m"], "who": True}
    ]
    warnings, notices = told(tree, [])
    assert notices == []
    assert warnings == [
        "segments 2 and 3 differ by 'gender' ('f' and 'm') and by little else: 'gender' says who "
        "customers are, not what they do; --set 'features.describe=[gender]' lets it describe "
        "segments without forming any"
    ]


def test_numbers_are_those_of_the_segments_and_the_setting_keeps_what_is_set(tmp_path):
    table, group = frame(gender=gender, country=lambda rng, _: rng.choice(["DE", "FR"], N))
    women = (table["gender"] == "f").to_numpy()
    labels = np.where(group == 1, 0, np.where(women, 1, 2))
    tree = described(table, labels.tolist(), tmp_path).tree
    tree["segments"] = [{**s, "segment": s["segment"] + 4} for s in tree["segments"]]
    (warning,), _ = told(tree, ["age, years"])
    assert warning.startswith("segments 6 and 7 differ")
    assert "and so does 'country'" in warning
    assert """--set 'features.describe=["age, years", gender, country]'""" in warning


def test_a_segment_that_is_a_level_is_a_notice_where_it_says_what_customers_do(tmp_path):
    table, group = frame()
    pro = (table["tariff"] == "pro").to_numpy()
    labels = np.where(pro, 2, group)
    tree = described(table, labels.tolist(), tmp_path).tree
    assert [(e["columns"], e["segments"]) for e in tree["decided"]] == [(["tariff"], [2])]
    warnings, notices = told(tree, [])
    assert warnings == []
    assert notices[0].startswith("segment 3 is the customers whose 'tariff' is 'pro'")


def test_flags_are_categories(tmp_path):
    table, group = frame(is_female=lambda rng, _: rng.integers(0, 2, N))
    labels = np.where(group == 1, 0, 1 + table["is_female"].to_numpy())
    tree = described(table, labels.tolist(), tmp_path).tree
    assert [(e["columns"], e["levels"]) for e in tree["decided"]] == [(["is_female"], ["0", "1"])]


@pytest.mark.parametrize("share", [0.55, 0.8])
def test_mild_differences_are_none(tmp_path, share):
    def mild(rng: np.random.Generator, group: np.ndarray) -> np.ndarray:
        return np.where(rng.random(N) < np.where(group == 1, share, 1 - share), "f", "m")

    table, group = frame(gender=mild)
    tree = described(table, group.tolist(), tmp_path).tree
    assert tree["decided"] == []


def test_segments_that_differ_in_what_they_do_as_well_are_none(tmp_path):
    """Women who spend much and men who spend little are groups, not a column."""

    def mostly(rng: np.random.Generator, group: np.ndarray) -> np.ndarray:
        return np.where(rng.random(N) < np.where(group == 1, 0.94, 0.03), "f", "m")

    table, group = frame(gender=mostly)
    assert described(table, group.tolist(), tmp_path).tree["decided"] == []


def test_flags_and_medians_that_differ_as_well_are_more_than_a_little(tmp_path):
    """Two segments that an answer parts, of whom a third has another answer, too."""

    def answered(rng: np.random.Generator, _group: np.ndarray) -> np.ndarray:
        return rng.integers(0, 2, N)

    table, group = frame(cmp5=answered)
    yes = table["cmp5"].to_numpy()
    labels = np.where(group == 1, 0, 1 + yes)
    assert described(table, labels.tolist(), tmp_path).tree["decided"]
    rng = np.random.default_rng(5)
    cmp1 = (rng.random(N) < np.where(yes == 1, 0.47, 0.12)).astype(int)
    with_flag = table.with_columns(cmp1=pl.Series(cmp1))
    assert described(with_flag, labels.tolist(), tmp_path).tree["decided"] == []
    # Of the third group wine is 0 to 8: on the scale of a logarithm the two are near each other.
    wine = np.where(group == 1, rng.integers(0, 9, N), np.where(yes == 1, 880, 450))
    with_wine = table.with_columns(wine=pl.Series(wine + rng.integers(0, 60, N)))
    assert described(with_wine, labels.tolist(), tmp_path).tree["decided"] == []


def test_what_only_describes_decides_nothing_and_few_are_held_against_nobody(tmp_path):
    table, group = frame(gender=gender)
    women = (table["gender"] == "f").to_numpy()
    labels = np.where(group == 1, 0, np.where(women, 1, 2))
    keys = {"features.describe": ["gender"]}
    assert described(table, labels.tolist(), tmp_path, **keys).tree["decided"] == []
    few = np.where(women, 0, 0)
    few[np.flatnonzero(~women)[:3]] = 1
    assert described(table, few.tolist(), tmp_path, least=5).tree["decided"] == []
