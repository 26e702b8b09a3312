"""The GPU's half of the runtime: is one usable, its memory pool, host memory for its rows.

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

from engine.errors import PlaceError, first_line
from engine.places import packages, parts
from engine.places.device_feed import exhausted
from engine.places.driver import driver_trouble
from engine.places.extras import how
from engine.places.pinned import pinned_room

FAISS_TEMPORARY = 1536 << 20
"""Bytes that Faiss may take beside the pool, which it does not know of."""

POOL_SHARE = 0.9
"""Share of the free device memory, less Faiss's, that the pool may grow to."""

LEAST_POOL = 1 << 30
"""Bytes below which a GPU is not worth starting on."""


@dataclass(frozen=True)
class Device:
    """The GPU a run uses.

    Attributes
    ----------
    name : str
    pool : int
        Bytes that the memory pool may grow to.
    total : int
        Bytes of device memory in all.
    """

    name: str
    pool: int
    total: int


@cache
def why_not() -> str | None:
    """Say why no GPU can be used here, or None when one can.

    Asks the driver first, then the packages' metadata whether CuPy is installed and goes with the
    driver, and only then starts CUDA with a device count and a tiny product: a library that is
    missing shows in nothing less. RAPIDS is not needed (:mod:`engine.places.parts`).
    """
    return why_not_started() or _why_cuda_fails()


def why_not_started(*others: str) -> str | None:
    """Say the same as far as it can be said without CUDA: more packages may be asked for."""
    if trouble := driver_trouble():
        return trouble
    if find_spec("cupy") is None:
        return f"CuPy is not installed ({how('cupy')}, or cupy-cu13 for CUDA 13)"
    missing = [name for name in others if find_spec(name) is None]
    if missing:
        return f"{', '.join(missing)} not installed (make gpu-install, or pip install '.[gpu]')"
    if trouble := packages.clash():
        return trouble
    if os.environ.get("CUPY_TF32") == "1":
        return "CUPY_TF32=1 is set, which would round distances too coarsely (unset it)"
    return None


def _why_cuda_fails() -> str | None:
    try:
        import cupy

        if cupy.cuda.runtime.getDeviceCount() == 0:
            return "CUDA reports no GPU"
        # A product by cuBLAS, and a kernel that NVRTC compiles.
        rows = cupy.ones((2, 2))
        float((rows @ rows + 1).sum())
    except Exception as error:
        # CuPy's errors have no common base: whatever they say is why there is no GPU.
        return f"CUDA does not start ({first_line(error)}){_libraries(str(error))}"
    return None


def _libraries(said: str) -> str:
    """Say how CUDA's own libraries are had, where one of them or its headers are missing."""
    lacking = any(word in said for word in (".so", "DLL", "NVRTC", "header", "CUDA_PATH"))
    return f"; {how('cupy')} brings CUDA's libraries" if lacking else ""


def open_device(*, spill: bool = False) -> Device:
    """Take device memory for one pool that all libraries share, once a process.

    The pool is RMM's where that is installed, else CuPy's own. It may grow to nine tenths of what
    is free, less what Faiss takes beside it where that is there.

    Parameters
    ----------
    spill : bool
        Let cuDF move frames to host memory when the pool is full. cuDF decides it when the first
        frame is made, so the first run of a process decides for those that follow.

    Raises
    ------
    PlaceError
        The memory cannot be had: other programs hold nearly all of it, or the driver refuses.
        The message is a clause, as :func:`why_not` gives it.
    """
    try:
        opened = _open_pool()
        if spill and parts.found().reads_there:
            # After the pool: cuDF hooks into the memory resource that it then finds.
            _let_frames_spill()
    except PlaceError:
        raise
    except Exception as error:
        # A MemoryError of rmm's when another program was faster; its other errors share no base.
        message = (
            f"the GPU's memory cannot be taken ({first_line(error)}; close other programs on it)"
        )
        raise PlaceError(message) from None
    return opened


def _let_frames_spill() -> None:
    import cudf

    cudf.set_option("spill", True)  # noqa: FBT003 (cuDF's form)


@cache
def _open_pool() -> Device:
    import cupy

    free, total = cupy.cuda.runtime.memGetInfo()
    most = _most(free) // 256 * 256
    if most < LEAST_POOL:
        message = (
            f"the GPU has only {free / 2**30:.1f} GiB of memory free (close other programs on it)"
        )
        raise PlaceError(message)
    if parts.why_no("rmm"):
        cupy.get_default_memory_pool().set_limit(size=most)
    else:
        _shared_pool(most)
    name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    return Device(name, most, total)


def _most(free: int) -> int:
    beside = FAISS_TEMPORARY if parts.found().has_faiss else 0
    return int((free - beside) * POOL_SHARE)


def _shared_pool(most: int) -> None:
    import cupy
    import rmm
    from rmm.allocators.cupy import rmm_cupy_allocator

    half = most // 2 // 256 * 256
    rmm.reinitialize(pool_allocator=True, initial_pool_size=half, maximum_pool_size=most)
    cupy.cuda.set_allocator(rmm_cupy_allocator)


def arranged_device() -> Device:
    """Take part in device memory that others have arranged for this process, such as dask-cuda.

    CuPy is given RMM's memory, as it is; no pool is made or changed. Bytes are those of the pool,
    or without one what :func:`open_device` would let a pool grow to.
    """
    import cupy

    free, total = cupy.cuda.runtime.memGetInfo()
    pooled = 0 if parts.why_no("rmm") else _arranged_pool()
    name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    return Device(name, pooled or _most(free), total)


def _arranged_pool() -> int:
    import cupy
    import rmm
    from rmm.allocators.cupy import rmm_cupy_allocator

    memory = rmm.mr.get_current_device_resource()
    while hasattr(memory, "upstream_mr") and not hasattr(memory, "pool_size"):
        memory = memory.upstream_mr
    cupy.cuda.set_allocator(rmm_cupy_allocator)
    return int(memory.pool_size()) if hasattr(memory, "pool_size") else 0


def empty_on_host(shape: tuple[int, ...], xp: Any = None) -> np.ndarray:
    """Float32 room in pinned host memory, from which copies overlap with work.

    Not by CuPy's pool of pinned memory, which takes the next power of two (8 GiB for 6 GB) and
    keeps it; this is given back when the last array on it goes. Where the system pins no more
    memory, ordinary room, with a warning: the run is the same, only slower.
    """
    if xp is None:
        import cupy

        return pinned_room(shape, cupy)
    return pinned_room(shape, xp)


@contextmanager
def device_memory_named() -> Iterator[None]:
    """Turn an exhausted device into one sentence."""
    try:
        yield
    except MemoryError as error:
        # cupy's and rmm's out-of-memory errors are both MemoryErrors.
        raise exhausted(error) from None
