"""Years of two digits: which end of a date they stand at, and which century they are of."""

from __future__ import annotations

import re
from datetime import date

import polars as pl
import pytest

from engine.data_preparation.reading.date_evidence import Evidence
from engine.data_preparation.reading.date_format import DateFormat, decided, find_date_format
from engine.data_preparation.reading.dates import as_datetime
from engine.data_preparation.reading.short_years import in_the_past
from engine.errors import DataError

DAYS = [(m, d) for m in range(1, 13) for d in range(1, 28)]


def read(texts: list[str], how: DateFormat) -> list[str]:
    frame = pl.DataFrame({"day": texts})
    found = frame.select(as_datetime("day", pl.String(), how))["day"]
    return found.dt.to_string("%F").to_list()


@pytest.mark.parametrize("mark", ["/", "-", "."])
@pytest.mark.parametrize("years", [(24,), (23, 24), (11, 12, 13)])
def test_a_year_of_two_digits_that_stands_first(years, mark):
    texts = [f"{y}{mark}{m:02d}{mark}{d:02d}" for y in years for m, d in DAYS]
    how = find_date_format([pl.Series(texts)], column="day")
    assert how.order == "ymd"
    first = f"20{years[0]}-01-01"
    assert read(texts, how)[:2] == [first, first[:-1] + "2"]


@pytest.mark.parametrize(
    "texts",
    [
        [f"{d:02d}/{m:02d}/{y}" for y in (22, 23, 24) for m, d in DAYS],
        [f"15/{m:02d}/{y:02d}" for y in (64, 75, 86, 99) for m in range(1, 13)],
        [f"{d:02d}/{m:02d}/{y:02d}" for y in range(4, 12) for m in range(1, 13) for d in (1, 15)],
        ["24.12.11"],
        ["13/02/11", "01/02/11"],
    ],
)
def test_a_day_that_stands_first(texts):
    assert find_date_format([pl.Series(texts)], column="day").order == "dmy"


@pytest.mark.parametrize("texts", [["24/01/11"], ["13/05/11", "14/06/12"]])
def test_nothing_tells_a_year_from_a_day(texts):
    sentence = (
        f"column 'day' holds dates such as '{texts[0]}', which may begin with the year or the day, "
        "and none that tells; set input.read.date_format to ymd or dmy."
    )
    with pytest.raises(DataError, match=re.escape(sentence)):
        find_date_format([pl.Series(texts)], column="day")


@pytest.mark.parametrize("stray", ["32.01.2024", "31/02/2024", "45-03-2024", "00/00/0000"])
def test_a_date_that_no_calendar_has_shows_nothing(stray):
    texts = ["2024-01-02"] * 20 + [stray, "soon"]
    how = find_date_format([pl.Series(texts)], column="day")
    assert (how.order, how.words) == ("ymd", "year-month-day")
    both = find_date_format([pl.Series([*texts, "31.01.2024"])], column="day")
    assert both.words == "day/month/year, as '31.01.2024' shows"


def found(texts: list[str], until: date) -> tuple[DateFormat, str, str]:
    seen = Evidence()
    seen.look(pl.Series(texts))
    return in_the_past(seen, decided(seen, "day", "auto"), until)


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["05/07/64", "25/12/86", "01/02/03"], ["1964-07-05", "1986-12-25", "2003-02-01"]),
        (["5 Jul 64", "25 Dec 86", "1 Feb 03"], ["1964-07-05", "1986-12-25", "2003-02-01"]),
        (["29/02/64 10:30", "25/12/86 23:00"], ["1964-02-29", "1986-12-25"]),
    ],
)
def test_years_far_ahead_are_of_the_last_century(texts, days):
    how, notice, warning = found(texts, date(2025, 6, 1))
    assert (read(texts, how), warning) == (days, "")
    assert "years of two digits are 1926 to 2025" in how.words
    first = texts[0].removesuffix(" 10:30")
    assert notice == (
        f"1 value that would lie after 2025 is of the last century, such as '{first}' of 1964"
    )
    assert DateFormat.from_json(how.to_json()) == how


def test_years_a_little_ahead_are_warned_of():
    texts = ["25/12/24", "05/07/28", "31/01/27"]
    how, notice, warning = found(texts, date(2025, 6, 1))
    assert (read(texts, how)[1], notice) == ("2028-07-05", "")
    assert warning == (
        "2 values with a year of two digits would lie after 2025, such as '05/07/28' in 2028; "
        "write years of four digits if they are of the last century"
    )


def test_models_that_do_not_say_a_last_year_read_as_they_did():
    tree = {"order": "dmy", "words": "", "languages": [], "unit": "", "pattern": ""}
    assert read(["05/07/64"], DateFormat.from_json(tree)) == ["2064-07-05"]
