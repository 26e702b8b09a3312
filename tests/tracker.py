"""An MLflow server of the tests' own, on loopback, and models that MLflow serves."""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import join, quote
from subprocess import Popen
from typing import Any

from tests.children import PATIENCE, started

_LOG = "log.txt"
_RUNS = re.compile(r"running on (http://127\.0\.0\.1:[1-9]\d*)")


@contextmanager
def tracker(folder: Path) -> Iterator[str]:
    """Start ``mlflow server`` on SQLite and files in a folder; give its address."""
    folder.mkdir()
    stores = ("--backend-store-uri", f"sqlite:///{folder}/runs.db")
    with served(["server", *stores, "--artifacts-destination", folder / "files"], folder) as uri:
        yield uri


@contextmanager
def served(command: list[Any], folder: Path) -> Iterator[str]:
    """Start a command of MLflow on a port that the system draws; give its address.

    Which one it is stands in its own log: what listens there can be nobody else.
    """
    with _started(command, folder) as process:
        yield _listening(process, folder / _LOG)


@contextmanager
def _started(command: list[Any], folder: Path) -> Iterator[Popen[str]]:
    bound = ("--host", "127.0.0.1", "--port", "0", "--workers", "1")
    words = join([str(w) for w in (sys.executable, "-m", "mlflow", *command, *bound)])
    # It starts others by their names, which lie beside this Python.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    more = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PATH": path}  # no queues beside it
    to_log = f"exec {words} > {quote(str(folder / _LOG))} 2>&1"
    with started(["sh", "-c", to_log], cwd=folder, env=os.environ | more) as process:
        yield process


def _listening(process: Popen[str], log: Path) -> str:
    """Wait until it says where it listens."""
    until = time.monotonic() + PATIENCE
    while True:
        said = log.read_text(errors="replace") if log.exists() else ""
        if found := _RUNS.search(said):
            return found[1]
        assert process.poll() is None, said
        assert time.monotonic() < until, f"nothing listens after {PATIENCE} s: {said}"
        time.sleep(0.05)


@contextmanager
def nobody() -> Iterator[str]:
    """Give an address at which nobody answers, and nobody can begin to."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"
