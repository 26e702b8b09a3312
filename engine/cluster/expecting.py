"""The place that a run would have, for a plan: a cluster that would be started is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from engine.cluster.agreement import place_of
from engine.cluster.facts import Cluster, Worker
from engine.cluster.gpu_runtime import GpuClusterRuntime
from engine.cluster.members import Members
from engine.cluster.opening import check_installed, opened, started_here
from engine.cluster.runtime import ClusterRuntime
from engine.places import device, driver
from engine.places.machine import available_threads, memory_bytes
from engine.places.place import Place
from engine.places.runtime import Runtime


def may_take_gpus(compute: Any) -> bool:
    """Tell whether workers that are started here might have GPUs, as far as can be said cheaply."""
    return compute.device != "cpu" and device.why_not_started() is None


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
        with opened(compute, look=True) as runtime:
            yield runtime
        return
    check_installed(compute.cluster)
    here = started_here(compute)
    why_not = "compute.device is cpu" if compute.device == "cpu" else device.why_not()
    found = driver.gpus() if here.gpus else []
    worker = Worker("", "", here.threads, here.memory, why_not=why_not)
    workers = [replace(worker, gpus=(found[i % len(found)].name,) if found else ())
               for i in range(here.workers)]  # fmt: skip
    cluster = Cluster("local", "", None, tuple(workers))
    place, reason = place_of(compute.device, cluster)
    settings: dict[str, Any] = {
        "threads": available_threads() if compute.threads == "auto" else int(compute.threads),
        "memory_limit": memory_bytes(compute.memory_limit),
        "members": Members(None),
        "cluster": cluster,
    }
    if place == Place.CPU_CLUSTER:
        yield ClusterRuntime(place, reason, **settings)
        return
    # As a pool would be that is opened on a GPU of which nothing is taken yet.
    least = min(int((gpu.memory - device.FAISS_TEMPORARY) * device.POOL_SHARE) for gpu in found)
    yield GpuClusterRuntime(place, reason, least_pool=least, **settings)
