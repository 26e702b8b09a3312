"""Dates in a customers' table: which columns hold them, and the days that they become."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from engine.config.loading import load_config
from engine.data_preparation import prepare
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.found_dates import looks_like_dates
from engine.data_preparation.features.plan_report import PlanReport
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress

N = 90
LAST = date(2014, 6, 29)
DAYS = [LAST - timedelta(days=7 * i) for i in range(N)]


def prepared(path: Path, **overrides: object) -> tuple[np.ndarray, FeaturePlan, PlanReport]:
    config = load_config(
        {"input": {"path": str(path)}, "preparation": {"scaling": "none"}}, overrides
    )
    loaded = prepare.load(config)
    identity = prepare.identify(loaded, config)
    loaded, _, plan, report = prepare.learn(loaded, identity, config, Runtime(), Progress())
    matrix = prepare.build_matrix(
        loaded.source, identity, plan, file=None, runtime=Runtime(), progress=Progress()
    )
    return matrix, plan, report


def written(folder: Path, suffix: str = "csv", **columns: list[Any]) -> Path:
    frame = pl.DataFrame(
        {"customer_id": range(N), "age": [20 + i % 50 for i in range(N)], **columns}
    )
    path = folder / f"customers.{suffix}"
    frame.write_csv(path) if suffix == "csv" else frame.write_parquet(path)
    return path


@pytest.mark.parametrize("way", ["%Y-%m-%d", "%m/%d/%y", "%d-%b-%y", "%d.%m.%Y", "%A, %B %d, %Y"])
def test_text_is_days_before_the_latest(tmp_path, way):
    path = written(tmp_path, joined=[d.strftime(way) for d in DAYS])
    matrix, plan, report = prepared(
        path, **{"preparation.outliers": "off", "preparation.skew": "off"}
    )
    assert plan.columns == ["age", "joined (days ago)"]
    assert matrix[:, 1].tolist() == [7.0 * i for i in range(N)]
    assert not report.warnings
    (notice,) = report.notices
    assert notice.startswith("column 'joined' holds dates (")
    assert notice.endswith(
        "is used as 'joined (days ago)': days before 2014-06-29, the latest date in 'joined', "
        "which preparation.snapshot sets"
    )
    assert FeaturePlan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize("dtype", [pl.Date, pl.Datetime("ms"), pl.Datetime("ns", "Europe/Rome")])
def test_columns_of_dates(tmp_path, dtype):
    days = pl.Series(DAYS).cast(pl.Datetime("us"))
    zone = getattr(dtype, "time_zone", None)
    days = days.dt.replace_time_zone(zone).cast(dtype) if zone else days.cast(dtype)
    frame = pl.DataFrame(
        {"customer_id": range(N), "age": [20 + i % 50 for i in range(N)], "joined": days}
    )
    frame.write_parquet(tmp_path / "a.parquet")
    matrix, plan, _ = prepared(tmp_path / "a.parquet", **{"preparation.outliers": "off"})
    assert plan.file_columns == ["age", "joined"]
    assert matrix[:, 1].tolist() == [7.0 * i for i in range(N)]


def test_the_snapshot_is_the_latest_of_all_that_is_not_in_the_future(tmp_path):
    later = [(d + timedelta(days=10)).isoformat() for d in DAYS]
    future = [(d.isoformat() if i else "2999-01-01") for i, d in enumerate(DAYS)]
    path = written(tmp_path, joined=future, seen=later)
    _, plan, report = prepared(path)
    assert {r.to_json()["snapshot"] for r in plan.readings.values()} == {"2014-07-09"}
    assert "the latest date in 'seen'" in report.notices[0]
    _, plan, report = prepared(path, **{"preparation.snapshot": "2015-01-01"})
    assert {r.to_json()["snapshot"] for r in plan.readings.values()} == {"2015-01-01"}
    assert report.notices[0].endswith("days before 2015-01-01, as set")


def test_dates_of_birth_identify_people(tmp_path):
    days = [d.isoformat() for d in DAYS]
    for name in ("Year of birth", "Geburtsdatum", "dob", "fecha_nacimiento"):
        path = written(tmp_path, **{name: days})
        _, plan, _ = prepared(path)
        assert plan.columns == ["age"]
    _, plan, _ = prepared(path, **{"features.include": [name, "age"]})
    assert plan.columns == ["age", f"{name} (days ago)"]


def test_include_and_exclude_name_the_column_of_the_file(tmp_path):
    path = written(tmp_path, joined=[d.isoformat() for d in DAYS])
    assert prepared(path, **{"features.include": ["joined"]})[1].columns == ["joined (days ago)"]
    for key, value in (("include", ["age"]), ("exclude", ["joined"])):
        assert prepared(path, **{f"features.{key}": value})[1].columns == ["age"]


def test_a_table_of_dates_alone(tmp_path):
    days = [d.isoformat() for d in DAYS]
    pl.DataFrame({"customer_id": range(N), "joined": days}).write_csv(tmp_path / "a.csv")
    assert prepared(tmp_path / "a.csv")[1].columns == ["joined (days ago)"]
    pl.DataFrame({"customer_id": range(N), "joined": DAYS}).write_parquet(tmp_path / "a.parquet")
    assert prepared(tmp_path / "a.parquet")[1].columns == ["joined (days ago)"]


def test_what_does_not_read_is_told(tmp_path):
    texts = [d.isoformat() for d in DAYS]
    texts[3] = "unknown"
    _, plan, report = prepared(written(tmp_path, joined=texts))
    assert plan.columns == ["age", "joined (days ago)"]
    assert report.warnings[0].startswith(
        "column 'joined': 1 values are no date that reads, such as 'xxxxxxx', and count as missing"
    )


def test_an_order_that_nothing_tells_is_asked_for_and_makes_no_category(tmp_path):
    texts = [f"{1 + i % 12:02d}/{1 + i // 12:02d}/2013" for i in range(N)]
    path = written(tmp_path, joined=texts)
    _, plan, report = prepared(path)
    assert plan.columns == ["age"]
    assert "set input.read.date_format to dmy or mdy; it was left out" in report.warnings[0]
    _, plan, _ = prepared(path, **{"input.read.date_format": "dmy"})
    assert plan.columns == ["age", "joined (days ago)"]


def test_text_that_is_no_date_stays_a_category(tmp_path):
    assert not looks_like_dates(pl.Series(["Rome", "May", "1", "12", None]))
    assert not looks_like_dates(pl.Series([], dtype=pl.String))
    _, plan, _ = prepared(written(tmp_path, town=["Rome", "Paris", "May"] * (N // 3)))
    assert [f.column for f in plan.categorical] == ["town"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_dates_in_digits_are_no_numbers(tmp_path, suffix):
    whole = [int(d.strftime("%Y%m%d")) for d in DAYS]
    path = written(
        tmp_path, suffix, join_date=whole, update=[40_000_000 + i * i % 997 for i in whole]
    )
    matrix, plan, _ = prepared(path, **{"preparation.outliers": "off", "preparation.skew": "off"})
    assert plan.columns == ["age", "update", "join_date (days ago)"]
    assert matrix[:, 2].tolist() == [7.0 * i for i in range(N)]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_dates_beside_too_much_that_is_none_are_warned_of(tmp_path, suffix):
    joined = [f"soon {i}" if i % 10 == 0 else d.isoformat() for i, d in enumerate(DAYS)]
    _, plan, report = prepared(written(tmp_path, suffix, joined=joined))
    assert plan.columns == ["age"]
    assert report.warnings == [
        "column 'joined' holds dates, but 9 of its 90 values are no date that reads, such as "
        "'soon 0': it was left out; correct them, or add what stands for no date to "
        "input.read.null_values"
    ]


def test_text_with_a_few_dates_is_text(tmp_path):
    words = ["gold", "silver", "2014-01-05"] * (N // 3)
    _, plan, report = prepared(written(tmp_path, tier=words))
    assert plan.columns == ["age", "tier"]
    assert not report.warnings


def test_years_of_two_digits_far_ahead_are_of_the_last_century(tmp_path):
    joined = [f"15/06/{64 + i % 30}" for i in range(N)]
    matrix, _, report = prepared(
        written(tmp_path, joined=joined),
        **{"preparation.outliers": "off", "preparation.skew": "off"},
    )
    assert matrix[0, 1] == (date(1993, 6, 15) - date(1964, 6, 15)).days
    (notice,) = report.notices
    assert "18 values that would lie after" in notice
    assert "are of the last century, such as '15/06/69' of 1969" in notice
    assert not report.warnings
