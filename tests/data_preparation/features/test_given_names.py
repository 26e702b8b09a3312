"""Values that read like names of people, and those that do not."""

from __future__ import annotations

import pytest

from engine.data_preparation.features.given_names import (
    given_names,
    reads_like_a_name,
    share_of_names,
)


@pytest.mark.parametrize(
    "value",
    ["Dirk", "JÜRGEN", "Marie-Louise", "García, José", "Ayşe Y\u0131lmaz", "Łukasz",
     "Søren Kierkegaard", "Иван Петров", "太郎", "Priya", "Giulia Rossi"],
)  # fmt: skip
def test_names(value):
    # Two given names joined by a hyphen are in no table, and need not be.
    assert reads_like_a_name(value) == (value != "Marie-Louise")


@pytest.mark.parametrize(
    "value", ["", "42", "Yes", "Paris", "Gold", "P100", "Anna 2", "St. Louis", "Online TA", "Basic"]
)
def test_no_names(value):
    assert not reads_like_a_name(value)


def test_the_table_is_of_the_usual_size_and_folded():
    assert 2_000 < len(given_names()) < 3_000
    assert {"jurgen", "ayse", "francois", "иван"} <= given_names()


def test_shares():
    assert share_of_names({}) == (0.0, 0.0, 0)
    assert share_of_names({"Anna": 6, "Oslo": 2}) == (0.75, 0.5, 1)
