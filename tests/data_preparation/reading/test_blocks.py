"""Blocks of rows: as many as their bytes allow, every row once and in order."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from engine.config.input import InputConfig
from engine.data_preparation.reading.blocks import BLOCK_BYTES, row_bytes, rows_at_once, text_bytes
from engine.data_preparation.reading.head import levels_seen
from engine.data_preparation.reading.sources import open_source

ROWS = 10_000


@pytest.fixture
def table():
    return pl.DataFrame({"n": range(ROWS), "t": [f"{i:09d}".ljust(200, "x") for i in range(ROWS)]})


def opened(path, frame, **how):
    if path.suffix == ".csv":
        frame.write_csv(path)
    else:
        frame.write_parquet(path, **how)
    return open_source(InputConfig(path=str(path)))


@pytest.mark.parametrize("group", [ROWS, 3_000, 137])
@pytest.mark.parametrize("block_bytes", [BLOCK_BYTES, 100_000, 1])
def test_every_row_once_and_in_order(tmp_path, table, group, block_bytes):
    source = replace(
        opened(tmp_path / "t.parquet", table, row_group_size=group), block_bytes=block_bytes
    )
    blocks = list(source.batches(["n", "t"]))
    assert pl.concat(blocks).equals(table)
    assert all(b.height * 216 <= max(block_bytes, 256 * 216) for b in blocks)
    assert len(blocks) == -(-ROWS // rows_at_once(row_bytes(source, ["n", "t"]), block_bytes))


def test_no_rows_no_block(tmp_path, table):
    assert list(opened(tmp_path / "t.parquet", table.clear()).batches(["n"])) == []


def test_texts_that_grow_later_make_shorter_blocks(tmp_path):
    """The longest stand between the places that are looked at."""
    texts = ["x"] * 40_000
    texts[9_000:14_000] = ["y" * 4_000] * 5_000
    source = opened(tmp_path / "t.parquet", pl.DataFrame({"t": texts}), row_group_size=40_000)
    source = replace(source, block_bytes=100_000)
    heights = [b.height for b in source.batches(["t"])]
    assert sum(heights) == 40_000
    assert min(heights[:-1]) == 256 < heights[0]


def test_bytes_of_a_row(tmp_path, table):
    parquet, csv = (opened(tmp_path / f"t.{kind}", table) for kind in ("parquet", "csv"))
    assert row_bytes(parquet, ["n"]) == row_bytes(csv, ["n"]) == 8
    assert row_bytes(parquet, ["n", "t"]) == 8 + 216
    assert row_bytes(csv, ["t"]) == 216
    assert text_bytes(parquet, ["t", "gone"]) == {"t": 216, "gone": 0}


def test_wide_rows_are_read_in_small_blocks(tmp_path):
    wide = pl.DataFrame({f"x{i}": [float(i)] * 600 for i in range(2_000)})
    source = replace(opened(tmp_path / "w.parquet", wide), block_bytes=16_000 * 300)
    assert [b.height for b in source.batches(list(wide.columns))] == [300, 300]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_levels_of_the_first_rows(tmp_path, kind):
    frame = pl.DataFrame(
        {"a": ["x", "y"] * 50, "b": ["x|y", "z"] * 50, "c": [str(i) + "c" for i in range(100)]}
    )
    source = opened(tmp_path / f"l.{kind}", frame)
    assert levels_seen(source, ["a", "b", "c", "d"]) == {"a": 2, "b": None, "c": 100}


def test_texts_of_a_dictionary_are_counted_once(tmp_path, table):
    levels = table.with_columns(t=pl.format("{}" + "x" * 500, pl.col("n") % 5))
    source = opened(tmp_path / "levels.parquet", levels)
    assert row_bytes(source, ["t"]) < 100
    assert row_bytes(opened(tmp_path / "all.parquet", table), ["t"]) >= 200
