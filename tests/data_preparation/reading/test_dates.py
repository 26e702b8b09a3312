"""Dates in any order of day, month and year, decided by a whole column."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data_preparation.reading.date_format import DateFormat, find_date_format
from engine.data_preparation.reading.dates import Unread, as_datetime
from engine.errors import DataError


def read(values: list, asked: str = "auto", blocks: int = 1) -> tuple[DateFormat, list]:
    series = pl.Series("day", values)
    size = -(-len(series) // blocks) or 1
    parts = (series.slice(i, size) for i in range(0, len(series), size))
    found = find_date_format(parts, column="day", asked=asked)
    lazy = series.to_frame().lazy().select(as_datetime("day", series.dtype, found))
    table = lazy.collect()
    assert table.schema["day"] == pl.Datetime("us")
    return found, table["day"].to_list()


def refused(values: list, asked: str = "auto") -> str:
    with pytest.raises(DataError) as caught:
        read(values, asked)
    return str(caught.value)


FIRST = datetime(2011, 2, 1)


@pytest.mark.parametrize(
    ("order", "values"),
    [
        ("ymd", ["2011-02-01", "2011-02-13"]),
        ("ymd", ["2011/2/1", "2011/2/13"]),
        ("ymd", ["20110201", "20110213"]),
        ("ymd", [20110201, 20110213]),
        ("ymd", [20110201.0, 20110213.0]),
        ("ymd", [date(2011, 2, 1), date(2011, 2, 13)]),
        ("ymd", ["2011-02-01T00:00:00Z", "2011-02-13 00:00:00.000"]),
        ("ymd", ["2011-02-01 00:00+05:30", "2011-02-13T00:00:00+0100"]),
        ("dmy", ["01/02/2011", "13/02/2011"]),
        ("dmy", ["1.2.2011", "13.2.2011"]),
        ("dmy", ["1-2-2011 0:00", "13-2-2011 0:00"]),
        ("dmy", ["01/02/11", "13/02/11"]),
        ("mdy", ["02/01/2011", "02/13/2011"]),
        ("mdy", ["2/1/2011 12:00 AM", "2/13/2011 12:00:00 AM"]),
        ("ymd", ["1 Feb 2011", "13 February 2011"]),
        ("ymd", ["01-FEB-2011", "Feb 13, 2011"]),
    ],
)
def test_formats(order, values):
    found, moments = read(values)
    assert found.order == order
    assert moments == [FIRST, datetime(2011, 2, 13)]


def test_times_are_kept():
    _, moments = read(["13/02/2011 8:26", "13/02/2011 20:26:07", "2011-02-13T20:26:07.5Z"])
    day = FIRST.replace(day=13)
    assert moments == [
        day.replace(hour=8, minute=26),
        day.replace(hour=20, minute=26, second=7),
        day.replace(hour=20, minute=26, second=7, microsecond=500_000),
    ]


def test_one_value_anywhere_decides():
    values = ["01/02/2011"] * 5_000 + ["12/31/2011"] + ["03/04/2011"] * 5_000
    for blocks in (1, 7):
        found, moments = read(values, blocks=blocks)
        assert found == DateFormat("mdy", "month/day/year, as '12/31/2011' shows")
        assert moments[0] == datetime(2011, 1, 2)


def test_what_nothing_decides_is_asked_for():
    values = ["01/02/2011 10:00", "03/04/2011 11:00"]
    assert refused(values) == (
        "column 'day' holds dates such as '01/02/2011', which may begin with the day or the month, "
        "and none that tells; set input.read.date_format to dmy or mdy."
    )
    assert read(values, "dmy")[1][0] == datetime(2011, 2, 1, 10)
    assert read(values, "mdy")[1][0] == datetime(2011, 1, 2, 10)
    assert read(["01.02.2011"])[0] == DateFormat("dmy", "day/month/year")
    assert read(["02/02/2011"])[1] == [datetime(2011, 2, 2)]


def test_what_contradicts_is_refused():
    assert refused(["13/02/2011", "02/13/2011"]).startswith("column 'day' mixes dates written day")
    for asked in ("mdy", "ymd"):
        assert "holds the date '13/02/2011', which is not" in refused(["13/02/2011"], asked)
    for values in (["x", "y"], [17, 18], [400.5], [3.0, None]):
        assert "which is no date; expected dates such as 2025-12-31" in refused(values)


def test_what_is_no_date_is_missing():
    found, moments = read(["2011-02-01", "2011-02-30", None, "unknown", "2011-02-01 25:00"])
    assert found.order == "ymd"
    assert moments == [FIRST, None, None, None, None]
    assert read([20110201, 20111301, None])[1] == [FIRST, None, None]
    assert read([])[1] == []
    assert read([None, None])[1] == [None, None]


def test_years_of_two_digits_are_a_hundred():
    found, moments = read(["31/12/69", "31/12/70"])
    assert [m.year for m in moments] == [2069, 1970]
    assert found.words.endswith("years of two digits are 1970 to 2069")


def test_zones_are_left_out():
    zoned = pl.Series("day", [datetime(2011, 2, 1, 23)], pl.Datetime("ms", "Europe/Rome"))
    wall = zoned.dt.replace_time_zone(None).to_list()
    frame = zoned.to_frame().select(as_datetime("day", zoned.dtype, None))
    assert frame["day"].to_list() == wall


WAYS = {
    "%Y-%m-%d": "ymd", "%Y%m%d": "ymd", "%Y-%m-%dT%H:%M:%S": "ymd", "%d/%m/%Y": "dmy",
    "%d.%m.%Y %H:%M": "dmy", "%m/%d/%Y": "mdy", "%m-%d-%Y %H:%M:%S": "mdy", "%d %b %Y": "dmy",
}  # fmt: skip


@given(
    st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31)), min_size=1, max_size=60),
    st.sampled_from(sorted(WAYS)),
)
def test_what_is_read_is_what_was_written_or_asked_about(moments, way):
    moments = [m.replace(microsecond=0) for m in moments]
    texts = [m.strftime(way) for m in moments]
    expected = [datetime.strptime(t, way) for t in texts]
    try:
        found, read_back = read(texts)
    except DataError:
        assert all(m.day <= 12 for m in moments)
        found, read_back = read(texts, WAYS[way])
    if WAYS[way] == "mdy" and found.order == "dmy":
        assert all(m.day == m.month for m in moments), "either order gives the same day"
    assert read_back == expected


def test_a_language_is_read_whole():
    """The months of May and October are the ones that English lacks in a Danish file."""
    short = ["jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"]
    found, moments = read([f"9. {month} 2011" for month in short])
    assert found == DateFormat(
        "ymd", "day, month and year with the names of months in Danish", ("da",)
    )
    assert moments == [datetime(2011, month, 9) for month in range(1, 13)]
    found, moments = read(["1 janvier 2012", "9 août 2011", "midi"])
    assert found.languages == ("fr",)
    assert moments == [datetime(2012, 1, 1), datetime(2011, 8, 9), None]


def test_words_that_name_no_month_are_no_dates():
    assert "holds '9 lunch 2011', which is no date" in refused(["9 lunch 2011"])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["40886.534722222226", "40886,53472"], "days as a spreadsheet counts them, such as"),
        ([40886.534722222226, 40886.53472], "days as a spreadsheet counts them"),
        (["1323435000"], "seconds since 1970, in UTC, such as '1323435000'"),
        ([1323435000000], "milliseconds since 1970, in UTC"),
        ([1323435000.0], "seconds since 1970"),
    ],
)
def test_plain_numbers(values, words):
    found, moments = read(values)
    assert found.words.startswith(words)
    assert set(moments) == {datetime(2011, 12, 9, 12, 50)}


def test_plain_numbers_are_dates_only_where_the_whole_column_is():
    assert "which is no date" in refused(["40878", "12", "13", "7"])
    assert read(["40878", "12"], "spreadsheet")[1] == [datetime(2011, 12, 1), None]
    assert read(["2011-12-09", "2011-12-10", "40878"])[1][2] is None


def test_digits_without_marks():
    assert read(["05112025", "31122025"])[1][0] == datetime(2025, 11, 5)
    assert read(["05112025", "12312025"])[1][0] == datetime(2025, 5, 11)
    assert read([5112025, 31122025])[1][0] == datetime(2025, 11, 5)
    assert "'05112025', which may begin with the day" in refused(["05112025"])


def test_a_pattern_is_taken_at_its_word():
    found, moments = read(["2011.09.12", "x"], "%Y.%d.%m")
    assert found.words == "%Y.%d.%m (input.read.date_format)"
    assert moments == [datetime(2011, 12, 9), None]


def test_what_was_decided_is_said():
    assert read(["31-Dec-99"])[0].words == (
        "day, month and year with the names of months in English, years of two digits are 1970 to "
        "2069"
    )
    assert read(["2011-12-09T00:00:00+01:00"])[0].words == (
        "year-month-day, offsets from UTC are left out: a time is what the clock showed"
    )
    assert read(["2011-12"])[0].words == (
        "year-month-day, what names no day, such as '2011-12', is its last day"
    )
    assert read(["99-12-31", "01-02-03"])[1][1] == datetime(2001, 2, 3)


def test_a_format_goes_to_a_file_and_back():
    found = DateFormat("dmy", "words", ("da", "en"), "", "")
    assert DateFormat.from_json(found.to_json()) == found


def test_what_is_there_and_does_not_read_is_counted():
    values = pl.Series("day", ["2011-02-01", "2011-02-30", "  ", None, "lunch"])
    unread = Unread()
    for _ in range(2):
        unread.look(values, pl.Series([FIRST, None, None, None, None]))
    assert (unread.rows, unread.example) == (4, "9999-99-99")


@pytest.mark.parametrize("zero", ["\u0660", "\u06f0", "\u0966", "\u0e50", "\uff10"])
def test_digits_of_other_scripts(zero):
    def written(text: str) -> str:
        return "".join(chr(ord(zero) + int(c)) if c.isdigit() else c for c in text)

    for texts in (["1/2/2011", "13/2/2011"], ["2011-02-01", "2011-02-13"]):
        assert read([*map(written, texts)])[1] == read(texts)[1]
    days = ["40575", "40576"]
    assert read([*map(written, days)])[1] == read(days)[1] == [FIRST, datetime(2011, 2, 2)]


def test_digits_of_a_script_that_is_not_known_are_none():
    assert "which is no date" in refused(["\U0001e950/2/2011", "\U0001e951/2/2011"])
