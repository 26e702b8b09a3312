"""A place opened for a run and left again: this machine, or the workers of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from engine.cluster import joining
from engine.cluster.agreement import check, crowded, differences, place_of, unlike
from engine.cluster.facts import Cluster, own_versions
from engine.cluster.gpu import on_gpus, taken_by_others
from engine.cluster.gpu_runtime import GpuClusterRuntime
from engine.cluster.gpu_worker import Opener
from engine.cluster.hosting import Host, hosted
from engine.cluster.joining import asked_each, joined, met, prepared
from engine.cluster.members import Members
from engine.cluster.runtime import ClusterRuntime
from engine.errors import PlaceError
from engine.places.choice import choose, no_dask
from engine.places.device import why_not_started
from engine.places.driver import gpus
from engine.places.machine import available_threads, memory_bytes
from engine.places.parts import in_common
from engine.places.place import Place
from engine.places.runtime import Runtime

LEAST_MEMORY = 1 << 30
"""Bytes for a worker, below which ``compute.workers: auto`` starts fewer."""

MOST_WORKERS, FEWEST_BYTES = 4, 128 << 20
"""Workers a thread of this machine, and bytes for each, beyond which none are started here."""


@contextmanager
def opened(
    compute: Any,
    scratch: Path | None = None,
    *,
    look: bool = False,
    tell: Callable[[str], None] | None = None,
) -> Iterator[Runtime]:
    """Open the place that the section ``compute`` asks for; a cluster started here goes with it.

    Parameters
    ----------
    compute : ComputeConfig
    scratch : Path, optional
        Where workers that are started here keep what does not fit in their memory.
    look : bool
        Whether nothing is to be run: workers are not waited for as long then.
    tell : callable, optional
        Told where workers are waited for.

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
    threads = available_threads() if compute.threads == "auto" else int(compute.threads)
    with ExitStack() as stack:
        client, cluster, end = stack.enter_context(
            _attached(compute, scratch, look=look, tell=tell)
        )
        check(own_versions(), cluster)
        stack.enter_context(prepared(client, cluster.asked))
        cluster = asked_each(client, cluster, gpu=compute.device != "cpu")
        made = _made(stack, client, cluster, compute)
        yield made(
            threads=threads,
            memory_limit=memory_bytes(compute.memory_limit),
            members=Members(client),
            cluster=cluster,
            end=end,
        )


def _made(
    stack: ExitStack, client: Any, cluster: Cluster, compute: Any
) -> Callable[..., ClusterRuntime]:
    """Decide the place, and open the GPUs of its workers until the stack is left."""
    place, reason = place_of(compute.device, cluster)
    if taken := taken_by_others(client):
        message = f"compute.cluster {cluster.asked} cannot be used: {taken}."
        raise PlaceError(message)
    if place is Place.CPU_CLUSTER:
        return partial(ClusterRuntime, place, reason)
    opener = Opener(ours=cluster.asked == "local", spill=compute.spill)
    try:
        gpus = stack.enter_context(on_gpus(client, opener))
    except PlaceError as error:
        if compute.device == "auto":
            return partial(ClusterRuntime, Place.CPU_CLUSTER, f"auto: {error}")
        message = (
            f"compute.device is gpu, but {error}; set compute.device to cpu or auto to run without."
        )
        raise PlaceError(message) from None
    there = in_common([gpu.parts for gpu in gpus])
    least = min(gpu.pool for gpu in gpus)
    return partial(GpuClusterRuntime, place, reason, least_pool=least, parts_there=there)


class Attached(NamedTuple):
    """A cluster that was started or joined.

    Attributes
    ----------
    client : distributed.Client
    cluster : Cluster
    end : callable or None
        Begins to end what was started here.
    """

    client: Any
    cluster: Cluster
    end: Callable[[], None] | None


@contextmanager
def _attached(
    compute: Any,
    scratch: Path | None = None,
    *,
    look: bool = False,
    tell: Callable[[str], None] | None = None,
) -> Iterator[Attached]:
    """Start or join a cluster, and meet its workers."""
    asked = compute.cluster
    check_installed(asked)
    with ExitStack() as stack:
        host, least = None, 1 if compute.workers == "auto" else int(compute.workers)
        if asked == "local":
            here = started_here(compute)
            least = here.workers
            host = stack.enter_context(
                hosted(least, here.threads, here.memory, scratch, gpus=here.gpus)
            )
        client = stack.enter_context(joined(asked, host.address if host else None))
        seconds = joining.LOOK_SECONDS if look else joining.WORKERS_SECONDS
        end = partial(_end, client, host) if host else None
        yield Attached(client, met(client, asked, least, seconds, tell), end)


def _end(client: Any, host: Host) -> None:
    """Leave what was started here, then let it end: workers would compute what others lose."""
    with suppress(Exception):
        client.close(timeout=joining.LEAVE_SECONDS)
    host.end()


def examined(compute: Any) -> tuple[Cluster, list[str]]:
    """Start or join a cluster for a moment, and say what does not go together.

    Parameters
    ----------
    compute : ComputeConfig

    Returns
    -------
    cluster : Cluster
    problems : list of str
        In words; empty where a run can use it as it is.

    Raises
    ------
    PlaceError
        It cannot be started or joined, or has no workers.
    """
    with _attached(compute, look=True) as (client, cluster, _):
        if problems := differences(own_versions(), cluster):
            return cluster, problems
        try:
            cluster = asked_each(client, cluster, gpu=compute.device != "cpu")
            place_of(compute.device, cluster)
        except PlaceError as error:
            problems = [str(error)]
    return cluster, [*problems, *crowded(cluster), *unlike(cluster)]


def check_installed(asked: str) -> None:
    """Refuse a cluster where Dask is not installed.

    Raises
    ------
    PlaceError
        Says how to install it.
    """
    if reason := no_dask():
        message = f"compute.cluster is {asked}, but {reason}."
        raise PlaceError(message)


class Shares(NamedTuple):
    """What of this machine each worker gets that is started here.

    Attributes
    ----------
    workers : int
    threads, memory : int
        Of each.
    gpus : bool
        Whether each has a GPU.
    """

    workers: int
    threads: int
    memory: int
    gpus: bool


def started_here(compute: Any) -> Shares:
    """Share this machine out: one worker a GPU, or one a thread as far as its memory goes.

    Raises
    ------
    PlaceError
        A GPU is asked for, and there is none; or more workers than this machine can bear.
    """
    threads = available_threads() if compute.threads == "auto" else int(compute.threads)
    limit = memory_bytes(compute.memory_limit)
    if with_gpus := _gpus_here(compute):
        return Shares(with_gpus, 1, limit // with_gpus, gpus=True)
    n = workers_of(compute.workers, threads, limit)
    _check_room(n, limit)
    # A worker a thread is the rule: more only where more are asked for in so many words.
    each = 1 if compute.threads == "auto" else max(1, threads // n)
    return Shares(n, each, limit // n, gpus=False)


def _gpus_here(compute: Any) -> int:
    """Count the GPUs that get a worker each, 0 where they are not asked for or not usable.

    Nothing starts CUDA here: workers do, and say then what is missing.

    Raises
    ------
    PlaceError
        A GPU is asked for, and there is none.
    """
    if compute.device == "cpu":
        return 0
    if reason := why_not_started("dask_cuda"):
        if compute.device == "gpu":
            message = (
                f"compute.device is gpu, but {reason}; set compute.device to cpu or auto to run "
                "without one."
            )
            raise PlaceError(message)
        return 0
    return len(gpus()) if compute.workers == "auto" else int(compute.workers)


def _check_room(workers: int, limit: int) -> None:
    """Refuse workers that this machine cannot bear: each is a process that imports libraries."""
    threads = available_threads()
    if workers > MOST_WORKERS * threads:
        message = (
            f"compute.workers is {workers:,} and compute.cluster is local, which starts at most "
            f"{MOST_WORKERS} workers a thread of this machine ({threads}); set compute.workers to "
            f"auto, or to at most {MOST_WORKERS * threads}."
        )
        raise PlaceError(message)
    if workers > 1 and limit // workers < FEWEST_BYTES:
        message = (
            f"compute.workers is {workers:,}, which leaves each {limit // workers / 2**20:.0f} MiB "
            f"of compute.memory_limit and not the {FEWEST_BYTES >> 20} MiB that one needs; set "
            f"compute.workers to auto, or to at most {max(1, limit // FEWEST_BYTES)}."
        )
        raise PlaceError(message)


def workers_of(asked: int | str, threads: int, limit: int) -> int:
    """Say how many workers this machine starts: one a thread, as far as its memory goes."""
    return max(1, min(threads, limit // LEAST_MEMORY)) if asked == "auto" else int(asked)
