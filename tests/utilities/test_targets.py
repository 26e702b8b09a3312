"""Paths to write to: files are replaced, pipes and devices written through, the rest refused."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from engine.errors import DataError, EngineError
from engine.utilities.tables import write_table
from engine.utilities.targets import check_target, is_stdout, target_of
from tests.children import finished, started

FRAME = pl.DataFrame({"id": ["A;=1", "=2"], "n": [1, -2]})
TEXT = '"id","n"\n"A;=1",1\n"\'=2",-2\n'

WRITES = """
import sys
import polars as pl
from engine.errors import EngineError
from engine.utilities.tables import write_table
frame = pl.DataFrame({"id": ["A;=1", "=2"], "n": [1, -2]})
try:
    write_table(iter([frame]), frame.schema, sys.argv[1])
except EngineError as error:
    print(error, file=sys.stderr)
"""


def write(path: Path | str) -> None:
    write_table(iter([FRAME]), FRAME.schema, path)


def is_fifo(path: Path) -> bool:
    return stat.S_ISFIFO(path.lstat().st_mode)


@pytest.mark.long_at("True")
@pytest.mark.parametrize("through_a_link", [False, True])
def test_a_fifo_is_written_through_and_stays(tmp_path: Path, through_a_link: bool) -> None:
    fifo = tmp_path / "out.csv"
    os.mkfifo(fifo)
    named = tmp_path / "link.csv" if through_a_link else fifo
    if through_a_link:
        named.symlink_to(fifo)
    with started([sys.executable, "-c", WRITES, named]) as process:
        assert fifo.read_text() == TEXT
        process.wait()
    assert is_fifo(fifo)
    assert sorted(os.listdir(tmp_path)) == sorted({"out.csv", named.name})


@pytest.mark.long
def test_a_reader_that_goes_is_told(tmp_path: Path) -> None:
    fifo = tmp_path / "out.csv"
    os.mkfifo(fifo)
    more = WRITES.replace("iter([frame])", "iter([frame] * 100_000)")
    with started([sys.executable, "-c", more, fifo]) as process:
        with fifo.open() as reader:
            reader.readline()
        assert process.communicate()[1].endswith("to its end, its reader has gone.\n")
    assert is_fifo(fifo)


def test_devices_stay_what_they_are(tmp_path: Path) -> None:
    before = os.stat("/dev/null")
    (tmp_path / "null.csv").symlink_to("/dev/null")
    write("/dev/null")
    write(tmp_path / "null.csv")
    after = os.stat("/dev/null")
    assert stat.S_ISCHR(after.st_mode)
    assert (before.st_ino, before.st_mode, before.st_rdev) == (
        after.st_ino, after.st_mode, after.st_rdev,
    )  # fmt: skip
    assert (tmp_path / "null.csv").is_symlink()


@pytest.mark.long
def test_stdout_is_written_to_where_it_goes(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITES, "/dev/stdout"]
    assert finished(command).stdout == TEXT
    with (tmp_path / "kept.txt").open("w") as kept:
        kept.write("before\n")
        kept.flush()
        subprocess.run(command, stdout=kept, check=True, timeout=300)
    assert (tmp_path / "kept.txt").read_text() == "before\n" + TEXT
    assert os.listdir(tmp_path) == ["kept.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_a_device_without_space_is_told() -> None:
    with pytest.raises(EngineError, match=r"could not be written \(No space left .*\.$"):
        write("/dev/full")


def test_stdout_is_known_by_its_names(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to("/dev/stdout")
    assert is_stdout("/dev/stdout")
    assert is_stdout("/dev/fd/1")
    assert is_stdout(tmp_path / "link.csv")
    assert not is_stdout("/dev/stderr")
    assert not is_stdout(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("folder.csv", "cannot be written, a folder has this name; give another name."),
        ("socket.csv", "cannot be written, it is a socket; give another name."),
        ("loop.csv", "cannot be written, it is a link that leads to itself; remove it."),
        ("fifo.parquet", "is a pipe or a device, which Parquet cannot be written to; give a file"),
        ("null.parquet", "is a pipe or a device, which Parquet cannot be written to; give a file"),
        ("none/out.csv", "cannot be written, its folder does not exist; create "),
        ("plain.txt", "cannot tell the format from the suffix '.txt'; give a name that ends in"),
        (
            "x" * 300 + ".csv",
            "cannot be written, its name is longer than names can be there; give a",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_stays(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "plain.txt").touch()
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    os.mkfifo(tmp_path / "fifo.parquet")
    (tmp_path / "null.parquet").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "socket.csv"))
        before = {p.name: p.lstat().st_mode for p in tmp_path.iterdir()}
        with pytest.raises(EngineError) as caught:
            write(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: {sentence}")
    assert {p.name: p.lstat().st_mode for p in tmp_path.iterdir()} == before


def test_a_name_with_nul_is_refused() -> None:
    with pytest.raises(EngineError, match="holds a NUL character"):
        target_of("a\0b.csv")


def test_a_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mode = os.stat_result((stat.S_IFBLK | 0o600, *[0] * 9))
    monkeypatch.setattr(Path, "stat", lambda *_, **__: mode)
    with pytest.raises(EngineError, match="it is a disk"):
        target_of(tmp_path / "disk.csv")


def test_the_name_decides_the_format_not_what_a_link_leads_to(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to("held.parquet")
    write(tmp_path / "link.csv")
    assert (tmp_path / "held.parquet").read_text() == TEXT
    assert (tmp_path / "link.csv").is_symlink()


def test_inputs_are_known_by_every_name(tmp_path: Path) -> None:
    given = tmp_path / "given.csv"
    given.touch()
    os.link(given, tmp_path / "hard.csv")
    (tmp_path / "soft.csv").symlink_to("given.csv")
    for name in ("given.csv", "hard.csv", "soft.csv"):
        with pytest.raises(DataError, match="is the input itself; give another output file"):
            check_target(tmp_path / name, [given])
    check_target(tmp_path / "other.csv", [given, tmp_path / "gone.csv"])
