"""How a file is laid out, found from its first lines: separator, header, descriptions, names."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from engine.config import InputConfig, ReadConfig
from engine.data_preparation.reading import Layout, find_layout
from engine.data_preparation.sources import open_source
from engine.errors import DataError


def layout(text: str, name: str = "a.csv", **read: object) -> Layout:
    return find_layout(Path(name), text, ReadConfig(**read))


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n", ";"),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("1,5;2,5;3,5\n4,5;5,5;6,5\n", ";"),
        ("Income, a year;Age\n50,5;23\n60,5;24\n", ";"),
        ('a,b\n"x;y",1\n"z;w",2\n', ","),
        ("a;b\nChairs, large;1\nTables;2\n", ";"),
        ("a\n1\n2\n", ","),
        ("", ","),
    ],
)
def test_separators(text, separator):
    assert layout(text).separator == separator


def test_a_tsv_has_tabs_unless_it_has_not():
    assert layout("a\n1\n", "a.tsv").separator == "\t"
    assert layout("a\tb\n1\t2\n", "a.tsv").words() == []
    assert layout("a,b\n1,2\n", "a.tsv").words() == ["separator ','"]
    assert layout("a\tb\n1\t2\n", "a.tsv", separator=",").names == ("a\tb",)


def test_a_few_broken_lines_change_no_separator():
    rows = "".join(f"{i};{i},5;x\n" for i in range(50))
    assert layout("a;b;c\n" + rows + "1;2;3;4;5\n1\n").separator == ";"


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("a,b\n1,2\n", True),
        ("1,2\n3,4\n", False),
        ("Smith,1.5,7\nJones,2.5,8\n", False),
        ("name,2019,2020\nSmith,1,2\n", True),
        ("2019,2020\n1,2\n", True),
        ("name,1,2,3\nSmith,4,5,6\n", True),
        ("name,city\nSmith,Bonn\n", True),
        ("a,b\n", True),
        ("1,2\n", False),
        ("id,\n1,2\n", True),
    ],
)
def test_headers(text, header):
    assert layout(text).header is header
    assert layout(text, header=True).header is True
    assert layout(text, header=False).header is False


@pytest.mark.parametrize(
    ("second", "described"),
    [
        ("number,years,euros", True),
        ("number,years,", True),
        ("number,,", False),
        ("oops,1,2", False),
        ("NA,NA,NA", False),
        ("1,2,3", False),
    ],
)
def test_description_rows(second, described):
    text = f"a,b,c\n{second}\n1,2,3\n4,5,6\n"
    assert layout(text).described is described
    assert layout(text, description_row=True).described is True
    assert layout(text, description_row=False).described is False


def test_names():
    assert layout("a,,c,\n1,2,3,4\n").names == ("a", "column_2", "c", "column_4")
    assert layout(",a\n0,5\n1,7\n").names == ("row_id", "a")
    assert layout(",a\n0,5\n5,7\n").names == ("column_1", "a")
    assert layout("column_2,\nx,2\n").names == ("column_2", "column_2_")
    assert layout("5,7\n6,8\n").names == ("column_1", "column_2")
    with pytest.raises(DataError, match="more than one column named 'a'; rename one"):
        layout("a,a\n1,2\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,x\n2,y\n", {"column_1": [1.0, 2.0], "column_2": ["x", "y"]}),
        ("a,,\n1,x,3\n", {"a": [1.0], "column_2": ["x"], "column_3": [3.0]}),
        ('a,b\n"in\nmetres",kg\n1,2\n3,4\n', {"a": [1.0, 3.0], "b": [2.0, 4.0]}),
        ("a;b;\n1,5;x;\n2;y;\n", {"a": [1.5, 2.0], "b": ["x", "y"], "column_3": [None] * 2}),
    ],
)
def test_rows_are_read_as_laid_out(tmp_path, text, expected):
    (tmp_path / "a.csv").write_text(text)
    source = open_source(InputConfig(path=str(tmp_path / "a.csv")))
    table = pl.concat(source.batches(list(source.schema)))
    assert table.to_dict(as_series=False) == expected
    columns = list(expected)[::-1]
    assert pl.concat(source.batches(columns)).columns == columns
