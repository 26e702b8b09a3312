"""The line of a CSV in which something is wrong."""

from __future__ import annotations

import csv

import pytest

from engine.config.input import ReadConfig
from engine.data_preparation.reading import encodings
from engine.data_preparation.reading.broken_csv import (
    lone_returns,
    text_behind_quotes,
    too_many_fields,
    unclosed_quote,
)
from engine.data_preparation.reading.csv_files import open_csv

RETURN = ": line 11 ends with a carriage return alone,"
ROWS = [f'{i},"note, {i}",{i % 3}' for i in range(30)]


@pytest.fixture
def broken(tmp_path):
    def make(line: str, at: int = 11, end: str = "\n"):
        lines = ["id,note,b", *ROWS]
        lines.insert(at - 1, line)
        text = "".join(
            f"{written}{end if i == at else chr(10)}" for i, written in enumerate(lines, 1)
        )
        (tmp_path / "a.csv").write_text(text, newline="")
        return open_csv(tmp_path / "a.csv", ReadConfig())

    return make


def test_too_many_fields(broken):
    assert ": line 11 has more fields than the header, which has 3;" in str(
        too_many_fields(broken("1,2,3,4"))
    )


def test_a_return_far_down_is_what_makes_too_many_fields(broken, monkeypatch):
    monkeypatch.setattr(encodings, "HEAD_BYTES", 64)
    assert RETURN in str(too_many_fields(broken("1,2,3", end="\r")))


@pytest.mark.parametrize("line", ['9,"open,3', f'9,"{"x" * 200_000},3', '9,"a\n\nb,3'])
def test_the_record_that_is_never_closed(broken, line):
    before = csv.field_size_limit()
    assert ": line 11 has a quotation mark that is opened but never closed;" in str(
        unclosed_quote(broken(line))
    )
    assert csv.field_size_limit() == before


def test_text_behind_a_quotation_mark(broken):
    assert ": line 11 has text behind a closing" in str(text_behind_quotes(broken('9,"a"b,3')))
    assert text_behind_quotes(broken('9,"a ""b"" c",3')) is None


def test_a_return_alone(broken, monkeypatch):
    monkeypatch.setattr(encodings, "HEAD_BYTES", 64)
    assert RETURN in str(lone_returns(broken("9,a,3", end="\r")))
    assert lone_returns(broken("9,a,3", end="\r\n")) is None
