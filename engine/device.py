"""The GPU's half of the runtime: is one usable, its memory pool, rows on their way through it.

Nothing here is imported before a GPU has been asked for and the driver has said there is one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np

from engine import doctor
from engine.errors import MemoryLimitError, PlaceError, first_line
from engine.machine import driver_device_count

FAISS_TEMPORARY = 1536 << 20
"""Bytes that Faiss may take beside the pool, which it does not know of."""

POOL_SHARE = 0.9
"""Share of the free device memory, less Faiss's, that the pool may grow to."""

LEAST_POOL = 1 << 30
"""Bytes below which a GPU is not worth starting on."""

_PACKAGES = ("cupy", "cudf", "cuml", "rmm")
_MOST_ROWS = 1 << 22
_COPIES = 8
"""Float64 copies of a chunk's row that the passes of this package hold at most."""

_PORTABLE = 1
"""``cudaHostAllocPortable``, as CuPy itself asks for."""

_SEGMENTS = 64
"""Float64 columns beside them, such as distances to centres or a one-hot of segments."""


@dataclass(frozen=True)
class Device:
    """The GPU a run uses.

    Attributes
    ----------
    name : str
    free, total : int
        Bytes of device memory when it was opened.
    """

    name: str
    free: int
    total: int


@cache
def why_not() -> str | None:
    """Say why no GPU can be used here, or None when one can.

    Asks the driver first, then the packages' metadata whether they are installed and go together,
    and only then starts CUDA with a device count and a tiny allocation.
    """
    count = driver_device_count()
    if count is None:
        return "no NVIDIA driver was found on this machine"
    if count == 0:
        return "the NVIDIA driver reports no GPU"
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        return f"{', '.join(missing)} not installed (make gpu-install, or pip install '.[gpu]')"
    if clash := doctor.clash():
        return clash
    if os.environ.get("CUPY_TF32") == "1":
        return "CUPY_TF32=1 is set, which would round distances too coarsely (unset it)"
    return _why_cuda_fails()


def _why_cuda_fails() -> str | None:
    try:
        import cupy

        if cupy.cuda.runtime.getDeviceCount() == 0:
            return "CUDA reports no GPU"
        float(cupy.zeros(1).sum())
    except Exception as error:
        # cupy's and rmm's errors have no common base: whatever they say is why there is no GPU.
        return f"CUDA does not start ({first_line(error)})"
    return None


def open_device(*, spill: bool = False) -> Device:
    """Take device memory for one pool that cuDF, cuML and CuPy share, once a process.

    The pool may grow to nine tenths of what is free less what Faiss takes beside it.

    Parameters
    ----------
    spill : bool
        Let cuDF move frames to host memory when the pool is full. cuDF decides it when the first
        frame is made, so the first run of a process decides for those that follow.

    Raises
    ------
    PlaceError
        Other programs hold nearly all of the GPU's memory.
    """
    opened = _open_pool()
    if spill:
        # After the pool: cuDF hooks into the memory resource that it then finds.
        _let_frames_spill()
    return opened


def _let_frames_spill() -> None:
    import cudf

    cudf.set_option("spill", True)  # noqa: FBT003 (cuDF's form)


@cache
def _open_pool() -> Device:
    import cupy
    import rmm
    from rmm.allocators.cupy import rmm_cupy_allocator

    free, total = cupy.cuda.runtime.memGetInfo()
    most = int((free - FAISS_TEMPORARY) * POOL_SHARE) // 256 * 256
    if most < LEAST_POOL:
        message = (
            f"the GPU has only {free / 2**30:.1f} GiB of memory free; close other programs on it, "
            "or set compute.device to cpu."
        )
        raise PlaceError(message)
    half = most // 2 // 256 * 256
    rmm.reinitialize(pool_allocator=True, initial_pool_size=half, maximum_pool_size=most)
    cupy.cuda.set_allocator(rmm_cupy_allocator)
    name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    return Device(name, most, total)


def is_on_host(array: Any) -> bool:
    """Whether an array lies in host memory."""
    return isinstance(array, np.ndarray)


def chunk_rows(blocks: tuple[Any, ...], free: int) -> int:
    """Rows of a chunk whose float64 copies fit well into the device's memory.

    Examples
    --------
    >>> import numpy as np
    >>> chunk_rows((np.zeros((10, 16), np.float32),), 8 << 30)
    1398101
    """
    return _rows_as_wide(sum(max(1, int(np.prod(b.shape[1:]))) for b in blocks), free)


def _rows_as_wide(width: int, free: int) -> int:
    return int(min(_MOST_ROWS, max(1_024, free // 4 // _row_bytes(width))))


def _row_bytes(width: int) -> int:
    return (width * _COPIES + _SEGMENTS) * 8


def chunk_bytes(width: int, n_rows: int, free: int) -> int:
    """Bytes that a pass over rows of this width holds on the device beside them, at most.

    Examples
    --------
    >>> chunk_bytes(16, 10**9, 8 << 30) <= (8 << 30) // 4
    True
    >>> chunk_bytes(16, 1_000, 8 << 30)
    1536000
    """
    return min(n_rows, _rows_as_wide(width, free)) * _row_bytes(width)


def through_device(
    blocks: tuple[Any, ...], out: tuple[Any, ...], free: int
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield ``(rows, arrays)`` for each chunk, on the device; what was filled goes back.

    Chunks of arrays on the device are views. Chunks of arrays in host memory are copied, two
    chunks ahead of each other on a stream of their own, so that copies and work overlap where the
    host memory is pinned (:func:`empty_on_host`).
    """
    rows = chunk_rows((*blocks, *out), free)
    bounds = [(s, min(s + rows, len(blocks[0]))) for s in range(0, len(blocks[0]), rows)]
    feed = _Feed(blocks, min(rows, len(blocks[0])))
    for arrays, (start, stop) in zip(feed.chunks(bounds), bounds, strict=True):
        filled = [_room(o, start, stop) for o in out]
        yield stop - start, (*arrays, *filled)
        for target, result in zip(out, filled, strict=True):
            if is_on_host(target):
                target[start:stop] = result.get()


def _room(target: Any, start: int, stop: int) -> Any:
    if not is_on_host(target):
        return target[start:stop]
    import cupy

    return cupy.empty((stop - start, *target.shape[1:]), target.dtype)


class _Feed:
    """Brings chunks of host arrays to the device, one chunk ahead of their use.

    Two fixed slots: a slot is filled again only after the work that read it was recorded as done,
    and read only after its copy was recorded as done.
    """

    def __init__(self, blocks: tuple[Any, ...], rows: int) -> None:
        import cupy

        self._blocks = blocks
        self._hosted = [is_on_host(b) for b in blocks]
        self._copies = cupy.cuda.Stream(non_blocking=True)
        self._slots: list[list[Any]] = [
            [
                cupy.empty((rows, *b.shape[1:]), b.dtype) if host else None
                for b, host in zip(blocks, self._hosted, strict=True)
            ]
            for _ in range(2 if any(self._hosted) else 0)
        ]
        self._filled = [cupy.cuda.Event(disable_timing=True) for _ in self._slots]
        self._read = [cupy.cuda.Event(disable_timing=True) for _ in self._slots]

    def chunks(self, bounds: list[tuple[int, int]]) -> Iterator[list[Any]]:
        """Yield the blocks' chunks in order, as device arrays."""
        if not self._slots:
            for start, stop in bounds:
                yield [b[start:stop] for b in self._blocks]
            return
        import cupy

        work = cupy.cuda.get_current_stream()
        for read in self._read:  # The pool may have handed out what earlier work still uses.
            read.record(work)
        try:
            self._fill(0, bounds)
            for number, (start, stop) in enumerate(bounds):
                self._fill(number + 1, bounds)
                work.wait_event(self._filled[number % 2])
                yield self._chunk(number % 2, start, stop)
                self._read[number % 2].record(work)
        finally:
            self._copies.synchronize()  # No copy may outlive its slot.

    def _chunk(self, slot: int, start: int, stop: int) -> list[Any]:
        return [
            held[: stop - start] if host else b[start:stop]
            for b, host, held in zip(self._blocks, self._hosted, self._slots[slot], strict=True)
        ]

    def _fill(self, number: int, bounds: list[tuple[int, int]]) -> None:
        if number >= len(bounds):
            return
        slot, (start, stop) = number % 2, bounds[number]
        self._copies.wait_event(self._read[slot])
        for b, host, held in zip(self._blocks, self._hosted, self._slots[slot], strict=True):
            if host:
                held[: stop - start].set(np.ascontiguousarray(b[start:stop]), stream=self._copies)
        self._filled[slot].record(self._copies)


def empty_on_host(shape: tuple[int, ...]) -> np.ndarray:
    """Float32 room in pinned host memory, from which copies overlap with work.

    Not by CuPy's pool of pinned memory, which takes the next power of two (8 GiB for 6 GB) and
    keeps it; this is given back when the last array on it goes.
    """
    import cupy

    memory = cupy.cuda.PinnedMemory(int(np.prod(shape)) * 4, _PORTABLE)
    return np.ndarray(shape, np.float32, buffer=cupy.cuda.PinnedMemoryPointer(memory, 0))


@contextmanager
def device_memory_named(rows: int = 0) -> Iterator[None]:
    """Turn an exhausted device into one sentence, with the block that would fit if known."""
    try:
        yield
    except MemoryError as error:
        # cupy's and rmm's out-of-memory errors are both MemoryErrors.
        at = f" at blocks of {rows:,} rows, where {rows // 4:,} would fit" if rows else ""
        message = (
            f"the GPU's memory is exhausted{at} ({first_line(error)}): close other programs on "
            "the GPU so that the pool is larger, or set compute.device to cpu."
        )
        raise MemoryLimitError(message) from None
