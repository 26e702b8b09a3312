"""Blocks for a GPU: which row groups are read together, and the types of several files."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import polars as pl
import pytest
from pyarrow.parquet import ParquetFile

from engine.config.loading import load_config
from engine.data_preparation.reading import device_blocks as device_blocks_file
from engine.data_preparation.reading.cuts import Cut, written
from engine.data_preparation.reading.device_blocks import (
    _block_rows,
    _row_groups,
    as_schema,
    device_blocks,
    largest_block,
)
from engine.data_preparation.reading.sources import open_source
from engine.errors import DataError
from engine.places.place import Place
from engine.places.runtime import Runtime

GIB = 1 << 30


def opened(path):
    return open_source(load_config({"input": {"path": str(path)}}).input)


@pytest.fixture
def mixed(tmp_path):
    """Three files: whole numbers of two widths, then with a fraction, then nothing at all."""
    one = {"n": [1, 2], "w": [1, 2], "t": ["a", None], "f": [True, False]}
    types = {"n": pl.Int32, "w": pl.Int8}
    pl.DataFrame(one, schema_overrides=types).write_parquet(tmp_path / "a.parquet")
    types = {"n": pl.Float32, "w": pl.UInt16}
    pl.DataFrame(one, schema_overrides=types).write_parquet(tmp_path / "b.parquet")
    nothing = {"n": [None, None], "w": [3, 4], "t": ["c", "d"], "f": [True, True]}
    pl.DataFrame(nothing).write_parquet(tmp_path / "c.parquet")
    return opened(tmp_path)


def as_cudf(path, columns, row_groups, **_):
    """Read as cuDF does: a column keeps the type of its file, with a mask for what is missing."""
    frame = pd.read_parquet(path, columns=columns, dtype_backend="numpy_nullable")
    assert row_groups == [[0]]
    empty = [c for c in frame if frame[c].isna().all()]
    return frame.astype(dict.fromkeys(empty, "Int8"))


def test_every_file_gets_the_types_of_all(mixed, monkeypatch):
    """Pandas in the place of cuDF, whose ``astype`` takes the same."""
    monkeypatch.setitem(sys.modules, "cudf", SimpleNamespace(read_parquet=as_cudf))
    columns = ["t", "n", "w", "f"]
    runtime = Runtime(Place.GPU, device_memory=GIB)
    frames = list(device_blocks(mixed, columns, runtime))
    expected = list(mixed.batches(columns))
    assert len(frames) == len(expected) == 3
    for found, block in zip(frames, expected, strict=True):
        assert list(found.columns) == columns
        for column in ("n", "w"):
            kind = str(block.schema[column]).lower()
            assert str(found.dtypes[column]).lower() == kind, column
            assert found[column].astype(object).where(found[column].notna(), None).to_list() == (
                block[column].to_list()
            )


def test_frames_of_the_right_types_are_not_copied():
    frame = pd.DataFrame({"n": [1.5], "t": ["x"], "f": [True]})
    schema = {"n": pl.Float64(), "t": pl.String(), "f": pl.Boolean()}
    assert as_schema(frame, schema) is frame
    assert as_schema(frame, {**schema, "n": pl.Float32()}).dtypes["n"] == "float32"


def test_row_groups_are_gathered_up_to_a_block(tmp_path):
    path = tmp_path / "customers.parquet"
    pl.DataFrame({"x": range(1_000)}).write_parquet(path, row_group_size=100)
    assert [held for _, held, _ in _row_groups(path, 250)] == [200] * 5
    assert [g for g, *_ in _row_groups(path, 350)] == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    assert [held for _, held, _ in _row_groups(path, 50)] == [100] * 10
    assert [held for _, held, _ in _row_groups(path, 10_000)] == [1_000]


def groups_of(path, columns, row_groups, **_):
    """Read row groups as cuDF does; an index that does not begin at 0 would be found out."""
    (numbers,) = row_groups
    return ParquetFile(path).read_row_groups(numbers, columns).to_pandas()


@pytest.mark.parametrize("piece", [100, 250, 333, 1_000, 1_700])
def test_pieces_hold_their_own_rows_alone(tmp_path, monkeypatch, piece):
    """Wherever they are cut, within row groups or across files."""
    monkeypatch.setitem(sys.modules, "cudf", SimpleNamespace(read_parquet=groups_of))
    monkeypatch.setattr(device_blocks_file, "_block_rows", lambda *_: 250)
    for number, name in enumerate(("a", "b")):
        values = pl.DataFrame({"x": range(number * 1_000, (number + 1) * 1_000)})
        values.write_parquet(tmp_path / f"{name}.parquet", row_group_size=100)
    source, runtime = opened(tmp_path), Runtime(Place.GPU, device_memory=GIB)
    files, found = source.files, []
    for start in range(0, 2_000, piece):
        spans = [
            (file, max(0, start - n * 1_000), min(1_000, start + piece - n * 1_000))
            for n, file in enumerate(files)
        ]
        held = tuple(s for s in spans if s[1] < s[2])
        part = source.part(Cut(held, written=tuple(written(file) for file, *_ in held)))
        frames = list(device_blocks(part, ["x"], runtime))
        assert all(frame.index[0] == 0 for frame in frames)
        assert sum(map(len, frames)) == min(piece, 2_000 - start)
        found += [value for frame in frames for value in frame["x"].tolist()]
    assert found == list(range(2_000))
    part = source.part(Cut(((files[0], 0, 5),), written=((1, 1),)))
    with pytest.raises(DataError, match="changed while it was being read"):
        next(device_blocks(part, ["x"], runtime))


def test_pieces_of_csv_are_parsed_on_the_cpu(tmp_path, monkeypatch):
    moved = SimpleNamespace(from_arrow=lambda table: table.to_pandas())
    monkeypatch.setitem(sys.modules, "cudf", SimpleNamespace(DataFrame=moved))
    path = tmp_path / "customers.csv"
    path.write_text("id,x\n" + "".join(f"{i},{i}.5\n" for i in range(100)))
    source = replace(opened(path), spans={path: (0, path.stat().st_size)})
    (frame,) = device_blocks(source, ["x"], Runtime(Place.GPU, device_memory=GIB))
    assert frame["x"].tolist() == [i + 0.5 for i in range(100)]


def test_the_largest_block(tmp_path):
    path = tmp_path / "customers.parquet"
    pl.DataFrame({"x": range(1_000), "t": ["a"] * 1_000}).write_parquet(path, row_group_size=100)
    source = opened(path)
    assert largest_block(source, ["x", "t"], GIB) == (1_000, 16_000)
    assert _block_rows(source, ["x"], 32 * GIB) == 2 * GIB // 8
    assert _block_rows(source, ["x", "t"], 32 * GIB) == 2 * GIB // 8 // 13
    assert _block_rows(source, ["x"] * 5_000, GIB) == 65_536


def test_the_largest_block_of_csv(tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text("x,t\n" + "1.5,a\n" * 2_000)
    rows, held = largest_block(opened(path), ["x", "t"], 64 * GIB)
    assert 1_900 <= rows <= 2_100
    assert held == path.stat().st_size * 12
