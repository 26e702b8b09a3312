"""Levels of text: too many are left out with the reason that holds, rare ones are not named."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import polars as pl
import pytest

from engine.config.sections import PreparationConfig
from engine.data_preparation.features.feature_plan import OTHER_LEVEL, FeaturePlan
from engine.data_preparation.features.fit_levels import fit_categorical
from engine.data_preparation.features.plan_report import PlanReport
from engine.data_preparation.features.seen import MOST_LEVELS, TextSurvey


@pytest.mark.parametrize(
    ("n_customers", "reason"),
    [
        (MOST_LEVELS + 1, "has a value of its own for most customers: an identifier or free text"),
        (100 * MOST_LEVELS, "has more than 10,000 different values: an identifier or free text"),
    ],
)
def test_more_values_than_are_counted(n_customers: int, reason: str) -> None:
    report = PlanReport()
    known = TextSurvey(present=n_customers, levels=None)
    assert fit_categorical("note", known, n_customers, PreparationConfig(), report) is None
    assert report.columns == [{"column": "note", "role": "left out", "what": reason}]


def fitted(counts: dict[str, int], missing: int = 0, least: int = 5, **settings: object):
    report, n = PlanReport(), sum(counts.values())
    known = TextSurvey(present=n, missing=missing, levels=Counter(counts))
    chosen = PreparationConfig(**settings)
    feature = fit_categorical("city", known, n + missing, chosen, report, least=least)
    report.tell_few(least)
    return feature, report


CITIES = {"Bonn": 200, "Köln": 150, "Trier": 40}


def rows_of(feature, values):
    plan = FeaturePlan(None, "int64", (), (feature,))
    assert FeaturePlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    return plan.transform(pl.DataFrame({"city": values}, schema={"city": pl.String})), plan


def test_rare_levels_are_one_and_the_plan_names_none_of_them():
    feature, report = fitted({**CITIES, "Big Tony": 1, "Old Jim": 2, "Ann": 3})
    assert feature.levels == ("Bonn", "Köln", "Trier", OTHER_LEVEL)
    assert feature.values[-1] == pytest.approx(6 / 396)
    matrix, plan = rows_of(feature, ["Big Tony", "never seen", "Bonn"])
    assert (matrix[:2, 3] > 0).all()
    assert (matrix[:2, :3] == 0).all()
    assert matrix[2, 3] == 0 < matrix[2, 0]
    said = json.dumps([plan.to_json(), report.columns, report.notices, report.warnings])
    assert not [name for name in ("Tony", "Jim", "Ann") if name in said]
    assert "'city' (3)" in report.notices[-1]


def test_one_rare_level_costs_no_other_its_name():
    feature, _ = fitted({**CITIES, "Big Tony": 1})
    assert feature.levels == ("Bonn", "Köln", "Trier")
    assert feature.rest == "unnamed"
    assert (rows_of(feature, ["Big Tony"])[0] == 0).all()
    assert feature.values[0] == 200 / 391  # of all who are known, as before


def test_by_frequency_rare_levels_are_as_rare_as_each_of_them():
    rare = {f"village {i}": 1 + i % 4 for i in range(40)}
    feature, _ = fitted({**CITIES, **rare})
    assert feature.encoding == "frequency"
    assert feature.levels == ("Bonn", "Köln", "Trier", OTHER_LEVEL)
    total, few = 390 + sum(rare.values()), sum(n * n for n in rare.values()) / sum(rare.values())
    assert feature.values[-1] == pytest.approx(few / total)
    every = [c for c, n in {**CITIES, **rare}.items() for _ in range(n)]
    matrix = rows_of(feature, every)[0]
    assert matrix.mean() == pytest.approx(0.0, abs=1e-5)
    gap = rows_of(replace(feature, missing="neutral"), [None])[0]
    assert gap == pytest.approx(0.0, abs=1e-6)


def test_a_column_of_one_value_but_for_a_few_is_left_out_without_naming_them():
    feature, report = fitted({"no": 396, "Big Tony": 4})
    assert feature is None
    assert report.columns[0]["what"] == "has one value but for fewer than 5 customers"
    assert fitted({"no": 395, "yes": 5})[0] is not None
    assert fitted({"no": 396, "yes": 4}, least=1)[0].levels == ("no", "yes")
    assert fitted({"a": 2, "b": 2})[1].columns[0]["what"].startswith("has no two values")


def test_without_rare_levels_a_plan_is_what_it_was():
    feature, report = fitted(CITIES)
    assert feature == fitted(CITIES, least=1)[0]
    assert "rest" not in feature.to_json()
    assert not report.notices


def test_a_level_called_other_is_among_the_others():
    feature, _ = fitted({**CITIES, OTHER_LEVEL: 30, "Ann": 1})
    assert feature.levels == ("Bonn", "Köln", "Trier", OTHER_LEVEL)
    assert feature.values[-1] == pytest.approx(31 / 421)


def test_two_spellings_of_a_number_stay_apart_where_both_were_levels():
    """Of which the plan names one: customers of the other had not its segment."""
    plain, _ = fitted({"2": 200, "3": 100, "4.0": 9, "5": 1})
    both, _ = fitted({"2": 200, "3": 100, "2.0": 9, "3.0": 1})
    assert (plain.apart, both.apart) == (False, True)
    assert rows_of(plain, ["2.0"])[0].tolist() == rows_of(plain, ["2"])[0].tolist()
    assert rows_of(both, ["3.0"])[0].tolist() == rows_of(both, ["never seen"])[0].tolist()
