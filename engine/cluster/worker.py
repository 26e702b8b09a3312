"""On a worker: its own place, opened once, on which every task that is sent there runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.cluster.pieces import room
from engine.errors import PlaceError
from engine.places.parts import Parts
from engine.places.runtime import Runtime
from engine.utilities.allocators import keep_freed

_CPU = Runtime()
_gpu: list[OwnGpu | str] = []
"""The GPU of this worker, where one was opened, or why it could not be."""


class OwnRuntime(Runtime):
    """The place of a GPU worker: what holds it has that of the process in which it arrives."""

    def __reduce__(self) -> Any:
        """Become the place of that process."""
        return own, ()


@dataclass(frozen=True)
class OwnGpu:
    """The GPU of this worker.

    Attributes
    ----------
    place : OwnRuntime
    device : str
        What tells it from every other GPU.
    """

    place: OwnRuntime
    device: str


def own() -> Runtime:
    """Give the place of this worker: its GPU where one was opened, otherwise a thread of the CPU.

    A worker runs as many tasks at once as it has threads, so that a task has one.

    Raises
    ------
    PlaceError
        The run is on GPUs, and that of this worker could not be opened.
    """
    if not _gpu:
        return _CPU
    if isinstance(_gpu[0], str):
        message = (
            f"a worker has no GPU to use ({_gpu[0].rstrip('.')}): a run on GPUs takes workers that "
            "all have one; stop that worker, and run again."
        )
        raise PlaceError(message)
    return _gpu[0].place


def take_gpu(gpu: OwnGpu | str) -> None:
    """Let a GPU be the place of this worker, or why there is none be its answer."""
    _gpu[:] = [gpu]


def leave_gpu() -> None:
    """Let the CPU be the place of this worker again."""
    _gpu.clear()


def gpu_told() -> tuple[str, int, str, Parts] | str | None:
    """Tell the GPU of this worker, or why there is none; None where nobody asked for it.

    That is what tells it from others, the bytes of it for a task, its name, and what does which
    part of a run there.
    """
    if not _gpu:
        return None
    if isinstance(_gpu[0], str):
        return _gpu[0]
    place = _gpu[0].place
    return _gpu[0].device, place.device_memory, place.reason, place.parts


def reduced(fn: Callable[..., Any], outs: tuple[Any, ...], rows: int, *blocks: Any) -> Any:
    """Run a pass over one piece: what adds up, and with it the pieces that it filled, if any."""
    keep_freed()
    here = own()
    made = tuple(room(rows, dtype, tail, here) for dtype, tail in outs)
    total = here.reduce(fn, *blocks, out=made)
    return (total, *made) if outs else total


def taken(piece: Any, places: np.ndarray) -> np.ndarray:
    """Take some rows of a piece, as NumPy."""
    return own().take(piece, places)
