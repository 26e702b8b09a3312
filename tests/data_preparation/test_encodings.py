"""Encodings found in all bytes of a file, and copies in UTF-8 that go when nobody needs them."""

from __future__ import annotations

import gc

import polars as pl
import pytest

from engine.config import InputConfig, ReadConfig
from engine.data_preparation import encodings
from engine.data_preparation.encodings import Evidence, TextFile
from engine.data_preparation.sources import open_source
from engine.errors import DataError


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (b"plain", "utf8"),
        ("Zürich €".encode(), "utf8"),
        ("Zürich €".encode("cp1252"), "cp1252"),
        (b"a\0b", None),
        (b"\x81\x8d", None),
        ("Zürich Köln".encode() + b"\xfc", None),
        ("Z\u00fcrich".encode("utf-16"), None),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_verdicts_do_not_depend_on_blocks(data, verdict, size):
    seen = Evidence()
    for start in range(0, len(data), size):
        seen.look(data[start : start + size])
    seen.end()
    assert seen.verdict == verdict


def test_a_letter_cut_off_by_the_end(tmp_path):
    (tmp_path / "a.csv").write_bytes("a,b\n1,Zürich Köln ü".encode()[:-1])
    with pytest.raises(DataError, match="is not text in UTF-8"):
        TextFile(tmp_path / "a.csv").utf8()


@pytest.mark.parametrize("encoding", ["cp1252", "latin1"])
def test_copies_are_made_late_and_removed(tmp_path, encoding, monkeypatch):
    monkeypatch.setattr(encodings, "_BLOCK", 7)
    text = "id,town\n" + "".join(f"{i},Zürich\n" for i in range(50))
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    settings = InputConfig(path=str(tmp_path / "a.csv"), read=ReadConfig(encoding=encoding))
    source = open_source(settings, scratch=scratch)
    source.check_rows()
    assert source.estimate_rows() == 50
    assert list(scratch.iterdir()) == [], "headers alone need no copy"
    other = source.with_types({"id": pl.String()})
    assert next(source.batches(["town"]))["town"].to_list() == ["Zürich"] * 50
    assert next(other.batches(["id"]))["id"][1] == "1"
    assert len(list(scratch.iterdir())) == 1
    assert source.found == (f"a.csv: {encoding}",)
    del source, other
    gc.collect()
    assert list(scratch.iterdir()) == []


def test_a_far_byte_changes_the_encoding(tmp_path):
    rows = b"".join(b"%d,Bonn\n" % i for i in range(600_000))
    (tmp_path / "a.csv").write_bytes(b"id,town\n" + rows + b"7,Z\xfcrich\n")
    source = open_source(InputConfig(path=str(tmp_path / "a.csv")))
    assert source.found == ()
    towns = pl.concat(source.batches(["town"]))["town"]
    assert towns[-1] == "Zürich"
    assert len(towns) == 600_001
    assert source.found == ("a.csv: cp1252",)
    assert not source.plainly_written


def test_files_of_one_folder_in_their_own_encodings_and_separators(tmp_path):
    (tmp_path / "a.csv").write_bytes("id,town\n1,Zürich\n".encode("utf-8-sig"))
    (tmp_path / "b.csv").write_bytes("town;id\nKöln;2\n".encode("cp1252"))
    source = open_source(InputConfig(path=str(tmp_path)))
    table = pl.concat(source.batches(["id", "town"]))
    assert table.rows() == [(1.0, "Zürich"), (2.0, "Köln")]
    assert source.found == ("a.csv: byte order mark", "b.csv: separator ';', cp1252")
