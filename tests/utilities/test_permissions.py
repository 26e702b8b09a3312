"""Who may read what is written, from its first byte on, whatever the umask."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from engine.errors import EngineError
from engine.utilities.atomic import replacing
from engine.utilities.json_files import write_json
from engine.utilities.permissions import check_readable, create, make_folder
from engine.utilities.scratch import scratch_folder
from engine.utilities.tables import write_table

FRAME = pl.DataFrame({"id": ["a", "b"]})


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("permissions", "value", "expected"),
    [
        ("private", 0o000, 0o600),
        ("private", 0o022, 0o600),
        ("group", 0o000, 0o660),
        ("group", 0o022, 0o640),
        ("group", 0o077, 0o600),
        ("shared", 0o000, 0o666),
        ("shared", 0o022, 0o644),
        ("shared", 0o027, 0o640),
    ],
)
def test_tables(
    tmp_path: Path, umask: Callable[[int], int], suffix: str, permissions, value, expected
) -> None:
    umask(value)
    path, seen = tmp_path / f"out.{suffix}", []
    path.write_text("older")
    path.chmod(0o640)

    def frames() -> Iterator[pl.DataFrame]:
        seen.extend((mode(p.parent), mode(p)) for p in tmp_path.glob(f".*/out.{suffix}"))
        yield FRAME

    write_table(frames(), FRAME.schema, path, permissions)
    assert mode(path) == oct(expected)
    assert seen == [("0o700", oct(expected))], "also while it is written"


@pytest.mark.parametrize("value", [0o000, 0o022])
def test_other_files_and_scratch(tmp_path: Path, umask: Callable[[int], int], value: int) -> None:
    umask(value)
    write_json(tmp_path / "a.json", {})
    write_json(tmp_path / "b.json", {}, "private")
    create(tmp_path / "c.npy", "private")
    made = make_folder(tmp_path / "over" / "scratch")
    with scratch_folder("engine-tests") as folder:
        assert (mode(folder), mode(folder.parent)) == ("0o700", "0o700")
    assert mode(tmp_path / "a.json") == oct(0o666 & ~value)
    assert mode(tmp_path / "b.json") == mode(tmp_path / "c.npy") == "0o600"
    assert (mode(made.parent), mode(made)) == (oct(0o777 & ~value), "0o700")


def test_a_file_of_somebody_else_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "segments.parquet"
    check_readable(file)
    file.touch()
    check_readable(file)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may read everything
    with pytest.raises(EngineError, match=r"may be read by its owner alone.*output\.permissions"):
        check_readable(file)


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_whoever_put_a_file_there_before_gets_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.touch()
    os.chown(path, 12_345, 54_321)
    with replacing(path, "private") as file:
        file.write_text("customers")
    found = path.stat()
    assert (found.st_uid, found.st_gid, mode(path)) == (0, os.getgid(), "0o600")
