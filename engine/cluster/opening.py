"""A place opened for a run and left again: this machine, or the workers of a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.cluster.hosting import hosted
from engine.cluster.joining import joined
from engine.cluster.members import Members
from engine.cluster.runtime import ClusterRuntime
from engine.errors import PlaceError
from engine.places.choice import choose, no_dask
from engine.places.machine import available_threads, memory_bytes
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
    if reason := no_dask():
        message = f"compute.cluster is {compute.cluster}, but {reason}."
        raise PlaceError(message)
    threads = available_threads() if compute.threads == "auto" else int(compute.threads)
    limit = memory_bytes(compute.memory_limit)
    if compute.cluster != "local":
        with joined(compute.cluster) as client:
            yield _runtime(compute, client, threads, limit)
        return
    workers = _workers(compute.workers, threads, limit)
    with (
        hosted(workers, max(1, threads // workers), limit // workers, scratch) as address,
        joined(address) as client,
    ):
        yield _runtime(compute, client, threads, limit)


def _workers(asked: int | str, threads: int, limit: int) -> int:
    """Say how many workers this machine starts: one a thread, as far as its memory goes."""
    return max(1, min(threads, limit // LEAST_MEMORY)) if asked == "auto" else int(asked)


def _runtime(compute: Any, client: Any, threads: int, limit: int) -> Runtime:
    n = len(client.scheduler_info(n_workers=-1)["workers"])
    return ClusterRuntime(
        Place.CPU_CLUSTER,
        f"compute.cluster is {compute.cluster}: {n} workers",
        threads=threads,
        memory_limit=limit,
        members=Members(client),
    )
