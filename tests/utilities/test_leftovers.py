"""Folders of what is not done yet: whoever comes next removes what killed processes left."""

from __future__ import annotations

import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from engine.utilities.atomic import replacing
from engine.utilities.leftovers import sweep
from tests.children import finished, started, wait_for

KILLED = """
import os, signal, sys
from pathlib import Path
from engine.utilities.atomic import replacing
with replacing(Path(sys.argv[1])) as file:
    file.write_text("secret")
    os.kill(os.getpid(), signal.SIGKILL)
"""

ALIVE = """
import sys, time
from pathlib import Path
from engine.utilities.atomic import replacing
with replacing(Path(sys.argv[1])) as file:
    file.write_text("whole")
    Path(sys.argv[2]).touch()
    sys.stdin.read()
"""

COUNTED = """
import os, signal, sys
from pathlib import Path
from engine.utilities import leftovers
from engine.utilities.atomic import replacing
left = int(sys.argv[2])
def counted(event, arguments):
    global left
    if event in ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link"):
        if ".engine-" in str(arguments[0]):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(counted)
with replacing(Path(sys.argv[1])) as file:
    file.write_text("new")
"""
"""Killed before one of the operations on files that lie in the hidden folder."""


def hidden(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name.startswith("."))


def test_a_killed_write_is_swept_by_the_next_into_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("old")
    assert finished([sys.executable, "-c", KILLED, tmp_path / "a.csv"]).returncode == -9
    assert (tmp_path / "a.csv").read_text() == "old"
    (left,) = hidden(tmp_path)
    assert stat.S_IMODE((tmp_path / left).stat().st_mode) == 0o700
    with replacing(tmp_path / "other.csv") as file:
        assert not (tmp_path / left).exists()
        file.write_text("other")
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "other.csv"]


@pytest.mark.long
def test_killed_at_every_operation_it_is_whole_and_swept(tmp_path: Path) -> None:
    target, killed = tmp_path / "a.csv", 0
    for operation in range(100):
        target.write_text("old")
        command = [sys.executable, "-c", COUNTED, target, operation]
        code = finished(command).returncode
        assert target.read_text() in (("new",) if code == 0 else ("old", "new"))
        with replacing(tmp_path / "b.csv") as file:
            file.touch()
        assert sorted(os.listdir(tmp_path)) == ["a.csv", "b.csv"]
        if code == 0:
            break
        assert code == -9
        killed += 1
    assert killed >= 7


def test_what_a_live_process_writes_stays(tmp_path: Path) -> None:
    place, ready = tmp_path / "here", tmp_path / "ready"
    place.mkdir()
    command = [sys.executable, "-c", ALIVE, place / "a.csv", ready]
    with started(command, stdin=-1) as process:
        wait_for(ready, process)
        held = hidden(place)
        with replacing(place / "b.csv") as file:
            file.touch()
        assert hidden(place) == held
        process.communicate("")
    assert (place / "a.csv").read_text() == "whole"
    assert hidden(place) == []


def test_what_is_not_the_engines_stays(tmp_path: Path) -> None:
    (tmp_path / ".engine-0123456789abcdef.partial").write_text("a file of this name")
    (tmp_path / ".engine-fedcba9876543210.partial").symlink_to(tmp_path / "elsewhere")
    (tmp_path / ".engine-mine.partial").mkdir()
    (tmp_path / ".engine-0000000000000000.partial").mkdir()
    (tmp_path / ".engine-0000000000000000.partial" / "kept.txt").write_text("no lock beside it")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / ".alive").touch()
    before = sorted(os.listdir(tmp_path))
    sweep(tmp_path, ".engine-", ".partial")
    assert sorted(os.listdir(tmp_path)) == before
    assert (tmp_path / ".engine-0000000000000000.partial" / "kept.txt").exists()
    assert (tmp_path / "elsewhere" / ".alive").exists()


def test_another_users_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / ".engine-0123456789abcdef.partial"
    other.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    sweep(tmp_path, ".engine-", ".partial")
    assert other.exists()
    monkeypatch.undo()
    sweep(tmp_path, ".engine-", ".partial")
    assert not other.exists(), "empty, and of a name that is made here"


def test_many_at_once_get_in_nobodys_way(tmp_path: Path) -> None:
    failures = []

    def write(number: int) -> None:
        try:
            for _ in range(20):
                with replacing(tmp_path / f"{number}.txt") as file:
                    file.write_text(str(number))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(os.listdir(tmp_path)) == [f"{n}.txt" for n in range(6)]


def test_an_error_leaves_the_older_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("old")

    def fail() -> None:
        with replacing(tmp_path / "a.csv") as file:
            file.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (tmp_path / "a.csv").read_text() == "old"
    assert os.listdir(tmp_path) == ["a.csv"]
