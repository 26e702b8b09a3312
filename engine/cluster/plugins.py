"""Plugins of workers: there while a run is, also on workers that join later or start anew."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

NAMED = "engine-"
"""With which the names of all plugins begin; they end with the client's."""

_LEAVE_SECONDS = 5.0


@contextmanager
def registered(client: Any, plugin: Any, name: str) -> Iterator[None]:
    """Give every worker a plugin, and take it away in the end.

    Parameters
    ----------
    client : distributed.Client
    plugin : distributed.WorkerPlugin
    name : str
        Without the client's.
    """
    name = f"{name}{client.id}"
    client.register_plugin(plugin, name=name)
    try:
        yield
    finally:
        # Where the scheduler is gone, so is what was registered there; one that stands still is
        # not waited for.
        with suppress(OSError, TimeoutError, AttributeError):
            if client.status == "running":
                left = asyncio.run_coroutine_threadsafe(
                    client.scheduler.unregister_worker_plugin(name=name), client.loop.asyncio_loop
                )
                left.result(_LEAVE_SECONDS)


def plugins_there(client: Any) -> dict[str, bool]:
    """Tell the plugins of runs, and of each whether its client is still there."""

    def runs(dask_scheduler: Any) -> dict[str, bool]:
        names = [n for n in dask_scheduler.worker_plugins if n.startswith(begin)]
        return {n: any(n.endswith(str(c)) for c in dask_scheduler.clients) for n in names}

    begin = NAMED  # pickled with the function, which asks nothing of the scheduler's packages
    found: dict[str, bool] = client.run_on_scheduler(runs)
    return found


def imported() -> list[str]:
    """Name what tasks may need: what this process has of the engine, and its two libraries.

    Examples
    --------
    >>> imported()[:2]
    ['numpy', 'polars']
    """
    own = [name for name in list(sys.modules) if name.split(".")[0] == "engine"]
    return ["numpy", "polars", *own]


def imports(names: Sequence[str]) -> Any:
    """Make a plugin that imports modules before a worker takes tasks.

    Tasks and data that arrive are unpickled in several threads; a library whose first import
    happens in two of them at once may be seen half made. The plugin itself needs none of the
    package: where that is missing, the first task says so.

    Parameters
    ----------
    names : sequence of str
        Of modules, in their order.
    """
    from distributed.diagnostics.plugin import WorkerPlugin

    class Imports(WorkerPlugin):
        """Imports in the one thread that runs before a worker's first task."""

        def setup(self, worker: Any) -> None:
            import importlib

            for name in names:
                try:
                    importlib.import_module(name)
                except Exception:
                    # Whatever it is, whoever needs the module says so in a task.
                    continue

    return Imports()
