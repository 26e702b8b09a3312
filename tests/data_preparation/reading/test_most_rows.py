"""How many rows a CSV holds at most: by its line ends, or by its first lines."""

from __future__ import annotations

import polars as pl
import pytest

from engine.config.input import InputConfig
from engine.data_preparation.reading import most_rows as module
from engine.data_preparation.reading.most_rows import most_rows
from engine.data_preparation.reading.sources import open_source

ROWS = 3_000


@pytest.fixture
def frame():
    """Give rows whose lines are long at first, so that later ones are more than these tell."""
    texts = ["long " * 20 if i < 1_200 else "s" for i in range(ROWS)]
    return pl.DataFrame({"customer_id": range(ROWS), "t": texts})


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_are_counted(tmp_path, frame, end):
    path = tmp_path / "a.csv"
    path.write_bytes(frame.write_csv().replace("\n", end).encode())
    source = open_source(InputConfig(path=str(path)))
    guessed = source.estimate_rows()
    assert ROWS <= most_rows(source, guessed) <= ROWS + 2


def test_large_files_are_estimated(tmp_path, frame, monkeypatch):
    frame.write_csv(tmp_path / "a.csv")
    source = open_source(InputConfig(path=str(tmp_path / "a.csv")))
    monkeypatch.setattr(module, "_COUNTED", 1)
    assert most_rows(source, 2_000) == 2_500


def test_parquet_says_it(tmp_path, frame):
    frame.write_parquet(tmp_path / "a.parquet")
    source = open_source(InputConfig(path=str(tmp_path / "a.parquet")))
    assert most_rows(source, ROWS) == ROWS
