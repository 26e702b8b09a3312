"""Months by their names in the usual languages."""

# ruff: noqa: RUF001
from __future__ import annotations

import pytest

from engine.data_preparation.reading.month_names import (
    LANGUAGES,
    languages_of,
    leading_words,
    month_of,
    month_table,
)
from engine.errors import DataError

WORDS = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec",
    "de": "Januar Februar MÄRZ April Mai Juni Juli August Sept. Okt. November Dez",
    "fr": "janv. févr. mars avril mai juin juil. aout septembre OCT. nov DÉC",
    "es": "enero feb. marzo abr mayo jun julio ago. sept oct nov. dic",
    "pt": "janeiro fev março abril maio junho jul. agosto set out. novembro dez",
    "it": "gennaio feb mar aprile mag giugno lug agosto set ottobre nov dicembre",
    "nl": "januari feb maart april mei juni juli augustus sep oktober november dec",
    "da": "januar feb. marts april maj jun juli aug september okt. nov dec",
    "sv": "januari feb mars april maj juni juli augusti sep okt november dec",
    "nb": "januar feb mars april mai juni juli aug sep okt november des",
    "fi": "tammikuuta helmi maaliskuu huhti touko kesä heinä elo syys loka marras joulu",
    "pl": "stycznia lut marzec kwi maja cze lipca sie wrz października lis grudzień",
    "cs": "ledna únor března dub květen čvn červenec srpna září říjen listopad pro",
    "tr": "Ocak ŞUBAT Mart Nis Mayıs HAZ Temmuz Ağu Eylül Eki KASIM Aralık",
    "ru": "января фев марта апр. мая июнь июля авг сентября окт ноябрь дек",
    "uk": "січня лют березень квітня травня чер липня сер вересня жовт листопада груд",
    "ro": "ianuarie feb martie apr mai iunie iul august sept octombrie noi dec",
    "hu": "január febr. márc április máj június júl augusztus szept okt nov dec",
    "el": "Ιανουαρίου Φεβ Μαρτίου Απρ Μαΐου Ιουν Ιούλιος Αυγ Σεπτεμβρίου Οκτ Νοε Δεκεμβρίου",
}


@pytest.mark.parametrize("language", sorted(WORDS))
def test_a_column_is_read_whole(language):
    words = WORDS[language].split()
    chosen = languages_of(dict.fromkeys(words, 1), "day")
    assert language in chosen or {month_of(w, chosen) for w in words} == set(range(1, 13))
    assert [month_of(w, (language,)) for w in words] == list(range(1, 13))
    assert [month_of(w, chosen) for w in words] == list(range(1, 13))


def test_every_language_names_every_month():
    for language in LANGUAGES:
        assert set(month_table(language).values()) == set(range(1, 13)), language


def test_the_fewest_languages_are_taken():
    assert languages_of({"jan": 5, "dec": 1}, "day") == ("en",)
    assert languages_of({"jan": 5, "maj": 1, "okt": 1}, "day") == ("da",)
    assert languages_of({"may": 5, "maj": 1, "okt": 1}, "day") == ("en", "da")
    assert languages_of({}, "day") == languages_of({"lunch": 1}, "day") == ()


def test_a_word_that_means_two_months_is_asked_about():
    with pytest.raises(DataError, match="month 11 in Polish and 10 in Croatian"):
        languages_of({"lis": 2}, "day")
    assert languages_of({"lis": 2, "gru": 1}, "day") == ("pl",)


def test_days_of_the_week_say_nothing():
    assert {"fri", "friday", "vendredi", "freitag", "viernes", "cuma", "le", "den"} <= set(
        leading_words()
    )
    assert "lunch" not in leading_words()


@pytest.mark.parametrize(
    ("word", "month"),
    [("Jan", 1), ("Feb", 2), ("Mar", 3), ("Apr", 4), ("May", 5), ("Jun", 6), ("Jul", 7),
     ("Aug", 8), ("Sep", 9), ("Oct", 10), ("Nov", 11), ("Dec", 12), ("Sept", 9), ("March", 3)],
)  # fmt: skip
def test_a_column_of_one_month_is_english_where_english_reads_it(word, month):
    assert languages_of({word: 9}, "day") == ("en",)
    assert month_of(word, ("en",)) == month


@pytest.mark.parametrize(
    ("word", "month"),
    [("Mai", 5), ("maj", 5), ("Mayo", 5), ("maio", 5), ("juin", 6), ("Okt", 10), ("Dez", 12),
     ("gen", 1), ("mag", 5), ("mars", 3), ("août", 8), ("kesä", 6)],
)  # fmt: skip
def test_a_column_of_one_month_in_another_language_reads(word, month):
    assert month_of(word, languages_of({word: 9}, "day")) == month


def test_what_stands_beside_a_date_tells_languages_apart():
    assert languages_of({"mar": 2}, "day", {"maanantai": 2}) == ("fi",)
    assert languages_of({"mar": 2}, "day", {"sun": 2}) == ("en",)
    assert languages_of({"lis": 2}, "day", {"niedziela": 2}) == ("pl",)
    assert languages_of({"lis": 2}, "day", {"nedjelja": 2}) == ("hr",)
