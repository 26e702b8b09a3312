"""An MLflow server of the tests' own, on loopback, and models that MLflow serves."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from shlex import join, quote
from subprocess import Popen
from typing import Any

from tests.children import PATIENCE, started

_TRIES, _LOG = 3, "log.txt"


@contextmanager
def tracker(folder: Path) -> Iterator[str]:
    """Start ``mlflow server`` on SQLite and files in a folder; give its address."""
    folder.mkdir()
    stores = ("--backend-store-uri", f"sqlite:///{folder}/runs.db")
    with served(["server", *stores, "--artifacts-destination", folder / "files"], folder) as uri:
        yield uri


@contextmanager
def served(command: list[Any], folder: Path) -> Iterator[str]:
    """Start a command of MLflow that listens on a free port; give its address."""
    with ExitStack() as held:
        for _ in range(_TRIES):
            uri = _listening(held.enter_context(_started(command, port := _free(), folder)), port)
            if uri is not None:
                break
        else:
            raise AssertionError((folder / _LOG).read_text())
        yield uri


def _free() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@contextmanager
def _started(command: list[Any], port: int, folder: Path) -> Iterator[Popen[str]]:
    bound = ("--host", "127.0.0.1", "--port", port, "--workers", "1")
    words = join([str(w) for w in (sys.executable, "-m", "mlflow", *command, *bound)])
    # It starts others by their names, which lie beside this Python.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    more = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PATH": path}  # no queues beside it
    to_log = f"exec {words} > {quote(str(folder / _LOG))} 2>&1"
    with started(["sh", "-c", to_log], cwd=folder, env=os.environ | more) as process:
        yield process


def _listening(process: Popen[str], port: int) -> str | None:
    """Wait until it listens; None where it ended, as when another took the port."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None:
        assert time.monotonic() < until, f"nothing listens after {PATIENCE} s"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return f"http://127.0.0.1:{port}"
        time.sleep(0.05)
    return None
