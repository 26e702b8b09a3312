"""A cluster of GPUs: its workers started, and the GPU of each opened once for the tasks of a run.

The process that calls this needs no GPU and starts none: the workers are asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from engine.cluster.worker import gpu_told, leave_gpu, take_gpu
from engine.errors import PlaceError
from engine.places.runtime import Runtime

_PLUGIN = "engine-gpu"
_SHOWN = 3
"""Workers without a GPU that a message names."""


@dataclass(frozen=True)
class WorkerGpu:
    """The GPU of a worker, as that says itself.

    Attributes
    ----------
    worker : str
        Its address.
    name : str
        Of the GPU, with its memory.
    pool : int
        Bytes of memory that a task may use there.
    """

    worker: str
    name: str
    pool: int


@contextmanager
def on_gpus(client: Any, opener: Callable[[int], Runtime]) -> Iterator[list[WorkerGpu]]:
    """Let tasks use the GPU of each worker, also of workers that join later or start anew.

    Parameters
    ----------
    client : distributed.Client
    opener : callable
        Sent to each worker, it opens the GPU there for a number of tasks at once: an
        :class:`engine.cluster.gpu_worker.Opener`.

    Yields
    ------
    gpus : list of WorkerGpu
        One a worker, by address.

    Raises
    ------
    PlaceError
        A worker has no GPU that can be used. The message is a clause, as
        :func:`engine.places.device.why_not` gives it.
    """
    client.register_plugin(_plugin(opener), name=_PLUGIN)
    try:
        yield _gpus(client.run(gpu_told))
    finally:
        # Where the scheduler is gone, so is what was registered there.
        with suppress(OSError, TimeoutError):
            client.unregister_worker_plugin(_PLUGIN)


def others_gpus(client: Any) -> str | None:
    """Say in a clause that another run has the GPUs of these workers, whose tasks run there."""
    taken = [w for w, told in client.run(gpu_told).items() if told is not None]
    if not taken:
        return None
    return (
        f"{len(taken)} of its workers serve another run on their GPUs (wait until that is done, or "
        "restart the workers)"
    )


def _gpus(told: Mapping[str, Any]) -> list[WorkerGpu]:
    """Check what workers say of their GPUs."""
    without = {w: why for w, why in sorted(told.items()) if not isinstance(why, tuple)}
    if without:
        shown = [f"{w}: {why}" for w, why in list(without.items())[:_SHOWN]]
        message = f"{len(without)} of {len(told)} workers have no GPU to use ({'; '.join(shown)})"
        raise PlaceError(message)
    return [WorkerGpu(w, *gpu) for w, gpu in sorted(told.items())]


def _plugin(opener: Callable[[int], Runtime]) -> Any:
    from distributed.diagnostics.plugin import WorkerPlugin

    class Gpu(WorkerPlugin):
        """Opens the GPU of a worker before its first task."""

        def setup(self, worker: Any) -> None:
            try:
                take_gpu(opener(worker.state.nthreads))
            except PlaceError as error:
                take_gpu(str(error))

        def teardown(self, worker: Any) -> None:
            leave_gpu()

    return Gpu()
