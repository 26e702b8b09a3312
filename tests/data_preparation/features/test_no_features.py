"""Files with columns that are no features: what is used, what is told, who has the last word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from engine.config.loading import load_config
from engine.data_preparation import prepare
from engine.data_preparation.features.check_digits import luhn
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.plan_report import PlanReport
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress

N = 300
DRAW = np.random.default_rng(0)
SPEND = DRAW.gamma(2, 100, N).round(2)
KIND = ["a", "b", "c"] * (N // 3)


def learnt(
    columns: dict[str, object], path: Path, suffix: str = "csv", **features: object
) -> tuple[FeaturePlan, PlanReport]:
    ids = [f"K{i * 37 % 1009:04}" for i in range(N)]
    frame = pl.DataFrame({"customer_id": ids, "spend": SPEND, **columns})
    file = path / f"customers.{suffix}"
    frame.write_csv(file) if suffix == "csv" else frame.write_parquet(file)
    config = load_config({"input": {"path": str(file)}, "features": features})
    loaded = prepare.load(config)
    identity = prepare.identify(loaded, config)
    return prepare.learn(loaded, identity, config, Runtime(), Progress())[2:]


def why(report: PlanReport, column: str) -> str:
    return next(c["what"] for c in report.columns if c["column"] == column)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_row_numbers_are_not_used_and_told(tmp_path, suffix):
    plan, report = learnt({"Unnamed: 0": range(N)}, tmp_path, suffix)
    assert plan.columns == ["spend"]
    assert why(report, "Unnamed: 0") == "counts the rows"
    assert report.notices == [
        "the column 'Unnamed: 0' counts the rows (0 to 299), and was not used; where that is "
        "wrong, name it in features.include, with all other columns to use"
    ]


def test_a_count_of_rows_has_any_name_and_a_shuffled_one_its_own(tmp_path):
    shuffled = DRAW.permutation(N)
    columns = {"zaehler": range(5, 5 + 3 * N, 3), "Nr": shuffled, "bonus": shuffled + 7}
    assert learnt(columns, tmp_path)[0].columns == ["spend", "bonus"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_names_reach_neither_plan_nor_report(tmp_path, suffix):
    names = ["Dirk", "Anna", "Uwe", "Petra"] * (N // 4)
    plan, report = learnt({"Vorname": names}, tmp_path, suffix)
    assert plan.columns == ["spend"]
    assert why(report, "Vorname") == "may identify people (named like people's names)"
    assert not [name for name in names if name in f"{plan.to_json()} {report}"]


def test_people_who_are_asked_for_are_used_with_a_warning(tmp_path):
    names = ["Dirk", "Anna", "Uwe", "Petra"] * (N // 4)
    columns = {"Vorname": names, "phone": list(DRAW.integers(10**8, 10**9, N))}
    asked = {"include": ["spend", "phone"], "categorical": ["Vorname"]}
    plan, report = learnt(columns, tmp_path, **asked)
    assert plan.columns == ["spend", "phone", "Vorname"]
    assert report.warnings == [
        f"column {column!r} may identify people (named like {like}), and is used because features "
        "names it: its values will stand in the report and in the model"
        for column, like in (("phone", "telephone numbers"), ("Vorname", "people's names"))
    ]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_flags_and_counts_of_such_things_are_used(tmp_path, suffix):
    columns = {
        "phone": list(DRAW.integers(0, 3, N)),
        "Email": ["Yes", "No"] * (N // 2),
        "BrandName": KIND,
        "PLZ": list(DRAW.integers(10_000, 99_999, N)),
    }
    plan, report = learnt(columns, tmp_path, suffix)
    assert plan.columns == ["spend", "phone", "Email", "BrandName"]
    assert why(report, "PLZ") == "may identify people (named like postcodes)"


def test_text_in_a_late_line_of_phone_numbers_stops_no_run(tmp_path):
    phones = [str(i) for i in DRAW.integers(10**8, 10**9, N - 1)] + ["call the office"]
    assert learnt({"Telefon": phones}, tmp_path)[0].columns == ["spend"]


def test_targets_and_earlier_segments_are_not_used_unless_asked_for(tmp_path):
    columns = {
        "churn": [0, 1, 1] * (N // 3),
        "customer_segment": KIND,
        "class": ["good", "bad"] * (N // 2),
        "Class": KIND,
    }
    plan, report = learnt(columns, tmp_path)
    assert plan.columns == ["spend", "Class"]
    assert report.notices == [
        "the column 'customer_segment' looks like the result of an earlier segmentation, and was "
        "not used; where that is wrong, name it in features.include, with all other columns to use",
        "2 columns ('churn', 'class') look like what a model is to predict, not like what "
        "customers are (such as 'bad'), and were not used; where that is wrong, name them in "
        "features.include, with all other columns to use",
    ]
    asked = learnt(columns, tmp_path, include=["spend", "churn"], categorical=["class"])[0]
    assert asked.columns == ["spend", "churn", "class"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_fact_about_an_id_is_a_feature_and_ids_are_told_in_one_notice(tmp_path, suffix):
    flags = {
        "id_theft_cover": ["Yes", "No", "No"] * (N // 3),
        "valid_id": ["Yes", "No"] * (N // 2),
        "has_id": [0, 0, 0, 0, 1] * (N // 5),
    }
    ids = {"order_id": DRAW.permutation(N) + 5000, "id_card": DRAW.permutation(N) + 7000}
    plan, report = learnt({**flags, **ids}, tmp_path, suffix)
    assert sorted(plan.columns) == ["has_id", "id_theft_cover", "spend", "valid_id"]
    assert report.notices == [
        "2 columns ('order_id', 'id_card') look like identifiers, and were not used; where that "
        "is wrong, name them in features.include, with all other columns to use"
    ]


def test_the_notice_of_a_birth_date_names_what_makes_days_of_it(tmp_path):
    born = [f"19{50 + i % 40}-0{i % 9 + 1}-1{i % 10}" for i in range(N)]
    notice = learnt({"birth_date": born}, tmp_path)[1].notices[0]
    assert notice == (
        "the column 'birth_date' may identify people (named like dates of birth), and was not "
        "used; features.include, with all other columns to use, makes days of a date of birth, and "
        "features.categorical takes it as it is written"
    )
    used, report = learnt({"birth_date": born}, tmp_path, include=["spend", "birth_date"])
    assert used.columns == ["spend", "birth_date (days ago)"]
    assert report.warnings == [
        "column 'birth_date' may identify people (named like dates of birth), and is used because "
        "features.include names it"
    ]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_values_tell_people_whatever_their_column_is_called(tmp_path, suffix):
    cards = [n for n in range(4_000_000_000_000_000, 4_000_000_000_004_000) if luhn(str(n))]
    columns = {"x": [cards[i % 60] for i in range(N)], "y": [f"10.0.{i % 60}.7" for i in range(N)]}
    plan, report = learnt(columns, tmp_path, suffix)
    assert plan.columns == ["spend"]
    assert report.notices[0].startswith(
        "the column 'y' may identify people (holds addresses of machines (IP)), and was not used"
    )
    assert "'x' may identify people (holds card numbers, whose check digits" in report.notices[1]
    plan, report = learnt(columns, tmp_path, suffix, include=["spend", "x"], categorical=["y"])
    assert plan.columns == ["spend", "x", "y"]
    assert [w.partition(",")[0].partition(" (")[0] for w in report.warnings[:2]] == [
        "column 'x' may identify people", "column 'y' may identify people",
    ]  # fmt: skip


def test_numbers_of_a_doubtful_name_that_are_none_stay_numbers(tmp_path):
    columns = {
        "sin": list(DRAW.uniform(-1, 1, N).round(4)),
        "pan": list(DRAW.integers(0, 40, N)),
        "zip_code": list(DRAW.integers(0, 90, N) * 50),
    }
    plan, report = learnt(columns, tmp_path)
    assert [f.column for f in plan.numeric] == ["spend", "sin", "pan", "zip_code"]
    assert not report.notices


def test_lists_of_people_are_not_taken_apart(tmp_path):
    names = ["Anna;Paul", "Petra;Uwe;Anna", "Ines", "Karl;Paul", "Lena;Ines", "Uwe"] * (N // 6)
    cells = [["Anna", "Paul"], ["Petra", "Uwe"], ["Ines"], ["Karl", "Lena"]] * (N // 4)
    plan, report = learnt({"friends": names}, tmp_path)
    assert plan.columns == ["spend"]
    plan, report = learnt({"friends": cells}, tmp_path, "parquet")
    assert plan.columns == ["spend"]
    assert why(report, "friends") == "may identify people (holds people's names)"
    assert not [n for n in ("Anna", "Petra", "Ines") if n in f"{plan.to_json()} {report}"]
