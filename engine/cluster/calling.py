"""A scheduler called: connected within a time limit, or one sentence that says who answers."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from engine.errors import PlaceError, first_line

CONNECT_SECONDS = 30.0
"""Within which a scheduler must answer."""

ANSWER_SECONDS = 60.0
"""Within which scheduler and workers must say what they have: importing takes time."""

_TRIES = 3
"""How often a port that refuses is called: what listens there may be about to."""


def connected(asked: str, address: str | None = None) -> Any:
    """Connect with a scheduler.

    Parameters
    ----------
    asked : str
        ``compute.cluster``: an address or a scheduler file.
    address : str, optional
        Of a cluster that was started here.

    Returns
    -------
    client : distributed.Client
        Not that of the process.

    Raises
    ------
    PlaceError
        The scheduler does not answer in time, or is none.
    """
    address = address or _address(asked)
    from distributed import Client
    from distributed.security import Security

    try:
        # As Dask's own configuration says: certificates of tls:// addresses.
        security = Security()  # type: ignore[no-untyped-call]
        within(asked, "its scheduler", lambda: _called(address))
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
    from distributed.core import send_recv

    arguments = security.get_connection_args("client")
    made = connect(address, timeout=CONNECT_SECONDS, **arguments)  # type: ignore[no-untyped-call]
    try:
        met = await asyncio.wait_for(made, CONNECT_SECONDS)
        who = await asyncio.wait_for(send_recv(met, op="identity", reply=True), CONNECT_SECONDS)
    except TimeoutError:
        message = f"it says nothing that a scheduler says for {CONNECT_SECONDS:.0f} seconds"
        raise TimeoutError(message) from None
    await met.close()
    if (kind := str(who["type"])) != "Scheduler":
        message = f"a {kind.lower()} of Dask listens there"
        raise OSError(message)


def _called(address: str) -> None:
    """Call a port a few times, so that one that refuses is told soon."""
    where = urlsplit(address)
    if where.scheme not in {"tcp", "tls"} or not where.hostname or not where.port:
        return
    for tried in range(1, 1 + _TRIES):
        try:
            socket.create_connection((where.hostname, where.port), CONNECT_SECONDS).close()
        except ConnectionRefusedError:
            if tried == _TRIES:
                raise
            time.sleep(1.0)
        else:
            return


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
