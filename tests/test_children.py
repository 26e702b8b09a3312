"""What tests start ends with them: also what a child started, and one that is given up on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import children

SLEEPING = """
import subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[1], "w").write(str(grandchild.pid))
time.sleep(600)
"""


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An orphan that has ended stays in the table until its new parent looks.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def ended(pid: int) -> bool:
    """Wait for a process to end, which takes a moment once it is killed."""
    until = time.monotonic() + children.PATIENCE
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not is_running(pid)


def test_a_child_that_is_given_up_on_ends_with_its_own(tmp_path: Path) -> None:
    file, seen = tmp_path / "grandchild", []

    def give_up() -> None:
        with children.started([sys.executable, "-c", SLEEPING, file]) as process:
            seen.append(process)
            children.wait_for(file, process)
            while not file.read_text():
                time.sleep(0.01)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()
    assert seen[0].returncode == -9
    assert ended(int(file.read_text()))


STARTING = """
import os, signal, sys
from tests import children
with children.started([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
    open(sys.argv[1], "w").write(str(process.pid))
    os.kill(os.getpid(), signal.SIGTERM)
"""


def test_a_child_ends_with_tests_that_are_killed(tmp_path: Path) -> None:
    file = tmp_path / "child"
    root = Path(children.__file__).parents[1]
    done = children.finished([sys.executable, "-c", STARTING, file], cwd=root)
    assert done.returncode == -signal.SIGTERM
    assert ended(int(file.read_text()))


def test_output_that_another_process_holds_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(children, "_PARTING", 0.2)
    file = tmp_path / "grandchild"
    apart = SLEEPING.replace('time.sleep(600)"]', 'time.sleep(600)"], start_new_session=True')
    with children.started([sys.executable, "-c", apart, file]) as process:
        children.wait_for(file, process)
        while not file.read_text():
            time.sleep(0.01)
    assert process.returncode == -9
    assert is_running(int(file.read_text()))
    os.kill(int(file.read_text()), signal.SIGKILL)


def test_a_caller_may_prepare_its_child(tmp_path: Path) -> None:
    where = [sys.executable, "-c", "import os; print(os.getcwd())"]
    done = children.finished(where, preexec_fn=lambda: os.chdir(tmp_path))
    assert done.stdout.strip() == str(tmp_path)


def test_patience_has_an_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(children, "PATIENCE", 0.2)
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    with pytest.raises(subprocess.TimeoutExpired):
        children.finished(sleep)
    with children.started(sleep) as process:
        with pytest.raises(AssertionError, match=r"never is not there after 0\.2 s"):
            children.wait_for(tmp_path / "never", process)
        assert process.poll() is None
    assert process.returncode == -9


def test_what_a_child_says_is_what_its_failure_says() -> None:
    with pytest.raises(AssertionError, match="out of order"):
        children.finished([sys.executable, "-c", "raise SystemExit('out of order')"], check=True)
    done = children.finished([sys.executable, "-c", "print('fine')"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "fine\n", "")
