"""Scratch folders: gone in the end, and after a killed process with the next one."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from engine.utilities.scratch import scratch_folder
from tests.children import finished


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_it_is_empty_and_goes(tmp_path: Path) -> None:
    with scratch_folder("some") as folder:
        assert list(folder.iterdir()) == []
        (folder / "a.txt").write_text("a")
    assert list(tmp_path.iterdir()) == []


def test_it_goes_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), scratch_folder("some"):
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_in_use_stays() -> None:
    with scratch_folder("some") as first:
        (first / "a.txt").write_text("a")
        with scratch_folder("some") as second:
            assert first != second
        assert (first / "a.txt").exists()


def test_a_killed_process_leaves_nothing_for_long(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from engine.utilities.scratch import scratch_folder\n"
        "with scratch_folder('some') as folder:\n"
        "    (folder / 'people.csv').write_text('secret')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {"TMPDIR": str(tmp_path), "PATH": ""}
    done = finished([sys.executable, "-c", program], env=environment)
    assert done.returncode == -9
    assert [p.name for p in tmp_path.rglob("people.csv")] == ["people.csv"]
    with scratch_folder("some"):
        assert not list(tmp_path.rglob("people.csv"))
