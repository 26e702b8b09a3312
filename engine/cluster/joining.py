"""A cluster joined and left: connected within a time limit, or one sentence."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

CONNECT_SECONDS = 30.0
"""Within which a scheduler must answer."""

_LEAVE_SECONDS = 5.0


@contextmanager
def joined(address: str) -> Iterator[Any]:
    """Connect with a scheduler, and leave in the end.

    Parameters
    ----------
    address : str

    Yields
    ------
    client : distributed.Client
        The one that tasks of this thread go to; not that of the process.
    """
    from distributed import Client

    with _quiet():
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
        try:
            with client.as_current():
                yield client
        finally:
            client.close(timeout=_LEAVE_SECONDS)  # type: ignore[no-untyped-call]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask logs from people, unless the engine is to be debugged."""
    with ExitStack() as stack:
        if not logging.getLogger("engine").isEnabledFor(logging.DEBUG):
            for name in ("distributed", "distributed.client", "tornado", "asyncio"):
                logger = logging.getLogger(name)
                stack.callback(logger.setLevel, logger.level)
                logger.setLevel(logging.CRITICAL + 1)
        yield
