"""Plans for a cluster: pieces, bytes of a worker and here, refusals; no cluster is started."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

import engine
from engine.cluster import expecting
from engine.cluster.facts import Cluster, Worker
from engine.cluster.members import Members
from engine.cluster.runtime import ClusterRuntime
from engine.command_line.console import print_plan
from engine.config.loading import load_config
from engine.data_preparation.prepare import load
from engine.data_preparation.reading.cuts import PIECE_ROWS
from engine.errors import EngineError
from engine.places.place import Place
from engine.planning.customers import as_planned, check, make_plan
from engine.planning.steps import Plan

GIB = 1 << 30
ROWS, WIDTH = 20_000, 12


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    made = tmp_path_factory.mktemp("planning") / "customers.parquet"
    columns = {f"x{i}": pl.int_range(ROWS, eager=True) * 1.5 + i for i in range(WIDTH)}
    pl.DataFrame({"customer_id": range(ROWS), **columns}).write_parquet(made)
    return made


def crew(n: int = 2, threads: int = 1, memory: int = 4 * GIB, limit: int = 64 * GIB, **more: Any):
    workers = tuple(Worker(f"tcp://w{i}", f"w{i}", threads, memory) for i in range(n))
    cluster = Cluster("tcp://s:1", "tcp://s:1", None, workers)
    known = {"threads": 2, "memory_limit": limit, "members": Members(None), "cluster": cluster}
    return ClusterRuntime(Place.CPU_CLUSTER, "for the tests", **known, **more)


def planned(file: Any, runtime: ClusterRuntime, keys: dict | None = None, **known: int) -> Plan:
    tree = {"input": {"path": str(file)}, "clustering": {"k": 3}}
    config = load_config(tree, keys)
    return make_plan(config, load(config), runtime, **known)


def test_pieces_are_those_of_the_files(file):
    plan = planned(file, crew())
    assert plan.pieces == 1
    assert plan.methods == ("kmeans",)
    assert plan.refusals == ()
    assert not plan.in_file
    assert plan.on_disk == 0
    assert 0 < plan.worker_peak < 4 * GIB
    assert plan.seconds > 0


def test_what_is_here_does_not_grow_with_the_customers(file):
    few, many = (planned(file, crew(40), n_rows=n) for n in (10 * PIECE_ROWS, 1_000 * PIECE_ROWS))
    for one, other in zip(few.steps, many.steps, strict=True):
        assert other.bytes == one.bytes, one.name
    assert many.worker_peak >= few.worker_peak


@pytest.mark.parametrize("method", ["kmeans", "spectral", "ann_methods", "pca_methods"])
def test_nor_does_a_fit(file, method):
    keys = {"clustering.methods": [method]}
    sizes = [planned(file, crew(), keys, n_rows=n).peak for n in (2 * 10**7, 10**9)]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.05)


def test_more_workers_hold_less_each(file, monkeypatch):
    monkeypatch.setattr("engine.planning.cluster.cut_about", lambda _: [Piece()] * 100)
    held = [planned(file, crew(n), n_rows=100 * PIECE_ROWS).worker_peak for n in (2, 10, 50)]
    assert held == sorted(held, reverse=True)
    assert held[0] > 3 * held[2]


class Piece:
    """As a piece of the files tells of itself."""

    rows = PIECE_ROWS


def test_pieces_that_do_not_fit_lie_on_disks(file, monkeypatch):
    monkeypatch.setattr("engine.planning.cluster.cut_about", lambda _: [Piece()] * 100)
    plan = planned(file, crew(2, memory=4 * GIB), n_rows=100 * PIECE_ROWS)
    assert plan.refusals == ()
    assert plan.worker_peak > 4 * GIB
    assert 0 < plan.on_disk < plan.worker_peak


def test_a_worker_without_room_for_a_task_is_refused(file):
    tight = crew(memory=384 << 20)
    (refusal,) = planned(file, tight).refusals
    assert refusal.startswith("a worker needs about ")
    assert (
        "for a task on pieces of 20,000 customers, more than 80% of its memory (384 MiB)" in refusal
    )
    with pytest.raises(EngineError, match="give workers more memory or fewer threads"):
        check(planned(file, tight), tight)
    assert planned(file, crew(memory=0)).refusals == ()
    (refusal,) = planned(file, crew(threads=16, memory=GIB)).refusals
    assert "for 16 tasks at once" in refusal


def test_too_little_memory_here_is_refused(file):
    (refusal,) = planned(file, crew(limit=32 << 20)).refusals
    assert refusal.startswith("this process needs about ")
    assert refusal.endswith("more than compute.memory_limit (32 MiB); raise the limit.")


def test_nothing_lies_in_a_file_here(file):
    config = load_config({"input": {"path": str(file)}, "clustering": {"k": 3}})
    loaded, runtime = load(config), crew()
    plan = make_plan(config, loaded, runtime, n_rows=10**9)
    assert as_planned(replace(plan, refusals=()), loaded, runtime) == (loaded, runtime)


def test_a_cluster_is_not_started_for_a_plan(file, monkeypatch, capsys):
    def started(*_: Any, **__: Any) -> None:
        message = "a plan starts nothing"
        raise AssertionError(message)

    monkeypatch.setattr(expecting, "opened", started)
    compute = {"cluster": "local", "workers": 3, "threads": 6, "memory_limit": "12GiB"}
    plan = engine.plan({"input": {"path": str(file)}, "compute": {**compute, "device": "cpu"}})
    assert plan.runtime.place == Place.CPU_CLUSTER
    assert plan.refusals == ()
    print_plan(plan)
    told = capsys.readouterr().out
    assert "workers: 3 of 2 threads and 4 GiB; 1 piece of rows" in told
    assert "here: 0 bytes a customer, and samples" in told
    assert "in all, within a factor of three" in told
    assert "a worker" in told.splitlines()[0]
