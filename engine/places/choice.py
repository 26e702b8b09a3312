"""Which place a run takes, decided once and kept with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.errors import PlaceError
from engine.places import device, parts
from engine.places.extras import how, missing
from engine.places.machine import available_threads, memory_bytes
from engine.places.place import Place
from engine.places.runtime import Runtime


@dataclass(frozen=True)
class PlaceStatus:
    """Whether a place can be used here, and the reason in one clause."""

    place: Place
    available: bool
    reason: str


class Settings(Protocol):
    """What the choice needs to be told: the section ``compute`` of a configuration, or its like."""

    @property
    def device(self) -> str:
        """``auto``, ``cpu`` or ``gpu``."""

    @property
    def threads(self) -> int | str:
        """How many, or ``auto`` for all."""

    @property
    def memory_limit(self) -> int | str:
        """Bytes, an amount such as 4GiB, or ``auto``."""

    @property
    def spill(self) -> bool:
        """Whether cuDF's frames may move to host memory."""


def choose(compute: Settings) -> Runtime:
    """Choose the place once, from the ``compute`` section.

    Raises
    ------
    PlaceError
        If an explicit ``device: gpu`` cannot be served; ``auto`` falls back and says why.
    """
    threads = available_threads() if compute.threads == "auto" else int(compute.threads)
    limit = memory_bytes(compute.memory_limit)
    if compute.device == "cpu":
        return Runtime(Place.CPU, "compute.device is cpu", threads=threads, memory_limit=limit)
    reason = device.why_not()
    if reason is None:
        try:
            return _on_gpu(threads, limit, spill=compute.spill)
        except PlaceError as error:
            reason = str(error)
    if compute.device == "gpu":
        message = (
            f"compute.device is gpu, but {reason}; "
            "set compute.device to cpu or auto to run without one."
        )
        raise PlaceError(message)
    return Runtime(Place.CPU, f"auto: {reason}", threads=threads, memory_limit=limit)


def _on_gpu(threads: int, limit: int, *, spill: bool) -> Runtime:
    import cupy

    opened = device.open_device(spill=spill)
    reason = f"{opened.name}, {opened.total / 2**30:.0f} GiB"
    return Runtime(
        Place.GPU,
        reason,
        threads=threads,
        memory_limit=limit,
        device_memory=opened.pool,
        xp=cupy,
        parts=parts.found(),
    )


def no_dask() -> str | None:
    """Say in a clause why no cluster can be started or joined from here, None where one can."""
    lacking = missing("cluster")
    if not lacking:
        return None
    verb = "is" if len(lacking) == 1 else "are"
    return f"{' and '.join(lacking)} {verb} not installed ({how('cluster')})"


def probe() -> list[PlaceStatus]:
    """Say for each place whether it can be used here and why not.

    CUDA is started, once a process and without a memory pool, only where the driver reports a GPU
    and CuPy goes with it: nothing less shows that it works.
    """
    gpu, dask = device.why_not(), no_dask()
    some = dask or "compute.cluster: local starts workers here, an address or a file joins others"
    its_gpus = dask or device.why_not_started("dask_cuda")
    on_gpus = its_gpus or "compute.cluster: local starts a worker a GPU"
    return [
        PlaceStatus(Place.CPU, available=True, reason=f"{available_threads()} threads"),
        PlaceStatus(Place.GPU, available=gpu is None, reason=gpu or "a GPU and CuPy are there"),
        PlaceStatus(Place.CPU_CLUSTER, available=dask is None, reason=some),
        PlaceStatus(Place.GPU_CLUSTER, available=its_gpus is None, reason=on_gpus),
    ]


def gpu_parts() -> list[str]:
    """Say in a line each what would do which part of a run on a GPU; nothing without one."""
    return [] if device.why_not() else parts.found().lines()
