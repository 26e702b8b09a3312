"""Other processes that tests start: waited for patiently, and ended with the test."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

PATIENCE = 900
"""Seconds that a child may take: on a machine that others use, it takes twenty times as long."""

_PARTING = 10
"""Seconds that a killed child's output is waited for: one that has left its group may hold it."""

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


@contextmanager
def started(
    command: list[Any], *, preexec_fn: Callable[[], Any] | None = None, **how: Any
) -> Iterator[subprocess.Popen[str]]:
    """Start a program; when the block ends, however it does, so do the program and its own.

    The program ends even where no block does, because the tests themselves are killed; what it
    started may then go on.
    """
    parent = os.getpid()

    def prepare() -> None:
        if hasattr(_LIBC, "prctl"):
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it ended before it could be asked to tell
                os._exit(1)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs ignore it
        if preexec_fn is not None:
            preexec_fn()

    process = subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=prepare,
        **how,
    )
    try:
        yield process
    finally:
        # Its group may outlive it: what it started itself is of the group, too.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        try:
            process.communicate(timeout=_PARTING)
        except subprocess.TimeoutExpired:
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
            process.wait()


def finished(
    command: list[Any], *, check: bool = False, **how: Any
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, as ``subprocess.run`` does with its output as text.

    Raises
    ------
    AssertionError
        It did not succeed although ``check`` asks for that; the message is what it said.
    """
    with started(command, **how) as process:
        out, err = process.communicate(timeout=PATIENCE)
        assert not (check and process.returncode), err
        return subprocess.CompletedProcess(command, process.returncode, out, err)


def wait_for(file: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a running program has made a file."""
    until = time.monotonic() + PATIENCE
    while not file.exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < until, f"{file} is not there after {PATIENCE} s"
        time.sleep(0.01)
