"""Columns read as text for their name: numbers of nobody are numbers again."""

from __future__ import annotations

from collections import Counter

import pytest

from engine.data_preparation.features.people_findings import hidden_numbers
from engine.data_preparation.features.roles import Roles
from engine.data_preparation.features.seen import TextSurvey


@pytest.mark.parametrize(
    ("column", "values", "numbers"),
    [
        ("phone", ["0", "1", "2"], True), ("phone", ["491711234567", "491719876543"], False),
        ("sin", ["0,52", "-0,25"], True), ("sin", ["0.52", "-0.25"], True),
        ("cap", ["1.500,00", "2.000,00"], True), ("cap", ["40121", "20137"], False),
    ],
)  # fmt: skip
def test_numbers_of_nobody_are_numbers(column, values, numbers):
    known = TextSurvey(present=len(values), numbers=len(values), levels=Counter(values))
    roles = Roles((), (column,), {}, doubtful=frozenset({column}))
    assert (hidden_numbers({column: known}, None, roles) == [column]) == numbers


def test_text_is_none():
    known = TextSurvey(present=2, numbers=1, levels=Counter({"12": 1, "x": 1}))
    assert hidden_numbers({"n": known}, None, Roles((), ("n",), {})) == []
