"""Outputs that are, or would become, what is read are refused before anything is written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.data_preparation.reading.apart import check_apart
from engine.errors import DataError


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("shops", "shops/north", "other"):
        Path(folder).mkdir()
    for file in ("a.csv", "shops/a.csv", "shops/north/b.csv", "other/a.csv"):
        Path(file).touch()
    Path("link").symlink_to("shops")
    Path("soft.csv").symlink_to("a.csv")
    os.link("a.csv", "hard.csv")


@pytest.mark.parametrize(
    ("output", "place", "sentence"),
    [
        ("a.csv", "a.csv", "is the input itself"),
        ("soft.csv", "a.csv", "is the input itself"),
        ("hard.csv", "a.csv", "is the input itself"),
        ("a.csv", "soft.csv", "is the input itself"),
        ("shops/new.csv", "shops", "lies in the folder that is read"),
        ("link/new.csv", "shops", "lies in the folder that is read"),
        ("shops/new.csv", "link", "lies in the folder that is read"),
        ("shops/a.csv", "sho*/*.csv", "is the input itself"),
        ("shops/new.csv", "shops/*.csv", "would be read as one of"),
        ("shops/new.csv", "**/*.csv", "would be read as one of"),
        ("shops/north/new.csv", "shops/*/*.csv", "would be read as one of"),
        ("link/new.csv", "shops/n*.csv", "would be read as one of"),
    ],
)
def test_refused(output: str, place: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        check_apart(output, None, place)


@pytest.mark.parametrize(
    ("output", "place"),
    [
        ("new.csv", "a.csv"),
        ("shops/north/new.csv", "shops"),
        ("shops/new.csv", "shops/a*.csv"),
        ("shops/new.csv", "other/*.csv"),
        ("shops/new.parquet", "shops/*.csv"),
        ("new.csv", "nowhere.csv"),
        ("/dev/null", "a.csv"),
    ],
)
def test_apart(output: str, place: str) -> None:
    check_apart(output, place)
