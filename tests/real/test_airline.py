"""16,737 members of an airline's programme: spectral segments that are women and men are told."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.long

FILE = "airline_loyalty_history.csv"
FOUR = {"clustering": {"k": 4, "methods": ["spectral"]}}


@pytest.fixture(scope="module")
def four(segment):
    return segment(FILE, **FOUR)


def about_gender(result):
    return [w for w in result.summary["warnings"] if "'Gender'" in w]


def test_women_and_men_are_told_with_the_setting(four):
    (warning,) = about_gender(four)
    assert "differ by 'Gender' ('Female' and 'Male') and by little else" in warning
    assert (
        "--set 'features.describe=[Gender, Province, City, Education, Marital Status]'" in warning
    )


def test_the_setting_does_what_it_says(segment, four):
    who = ["Gender", "Province", "City", "Education", "Marital Status"]
    found = segment(FILE, **FOUR, features={"describe": who})
    assert about_gender(found) == []
    assert not {*who} & {*found.model.plan.file_columns}
    women = found.profiles["Gender=Female_share"]
    assert women.min() > 0.4
    assert women.max() < 0.6
    names = " ".join(found.profiles["segment_name"])
    assert not any(c in names for c in ("emale", "married", "Ontario"))
    assert four.profiles["value_share"].sum() == pytest.approx(1)


def test_nothing_is_said_where_gender_decides_nothing(segment):
    assert about_gender(segment(FILE, clustering={"k": 4})) == []
