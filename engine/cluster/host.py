"""A program of its own that holds a cluster on this machine, as long as its standard input lasts.

It is told in a line of JSON what to start, says in a line where the scheduler is, and takes all
down when its standard input ends: with the process that started it, however that ends. That process
may be a script without ``if __name__ == "__main__"``, a notebook or a command; nothing of it is
imported here or in workers, and no signal of its terminal comes here.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.cluster.gpu import start_gpu_workers
from engine.errors import first_line
from engine.utilities.leftovers import held_folder
from engine.utilities.stopping import interrupt

LOOPBACK = "127.0.0.1"

_SETTINGS = {
    # A replacement that starts slower than this, as on a busy machine, would be dropped for good.
    "distributed.deploy.lost-worker-timeout": "10 minutes",
    "distributed.comm.timeouts.connect": "60s",
    # A look at every thread's stack a hundred times a second, for a page that few open.
    "distributed.worker.profile.enabled": False,
}

_END = 5.0
"""Seconds that workers are given to end by themselves."""


def main() -> None:
    """Hold a cluster until standard input ends."""
    told = json.loads(sys.stdin.buffer.readline())
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    listener = _Listener()
    try:
        folder = Path(told["scratch"] or tempfile.gettempdir())
        folder.mkdir(parents=True, exist_ok=True)
        with held_folder(folder, ".workers-") as scratch, _all_ended(scratch):
            cluster = _started(told, scratch)
            print(json.dumps({"address": cluster.scheduler_address}), file=answers, flush=True)
            listener.wait()
            cluster.close(timeout=_END)
    except Exception as error:
        print(json.dumps({"error": first_line(error)}), file=answers, flush=True)


class _Listener:
    """A thread that hears standard input end, and lets that break into a start that takes long."""

    def __init__(self) -> None:
        self._ended, self._waiting = threading.Event(), False
        signal.signal(signal.SIGINT, signal.default_int_handler)  # also where it was ignored
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while os.read(0, 1 << 10):
            pass
        self._ended.set()
        if not self._waiting:
            interrupt(signal.SIGINT)

    def wait(self) -> None:
        """Wait for the end; nothing breaks into what follows."""
        self._waiting = True
        self._ended.wait()
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _all_ended(scratch: Path) -> Iterator[None]:
    """Leave no process that was started inside; what they started goes with the session."""
    import dask

    try:
        # The scheduler, too, keeps locks somewhere.
        with dask.config.set(_SETTINGS | {"temporary-directory": str(scratch)}):
            yield
    finally:
        left = multiprocessing.active_children()
        for process in left:
            process.kill()
        for process in left:
            process.join(_END)


def _started(told: dict[str, Any], scratch: Path) -> Any:
    """Start the scheduler here and each worker in a process of its own."""
    if told["gpus"]:
        return start_gpu_workers(told["workers"], told["memory"], scratch, LOOPBACK)
    from distributed import LocalCluster

    return LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=told["workers"],
        threads_per_worker=told["threads"],
        memory_limit=told["memory"],
        local_directory=str(scratch),
        host=LOOPBACK,
        dashboard_address=f"{LOOPBACK}:0",
        worker_dashboard_address=f"{LOOPBACK}:0",
        silence_logs=False,
    )
