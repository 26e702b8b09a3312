"""Columns read as text for their name: numbers of nobody are numbers again."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest

from engine.config.loading import load_config
from engine.data_preparation import prepare
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


@pytest.mark.parametrize(
    ("form", "told"),
    [("06{:08}", True), ("7{:08}", False), ("0{:09}", False), ("{:010}", False), ("0123", False)],
)
def test_numbers_that_are_dialled_are_told_before_their_zero_is_lost(tmp_path, form, told):
    file = tmp_path / "customers.csv"
    values = [form.format(7_919 * i * i % 10**6) for i in range(1, 60)]
    pl.DataFrame({"id": range(59), "n": range(59), "x": values}).write_csv(file)
    loaded = prepare.load(load_config({"input": {"path": str(file)}}))
    assert ("telephone numbers" in loaded.roles.left_out.get("x", "")) == told
    asked = {"input": {"path": str(file)}, "features": {"include": ["n", "x"]}}
    assert "x" in prepare.load(load_config(asked)).roles.numeric
