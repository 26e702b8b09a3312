"""Where only Unix's modules, signals, links and calls are missing, as on Windows, all works.

Tried on Linux with those hidden (``tests/other_system.py``); not on Windows or macOS themselves.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from engine.storage.latest import latest_id
from tests.children import finished, started
from tests.source_files import FILES, relative

HERE = Path(__file__).resolve().parent
CHILD = HERE / "other_system.py"


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(HERE.parent)}


@pytest.mark.long
def test_every_file_is_imported():
    done = finished([sys.executable, CHILD, "import"], env=environment(), check=True)
    found = set(json.loads(done.stdout.splitlines()[-1]))
    files = {"engine/" + relative(f).removesuffix(".py").removesuffix("/__init__") for f in FILES}
    expected = {name.replace("/", ".") for name in files}
    assert expected - found == {"engine.__init__", "engine.__main__"}


@pytest.mark.long
def test_a_run_and_what_follows_it(tmp_path: Path):
    done = finished([sys.executable, CHILD, "run"], cwd=tmp_path, env=environment(), check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert set(found["codes"].values()) == {0}, (found, done.stderr)
    assert found["the page is as it was"]
    assert found["assigned as segmented"]
    assert found["a cut leaves the run in use"]
    assert found["in use"] == 2
    assert found["renamed"] == "Big spenders"
    assert len(set(found["latest"])) == 1
    assert found["links"] == found["hidden"] == []
    assert found["peak"] > 1 << 26
    # Where there are links, the same folders are read, and `latest` becomes one with the next run.
    assert latest_id(tmp_path / "models" / "shop") == found["latest"][0]
    command = [sys.executable, "-m", "engine", "use", "shop", "previous"]
    finished(command, cwd=tmp_path, env=environment(), check=True)
    assert (tmp_path / "models/shop/latest").is_symlink()
    assert latest_id(tmp_path / "reports/shop") != found["latest"][0]


def test_a_lock_is_held_by_one_process_at_a_time(tmp_path: Path):
    command = [sys.executable, CHILD, "hold", tmp_path]
    with ExitStack() as ended:

        def start() -> subprocess.Popen[str]:
            how = {"stdin": subprocess.PIPE, "env": environment()}
            return ended.enter_context(started(command, **how))

        def says(process: subprocess.Popen[str]) -> str:
            assert process.stdout is not None
            return process.stdout.readline().strip()

        first = start()
        assert [says(first), says(first)] == ["free", "mine"]
        second, third = start(), start()
        assert [says(second), says(third)] == ["held", "held"]
        assert first.stdin is not None
        first.stdin.close()
        first.stdin = None  # closed: nobody is to flush it
        assert first.wait(60) == 0
        # One of the two has it now; killed, it leaves it to the other.
        streams = {p.stdout: p for p in (second, third)}
        ready = select.select(list(streams), [], [], 60)[0]
        assert len(ready) == 1
        assert says(streams[ready[0]]) == "mine"
        streams[ready[0]].kill()
        other = third if streams[ready[0]] is second else second
        assert says(other) == "mine"
