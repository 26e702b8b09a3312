"""How a file is laid out, found from its first lines: separator, header, descriptions, names."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from engine.config.input import InputConfig, ReadConfig
from engine.data_preparation.reading.layout import Layout, find_layout
from engine.data_preparation.reading.sources import open_source
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


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;\r"])
def test_the_line_that_excel_takes_the_separator_from(line):
    found = layout(f"{line}\na,x;b\n1,5;2,5\n")
    assert (found.separator, found.names, found.told) == (";", ("a,x", "b"), True)
    assert found.words() == [
        "separator ';'",
        "the line above the header that gives the separator was skipped",
    ]
    assert layout(f"{line}\na,b\n1,2\n").names == ("a,b",), "it says more than the lines do"
    assert layout(f"{line}\na,b;c\n1,2;3\n", separator=",").names == ("a", "b;c")
    below = layout(f"note\n{line}\na;b\n1;2\n", skip_rows=1)
    assert (below.names, below.told) == (("a", "b"), True)
    assert not layout(f"{line}\na;b\n1;2\n", skip_rows=1).told


def test_names_that_only_begin_as_such_a_line():
    assert layout("sep=;;b\n1;2;3\n").told is False
    assert layout("sep=\n1\n2\n").names == ("sep=",)
    assert layout("sep\n1\n2\n").names == ("sep",)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("skip", [0, 2])
def test_files_that_begin_with_their_separator(tmp_path, mark, skip):
    above = "a note\nanother\n" if skip else ""
    text = f"{mark}{above}sep=|\r\nid|town|age\r\nthe number|the place|years\r\n"
    rows = "".join(f"{i}|Bonn; and, more|7\r\n" for i in range(5))
    (tmp_path / "a.csv").write_bytes((text + rows + "5\r\n").encode())
    read = ReadConfig(skip_rows=skip, description_row=True)
    source = open_source(InputConfig(path=str(tmp_path / "a.csv"), read=read))
    table = pl.concat(source.batches(["id", "town"]))
    assert table["id"].to_list() == [0, 1, 2, 3, 4, 5]
    assert table["town"].to_list() == ["Bonn; and, more"] * 5 + [None]
    assert source.short_lines() == 1
    assert source.read.skip_rows == skip, "a file without such a line has no other line to skip"
    with (tmp_path / "a.csv").open("a") as file:
        file.write("7|8|9|10\n")
    longer = open_source(InputConfig(path=str(tmp_path / "a.csv"), read=read))
    with pytest.raises(DataError, match=rf"line {10 + skip} has more fields than the header"):
        list(longer.batches(["id", "town"], whole_lines=True))


def test_a_file_with_such_a_line_is_not_plainly_written(tmp_path):
    for text, plainly in (("a,b\n1,2\n", True), ("sep=,\na,b\n1,2\n", False)):
        (tmp_path / "a.csv").write_text(text)
        assert open_source(InputConfig(path=str(tmp_path / "a.csv"))).plainly_written is plainly


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
