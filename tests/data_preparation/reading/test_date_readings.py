"""Dates as days before a day that a model keeps."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from engine.data_preparation.reading.date_format import DateFormat
from engine.data_preparation.reading.date_readings import DateReading, latest
from engine.data_preparation.reading.readings import count_lost, reading_from_json

SINCE = DateReading("since", "2014-06-29", DateFormat("dmy", "words", ("da",)))


@pytest.mark.parametrize(
    "values",
    [
        ["28/06/2014", "29. juni 2013", None], [date(2014, 6, 28), date(2013, 6, 29), None],
        [datetime(2014, 6, 28, 23, 59), datetime(2013, 6, 29, 1), None],
    ],
)  # fmt: skip
def test_days(values):
    block = pl.DataFrame({"since": values})
    dtype = block.schema["since"]
    assert SINCE.reads(dtype)
    days = block.select(SINCE.expression(pl.col("since"), dtype))["since"]
    assert days.to_list() == [1.0, 365.0, None]
    assert count_lost(block, {"x": SINCE}) == {}


def test_after_the_snapshot_days_are_negative():
    block = pl.DataFrame({"since": ["30/06/2014"]})
    assert block.select(SINCE.expression(pl.col("since"), pl.String())).item() == -1.0


def test_what_is_lost():
    block = pl.DataFrame({"since": ["28/06/2014", "soon", " ", None, "31/06/2014"]})
    assert count_lost(block, {"x": SINCE}) == {"since": (2, "soon")}
    assert not SINCE.reads(pl.Float64())
    assert not SINCE.reads(pl.Time())


def test_a_model_keeps_it():
    assert reading_from_json(SINCE.to_json()) == SINCE


def test_the_latest_is_not_in_the_future():
    days = pl.Series("c", ["2014-06-28", "2999-01-01", "x"])
    known = DateFormat("ymd", "")
    assert latest(days, known, datetime(2020, 1, 1)) == datetime(2014, 6, 28)
    assert latest(pl.Series("c", ["x"]), known, datetime(2020, 1, 1)) is None
