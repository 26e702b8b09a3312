"""What the NVIDIA driver tells: its version, its GPUs, and why it does not answer.

Asks the driver's own libraries and the kernel; no context is created on a GPU.
"""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.places.machine import ask_driver

_ATTRIBUTES = (75, 76)
"""CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR of the driver API."""

_NO_GPU = (0, 100)
"""CUDA_SUCCESS and CUDA_ERROR_NO_DEVICE: the driver works and has nothing to show."""

_ERRORS = {
    802: "the system is not ready; start the fabric manager (systemctl start nvidia-fabricmanager)",
    803: "the kernel's driver and its libraries are of different versions; restart the machine",
    804: "the CUDA compatibility libraries do not support this GPU; take them off LD_LIBRARY_PATH",
    999: "unknown; reload the kernel's module nvidia_uvm, or restart the machine",
}
"""What the driver's error codes mean on a machine that has a GPU, and the remedy."""


def driver_trouble() -> str | None:
    """Say in a clause why the driver gives no GPU to use, None where it gives one."""
    answer = ask_driver()
    if answer is None:
        return "no NVIDIA driver was found on this machine"
    if answer.error not in _NO_GPU:
        words = _ERRORS.get(answer.error, "see CUresult in the CUDA driver API's manual")
        return f"the NVIDIA driver does not start: error {answer.error} ({words})"
    return None if answer.gpus else "the NVIDIA driver reports no GPU"


@dataclass(frozen=True)
class Gpu:
    """One GPU as the driver tells it.

    Attributes
    ----------
    name : str
    memory : int
        Bytes in all.
    capability : tuple of int
        Compute capability: 9, 0 for an H100 or H200.
    """

    name: str
    memory: int
    capability: tuple[int, int]


def nvidia_driver() -> tuple[int, int] | None:
    """Give the NVIDIA driver's own version, such as (580, 65); None where nothing tells it."""
    return driver_number(_kernel_module() or _management_library())


def driver_number(text: str) -> tuple[int, int] | None:
    """Find a driver's version in what the kernel module or the management library says.

    Examples
    --------
    >>> driver_number("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 2023")
    (535, 104)
    """
    found = re.search(r"\b(\d{3,4})\.(\d+)(\.\d+)?\b", text)
    return (int(found[1]), int(found[2])) if found else None


def _kernel_module() -> str:
    try:
        lines = Path("/proc/driver/nvidia/version").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return lines[0] if lines else ""


def _management_library() -> str:
    try:
        library = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return ""
    if library.nvmlInit_v2() != 0:
        return ""
    text = ctypes.create_string_buffer(96)
    answered = library.nvmlSystemGetDriverVersion(text, ctypes.c_uint(len(text))) == 0
    library.nvmlShutdown()
    return text.value.decode(errors="replace") if answered else ""


def gpus() -> list[Gpu]:
    """List the GPUs that CUDA would see (``CUDA_VISIBLE_DEVICES`` counts); empty without any."""
    answer = ask_driver()
    if answer is None or not answer.gpus:
        return []
    driver = ctypes.CDLL("libcuda.so.1")
    return [gpu for number in range(answer.gpus) if (gpu := _gpu(driver, number))]


def _gpu(driver: Any, number: int) -> Gpu | None:
    device, memory = ctypes.c_int(0), ctypes.c_size_t(0)
    name = ctypes.create_string_buffer(256)
    told = [
        driver.cuDeviceGet(ctypes.byref(device), ctypes.c_int(number)),
        driver.cuDeviceGetName(name, ctypes.c_int(len(name)), device),
        driver.cuDeviceTotalMem_v2(ctypes.byref(memory), device),
    ]
    capability = [ctypes.c_int(0), ctypes.c_int(0)]
    told += [
        driver.cuDeviceGetAttribute(ctypes.byref(value), ctypes.c_int(attribute), device)
        for value, attribute in zip(capability, _ATTRIBUTES, strict=True)
    ]
    if any(told):
        return None
    major, minor = (value.value for value in capability)
    return Gpu(name.value.decode(errors="replace"), memory.value, (major, minor))
