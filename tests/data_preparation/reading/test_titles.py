"""Lines above the header, runs of blanks, and other things that are no table."""

from __future__ import annotations

import polars as pl
import pytest

from engine.config.input import InputConfig
from engine.data_preparation.reading.sources import Source, open_source
from engine.data_preparation.reading.titles import runs_of_blanks, title_lines

ROWS = "".join(f"{i},{20 + i},Rome\n" for i in range(20))
TABLE = f"id,age,town\n{ROWS}"


def opened(tmp_path, text: str, name: str = "a.csv", **read) -> tuple[Source, pl.DataFrame]:
    (tmp_path / name).write_text(text, newline="")
    source = open_source(InputConfig(path=str(tmp_path / name), read=read))
    return source, pl.concat(source.batches(list(source.schema)[:3]))


@pytest.mark.parametrize(
    ("above", "lines"),
    [
        ("Customers of 2011\n", 1), ("Customers of 2011\nprinted today\n\n", 3),
        ("Customers,,\n,,\n", 2),
        ('"Customers of\n2011"\n', 2), ("Customers of 2011, printed\n\n\n", 3) ,
    ],
)  # fmt: skip
def test_lines_above_the_header(tmp_path, above, lines):
    text = above + TABLE
    if "printed\n\n" in above:
        text = text.replace(",", ";").replace("2011; printed", "2011, printed")
    source, table = opened(tmp_path, text)
    assert table.columns == ["id", "age", "town"]
    assert table.rows()[0] == (0.0, 20.0, "Rome")
    assert table.height == 20
    assert f"{lines} line" in source.found[0]
    assert "skipped, such as 'Customers" in source.found[0]
    assert not source.plainly_written


@pytest.mark.parametrize(
    "text",
    [
        TABLE, "id,age\n1,2\n", "a,b,c\n1,,\n2,,\n", "a\n1\n2\n", "1,2,3\n4,5,6\n",
        "a,b,c,d\n1,2,3,4,5\n1,2,3,4,5\n", "a,,\n1,2,3\n1,2,3\n4,5,6\n",
    ],
)  # fmt: skip
def test_what_has_no_titles(text):
    assert title_lines([line.split(",") for line in text.splitlines()]) == 0


def test_lines_to_skip_are_taken_at_their_word(tmp_path):
    source, table = opened(tmp_path, f"x\ny\n{TABLE}", skip_rows=2)
    assert table.height == 20
    assert source.found == ()


def test_runs_of_blanks(tmp_path):
    lines = [("id", "town", "spent"), *((str(i), "New York", "7.5") for i in range(9))]
    text = "".join(f"{a:<8}{b:<12}{c:>9}\n" for a, b, c in lines)
    source, table = opened(tmp_path, text, "a.txt")
    assert table.rows() == [(float(i), "New York", 7.5) for i in range(9)]
    assert source.found == ("a.txt: runs of blanks separate the columns",)
    assert runs_of_blanks(["a b", "1 2", "3 4"]) is not None
    assert runs_of_blanks(["name", "Anna Maria", "Bo"]) is None


def test_carriage_returns_alone(tmp_path):
    source, table = opened(tmp_path, TABLE.replace("\n", "\r"))
    assert table.height == source.estimate_rows() == 20
    assert source.found == ("a.csv: lines end with carriage returns alone",)


def test_many_nameless_columns_are_one_sentence(tmp_path):
    text = "id,age,town" + "," * 243 + "\n" + "1,2,Rome" + "," * 243 + "\n"
    source, _ = opened(tmp_path, text * 1)
    assert source.found[0].endswith("are called column_4, column_5 to column_246 (243 in all)")
