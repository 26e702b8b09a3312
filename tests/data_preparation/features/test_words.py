"""Names of columns as words, in any script."""

from __future__ import annotations

import pytest

from engine.data_preparation.features.words import folded, neighbours, unaccented, words


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Straße_Nr", ["strasse", "nr"]),
        ("Código Postal", ["codigo", "postal"]),
        ("SOYADI", ["soyadi"]),
        ("soyad\u0131", ["soyadi"]),
        ("Imię i nazwisko", ["imie", "i", "nazwisko"]),
        ("RFMScore", ["rfm", "score"]),
        ("Fødselsdato", ["fodselsdato"]),
        ("№", ["no"]),
        ("!?", ["!?"]),
    ],
)
def test_words(name, parts):
    assert words(name) == parts


def test_a_japanese_mark_makes_another_letter():
    assert unaccented("ガス") == "ガス"
    assert folded("Дата Рождения") == "датарождения"


def test_neighbours_are_a_word_too():
    assert neighbours(words("fecha de nacimiento")) == {
        "fecha", "de", "nacimiento", "fechade", "denacimiento", "fechadenacimiento",
    }  # fmt: skip
