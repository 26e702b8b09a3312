"""A run's own folders are looked at before its work, and a plan tells of them as it does."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import polars as pl
import pytest

import engine
from engine.config.sections import OutputConfig
from engine.delivery.own_folders import refuse_folders
from engine.errors import DataError, EngineError, TargetError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("taken.csv").touch()
    frame = pl.DataFrame({"id": range(60), "spent": [5, 90, 400] * 20})
    frame.write_parquet("shop.parquet")
    return tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="the file systems of Linux are told")
@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ({"output.models": "/proc/x"}, "as /proc holds no files, but what the system says of its"),
        ({"output.reports": "taken.csv/x"}, "taken.csv is a file, not a folder, so nothing can"),
        ({"output.processed": "taken.csv"}, "taken.csv is a file, not a folder, so nothing can"),
    ],
)
def test_plan_and_run_refuse_alike(here, where, sentence) -> None:
    for call in (engine.plan, engine.segment):
        with pytest.raises(EngineError) as caught:
            call("shop.parquet", where, k=3)
        assert sentence in str(caught.value)
        assert caught.value.exit_code == 3
    assert sorted(os.listdir(here)) == ["shop.parquet", "taken.csv"]


def test_a_folder_that_may_not_be_written_to(here, monkeypatch) -> None:
    """Whoever is root may write anywhere: what the system answers others is said here."""
    Path("locked").mkdir()
    monkeypatch.setattr("os.access", lambda path, mode: "locked" not in str(path))
    with pytest.raises(TargetError, match="locked may not be written to; earlier results are as"):
        refuse_folders(OutputConfig(models="locked/models"))
    refuse_folders(OutputConfig(processed="locked"))  # which the run may never need


def test_no_run_lies_in_another(here) -> None:
    Path("reports/shop/20260101T000000-abcdef").mkdir(parents=True)
    Path("reports/shop/latest").symlink_to("20260101T000000-abcdef")
    with pytest.raises(DataError, match="lies in the folder of a run") as caught:
        refuse_folders(OutputConfig(models="reports/shop/latest"))
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("model", ["nobody", "nobody@previous", "shop@"])
def test_a_plan_refuses_a_model_that_is_not_there_as_the_run_does(here, model) -> None:
    said = []
    for call in (engine.plan, engine.segment):
        with pytest.raises(EngineError) as caught:
            call("shop.parquet", {"clustering.continue_from": model}, k=3)
        said.append((caught.value.exit_code, str(caught.value)))
    assert said[0] == said[1]
    assert said[0][0] == 3
