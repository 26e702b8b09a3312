"""Clusters that stand by themselves, as people start them: a scheduler and workers on loopback."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.children import PATIENCE, started

QUIET = {"DASK_LOGGING__DISTRIBUTED": "error"}


@contextmanager
def scheduler(
    file: Path, *words: str, cwd: Path | None = None, python: tuple[str, ...] = (), **env: str
) -> Iterator[str]:
    """Start a scheduler that writes a scheduler file; give its address."""
    places = ("--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0")
    words = ("--scheduler-file", str(file.absolute()), *words)
    command = (*python, "-m", "distributed.cli.dask_scheduler", *places, *words)
    with started([sys.executable, *command], env=os.environ | QUIET | env, cwd=cwd) as process:
        end = time.monotonic() + PATIENCE
        while (address := _address(file)) is None:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.05)
        yield address


def _address(file: Path) -> str | None:
    """Give the address that a scheduler's file names; None until it is written to its end."""
    try:
        return str(json.loads(file.read_text())["address"])
    except (FileNotFoundError, json.JSONDecodeError):
        return None


@contextmanager
def worker(
    file: Path, *words: str, cwd: Path | None = None, python: tuple[str, ...] = (), **env: str
) -> Iterator[Any]:
    """Start a worker of one thread, without waiting for it."""
    places = ("--host", "127.0.0.1", "--scheduler-file", file.absolute(), "--nthreads", "1")
    command = (*python, "-m", "distributed.cli.dask_worker", *places, "--no-dashboard", *words)
    with started([sys.executable, *command], env=os.environ | QUIET | env, cwd=cwd) as process:
        yield process
