"""What is said of columns that were kept out: which, why and what uses them."""

from __future__ import annotations

from engine.data_preparation.features.people import told_reason
from engine.data_preparation.features.people_told import asked_for, is_of_people, notices, warns_of


def test_columns_of_one_reason_stand_together():
    names, cards = told_reason("named like people's names"), told_reason("holds card numbers")
    told = notices(
        {"Vorname": names, "a": "counts the rows", "Nachname": names, "x": cards}, numeric=()
    )
    assert told == [
        "3 columns may identify people: 'Vorname', 'Nachname' (named like people's names); 'x' "
        "(holds card numbers), and were not used; features.categorical uses what it names all the "
        "same, unless most customers have a value of their own"
    ]


def test_numbers_have_another_remedy_and_places_a_word_more():
    (told,) = notices({"PLZ": told_reason("named like postcodes")}, numeric=("PLZ",))
    assert told == (
        "the column 'PLZ' may identify people (named like postcodes), and was not used (postcodes "
        "identify people together with other columns); features.include, with all other columns to "
        "use, takes what it names as numbers all the same, features.categorical as groups"
    )


def test_what_is_asked_for_is_warned_of():
    reason = told_reason("holds telephone numbers")
    assert is_of_people(reason)
    assert not is_of_people("counts the rows")
    assert warns_of("x", asked_for("x", reason))
    assert not warns_of("y", asked_for("x", reason))
