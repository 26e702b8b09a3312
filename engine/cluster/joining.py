"""A cluster joined and left: connected, met and looked at within time limits, or one sentence."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from importlib.util import find_spec
from typing import Any

from engine.cluster.calling import connected, within
from engine.cluster.facts import PACKAGES, Cluster, Worker, own_facts, told_versions
from engine.cluster.plugins import NAMED, imported, imports, registered
from engine.errors import PlaceError, first_line

WORKERS_SECONDS, LOOK_SECONDS = 60.0, 5.0
"""Within which workers must be there: for a run, and where a cluster is only looked at."""

LEAVE_SECONDS = 5.0
"""Within which a client has left."""

_PAGE_SECONDS = 2.0
_OFTEN, _MOMENT = 0.1, 1.0
_LOUD = ("distributed", "tornado", "asyncio")
_SETTINGS = {"distributed.admin.large-graph-warning-threshold": "1 TiB"}


@contextmanager
def joined(asked: str, address: str | None = None) -> Iterator[Any]:
    """Connect with a scheduler, and leave in the end.

    Parameters
    ----------
    asked : str
        ``compute.cluster``: an address or a scheduler file.
    address : str, optional
        Of a cluster that was started here.

    Yields
    ------
    client : distributed.Client
        The one that tasks of this thread go to; not that of the process.

    Raises
    ------
    PlaceError
        The scheduler does not answer in time, or is none.
    """
    import dask

    with _quiet():
        client = connected(asked, address)
        try:
            with client.as_current(), dask.config.set(_SETTINGS):
                yield client
        finally:
            # What was asked for is done, however slowly the cluster is left.
            with suppress(TimeoutError):
                client.close(timeout=LEAVE_SECONDS)


def met(
    client: Any, asked: str, least: int, seconds: float, tell: Callable[[str], None] | None = None
) -> Cluster:
    """Wait for workers, and tell their threads, memory and versions.

    Parameters
    ----------
    client : distributed.Client
    asked : str
        ``compute.cluster``.
    least : int
        Workers that must be there.
    seconds : float
        For which they are waited for.
    tell : callable, optional
        Told that they are, where that takes more than a moment.

    Raises
    ------
    PlaceError
        They are not there in time, or do not answer in time.
    """
    known = _awaited(client, asked, least, seconds, tell)
    told = within(asked, "its workers", lambda: client.get_versions(packages=PACKAGES))
    versions = {address: told_versions(v) for address, v in told["workers"].items() if v}
    workers = [
        Worker(
            address,
            str(info["host"]),
            int(info["nthreads"]),
            int(info["memory_limit"] or 0),
            versions=versions.get(address, {}),
        )
        for address, info in sorted(known.items())
    ]
    return Cluster(
        asked,
        str(client.scheduler.address),
        _dashboard(client, asked),
        tuple(workers),
        told_versions(told["scheduler"]),
    )


def _dashboard(client: Any, asked: str) -> str | None:
    """Give where the dashboard is; of a cluster started here, if there can be one."""
    if asked == "local" and find_spec("bokeh") is None:
        return None
    link: str | None = client.dashboard_link or None
    if link is None or not link.startswith("http"):
        return link
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    # A scheduler without one names its address all the same, and has no such page there.
    try:
        with urlopen(Request(link, method="HEAD"), timeout=_PAGE_SECONDS):
            return link
    except HTTPError as error:
        return None if error.code == HTTPStatus.NOT_FOUND else link
    except OSError:  # it may be seen from elsewhere
        return link


def asked_each(client: Any, cluster: Cluster, *, gpu: bool) -> Cluster:
    """Let workers run the engine, and each say what else it has.

    Parameters
    ----------
    client : distributed.Client
    cluster : Cluster
    gpu : bool
        Whether to ask for GPUs, which starts CUDA on workers that have one.

    Raises
    ------
    PlaceError
        One of them cannot import the engine, or does not answer in time.
    """
    asked = cluster.asked

    def run() -> dict[str, Any]:
        found: dict[str, Any] = client.run(partial(own_facts, gpu=gpu), on_error="return")
        return found

    answers = within(asked, "its workers", run)
    workers = []
    for worker in cluster.workers:
        answer = answers.get(worker.address, "it is gone")
        if not isinstance(answer, dict):
            raise _cannot(asked, worker.named, answer)
        workers.append(replace(worker, **answer))
    return replace(cluster, workers=tuple(workers))


@contextmanager
def prepared(client: Any, asked: str) -> Iterator[None]:
    """Let workers import what tasks need before they take any, also those that join later.

    Raises
    ------
    PlaceError
        They do not answer in time.
    """
    with ExitStack() as stack:
        plugin = registered(client, imports(imported()), f"{NAMED}imports-")
        with suppress(OSError):  # one that is gone meanwhile: it says so when it is asked
            within(asked, "its workers", lambda: stack.enter_context(plugin))
        yield


def _cannot(asked: str, who: str, error: Any) -> PlaceError:
    message = (
        f"compute.cluster is {asked}, but {who} cannot run the engine "
        f"({first_line(error).rstrip('.')}); install engine-segments there, as it is here, and "
        "start it again."
    )
    return PlaceError(message)


def _awaited(
    client: Any, asked: str, least: int, seconds: float, tell: Callable[[str], None] | None
) -> dict[str, Any]:
    """Give the workers, by address, once there are enough."""
    end = time.monotonic() + seconds
    while True:
        known: dict[str, Any] = client.scheduler_info(n_workers=-1)["workers"]
        if len(known) >= least:
            return known
        left = end - time.monotonic()
        if left < 0:
            break
        if tell and left < seconds - _MOMENT:
            wanted = (
                "a worker" if least == 1 else f"{least} workers, of which {len(known)} are there"
            )
            tell(f"waiting up to {seconds:.0f} s for {wanted}")
            tell = None
        time.sleep(_OFTEN)
    there = f"{len(known)} of {least} workers are" if known else "no worker is"
    message = (
        f"compute.cluster is {asked}, but {there} there after {seconds:.0f} seconds; "
        f"start workers (dask worker {client.scheduler.address}), or set compute.cluster to local "
        "or off."
    )
    raise PlaceError(message)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask logs and warns of from people, unless the engine is to be debugged."""
    import distributed  # noqa: F401 (sets the levels of its loggers, once)

    with ExitStack() as stack:
        if not logging.getLogger("engine").isEnabledFor(logging.DEBUG):
            known = [n for n in logging.root.manager.loggerDict if n.split(".")[0] in _LOUD]
            for name in sorted({*_LOUD, *known}):
                logger = logging.getLogger(name)
                stack.callback(logger.setLevel, logger.level)
                logger.setLevel(logging.CRITICAL + 1)
        yield
