"""Tables in memory: what is one, and the file it is as long as a run reads it."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from engine.config.everywhere import AS_FILE, IN_MEMORY, as_saved
from engine.config.sections import Config
from engine.data_preparation.in_memory import as_file, is_table
from engine.data_preparation.reading.files import label

COLUMNS = [
    [1, 2, 3],
    range(1, 4),
    pd.Series([1, 2, 3], index=[7, 8, 9]),
    pd.Index([1, 2, 3]),
    pa.array([1, 2, 3]),
    array("q", [1, 2, 3]),
]


@pytest.mark.parametrize("values", COLUMNS, ids=lambda values: type(values).__name__)
def test_columns_of_any_library_are_a_table(values: Any) -> None:
    assert is_table({"id": values})
    with as_file({"id": values}, print) as table:
        assert pl.read_parquet(table.folder / AS_FILE)["id"].to_list() == [1, 2, 3]


@pytest.mark.parametrize("wrong", [{}, {"id": "a"}, {"id": 3}, {"input": [1]}, {"a": {"b": [1]}}])
def test_what_is_no_columns_is_no_table(wrong: Any) -> None:
    assert not is_table(wrong)


def test_a_file_of_the_same_name_is_somebodys_own(tmp_path: Path) -> None:
    own = tmp_path / AS_FILE
    asked = Config(input={"path": str(own)})
    assert as_saved(asked) == asked
    assert label([own]) == AS_FILE
    with as_file({"id": [1, 2]}, print) as table:
        file = table.folder / AS_FILE
        assert as_saved(Config(input={"path": str(file)})).input.path == IN_MEMORY
        assert label([file]) == "the table"
