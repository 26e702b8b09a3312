"""A place opened for a run and left again: this machine, or the workers of a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.cluster.members import Members
from engine.cluster.runtime import ClusterRuntime
from engine.places.choice import choose
from engine.places.machine import available_threads, memory_bytes
from engine.places.place import Place
from engine.places.runtime import Runtime


@contextmanager
def opened(compute: Any) -> Iterator[Runtime]:
    """Open the place that the section ``compute`` asks for; a cluster started here goes with it."""
    if compute.cluster == "off":
        yield choose(compute)
        return
    from distributed import Client, LocalCluster

    workers = 2 if compute.workers == "auto" else compute.workers
    with (
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=workers, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        yield ClusterRuntime(
            Place.CPU_CLUSTER,
            f"compute.cluster is local: {workers} workers",
            threads=min(available_threads(), workers),
            memory_limit=memory_bytes(compute.memory_limit),
            members=Members(client),
        )
