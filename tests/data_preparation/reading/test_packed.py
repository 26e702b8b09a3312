"""Packed files: read like those that are not, and refused in a sentence."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import zipfile
from collections import namedtuple
from pathlib import Path

import polars as pl
import pytest

from engine.config.input import InputConfig
from engine.data_preparation.reading.sources import Source, open_source
from engine.errors import DataError, EngineError

TEXT = "id;town\n" + "".join(f"{i};Zürich\n" for i in range(500))


def opened(path: Path) -> Source:
    return open_source(InputConfig(path=str(path)))


@pytest.mark.parametrize(
    ("name", "pack"),
    [("a.csv.gz", gzip.compress), ("a.txt.bz2", bz2.compress), ("a.csv.xz", lzma.compress)],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_packed_text(tmp_path, name, pack, encoding):
    (tmp_path / name).write_bytes(pack(TEXT.encode(encoding)))
    source = opened(tmp_path / name)
    table = pl.concat(source.batches(["id", "town"]))
    assert table.rows() == [(float(i), "Zürich") for i in range(500)]
    assert 450 < source.estimate_rows() < 1_100
    assert source.label == name


def test_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("data.csv", TEXT)
        archive.writestr("__MACOSX/._data.csv", "x")
    assert pl.concat(opened(tmp_path / "a.zip").batches(["id"])).height == 500
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as archive:
        archive.writestr("more.csv", TEXT)
    with pytest.raises(DataError, match="holds 2 files; unpack it into a folder"):
        opened(tmp_path / "a.zip")


@pytest.mark.parametrize("first", [b"", b"nonsense\0"])
def test_damaged_archives(tmp_path, first):
    packed = gzip.compress(TEXT.encode())
    (tmp_path / "a.csv.gz").write_bytes(first + packed[: len(packed) // 2])
    with pytest.raises(DataError, match=r"a\.csv\.gz is damaged and cannot be unpacked"):
        opened(tmp_path / "a.csv.gz")


def test_an_archive_behind_a_password(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("data.csv", TEXT)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + flags] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(DataError, match=r"a\.zip cannot be unpacked .*; unpack it first"):
        opened(tmp_path / "a.zip")


def test_what_is_in_an_archive_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("data.csv", TEXT)
    assert opened(tmp_path / "a.zip").label == "a.zip (data.csv)"


def test_more_than_the_disk_holds(tmp_path, monkeypatch):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 30, 1 << 30, 1 << 20))
    with pytest.raises(EngineError, match="is larger unpacked than the 1 MB that are free"):
        opened(tmp_path / "a.csv.gz")


def test_a_copy_beside_the_file_is_not_read_twice(tmp_path):
    (tmp_path / "a.csv").write_text(TEXT)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    (tmp_path / "notes.txt").write_text("nothing")
    assert opened(tmp_path).label == "a.csv"
