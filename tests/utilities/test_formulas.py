"""Formulas in text: marked on the way into a CSV, and the mark taken off again."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import engine
from engine.utilities.formulas import is_formula, marked, told, unmarked, without_marks

UNMARKED = ["'t", "a=b", ""]
TEXT = ["=1+1", "+491", "-5", "@home", "\tx", "\rx", "\nx", "\uff1d1", "'=x", "''-x", *UNMARKED]
MARKED = [t if t in UNMARKED else f"'{t}" for t in TEXT]


def test_text_is_marked_and_numbers_are_not() -> None:
    numbers = {"n": [-5] * len(TEXT), "f": [-0.5] * len(TEXT)}
    table, cells = marked(pl.DataFrame({"id": TEXT, **numbers}))
    assert table["id"].to_list() == MARKED
    assert cells == len(TEXT) - 3
    assert (table["n"] == -5).all()
    assert (table["f"] == -0.5).all()


def test_a_table_that_needs_no_mark_stays() -> None:
    table = pl.DataFrame({"id": ["A", None], "n": [1, -1]})
    assert marked(table)[1] == 0
    assert_frame_equal(marked(table)[0], table)


@pytest.mark.parametrize("kind", [pl.Categorical, pl.Enum(["=a", "b"])])
def test_categories_are_text(kind: pl.DataType) -> None:
    table, cells = marked(pl.DataFrame({"c": pl.Series(["=a", "b", None]).cast(kind)}))
    assert table["c"].to_list() == ["'=a", "b", None]
    assert cells == 1


@given(st.lists(st.text(alphabet="'=+-@\t\r\n\uff1d\uff0b\uff0d\uff20ab ")))
def test_every_text_comes_back(texts: list[str]) -> None:
    table = pl.DataFrame({"=c": pl.Series(texts, dtype=pl.String)})
    there, _ = marked(table)
    assert not there["'=c"].str.contains("^[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]").any()
    assert_frame_equal(unmarked(there), table)
    assert without_marks(there["'=c"]).to_list() == texts
    assert all(is_formula(a) == (a != b) for a, b in zip(texts, there["'=c"], strict=True))


@pytest.mark.filterwarnings("error")
def test_tables_of_other_libraries_come_back_as_such() -> None:
    table = pl.DataFrame({"=c": TEXT, "n": range(len(TEXT))})
    there = marked(table)[0]
    back = engine.unmarked(there.to_pandas())
    assert isinstance(back, pd.DataFrame)
    assert_frame_equal(pl.from_pandas(back), table)
    arrow = engine.unmarked(there.to_arrow())
    assert isinstance(arrow, pa.Table)
    assert_frame_equal(pl.DataFrame(arrow), table)


def test_it_is_told_once_and_only_where_there_is_something() -> None:
    assert told(0, "out.csv") == []
    assert told(1, "out.csv")[0].startswith("1 cell begins as a spreadsheet's formula does")
    assert told(1200, "out.csv")[0].startswith("1,200 cells begin ")
