"""A place opened for a run and left again: this machine, or the workers of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from engine.cluster.agreement import check, crowded, place_of
from engine.cluster.facts import PACKAGES, Cluster
from engine.cluster.gpu import on_gpus, taken_by_others
from engine.cluster.gpu_runtime import GpuClusterRuntime
from engine.cluster.gpu_worker import Opener
from engine.cluster.hosting import hosted
from engine.cluster.joining import asked_each, joined, met, told_versions
from engine.cluster.members import Members
from engine.cluster.runtime import ClusterRuntime
from engine.errors import PlaceError
from engine.places.choice import choose, no_dask
from engine.places.device import why_not_started
from engine.places.machine import available_threads, driver_device_count, memory_bytes
from engine.places.place import Place
from engine.places.runtime import Runtime

LEAST_MEMORY = 1 << 30
"""Bytes for a worker, below which ``compute.workers: auto`` starts fewer."""


@contextmanager
def opened(compute: Any, scratch: Path | None = None) -> Iterator[Runtime]:
    """Open the place that the section ``compute`` asks for; a cluster started here goes with it.

    Parameters
    ----------
    compute : ComputeConfig
    scratch : Path, optional
        Where workers that are started here keep what does not fit in their memory.

    Yields
    ------
    runtime : Runtime

    Raises
    ------
    PlaceError
        There is none: Dask is not installed, workers do not start or are not there in time, or
        what they have does not go together.
    """
    if compute.cluster == "off":
        yield choose(compute)
        return
    with attached(compute, scratch) as (client, cluster), ExitStack() as stack:
        made = _made(compute, client, cluster, stack)
        yield made(
            threads=_threads(compute),
            memory_limit=memory_bytes(compute.memory_limit),
            members=Members(client),
            cluster=cluster,
            notes=notes(cluster),
        )


def _made(
    compute: Any, client: Any, cluster: Cluster, stack: ExitStack
) -> Callable[..., ClusterRuntime]:
    """Give what makes the runtime, after opening the GPUs that it uses until the stack is left."""
    place, reason = place_of(compute.device, cluster)
    if place is Place.CPU_CLUSTER:
        if other := taken_by_others(client):
            message = f"compute.cluster {cluster.asked} cannot be used: {other}."
            raise PlaceError(message)
        return partial(ClusterRuntime, place, reason)
    opener = Opener(ours=cluster.asked == "local", spill=compute.spill)
    try:
        gpus = stack.enter_context(on_gpus(client, opener))
    except PlaceError as error:
        if compute.device == "auto":
            return partial(ClusterRuntime, Place.CPU_CLUSTER, f"auto: {error}")
        message = f"compute.device is gpu, but {error}; set compute.device to cpu or auto."
        raise PlaceError(message) from None
    return partial(GpuClusterRuntime, place, reason, least_pool=min(gpu.pool for gpu in gpus))


def notes(cluster: Cluster) -> tuple[str, ...]:
    """Say what people should know when a run begins: where its dashboard is, and warnings."""
    shown = [f"dashboard of the cluster: {cluster.dashboard}"] if cluster.dashboard else []
    return (*shown, *(f"warning: {sentence}" for sentence in crowded(cluster)))


@contextmanager
def attached(compute: Any, scratch: Path | None = None) -> Iterator[tuple[Any, Cluster]]:
    """Start or join a cluster, and look at what goes together.

    Parameters
    ----------
    compute, scratch
        As of :func:`opened`.

    Yields
    ------
    client : distributed.Client
    cluster : Cluster

    Raises
    ------
    PlaceError
        As of :func:`opened`.
    """
    asked = compute.cluster
    if reason := no_dask():
        message = f"compute.cluster is {asked}, but {reason}."
        raise PlaceError(message)
    with ExitStack() as stack:
        address, least = None, 1 if compute.workers == "auto" else int(compute.workers)
        if asked == "local":
            threads, limit = _threads(compute), memory_bytes(compute.memory_limit)
            gpus = compute.device != "cpu" and why_not_started("dask_cuda") is None
            least = _workers(compute.workers, threads, limit)
            if gpus and compute.workers == "auto":
                least = driver_device_count() or 1
            address = stack.enter_context(
                hosted(least, max(1, threads // least), limit // least, scratch, gpus=gpus)
            )
        client = stack.enter_context(joined(asked, address))
        cluster = met(client, asked, least)
        check(own_versions(), cluster)
        yield client, asked_each(client, cluster, gpu=compute.device != "cpu")


def _threads(compute: Any) -> int:
    return available_threads() if compute.threads == "auto" else int(compute.threads)


def _workers(asked: int | str, threads: int, limit: int) -> int:
    """Say how many workers this machine starts: one a thread, as far as its memory goes."""
    return max(1, min(threads, limit // LEAST_MEMORY)) if asked == "auto" else int(asked)


def own_versions() -> dict[str, str | None]:
    """Give the versions of this process, as those of workers are told."""
    from distributed.versions import get_versions

    return told_versions(get_versions(packages=PACKAGES))
