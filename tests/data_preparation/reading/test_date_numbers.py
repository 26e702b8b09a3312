"""Dates written as plain numbers."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from engine.data_preparation.reading.date_numbers import as_number, in_range, moment


@pytest.mark.parametrize(
    ("number", "unit"),
    [
        (40886.534722222226, "spreadsheet"), (1323435000, "epoch_s"), (1323435000000, "epoch_ms"),
        (1323435000000000, "epoch_us"), (1323435000000000000, "epoch_ns"),
    ],
)  # fmt: skip
def test_units(number, unit):
    frame = pl.DataFrame({"x": [number]})
    assert frame.select(moment(pl.col("x"), unit))["x"].to_list() == [datetime(2011, 12, 9, 12, 50)]


def test_what_is_beyond_the_range_is_none():
    frame = pl.DataFrame({"x": [0.0, -1.0, 99_999.0, None, float("nan")]})
    assert frame.select(moment(pl.col("x"), "spreadsheet"))["x"].null_count() == 5


def test_numbers_are_plain():
    frame = pl.DataFrame({"x": ["40878.53", "40878,53", " 40878 ", "x", "1-2", None]})
    assert frame.select(as_number(pl.col("x")))["x"].to_list() == [
        40878.53, 40878.53, 40878.0, None, None, None,
    ]  # fmt: skip
    inside = frame.select(in_range(pl.col("x"), "spreadsheet"))["x"].to_list()
    assert inside == [True, True, True, None, None, None]
