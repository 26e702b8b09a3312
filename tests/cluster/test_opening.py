"""A cluster on this machine: started for whoever asks, and gone with it."""

from __future__ import annotations

import os
import re
import signal
import sys
import time

import psutil
import pytest

from engine.cluster import opening
from engine.cluster.hosting import hosted
from engine.cluster.opening import opened
from engine.cluster.runtime import ClusterRuntime
from engine.config.sections import ComputeConfig
from engine.errors import PlaceError
from engine.places import choice, extras
from engine.places.choice import probe
from engine.places.place import Place
from tests.children import PATIENCE, finished, started

SCRIPT = """
import json, os, sys
from pathlib import Path
from engine.cluster.opening import opened
from engine.config.sections import ComputeConfig

print("here once", flush=True)
before = dict(os.environ)
compute = ComputeConfig(cluster="local", workers=1, memory_limit="3GiB")
with opened(compute, Path("scratch")) as place:
    import dask
    assert dask.config.get("distributed.deploy.lost-worker-timeout") == "15s"
    print(json.dumps(place.cluster_told()), flush=True)
    [folder] = [f.name for f in Path("scratch").iterdir()]
    print(folder, flush=True)
assert dict(os.environ) == before
print([f.name for f in Path("scratch").iterdir()])
"""
"""Without ``if __name__ == "__main__"``."""


def test_a_script_needs_no_guard_and_nothing_is_left(tmp_path):
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    done = finished([sys.executable, file], cwd=tmp_path, check=True)
    first, told, folder, left = done.stdout.splitlines()
    assert first == "here once"
    assert '"kind": "local", "workers": 1, "threads": 1, "memory": 3221225472' in told
    assert folder.startswith(".workers-")
    assert left == "[]"


def test_workers_do_nothing_beside_the_work(cluster):
    beside = cluster.members.client.run(lambda dask_worker: list(dask_worker.periodic_callbacks))
    assert len(beside) == 2
    for callbacks in beside.values():
        assert "heartbeat" in callbacks
        assert not any("profile" in name for name in callbacks)


@pytest.mark.long
def test_dask_is_imported_only_for_a_cluster(tmp_path):
    text = "import engine, sys; engine.segment; print({'dask', 'distributed'} & set(sys.modules))"
    assert finished([sys.executable, "-c", text], check=True).stdout == "set()\n"


def test_the_place_says_why(cluster):
    assert isinstance(cluster, ClusterRuntime)
    assert cluster.place == Place.CPU_CLUSTER
    assert cluster.reason.startswith("2 workers of compute.cluster local, auto: no worker has a")
    told = cluster.cluster_told()
    assert told is not None
    assert (told["workers"], told["threads"]) == (2, 2)
    assert set(told["moved"]) == {"sent", "received"}


def test_workers_listen_on_loopback_alone(cluster):
    pids = cluster.members.client.run(os.getpid).values()
    for process in [psutil.Process(pid) for pid in pids]:
        hosts = {c.laddr.ip for p in (process, process.parent()) for c in p.net_connections("tcp")}
        assert hosts == {"127.0.0.1"}


def test_libraries_in_workers_have_a_thread_each(cluster):
    def threads() -> tuple[int, str]:
        import polars as pl

        return pl.thread_pool_size(), os.environ["OMP_NUM_THREADS"]

    assert set(cluster.members.client.run(threads).values()) == {(1, "1")}


@pytest.mark.long
def test_an_error_inside_passes_and_ends_it(tmp_path):
    compute = ComputeConfig(cluster="local", workers=1)
    pids: list[int] = []

    def fail() -> None:
        with opened(compute, tmp_path) as place:
            assert isinstance(place, ClusterRuntime)
            pids.extend(place.members.client.run(os.getpid).values())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(pids) == 1
    assert not psutil.pid_exists(pids[0])
    assert not list(tmp_path.iterdir())


def test_an_interrupt_while_it_starts_leaves_nothing(tmp_path):
    text = (
        "from pathlib import Path\n"
        "from engine.cluster.hosting import hosted\n"
        f"with hosted(1, 1, 1 << 30, Path({str(tmp_path)!r})): print('started')\n"
    )
    with started([sys.executable, "-c", text]) as process:
        end = time.monotonic() + PATIENCE
        while not list(tmp_path.iterdir()):
            assert time.monotonic() < end
            time.sleep(0.01)
        ran = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert "started" not in out
    assert "KeyboardInterrupt" in err
    psutil.wait_procs(ran, timeout=PATIENCE)
    assert not list(tmp_path.iterdir())


@pytest.mark.long
def test_workers_are_let_go_before_all_is_over(tmp_path):
    with opened(ComputeConfig(cluster="local", workers=1), tmp_path) as place:
        assert isinstance(place, ClusterRuntime)
        workers = [psutil.Process(pid) for pid in place.members.client.run(os.getpid).values()]
        known = place.cluster_told()
        place.leave()
        assert psutil.wait_procs(workers, PATIENCE)[1] == []
        place.leave()
        assert place.cluster_told() == known
    assert not list(tmp_path.iterdir())


def test_workers_that_others_started_are_not_let_go(cluster):
    address = cluster.members.client.scheduler.address
    with opened(ComputeConfig(cluster=address)) as place:
        place.leave()
    assert len(cluster.members.client.run(os.getpid)) == 2


def test_workers_that_cannot_start_are_told(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(PlaceError) as caught, hosted(1, 1, 1 << 30, file):
        pass
    assert re.fullmatch(
        r"compute\.cluster is local, but its workers do not start \(.*File exists.*\); set "
        r"compute\.workers to fewer, or compute\.cluster to off to run without them\.",
        str(caught.value),
    )


@pytest.mark.parametrize(
    ("asked", "threads", "memory", "workers"),
    [("auto", 8, 64 << 30, 8), ("auto", 8, 3 << 30, 3), ("auto", 8, 1, 1), (5, 2, 1, 5)],
)
def test_how_many_workers_are_started(asked, threads, memory, workers):
    assert opening.workers_of(asked, threads, memory) == workers


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"workers": 500, "memory_limit": "1TiB"}, r"is 500 and .* local, which starts at most 4 "),
        (
            {"workers": 4, "memory_limit": "256MiB"},
            r"is 4, which leaves each 64 MiB .* 128 MiB .*at most 2\.",
        ),
    ],
)
def test_more_workers_than_a_machine_can_bear_are_refused(monkeypatch, settings, said):
    monkeypatch.setattr(opening, "available_threads", lambda: 2)
    compute = ComputeConfig(cluster="local", device="cpu", **settings)
    with pytest.raises(PlaceError, match=rf"^compute\.workers {said}"), opened(compute):
        pass


def test_without_dask_it_is_said_how_to_get_it(monkeypatch):
    def find_spec(name: str) -> None:
        return None

    monkeypatch.setattr(extras, "find_spec", find_spec)
    with pytest.raises(PlaceError) as caught, opened(ComputeConfig(cluster="local")):
        pass
    assert str(caught.value) == (
        "compute.cluster is local, but dask and distributed are not installed "
        "(pip install 'engine-segments[cluster]')."
    )
    [status] = [s for s in probe() if s.place == Place.CPU_CLUSTER]
    assert not status.available
    assert "pip install" in status.reason


def test_without_a_gpu_none_can_be_asked_for():
    if choice.device.why_not_started() is None:
        pytest.skip("this machine has a GPU")
    compute = ComputeConfig(cluster="local", device="gpu")
    with pytest.raises(PlaceError, match=r"compute\.device is gpu, but .*; set"), opened(compute):
        pass


@pytest.mark.long
def test_the_doctor_names_who_is_in_it_and_what_does_not_fit(tmp_path):
    done = finished([sys.executable, "-m", "engine", "doctor", "--cluster", "local"], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^scheduler tcp://127.0.0.1:\d+, python 3\.\d+\.\d+, engine-", done.stdout)
    assert re.search(r"^worker tcp://\S+ on \S+: 1 thread, [\d.]+ GiB, no GPU", done.stdout, re.M)
    assert re.search(r"^in all \d+ workers? on 1 host, ", done.stdout, re.MULTILINE)
    assert "problem" not in done.stdout
