"""A cluster that stands by itself is joined, or one sentence says within a time why not."""

from __future__ import annotations

import json
import socket
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from threading import Thread
from types import SimpleNamespace
from typing import Any

import dask
import numpy as np
import polars as pl
import pytest

import engine
from engine.cluster import calling, joining, visible
from engine.cluster.expecting import expected
from engine.cluster.opening import examined, opened
from engine.config.sections import ComputeConfig
from engine.errors import PlaceError
from engine.places.place import Place
from engine.utilities.progress import Progress
from tests.children import finished
from tests.cluster.standing import scheduler, worker
from tests.drawing import undrawn


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Iterator[Path]:
    file = tmp_path_factory.mktemp("cluster") / "scheduler.json"
    with scheduler(file):
        yield file


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """Other tests of this machine may take every core: workers are waited for."""
    monkeypatch.setattr(joining, "WORKERS_SECONDS", 40)
    monkeypatch.setattr(calling, "CONNECT_SECONDS", 40)
    monkeypatch.setattr(calling, "ANSWER_SECONDS", 60)


def join(cluster: Any, workers: int = 1) -> Any:
    return opened(ComputeConfig(cluster=str(cluster), workers=workers, device="cpu"))


def refused(cluster: Any, workers: int = 1) -> str:
    with pytest.raises(PlaceError) as caught, join(cluster, workers):
        pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_workers_are_met_and_told(file, tmp_path):
    words, notes = ("--memory-limit", "1GiB", "--nworkers", "2"), []
    with (
        worker(file, *words, cwd=tmp_path, POLARS_MAX_THREADS="3"),
        join(file, 2) as runtime,
    ):
        told = runtime.cluster_told()
        runtime.hear(notes.append)
        assert runtime.place == Place.CPU_CLUSTER
        assert (told["kind"], told["workers"], told["threads"]) == ("scheduler file", 2, 2)
        assert told["memory"] == 2 * 2**30
        assert told["hosts"] == [socket.gethostname()]
        assert told["versions"]["polars"] == pl.__version__
        assert any("POLARS_MAX_THREADS=1" in note for note in notes)
        assert notes[0].startswith("2 workers of one thread on ")
        assert ", 1.0 GiB each; dashboard http://127.0.0.1:" in notes[0]
        _see(runtime, tmp_path)
        _see_each(runtime, tmp_path)


def _see(runtime: Any, tmp_path: Path) -> None:
    """Workers of another folder see the same paths; what they do not see is named."""
    seen, folder = tmp_path / "a.csv", tmp_path / "out"
    seen.write_text("id\n1\n")
    folder.mkdir()
    runtime.check_seen([seen], [folder])
    assert not list(folder.iterdir())
    assert visible.trouble([(str(seen), 6)], [], 0) == (
        f"sees another file at {seen} (5 bytes, and here 6)"
    )
    assert visible.trouble([(f"{seen}x", 6)], [], 0) == (
        f"does not see {seen}x (No such file or directory)"
    )
    assert visible.trouble([], [f"{folder}/token"], 0) == (
        f"does not see what is written to {folder}"
    )


def _see_each(runtime: Any, tmp_path: Path) -> None:
    """Both workers of one machine are asked: one may see what the other does not."""
    client = runtime.members.client
    for one in runtime.workers:
        client.run(_blind, workers=[one.address])
        with pytest.raises(PlaceError, match=rf"worker {one.address} on \S+ sees nothing: all"):
            runtime.check_seen([], [tmp_path])
        client.run(_seeing, workers=[one.address])
    runtime.check_seen([], [tmp_path])


def _blind() -> None:
    visible.seen_before, visible.trouble = visible.trouble, lambda *_: "sees nothing"  # type: ignore


def _seeing() -> None:
    visible.trouble = visible.seen_before  # type: ignore[attr-defined]


def test_no_worker_in_time(file, monkeypatch):
    monkeypatch.setattr(joining, "WORKERS_SECONDS", 0.5)
    said = refused(file)
    assert "no worker is there after 0 seconds; start workers (dask worker tcp://127" in said


def test_a_run_tells_that_it_waits(file, monkeypatch):
    monkeypatch.setattr(joining, "WORKERS_SECONDS", 1.5)
    said: list[str] = []
    compute = ComputeConfig(cluster=str(file), workers=2)
    with pytest.raises(PlaceError), opened(compute, tell=said.append):
        pass
    assert said == ["waiting up to 2 s for 2 workers, of which 0 are there"]


def test_who_only_looks_waits_less(file, monkeypatch):
    monkeypatch.setattr(joining, "LOOK_SECONDS", 0.5)
    compute = ComputeConfig(cluster=str(file))
    with pytest.raises(PlaceError, match="no worker is there after 0 seconds"):
        examined(compute)
    with pytest.raises(PlaceError, match="no worker is there after 0 seconds"), expected(compute):
        pass


@pytest.mark.long
def test_a_worker_without_the_package(file, tmp_path):
    # Packages are found, and what is installed by a link to its folder is not.
    packages = sysconfig.get_path("purelib")
    with worker(file, cwd=tmp_path, python=("-S",), PYTHONPATH=packages):
        said = refused(file)
    assert "worker tcp://127" in said
    assert "cannot run the engine" in said


@pytest.mark.long
def test_a_worker_of_another_version(file, tmp_path):
    older = tmp_path / "polars-1.9.0.dist-info"
    older.mkdir()
    (older / "METADATA").write_text("Metadata-Version: 2.1\nName: polars\nVersion: 1.9.0\n")
    with worker(file, cwd=tmp_path, PYTHONPATH=str(tmp_path)):
        said = refused(file)
    assert f"has polars 1.9.0, and this process {pl.__version__}" in said


def test_no_scheduler_where_it_is_said_to_be(tmp_path, monkeypatch):
    monkeypatch.setattr(calling, "CONNECT_SECONDS", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        assert f"no scheduler answers at {address} ([Errno 111] Connection ref" in refused(address)
        free.listen()  # something else, which says nothing
        said = f"no scheduler answers at {address} (it says nothing that a scheduler says for 1"
        assert said in refused(address)
        tls = address.replace("tcp", "tls")
        assert "name certificates in Dask's configuration" in refused(tls)


@pytest.mark.long
def test_a_worker_is_no_scheduler_and_nothing_of_dask_is_printed(file, tmp_path):
    """In a process of its own: Dask sets up its logging when it is first imported."""
    with worker(file, "--no-nanny", cwd=tmp_path), join(file) as runtime:
        address = runtime.workers[0].address
        text = (
            "from engine.cluster.opening import opened\n"
            "from engine.config.sections import ComputeConfig\n"
            "from engine.errors import EngineError\n"
            "try:\n"
            f"    with opened(ComputeConfig(cluster={address!r})): pass\n"
            "except EngineError as error: print(error)\n"
        )
        done = finished([sys.executable, "-c", text], check=True)
    assert f"no scheduler answers at {address} (a worker of Dask listens there)" in done.stdout
    assert not done.stderr


@pytest.mark.long
def test_a_scheduler_needs_nothing_of_the_package(tmp_path):
    file, packages = tmp_path / "s.json", sysconfig.get_path("purelib")
    alone = {"python": ("-S",), "PYTHONPATH": packages, "cwd": tmp_path}
    with scheduler(file, **alone), worker(file, cwd=tmp_path), join(file) as runtime:
        assert runtime.members.client.run_on_scheduler(find_spec, "engine") is None
        tasks = runtime.members.tasks(pl.Series.sum, [pl.Series([1, 2]), pl.Series([3])])
        assert runtime.members.results(tasks) == [3, 3]


@pytest.mark.long
@pytest.mark.faults
def test_a_worker_that_joins_later_and_differs_computes_nothing(file, tmp_path):
    older = tmp_path / "older" / "polars-1.9.0.dist-info"
    older.mkdir(parents=True)
    (older / "METADATA").write_text("Metadata-Version: 2.1\nName: polars\nVersion: 1.9.0\n")
    with ExitStack() as stack:
        first = stack.enter_context(worker(file, "--no-nanny", cwd=tmp_path))
        runtime = stack.enter_context(join(file))
        members = runtime.members
        stack.enter_context(worker(file, "--no-nanny", cwd=tmp_path, PYTHONPATH=str(older.parent)))
        members.client.wait_for_workers(2, timeout=60)
        first.kill()
        said = (
            r"^a worker that joined does not fit: worker tcp://127\S+ on \S+ has polars 1\.9\.0, "
            f"and this process {pl.__version__}; install the same versions everywhere"
        )
        with pytest.raises(PlaceError, match=said):
            members.results(members.tasks(abs, range(4)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read (No such file or directory)"),
        ("{}", "is not what a Dask scheduler writes"),
        ("[", "is not what a Dask scheduler writes"),
    ],
)
def test_scheduler_files_that_are_none(tmp_path, text, said):
    file = tmp_path / "s.json"
    if text is not None:
        file.write_text(text)
    assert said in refused(file)


class _Noted(Progress):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.mark.long
def test_a_run_on_workers_that_were_started_elsewhere(file, tmp_path, monkeypatch):
    """Paths are relative to the folder of whoever runs it, not to those of workers."""
    rng = np.random.default_rng(0)
    columns = {f"x{i}": rng.normal(size=4_000) + 9 * (i % 2) for i in range(4)}
    pl.DataFrame({"id": np.arange(4_000), **columns}).write_parquet(tmp_path / "c.parquet")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    asked = {
        "input.path": "c.parquet", "clustering.k": 3, "clustering.kmeans.n_init": 2,
        "evaluation.resamples": 0, "compute.cluster": str(file),
    }  # fmt: skip
    with worker(file, cwd=tmp_path / "other"), undrawn():
        result = engine.segment(None, asked, progress=(told := _Noted()))
    # Where the worker is slow to start, it is first said that it is waited for.
    said = [note for note in told.notes if not note.startswith("waiting up to ")]
    assert said[0].startswith("1 worker of one thread on ")
    # What is saved is what was asked, as on one machine.
    saved = result.summary["config"]
    assert (saved["input"]["path"], saved["output"]["reports"]) == ("c.parquet", "reports")
    assert result.summary["input"]["files"] == ["c.parquet"]
    assert result.summary["n_customers"] == 4_000
    assert result.summary["cluster"]["kind"] == "scheduler file"
    assert not list((tmp_path / "other").iterdir())
    assert result.report_path.is_relative_to(tmp_path / "reports")


@pytest.mark.long
@pytest.mark.skipif(which("openssl") is None, reason="openssl makes the certificate")
def test_certificates_are_those_of_dask_own_configuration(tmp_path, monkeypatch):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = ("-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=here")
    finished(["openssl", "req", *words, "-keyout", key, "-out", certificate], check=True)
    tls: dict[str, Any] = {"ca-file": str(certificate)} | {
        who: {"key": str(key), "cert": str(certificate)}
        for who in ("client", "scheduler", "worker")
    }
    file, settings = tmp_path / "s.json", {"distributed": {"comm": {"tls": tls}}}
    (tmp_path / "dask.yaml").write_text(json.dumps(settings))
    monkeypatch.setenv("DASK_CONFIG", str(tmp_path))
    with scheduler(file, "--protocol", "tls") as address:
        assert address.startswith("tls://")
        monkeypatch.setattr(calling, "CONNECT_SECONDS", 10)
        assert "name certificates in Dask's configuration" in refused(address)
        named = {f"distributed.comm.tls.client.{k}": v for k, v in tls["client"].items()}
        named["distributed.comm.tls.ca-file"] = tls["ca-file"]
        with (
            worker(file, "--protocol", "tls", cwd=tmp_path),
            dask.config.set(named),
            join(address) as runtime,
        ):
            told = runtime.cluster_told()
    assert (told["kind"], told["workers"]) == ("tls", 1)


@pytest.fixture
def pages() -> Iterator[str]:
    """Serve one page, which knows of no HEAD, as those of dashboards do."""

    class Pages(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_error(405 if self.path == "/status" else 404)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_dashboard_is_told_of_where_there_is_one(pages):
    def told(link: str | None) -> str | None:
        return joining._dashboard(SimpleNamespace(dashboard_link=link), "tcp://s:1")

    assert told(f"{pages}/status") == f"{pages}/status"
    assert told(f"{pages}/none") is None
    assert told(None) is None
    assert told("") is None
    unseen = "http://127.0.0.1:9/status"
    assert told(unseen) == unseen
