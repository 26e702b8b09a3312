"""Columns that count the rows, and unique numbers that do not."""

from __future__ import annotations

import narwhals as nw
import numpy as np
import polars as pl
import pytest

from engine.data_preparation.features.row_numbers import (
    RowNumbers,
    all_different,
    named_like_row_numbers,
)


def counting(values: list[float | None], n_files: int = 1, block: int = 1_000_000) -> bool:
    followed = RowNumbers(["x"], n_files)
    for start in range(0, len(values), block):
        frame = pl.DataFrame({"x": values[start : start + block]}, schema={"x": pl.Float64})
        followed.add(nw.from_native(frame, eager_only=True))
    return followed.found() == {"x"}


GAPS = [float(i + i // 10) for i in range(1_000)]
RESTARTED = [*map(float, range(500)), *map(float, range(500))]
INCOMES = np.sort(np.random.default_rng(0).choice(100_000, 1_000, replace=False)).astype(float)


@pytest.mark.parametrize("block", [37, 300, 2_000])
@pytest.mark.parametrize(
    ("values", "n_files", "counts"),
    [
        (list(range(1, 1_001)), 1, True),
        (list(range(5_000, 0, -5)), 1, True),
        (GAPS, 1, True),
        (RESTARTED, 2, True),
        (RESTARTED, 1, False),
        (list(INCOMES), 1, False),
        ([i / 10 for i in range(1_000)], 1, False),
        ([1.0] * 1_000, 1, False),
        ([*range(999), None], 1, False),
        ([*range(999), 3], 1, False),
        (list(range(29)), 1, False),
        (list(np.random.default_rng(0).permutation(1_000).astype(float)), 1, False),
    ],
)
def test_columns_that_count_the_rows(values, n_files, counts, block):
    assert counting(values, n_files, block) == counts


@pytest.mark.parametrize(
    "column",
    ["Unnamed: 0", "unnamed_0", "__index_level_0__", "level_0", "index", "S.No", "Sr. No.", "#",
     "No", "Nr.", "row_number", "lfd_nr", "Lfd. Nr.", "S\u0131ra No", "L.p.", "№", "...1", " "],
)  # fmt: skip
def test_names(column):
    assert named_like_row_numbers(column)


@pytest.mark.parametrize(
    "column", ["income", "number_of_visits", "level", "index_value", "rows_read"]
)
def test_other_names(column):
    assert not named_like_row_numbers(column)


def test_all_different():
    assert all_different(np.array([3.0, 1.0, 2.0]), 1)
    assert not all_different(np.array([3.0, 1.0, 1.0]), 1)
    assert all_different(np.array([3.0, 1.0, 1.0]), 2)
    assert not all_different(np.array([3.0, 1.5]), 1)
    assert not all_different(np.array([3.0, np.nan]), 1)
