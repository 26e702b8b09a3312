"""A cluster that cannot go on: a sentence within a stated time, and nothing is left of it."""

from __future__ import annotations

import os
import re
import signal
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import psutil
import pytest

from engine.cluster import waiting
from engine.cluster.opening import opened
from engine.cluster.runtime import ClusterRuntime
from engine.config.sections import ComputeConfig
from engine.errors import MemoryLimitError, PlaceError
from tests.children import finished
from tests.cluster import standing
from tests.cluster.killing import pids

pytestmark = [pytest.mark.long, pytest.mark.faults]


@contextmanager
def one_worker(**settings: Any) -> Iterator[ClusterRuntime]:
    """Give a cluster of one worker; nothing of it is left afterwards."""
    before = {p.pid for p in psutil.Process().children(recursive=True)}
    with opened(ComputeConfig(cluster="local", workers=1, **settings)) as runtime:
        assert isinstance(runtime, ClusterRuntime)
        yield runtime
    left = [p for p in psutil.Process().children(recursive=True) if p.pid not in before]
    assert not left


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Hold the time that a wait may take; a machine that others use is slower."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < 3 * seconds


def nap(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def host(cluster: ClusterRuntime) -> psutil.Process:
    """Give the process that holds the scheduler."""
    worker = psutil.Process(pids(cluster.members)[0])
    return next(p for p in worker.parents() if p.ppid() == os.getpid())


def test_the_only_worker_killed_is_started_again():
    with one_worker() as cluster:
        members = cluster.members
        there = members.tasks(np.full, range(1, 5), range(4))
        members.wait(there)
        os.kill(pids(members)[0], signal.SIGKILL)
        found = members.combined(np.sum, there, combine=lambda a, b: a + b)
        assert found == 0 * 1 + 1 * 2 + 2 * 3 + 3 * 4


@pytest.mark.parametrize("wait", ["results", "wait"])
def test_a_scheduler_that_dies_is_told(wait):
    with within(30), one_worker() as cluster:
        members = cluster.members
        tasks = members.tasks(nap, [60.0])
        threading.Timer(1.0, host(cluster).kill).start()
        with within(5), pytest.raises(PlaceError, match=r"^the scheduler at tcp://.* went away"):
            getattr(members, wait)(tasks)
        with within(2), pytest.raises(PlaceError, match="went away"):
            members.combined(nap, [0.1], combine=max)


def test_a_scheduler_that_does_not_answer_is_told(monkeypatch):
    monkeypatch.setattr(waiting, "SILENT", 2.0)
    with one_worker() as cluster:
        frozen = host(cluster)
        frozen.suspend()
        try:
            with within(5), pytest.raises(PlaceError, match="has not answered for 2 s"):
                cluster.members.results(cluster.members.tasks(nap, [60.0]))
        finally:
            frozen.resume()


def test_no_worker_any_more_is_told(monkeypatch):
    monkeypatch.setattr(waiting, "DESERTED", 1.0)
    with one_worker() as cluster:
        client = cluster.members.client
        client.retire_workers(list(client.scheduler_info(n_workers=-1)["workers"]))
        with within(10), pytest.raises(PlaceError, match="has had no worker for 1 s"):
            cluster.members.results(cluster.members.tasks(nap, [60.0]))


def test_of_the_last_worker_is_told_once_and_nothing_of_dask_is_printed():
    """In a process of its own, whose standard error is looked at to its end."""
    text = (
        "import time\n"
        "from engine.cluster import waiting\n"
        "from engine.cluster.opening import opened\n"
        "from engine.config.sections import ComputeConfig\n"
        "from engine.errors import EngineError\n"
        "waiting.DESERTED, told = 3.0, []\n"
        "try:\n"
        "    with opened(ComputeConfig(cluster='local', workers=1, device='cpu')) as runtime:\n"
        "        members, client = runtime.members, runtime.members.client\n"
        "        members.watch.tell = told.append\n"
        "        futures = members.tasks(time.sleep, [60.0, 60.0])\n"
        "        for _ in range(12): members.watch.look(); time.sleep(0.2)\n"
        "        client.retire_workers(list(client.scheduler_info(n_workers=-1)['workers']))\n"
        "        members.results(futures)\n"
        "except EngineError as error: print(*told, members.watch.lost, error, sep='; ')\n"
    )
    done = finished([sys.executable, "-c", text], check=True)
    assert re.match(
        r"worker tcp://\S+ was lost; none is left, and one is waited for up to 3 s; 1; "
        r"the cluster at tcp://\S+ has had no worker for 3 s",
        done.stdout,
    )
    assert not done.stderr


def test_a_worker_that_runs_out_of_its_memory_is_told():
    def hungry(_: int) -> float:
        held = []
        for _ in range(60):
            held.append(np.ones(1 << 22))
            time.sleep(0.05)
        return float(held[0][0])

    with one_worker(memory_limit="700 MiB") as cluster, within(60):
        members = cluster.members
        with pytest.raises(MemoryLimitError, match=r"ended 4 workers.*0\.7 GiB"):
            members.wait(members.tasks(hungry, [0]))


def test_workers_that_are_full_for_good_are_told(monkeypatch):
    monkeypatch.setattr(waiting, "PAUSED", 1.0)

    def fill(limit: int) -> int:
        """Hold 88 % of what the worker may, by something that cannot be spilled."""
        psutil.held = np.ones(int(limit * 0.88 - psutil.Process().memory_info().rss) // 8)
        return limit

    with one_worker(memory_limit="1 GiB") as cluster:
        members = cluster.members
        members.results(members.tasks(fill, [1 << 30]))
        time.sleep(1)  # workers measure themselves a few times a second
        with within(10), pytest.raises(MemoryLimitError, match="take no more tasks"):
            members.wait(members.tasks(nap, [0.1, 0.1]))


def test_a_late_worker_without_the_package_is_told(tmp_path):
    """Only it is there, once the one that was met has gone."""
    file, packages = tmp_path / "scheduler.json", sysconfig.get_path("purelib")
    with standing.scheduler(file) as address, ExitStack() as stack:
        first = stack.enter_context(standing.worker(file, "--no-nanny"))
        with opened(ComputeConfig(cluster=str(file), device="cpu")) as runtime:
            assert isinstance(runtime, ClusterRuntime)
            members = runtime.members
            late = standing.worker(
                file, "--no-nanny", cwd=tmp_path, python=("-S",), PYTHONPATH=packages
            )
            stack.enter_context(late)
            members.client.wait_for_workers(2, timeout=60)
            first.kill()
            said = f"^workers of the cluster at {address} cannot run what is sent to them"
            with pytest.raises(PlaceError, match=said):
                members.results(members.tasks(time.sleep, [0.1] * 4))
