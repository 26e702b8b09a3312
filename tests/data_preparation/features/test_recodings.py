"""Categories that are another one written otherwise, on rows by hand."""

from __future__ import annotations

import polars as pl
import pytest

from engine.data_preparation.features.recodings import recodings

ABC = ["a", "b", "c"] * 20


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"x": ABC, "y": [v.upper() for v in ABC]}, ("y", "x", "one for one, as 'a' and 'A'")),
        ({"x": ABC, "y": [*ABC[1:], "b"]}, None),
        ({"x": ABC, "y": [None] * 30 + ABC[30:]}, None),
        ({"x": [f"k{i}" for i in range(60)], "y": [f"l{i}" for i in range(60)]}, None),
        ({"x": ABC[:24], "y": ABC[:24]}, None),
        ({"x": ABC, "y": ["yes", "no"] * 30}, None),
    ],
)
def test_two_columns_of_text(columns, told):
    found = list(recodings(pl.DataFrame(columns), [], ["x", "y"]))
    assert found == ([told] if told else [])


def test_a_number_of_two_values_stays_where_it_comes_first():
    flags = pl.DataFrame({"n": [0.0, 1.0] * 30, "t": ["no", "yes"] * 30})
    assert list(recodings(flags, ["n"], ["t"])) == [("t", "n", "one for one, as 0 and 'no'")]


def test_numbers_that_are_no_codes():
    frame = pl.DataFrame({"n": [0.5, 1.5, 2.5] * 20, "t": ABC})
    assert list(recodings(frame, ["n"], ["t"])) == []
