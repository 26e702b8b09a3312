"""A run on a cluster that is stopped from outside: it says so, and nothing of it is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import psutil
import pytest

from tests.children import PATIENCE, started

pytestmark = [pytest.mark.long, pytest.mark.faults]

WITHIN = 60.0
"""Seconds that a machine with much else to do may take to end everything."""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    n = 200_000
    segment = rng.integers(0, 4, n)
    columns = {f"x{i}": rng.normal(size=n) + 6 * (segment == i) for i in range(4)}
    pl.DataFrame({"id": np.arange(n), **columns}).write_parquet(tmp_path / "customers.parquet")
    (tmp_path / "tmp").mkdir()
    asked = {
        "input": {"path": str(tmp_path / "customers.parquet")},
        "output": {key: str(tmp_path / key) for key in ("processed", "models", "reports")},
        "compute": {"cluster": "local", "workers": 2},
    }
    (tmp_path / "config.yaml").write_text(json.dumps(asked), encoding="utf-8")
    return tmp_path / "config.yaml"


def stopped(
    config: Path, stage: str, stop: Callable[[subprocess.Popen[str]], None]
) -> tuple[int, str, list[psutil.Process]]:
    """Run until a stage is over and stop that: the exit code, what was said, what had run."""
    command = [sys.executable, "-m", "engine", "run", config]
    environment = os.environ | {"TMPDIR": str(config.parent / "tmp")}
    with started(command, env=environment) as process:
        assert process.stderr is not None
        lines: list[str] = []
        for line in process.stderr:
            lines.append(line)
            if line.startswith(stage):
                break
        else:
            pytest.fail("".join(lines))
        ran = psutil.Process(process.pid).children(recursive=True)
        reader = threading.Thread(target=lambda: lines.extend(process.stderr), daemon=True)
        reader.start()
        stop(process)
        code = process.wait(PATIENCE)
        reader.join(PATIENCE)
        return code, "".join(lines), ran


def gone(processes: list[psutil.Process]) -> bool:
    """Wait until processes have ended."""
    by = time.monotonic() + WITHIN
    while time.monotonic() < by:
        if not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes):
            return True
        time.sleep(0.1)
    return False


def left(folder: Path) -> list[str]:
    """List the files in a folder, but for those of an empty folder's lock."""
    return sorted(str(f.relative_to(folder)) for f in folder.rglob("*"))


@pytest.mark.parametrize("stage", ["prepare", "cluster", "save"])
@pytest.mark.parametrize(
    ("number", "group"),
    [(signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGINT, True)],
    ids=["interrupt", "terminate", "terminal"],
)
def test_a_signal_ends_all_of_it(config, number, group, stage):
    """Behind the later stages two go on: one describes while one scores, one saves, one draws."""

    def stop(process: subprocess.Popen[str]) -> None:
        (os.killpg if group else os.kill)(process.pid, number)

    code, said, ran = stopped(config, stage, stop)
    assert code == 128 + number
    assert "engine: interrupted; earlier results are as they were." in said
    assert "Traceback" not in said
    assert len(ran) >= 3  # the program that holds the cluster, and two workers
    assert gone(ran)
    assert left(config.parent / "tmp") == []
    assert not any(".workers-" in name for name in left(config.parent))


def test_a_killed_run_takes_its_cluster_along(config):
    code, _, ran = stopped(config, "load", lambda process: process.kill())
    assert code == -signal.SIGKILL
    assert len(ran) >= 3
    assert gone(ran)
    assert not any(".workers-" in name for name in left(config.parent))


def test_a_killed_cluster_ends_the_run_in_a_sentence_and_the_next_one_clears_up(config):
    def stop(process: subprocess.Popen[str]) -> None:
        (holder,) = psutil.Process(process.pid).children()
        workers = holder.children(recursive=True)
        for one in (holder, *workers):
            with suppress(psutil.NoSuchProcess):
                one.kill()

    code, said, ran = stopped(config, "load", stop)
    assert code == 7
    assert "engine: the scheduler at tcp://127.0.0.1:" in said
    assert "earlier results are as they were" in said
    assert "Traceback" not in said
    assert gone(ran)
    # The folder of workers that were killed is removed by whoever comes next.
    code, _, ran = stopped(config, "load", lambda process: process.send_signal(signal.SIGINT))
    assert code == 130
    assert gone(ran)
    assert not any(".workers-" in name for name in left(config.parent))
