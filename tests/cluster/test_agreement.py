"""What does not go together is said of the worker that has it, before rows are read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.cluster.agreement import check, crowded, differences, notes, place_of
from engine.cluster.facts import Cluster, Worker
from engine.errors import PlaceError
from engine.places.place import Place

HERE = {
    "engine-segments": "0.1.0", "python": "3.11.7", "numpy": "2.4.6", "polars": "2.1.0",
    "dask": "2026.8.0", "distributed": "2026.8.0", "cloudpickle": "3.1.2",
}  # fmt: skip

NO_DASHBOARD = "no dashboard"


def cluster(*workers: Worker, **versions: str | None) -> Cluster:
    return Cluster("tcp://s:1", "tcp://s:1", None, workers, HERE | versions)


def worker(name: str, why_not: str | None = "no driver", **versions: str | None) -> Worker:
    gpus = () if why_not else ("NVIDIA H200",)
    return Worker(f"tcp://{name}:2", name, 1, 0, 1, why_not, gpus, HERE | versions)


@pytest.mark.parametrize(
    "versions", [{}, {"numpy": "2.4.7"}, {"python": "3.11.9"}, {"cloudpickle": "3.0.0"}]
)
def test_versions_that_go_together(versions):
    assert not differences(HERE, cluster(worker("a"), worker("b", **versions)))


@pytest.mark.parametrize(
    ("package", "version"),
    [
        ("engine-segments", "0.1.1"),
        ("python", "3.12.7"),
        ("polars", "2.1.1"),
        ("numpy", "2.3.0"),
        ("dask", "2026.7.1"),
        ("cloudpickle", "2.9"),
    ],
)
def test_the_worker_that_differs_is_named(package, version):
    other = cluster(worker("a"), worker("b", **{package: version}), worker("c"))
    said = f"worker tcp://b:2 on b has {package} {version}, and this process {HERE[package]}"
    assert differences(HERE, other) == [said]
    with pytest.raises(PlaceError, match="install the same versions everywhere"):
        check(HERE, other)


def test_the_scheduler_passes_on_what_is_sent_and_computes_nothing():
    [said] = differences(HERE, cluster(worker("a"), dask="2026.7.0"))
    assert said == "the scheduler tcp://s:1 has dask 2026.7.0, and this process 2026.8.0"
    none = {"engine-segments": None, "polars": None, "numpy": "1.0"}
    assert not differences(HERE, cluster(worker("a"), **none))


def test_workers_of_one_kind():
    a, b = worker("a", None), worker("b", None)
    assert place_of("auto", cluster(a, b)) == (
        Place.GPU_CLUSTER,
        "2 workers of compute.cluster tcp://s:1, each with a GPU (NVIDIA H200)",
    )
    assert place_of("cpu", cluster(a, worker("c")))[0] == Place.CPU_CLUSTER
    place, reason = place_of("auto", cluster(worker("c")))
    assert place == Place.CPU_CLUSTER
    assert reason.endswith("auto: no worker has a GPU (no driver)")
    with pytest.raises(PlaceError, match="no worker of tcp://s:1 has one"):
        place_of("gpu", cluster(worker("c")))
    for device in ("auto", "gpu"):
        with pytest.raises(PlaceError, match=r"only 2 have a GPU.*worker tcp://c:2 on c not"):
            place_of(device, cluster(a, b, worker("c")))


def test_workers_with_more_threads_than_tasks_are_warned_of():
    assert not crowded(cluster(worker("a")))
    [said] = crowded(cluster(worker("a"), replace(worker("b"), pool=8)))
    assert said == (
        "worker tcp://b:2 on b runs a task at once, and Polars there takes 8 threads: "
        "start workers with POLARS_MAX_THREADS=1"
    )


def test_who_works_is_said_in_a_line():
    a, gib = replace(worker("a"), memory=2**30), 2**30
    assert notes(cluster(a)) == ["1 worker of one thread on a, 1.0 GiB each; " + NO_DASHBOARD]
    others = replace(worker("b"), threads=4, pool=4, memory=8 * gib), worker("c")
    assert notes(cluster(a, others[0])) == [
        "2 workers of 1 to 4 threads on 2 machines, 1.0 to 8.0 GiB each; " + NO_DASHBOARD
    ]
    [said] = notes(replace(cluster(*others, a), dashboard="http://s:8787/status"))
    assert said == "3 workers of 1 to 4 threads on 3 machines; dashboard http://s:8787/status"
