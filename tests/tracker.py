"""An MLflow server of the tests' own, on loopback, and models that MLflow serves."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import join, quote
from typing import Any

from tests.children import PATIENCE, started

_RUNNING = re.compile(r"running on (http://127\.0\.0\.1:\d+)")


@contextmanager
def tracker(folder: Path) -> Iterator[str]:
    """Start ``mlflow server`` on SQLite and files in a folder; give its address."""
    folder.mkdir()
    stores = ("--backend-store-uri", f"sqlite:///{folder}/runs.db")
    with served(["server", *stores, "--artifacts-destination", folder / "files"], folder) as uri:
        yield uri


@contextmanager
def served(command: list[Any], folder: Path) -> Iterator[str]:
    """Start a command of MLflow that listens on a port the system chooses; give its address."""
    log, bound = folder / "log.txt", ("--host", "127.0.0.1", "--port", "0", "--workers", "1")
    words = join([str(w) for w in (sys.executable, "-m", "mlflow", *command, *bound)])
    with started(["sh", "-c", f"exec {words} > {quote(str(log))} 2>&1"], cwd=folder) as process:
        until = time.monotonic() + PATIENCE
        while not (found := _RUNNING.search(log.read_text() if log.exists() else "")):
            assert process.poll() is None, log.exists() and log.read_text()
            assert time.monotonic() < until, f"nothing listens after {PATIENCE} s"
            time.sleep(0.05)
        yield found[1]
