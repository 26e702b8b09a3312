"""A cluster joined and left: connected, met and looked at within time limits, or one sentence."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

from engine.cluster.facts import PACKAGES, Cluster, Worker, own_facts
from engine.errors import PlaceError, first_line

CONNECT_SECONDS = 30.0
"""Within which a scheduler must answer."""

WORKERS_SECONDS = 60.0
"""Within which workers must be there."""

ANSWER_SECONDS = 60.0
"""Within which scheduler and workers must say what they have: importing takes time."""

_LEAVE_SECONDS = 5.0
_OFTEN = 0.1


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
    with _quiet():
        client = _connected(asked, address or _address(asked))
        try:
            with client.as_current():
                yield client
        finally:
            client.close(timeout=_LEAVE_SECONDS)


def _connected(asked: str, address: str) -> Any:
    from distributed import Client
    from distributed.security import Security

    try:
        # As Dask's own configuration says: certificates of tls:// addresses.
        security = Security()  # type: ignore[no-untyped-call]
        within(asked, "its scheduler", lambda: asyncio.run(_shake_hands(address, security)))
        return Client(  # type: ignore[no-untyped-call]
            address, timeout=CONNECT_SECONDS, set_as_default=False, security=security
        )
    except PlaceError:
        raise
    except Exception as error:
        # OSError where nobody listens, others where what listens is no scheduler of this kind.
        remedy = "start one (dask scheduler), or set compute.cluster to local or off"
        if address.startswith("tls://"):
            remedy = (
                "name certificates in Dask's configuration (distributed.comm.tls: ca-file, "
                "client.key, client.cert)"
            )
        message = (
            f"compute.cluster is {asked}, but no scheduler answers at {address} "
            f"({first_line(error).rstrip('.')}); {remedy}."
        )
        raise PlaceError(message) from None


async def _shake_hands(address: str, security: Any) -> None:
    """Meet a scheduler in a time: the client's own limit ends where somebody takes the call."""
    from distributed.comm.core import connect

    arguments = security.get_connection_args("client")
    made = connect(address, timeout=CONNECT_SECONDS, **arguments)  # type: ignore[no-untyped-call]
    try:
        met = await asyncio.wait_for(made, CONNECT_SECONDS)
    except TimeoutError:
        message = f"it says nothing for {CONNECT_SECONDS:.0f} seconds"
        raise TimeoutError(message) from None
    await met.close()


def _address(asked: str) -> str:
    """Give the scheduler's address, by the scheduler file where it is not the address."""
    if "://" in asked:
        return asked
    try:
        address = json.loads(Path(asked).read_text(encoding="utf-8"))["address"]
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
    except (ValueError, KeyError, TypeError):
        why = "is not what a Dask scheduler writes (JSON with an address)"
    else:
        return str(address)
    message = (
        f"compute.cluster is {asked}, which {why}; start the scheduler with "
        f"--scheduler-file {asked} where this machine sees it."
    )
    raise PlaceError(message)


def met(client: Any, asked: str, least: int) -> Cluster:
    """Wait for workers, and tell their threads, memory and versions.

    Parameters
    ----------
    client : distributed.Client
    asked : str
        ``compute.cluster``.
    least : int
        Workers that must be there.

    Raises
    ------
    PlaceError
        They are not there in time, or do not answer in time.
    """
    known = _awaited(client, asked, least)
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
    return client.dashboard_link or None


def asked_each(client: Any, cluster: Cluster, *, gpu: bool) -> Cluster:
    """Let scheduler and workers run the engine, and each worker say what else it has.

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

    try:
        within(
            asked, "its scheduler", lambda: client.run_on_scheduler(partial(own_facts, gpu=False))
        )
    except PlaceError:
        raise
    except Exception as error:
        raise _cannot(asked, f"the scheduler {cluster.scheduler}", error) from None
    answers = within(asked, "its workers", run)
    workers = []
    for worker in cluster.workers:
        answer = answers.get(worker.address, "it is gone")
        if not isinstance(answer, dict):
            raise _cannot(asked, worker.named, answer)
        workers.append(replace(worker, **answer))
    return replace(cluster, workers=tuple(workers))


def _cannot(asked: str, who: str, error: Any) -> PlaceError:
    message = (
        f"compute.cluster is {asked}, but {who} cannot run the engine "
        f"({first_line(error).rstrip('.')}); install engine-segments there, as it is here, and "
        "start it again."
    )
    return PlaceError(message)


def _awaited(client: Any, asked: str, least: int) -> dict[str, Any]:
    """Give the workers, by address, once there are enough."""
    end = time.monotonic() + WORKERS_SECONDS
    while True:
        known: dict[str, Any] = client.scheduler_info(n_workers=-1)["workers"]
        if len(known) >= least:
            return known
        if time.monotonic() > end:
            break
        time.sleep(_OFTEN)
    there = f"{len(known)} of {least} workers are" if known else "no worker is"
    message = (
        f"compute.cluster is {asked}, but {there} there after {WORKERS_SECONDS:.0f} seconds; "
        f"start workers (dask worker {client.scheduler.address}), or set compute.cluster to local "
        "or off."
    )
    raise PlaceError(message)


def within(asked: str, who: str, call: Callable[[], Any]) -> Any:
    """Give what a call gives that waits for processes elsewhere, which may stand still.

    Raises
    ------
    PlaceError
        Not within :data:`ANSWER_SECONDS`.
    """
    outcome: Future[Any] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    if not wait([outcome], ANSWER_SECONDS).done:
        message = (
            f"compute.cluster is {asked}, but {who} did not answer within "
            f"{ANSWER_SECONDS:.0f} seconds; look at its dashboard and logs, or start it anew."
        )
        raise PlaceError(message)
    return outcome.result()


def told_versions(told: Mapping[str, Any]) -> dict[str, str | None]:
    """Give the packages that matter here of what Dask tells of a process."""
    packages: Mapping[str, str | None] = told["packages"]
    python = ".".join(str(packages.get("python") or "").split(".")[:3])  # without its "final.0"
    return {"python": python or None} | {name: packages.get(name) for name in PACKAGES}


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask logs and warns of from people, unless the engine is to be debugged."""
    with ExitStack() as stack:
        if not logging.getLogger("engine").isEnabledFor(logging.DEBUG):
            for name in ("distributed", "distributed.client", "tornado", "asyncio"):
                logger = logging.getLogger(name)
                stack.callback(logger.setLevel, logger.level)
                logger.setLevel(logging.CRITICAL + 1)
        yield
