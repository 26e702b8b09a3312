"""The place that a run would have, for a plan: a cluster that would be started is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.cluster.agreement import place_of
from engine.cluster.facts import Cluster, Worker
from engine.cluster.members import Members
from engine.cluster.opening import check_installed, opened, started_here
from engine.cluster.runtime import ClusterRuntime
from engine.places import device, driver
from engine.places.machine import available_threads, memory_bytes
from engine.places.runtime import Runtime


@contextmanager
def expected(compute: Any) -> Iterator[Runtime]:
    """Give the place that the section ``compute`` asks for, as it would be opened.

    A cluster that is there is joined and left, so that it tells what its workers have.

    Parameters
    ----------
    compute : ComputeConfig

    Yields
    ------
    runtime : Runtime

    Raises
    ------
    PlaceError
        As of :func:`engine.cluster.opening.opened`.
    """
    if compute.cluster != "local":
        with opened(compute) as place:
            yield place
        return
    check_installed(compute.cluster)
    n, threads, limit = started_here(compute)
    why_not = "compute.device is cpu" if compute.device == "cpu" else device.why_not()
    names = () if why_not else tuple(gpu.name for gpu in driver.gpus())
    if names:  # one worker a GPU
        n, limit = len(names), limit * n // len(names)
    workers = tuple(
        Worker("", "", threads, limit, why_not=why_not, gpus=names[i : i + 1]) for i in range(n)
    )
    cluster = Cluster("local", "", None, workers)
    yield ClusterRuntime(
        *place_of(compute.device, cluster),
        threads=available_threads() if compute.threads == "auto" else int(compute.threads),
        memory_limit=memory_bytes(compute.memory_limit),
        members=Members(None),
        cluster=cluster,
    )
