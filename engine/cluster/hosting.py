"""A cluster on this machine, started for a run: held by a program of its own, gone with the run."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from engine.errors import PlaceError

START_SECONDS = 180.0
"""Within which the scheduler and its workers must be there: a busy machine imports slowly."""

_LEAVE_SECONDS = 20.0
"""Within which the program must have taken its workers down, before it is killed with them."""

_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads({paths!r}); "
    "from engine.cluster.host import main; main()"
)
"""Not ``-m``: what runs finds the packages that this process finds, in the same order."""

_POOLS = (
    "POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)  # fmt: skip
"""What must be said before libraries are imported: how many threads a worker's pools have."""


class Host(NamedTuple):
    """What was started.

    Attributes
    ----------
    address : str
        The scheduler's, on loopback.
    end : callable
        Begins to end it; who leaves the context waits for the end.
    """

    address: str
    end: Callable[[], None]


@contextmanager
def hosted(
    workers: int, threads: int, memory: int, scratch: Path | None, *, gpus: bool = False
) -> Iterator[Host]:
    """Start a scheduler and workers on this machine, and take them down in the end.

    Parameters
    ----------
    workers : int
        Processes.
    threads : int
        Of each.
    memory : int
        Bytes each may hold.
    scratch : Path or None
        Where folders for what does not fit in it are made and removed; the system's temporary
        files where that is None.
    gpus : bool
        One worker a GPU, by dask-cuda.

    Yields
    ------
    host : Host
        Which may be told to end before it is left.

    Raises
    ------
    PlaceError
        They do not start, or not in time.
    """
    told = {
        "workers": workers, "threads": threads, "memory": memory, "gpus": gpus,
        "scratch": str(scratch) if scratch else None,
    }  # fmt: skip
    shown = logging.getLogger("engine").isEnabledFor(logging.DEBUG)
    program = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM.format(paths=json.dumps(sys.path))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if shown else subprocess.DEVNULL,
        env=os.environ | dict.fromkeys(_POOLS, str(threads)),
        start_new_session=True,
        text=True,
    )  # fmt: skip
    try:
        yield Host(_address(program, told), partial(_tell, program))
    finally:
        _end(program)


def _address(program: subprocess.Popen[str], told: dict[str, Any]) -> str:
    stdin, stdout = _pipes(program)
    with suppress(BrokenPipeError):
        stdin.write(json.dumps(told) + "\n")
        stdin.flush()
    line: list[str] = []
    reader = threading.Thread(target=lambda: line.append(stdout.readline()), daemon=True)
    reader.start()
    import distributed  # noqa: F401 (meanwhile)

    reader.join(START_SECONDS)
    answer = json.loads(line[0]) if line and line[0] else {}
    if "address" in answer:
        return str(answer["address"])
    why = f"not within {START_SECONDS:.0f} seconds" if not line else "their program ended"
    message = (
        f"compute.cluster is local, but its workers do not start ({answer.get('error', why)}); "
        "set compute.workers to fewer, or compute.cluster to off to run without them."
    )
    raise PlaceError(message)


def _end(program: subprocess.Popen[str]) -> None:
    """End the program and everything that it started, whatever state it is in."""
    stdout = _pipes(program)[1]
    _tell(program)
    try:
        # One that leaves too slowly is killed: what it was asked for is done.
        with suppress(subprocess.TimeoutExpired):
            program.wait(_LEAVE_SECONDS)
    finally:
        _kill(program)
        program.wait()
        stdout.close()


def _kill(program: subprocess.Popen[str]) -> None:
    """Kill a program and what it started: its session, or where there are none, its children."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(program.pid, signal.SIGKILL)
        return
    import psutil  # Windows

    with suppress(psutil.Error):
        for process in psutil.Process(program.pid).children(recursive=True):
            with suppress(psutil.Error):
                process.kill()
    program.kill()


def _tell(program: subprocess.Popen[str]) -> None:
    """Tell the program to end, once or again."""
    with suppress(BrokenPipeError):
        _pipes(program)[0].close()


def _pipes(program: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert program.stdin is not None
    assert program.stdout is not None
    return program.stdin, program.stdout
