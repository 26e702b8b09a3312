"""What this machine has: cores, memory, an NVIDIA driver."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import NamedTuple

from engine.places.control_groups import group_memory

CPU_RESERVE = 0.8
"""Share of the available memory that ``memory_limit: auto`` lets a run allocate."""


class DriverAnswer(NamedTuple):
    """What the NVIDIA driver says when it is started: how many GPUs, and its error code."""

    gpus: int
    error: int


def ask_driver() -> DriverAnswer | None:
    """Ask the NVIDIA driver for its GPUs, None where there is no driver; starts no context.

    The error is that of ``cuInit`` or ``cuDeviceGetCount`` (``CUresult``), 0 where both answered.
    """
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None
    count = ctypes.c_int(0)
    error = driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count))
    return DriverAnswer(0 if error else count.value, int(error))


def driver_device_count() -> int | None:
    """GPUs that the NVIDIA driver reports, None where there is no driver; starts no context."""
    answer = ask_driver()
    return None if answer is None else answer.gpus


def driver_version() -> tuple[int, int] | None:
    """Latest CUDA that the NVIDIA driver supports, such as (12, 9); None where there is none.

    Not the driver's own number (580.65): ``cuDriverGetVersion`` tells the version of its CUDA
    interface. Starts no context.
    """
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None
    number = ctypes.c_int(0)
    if driver.cuDriverGetVersion(ctypes.byref(number)) != 0:
        return None
    return cuda_version(number.value)


def cuda_version(number: int) -> tuple[int, int]:
    """Read CUDA's integer version, 1000 major + 10 minor.

    Examples
    --------
    >>> cuda_version(12090)
    (12, 9)
    """
    return number // 1000, number % 1000 // 10


def available_threads() -> int:
    """Cores this process may use: its affinity, capped by the control group's quota."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:  # macOS, Windows
        cores = os.cpu_count() or 1
    quota = _first_line("/sys/fs/cgroup/cpu.max").split()
    if len(quota) == 2 and quota[0].isdigit():
        cores = min(cores, max(1, int(quota[0]) // int(quota[1])))
    return cores


def available_memory() -> int:
    """Bytes that can be allocated without swapping, as the kernel and control groups say."""
    free, left = _kernel_available(), group_memory()
    return free if left is None else min(free, left)


def _kernel_available() -> int:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:  # macOS, Windows
        pass
    import psutil

    return int(psutil.virtual_memory().available)


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def memory_bytes(limit: str | int) -> int:
    """Turn ``compute.memory_limit`` into bytes.

    Examples
    --------
    >>> memory_bytes("2GiB"), memory_bytes("1500 MB"), memory_bytes(10)
    (2147483648, 1500000000, 10)
    """
    if isinstance(limit, int):
        return limit
    text = limit.strip().lower().removesuffix("b")
    if text == "auto":
        return int(available_memory() * CPU_RESERVE)
    base = 1024 if text.endswith("i") else 1000
    text = text.removesuffix("i")
    power = "kmgt".find(text[-1]) + 1
    return int(float(text[:-1] if power else text) * base**power)
