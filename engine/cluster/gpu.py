"""A cluster of GPUs: its workers started, and the GPU of each opened for the tasks of a run.

The process that calls this starts no CUDA and, but for workers on its own machine, needs no GPU:
the workers are asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.cluster.plugins import NAMED, plugins_there, registered
from engine.cluster.worker import OwnGpu, gpu_told, leave_gpu, take_gpu
from engine.errors import PlaceError, first_line
from engine.places.device import why_not_started
from engine.places.machine import driver_device_count
from engine.places.parts import Parts

HELD = 1 / 3
"""Share of a GPU's memory that pieces may fill there before dask-cuda moves them to host memory: as
much as the rows of a run on one GPU."""

_PLUGIN = f"{NAMED}gpu-"
_SHOWN = 3
"""Workers without a GPU that a message names."""


@dataclass(frozen=True)
class WorkerGpu:
    """The GPU of a worker, as that says itself.

    Attributes
    ----------
    worker : str
        Its address.
    device : str
        What tells the GPU from others of its machine.
    pool : int
        Bytes of its memory that a task may use.
    name : str
        Of the GPU, with its memory in all.
    parts : Parts
        What does which part of a run there.
    """

    worker: str
    device: str
    pool: int
    name: str
    parts: Parts


def start_gpu_workers(workers: int | None, memory: int, scratch: Path, host: str) -> Any:
    """Start a worker for each GPU of this machine, before anything starts CUDA in this process.

    Parameters
    ----------
    workers : int or None
        How many; one a GPU where that is None.
    memory : int
        Bytes of host memory that each may hold.
    scratch : Path
        Where what does not fit in it goes.
    host : str
        Address at which scheduler and workers listen, each at a port that is free.

    Returns
    -------
    cluster : dask_cuda.LocalCUDACluster
        A context manager, which takes them down.

    Raises
    ------
    PlaceError
        There is no GPU, or more workers are asked for than there are. The message is a clause.
    """
    if trouble := why_not_started("dask_cuda"):
        raise PlaceError(trouble)
    if workers is not None and workers > (gpus := driver_device_count() or 0):
        message = f"compute.workers is {workers} and this machine has {gpus} GPU{'s' * (gpus > 1)}"
        raise PlaceError(message)
    from dask_cuda import LocalCUDACluster

    try:
        return LocalCUDACluster(
            n_workers=workers,
            threads_per_worker=1,
            device_memory_limit=HELD,
            memory_limit=memory,
            local_directory=str(scratch),
            protocol="tcp",
            host=host,
            dashboard_address=f"{host}:0",
            worker_dashboard_address=f"{host}:0",
            silence_logs=False,
        )
    except Exception as error:
        # NVML's errors share no base with CUDA's or with Dask's.
        message = f"dask-cuda starts no workers ({first_line(error)})"
        raise PlaceError(message) from None


@contextmanager
def on_gpus(client: Any, opener: Callable[[Any], OwnGpu]) -> Iterator[list[WorkerGpu]]:
    """Let tasks use the GPU of each worker, also of workers that join later or start anew.

    Parameters
    ----------
    client : distributed.Client
    opener : callable
        Sent to each worker, it opens the GPU there: an :class:`engine.cluster.gpu_worker.Opener`.

    Yields
    ------
    gpus : list of WorkerGpu
        One a worker, by address.

    Raises
    ------
    PlaceError
        A worker has no GPU of its own that can be used. The message is a clause.
    """
    with registered(client, _plugin(opener), _PLUGIN):
        yield own_gpus(client.run(gpu_told))


def taken_by_others(client: Any) -> str | None:
    """Say in a clause that workers run the tasks of another run on their GPUs, if so.

    What a run left that was killed is taken away.
    """
    found = plugins_there(client)
    for name in [n for n, is_there in found.items() if not is_there]:
        client.unregister_worker_plugin(name)
    there = any(is_there for n, is_there in found.items() if n.startswith(_PLUGIN))
    return (
        "its workers serve another run on their GPUs (wait until that is done)" if there else None
    )


def own_gpus(told: Mapping[str, Any]) -> list[WorkerGpu]:
    """Check what workers say of their GPUs, by address: see :func:`on_gpus`.

    Examples
    --------
    >>> from engine.places.parts import ALONE
    >>> told = ("0000:01:00.0", 8 << 30, "NVIDIA L4, 22 GiB", ALONE)
    >>> own_gpus({"tcp://10.0.0.1:4040": told})[0].name
    'NVIDIA L4, 22 GiB'
    """
    without = [f"{w}: {why}" for w, why in sorted(told.items()) if not isinstance(why, tuple)]
    if without:
        shown = "; ".join([*without[:_SHOWN], *["..."][: len(without) - _SHOWN]])
        message = f"{len(without)} of {len(told)} workers have no GPU to use ({shown})"
        raise PlaceError(message)
    found = [WorkerGpu(worker, *gpu) for worker, gpu in sorted(told.items())]
    seen: dict[tuple[str | None, str], str] = {}
    for gpu in found:
        first = seen.setdefault((urlsplit(gpu.worker).hostname, gpu.device), gpu.worker)
        if first != gpu.worker:
            message = (
                f"the workers {first} and {gpu.worker} share one GPU (start one worker a GPU, by "
                "'dask cuda worker')"
            )
            raise PlaceError(message)
    return found


def _plugin(opener: Callable[[Any], OwnGpu]) -> Any:
    from distributed.diagnostics.plugin import WorkerPlugin

    class Gpu(WorkerPlugin):
        """Opens the GPU of a worker before its first task."""

        def setup(self, worker: Any) -> None:
            try:
                take_gpu(opener(worker))
            except Exception as error:
                # Whatever it is: tasks then end with it, as a worker that starts anew would not.
                take_gpu(first_line(error))

        def teardown(self, worker: Any) -> None:
            leave_gpu()

    return Gpu()
