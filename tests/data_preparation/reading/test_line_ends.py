"""Carriage returns end lines, or stand in a text."""

from __future__ import annotations

import pytest

from engine.config.input import InputConfig
from engine.data_preparation.reading.line_ends import end_lines, with_line_feeds
from engine.data_preparation.reading.sources import open_source

ROWS = [f"{i},{i % 7},{i % 3}" for i in range(60)]


@pytest.mark.parametrize("ends", [["\r"], ["\r", "\n"], ["\r\n", "\r"], ["\n", "\n", "\n", "\r"]])
def test_lines_are_those_of_line_feeds(tmp_path, ends):
    lines = ["id,a,b", *ROWS]
    text = "".join(line + ends[i % len(ends)] for i, line in enumerate(lines))
    assert end_lines(text)
    assert with_line_feeds(text).split() == lines
    (tmp_path / "a.csv").write_bytes(text.encode())
    source = open_source(InputConfig(path=str(tmp_path / "a.csv")))
    assert sum(block.height for block in source.batches(["b"], whole_lines=True)) == len(ROWS)
    assert any("carriage returns alone" in words for words in source.found)


def test_quoted_values_between_tabs():
    lines = ['"id"\t"a"', *(f'"{i}"\t"{i % 7}"' for i in range(60))]
    assert end_lines("\r".join(lines) + "\n")


@pytest.mark.parametrize("note", ['"first\rsecond"', "first\rsecond", '"\r"', "x\r"])
def test_a_return_in_a_text_ends_no_line(tmp_path, note):
    text = "id,a,note\n" + "".join(f"{i},{i % 7},{note if i == 9 else 'x'}\n" for i in range(60))
    assert not end_lines(text)
    (tmp_path / "a.csv").write_bytes(text.encode())
    source = open_source(InputConfig(path=str(tmp_path / "a.csv")))
    assert sum(block.height for block in source.batches(["note"], whole_lines=True)) == 60


@pytest.mark.parametrize("odd", ["\x01", "\x0c", "\x1f", "\x7f"])
def test_lines_that_are_too_short_are_counted_whatever_stands_in_them(tmp_path, odd):
    rows = "".join(f"{i},{i % 7},x{odd}y\n" for i in range(60))
    (tmp_path / "a.csv").write_text(f"id,a{odd},note\n{rows}60,1\n")
    assert open_source(InputConfig(path=str(tmp_path / "a.csv"))).short_lines() == 1
