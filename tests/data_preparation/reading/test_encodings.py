"""Encodings found in all bytes of a file, and copies in UTF-8 that go when nobody needs them."""

from __future__ import annotations

import gc
import os
import signal
import sys
import tempfile
from pathlib import Path

import polars as pl
import pytest

import engine
from engine.config.input import InputConfig, ReadConfig
from engine.data_preparation.reading import encodings
from engine.data_preparation.reading.encodings import Evidence, TextFile
from engine.data_preparation.reading.sources import open_source
from engine.errors import DataError, EngineError
from tests.children import finished


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


@pytest.fixture(params=["without a name", "named"])
def scratch(request, tmp_path, monkeypatch) -> Path:
    """Give an own folder for temporary files, on Linux and where files are opened by name alone."""
    if request.param == "named":
        monkeypatch.setattr(encodings, "_OPEN_FILES", tmp_path / "nowhere")
    elif not encodings._OPEN_FILES.is_dir():
        pytest.skip("open files cannot be opened once more here")
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def copies(scratch: Path) -> int:
    """Count the copies: files in a folder, or open files that lie there without a name."""
    named = sum(path.suffix == ".csv" for path in scratch.rglob("*"))
    links = [os.readlink(path) for path in Path("/proc/self/fd").glob("*") if path.is_symlink()]
    return named or sum(str(scratch) in link for link in links)


@pytest.mark.parametrize("encoding", ["cp1252", "latin1"])
def test_copies_are_made_late_and_removed(tmp_path, encoding, monkeypatch, scratch):
    monkeypatch.setattr(encodings, "_BLOCK", 7)
    text = "id,town\n" + "".join(f"{i},Zürich\n" for i in range(50))
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    settings = InputConfig(path=str(tmp_path / "a.csv"), read=ReadConfig(encoding=encoding))
    source = open_source(settings)
    source.check_rows()
    assert source.estimate_rows() == 50
    assert copies(scratch) == 0, "headers alone need no copy"
    other = source.with_types({"id": pl.String()})
    assert next(source.batches(["town"]))["town"].to_list() == ["Zürich"] * 50
    assert next(other.batches(["id"]))["id"][1] == "1"
    assert copies(scratch) == 1
    assert source.found == (f"a.csv: {encoding}",)
    del source, other
    gc.collect()
    assert copies(scratch) == 0
    assert list(scratch.iterdir()) == []


def test_a_copy_is_read_by_several_at_a_time(tmp_path, scratch):
    text = "id;town\n" + "".join(f"{i};Zürich\n" for i in range(300_000))
    (tmp_path / "a.csv").write_bytes(text.encode("cp1252"))
    source = open_source(InputConfig(path=str(tmp_path / "a.csv")))
    first, second = source.batches(["id"]), source.batches(["town", "id"])
    ids, towns = [next(first)], [next(second)]
    assert source.short_lines() == 0
    ids, towns = pl.concat([*ids, *first]), pl.concat([*towns, *second])
    assert ids["id"].equals(towns["id"])
    assert ids["id"].to_list() == list(range(300_000))
    assert towns["town"].unique().to_list() == ["Zürich"]
    assert copies(scratch) == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from engine.config.input import InputConfig
from engine.data_preparation.reading import encodings
from engine.data_preparation.reading.sources import open_source

if sys.argv[2] == "named":
    encodings._OPEN_FILES = Path("nowhere")
source = open_source(InputConfig(path=sys.argv[1]))
print(next(source.batches(["town"]))["town"][0], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("kind", ["without a name", "named"])
def test_a_killed_process_leaves_no_copy(tmp_path, kind, monkeypatch):
    (tmp_path / "a.csv").write_bytes("id;town\n1;Zürich\n".encode("cp1252"))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = finished(
        [sys.executable, "-c", KILLED, tmp_path / "a.csv", kind],
        env={
            **os.environ,
            "TMPDIR": str(scratch),
            "PYTHONPATH": str(Path(engine.__file__).parents[1]),
        },
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "Zürich\n"), done.stderr
    named = encodings._OPEN_FILES.is_dir() is False or kind == "named"
    assert len(list(scratch.rglob("*.csv"))) == named
    if named:
        monkeypatch.setattr(tempfile, "tempdir", str(scratch))
        monkeypatch.setattr(encodings, "_OPEN_FILES", tmp_path / "nowhere")
        text = TextFile(tmp_path / "a.csv")
        copy = text.utf8()
        assert list(scratch.rglob("*.csv")) == [copy], "the earlier one is removed"


def test_no_room_for_a_copy(tmp_path, monkeypatch, scratch):
    (tmp_path / "a.csv").write_bytes("id;town\n1;Zürich\n".encode("cp1252"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(EngineError, match=r"could not be written to .*/missing .*set TMPDIR to"):
        TextFile(tmp_path / "a.csv").utf8()


def test_a_far_byte_changes_the_encoding(tmp_path):
    rows = b"".join(b"%d,Bonn\n" % i for i in range(600_000))
    (tmp_path / "a.csv").write_bytes(b"id,town\n" + rows + b"7,Z\xfcrich\n")
    source = open_source(InputConfig(path=str(tmp_path / "a.csv")))
    assert source.found == ()
    towns = pl.concat(source.batches(["town"]))["town"]
    assert towns[-1] == "Zürich"
    assert len(towns) == 600_001
    assert source.found == ("a.csv: cp1252 (letters such as ü; input.read.encoding names another)",)
    assert not source.plainly_written


def test_files_of_one_folder_in_their_own_encodings_and_separators(tmp_path):
    (tmp_path / "a.csv").write_bytes("id,town\n1,Zürich\n".encode("utf-8-sig"))
    (tmp_path / "b.csv").write_bytes("town;id\nKöln;2\n".encode("cp1252"))
    source = open_source(InputConfig(path=str(tmp_path)))
    table = pl.concat(source.batches(["id", "town"]))
    assert table.rows() == [(1.0, "Zürich"), (2.0, "Köln")]
    assert source.found == (
        "a.csv: byte order mark",
        "b.csv: separator ';', cp1252 (letters such as ö; input.read.encoding names another)",
    )
