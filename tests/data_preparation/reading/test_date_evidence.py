"""What values say about how a column writes its dates."""

from __future__ import annotations

import polars as pl

from engine.data_preparation.reading.date_evidence import Evidence


def seen(*values: str | None) -> Evidence:
    found = Evidence()
    for value in values:
        found.look(pl.Series([value], dtype=pl.String))
    return found


def test_examples_of_each_kind():
    found = seen("2011-12-09", "13/12/2011", "12/13/2011", "1/2/2011", "1.2.2011", "2/2/2011")
    assert (found.year_first, found.day_first, found.month_first) == (
        "2011-12-09", "13/12/2011", "12/13/2011",
    )  # fmt: skip
    assert (found.either, found.dotted, found.same) == ("1/2/2011", "1.2.2011", "2/2/2011")
    assert found.rows == 6
    assert not found.unknown


def test_digits_without_marks_are_evidence_as_well():
    assert seen("13122011").day_first == "13122011"
    assert seen("12132011").month_first == "12132011"
    assert seen("20111213").year_first == "20111213"
    assert seen("5112011").either == "5112011"


def test_words_numbers_and_strangers_are_counted():
    found = seen("9 maj 2011", "9 MAJ 11", "40878", "1323435000", "lunch", None, " ")
    assert found.months == {"maj": 2}
    assert found.short
    assert found.numbers["all"] == 2
    assert found.numbers["spreadsheet"] == found.numbers["epoch_s"] == 1
    assert (found.unknown, found.stranger, found.rows) == (1, "lunch", 5)


def test_offsets_and_years_that_stand_first():
    assert seen("2011-12-09T12:50:00+01:00").zoned
    assert not seen("2011-12-09 12:50:00", "13-01-2012").zoned
    assert seen("99-12-31").short_first == "99-12-31"


def test_words_around_a_date_are_counted_and_months_are_not_among_them():
    assert seen("maanantai 3 mar 2014", "maanantai 10 mar 2014").beside == {"maanantai": 2}
    assert seen("dom, 5 de mar de 2014").beside == {"dom": 1, "de": 1}
    assert not seen("09-Mar-2014", "2014-03-09", "9 March 2014").beside
