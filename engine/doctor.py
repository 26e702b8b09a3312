"""What ``engine doctor`` finds out about a GPU: driver, GPUs, package versions, mismatches.

Asks the driver's own libraries and the packages' metadata; no package is imported and no context
is created on a GPU.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from engine.machine import driver_device_count, driver_version

LEAST_DRIVER = {12: (525, 60), 13: (580, 0)}
"""Oldest NVIDIA driver for each CUDA (CUDA Compatibility, minor version compatibility)."""

_RAPIDS = ("cudf", "cuml", "dask-cuda", "dask-cudf", "raft-dask", "rmm", "pylibraft")
_OTHERS = ("faiss-cpu", "faiss-gpu", "numba", "numpy")
_CUPY = ("cupy", "cupy-cuda11x", "cupy-cuda12x", "cupy-cuda13x")
_AGAIN = "install one set afresh: make gpu-install, or with CUDA=13 for CUDA 13"
_ATTRIBUTES = (75, 76)
"""CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR of the driver API."""


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


def packages() -> dict[str, str]:
    """Give the versions of the installed packages that a GPU run depends on, from metadata."""
    wheels = [f"{name}{cuda}" for name in _RAPIDS for cuda in ("", "-cu11", "-cu12", "-cu13")]
    found = {}
    for name in (*wheels, *_CUPY, *_OTHERS):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


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
    count = driver_device_count()
    if not count:
        return []
    driver = ctypes.CDLL("libcuda.so.1")
    return [gpu for number in range(count) if (gpu := _gpu(driver, number))]


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


def mismatches(packages: Mapping[str, str], driver: tuple[int, int] | None) -> list[str]:
    """Say which installed packages and driver do not go together, each with its remedy.

    Parameters
    ----------
    packages : mapping of str to str
        Installed versions by distribution name, as :func:`packages` gives them.
    driver : tuple of int or None
        The NVIDIA driver's own version, major and minor; None when there is none or it is unknown.

    Returns
    -------
    sentences : list of str
        Empty when all is well.

    Notes
    -----
    Faiss: both wheels own the module ``faiss``; that of ``faiss-gpu`` is built for CUDA 12.
    numba 0.64 and older refuse NumPy 2.5 (its own metadata), and cuDF and cuML import it.

    Examples
    --------
    >>> mismatches({"cudf-cu13": "26.10.2"}, (570, 86))
    ['the NVIDIA driver is too old for CUDA 13, which needs 580.00 or newer; update the driver, \
or run make gpu-install CUDA=12.']
    """
    checks = (
        _two_faiss(packages),
        _two_cudas(packages),
        _old_driver(packages, driver),
        _new_numpy(packages),
        _two_releases(packages),
    )
    return [sentence for sentence in checks if sentence]


def clash() -> str | None:
    """Say in a clause why the installed packages and the driver cannot work together, if so.

    The first of :func:`mismatches`, from metadata and the driver's version: no package is
    imported and CUDA is not started.
    """
    found = mismatches(packages(), nvidia_driver() or _at_least(driver_version()))
    return found[0].rstrip(".") if found else None


def _two_faiss(packages: Mapping[str, str]) -> str | None:
    if not {"faiss-cpu", "faiss-gpu"} <= packages.keys():
        return None
    return (
        "faiss-cpu and faiss-gpu are both installed and overwrite each other; uninstall both, "
        "then install the one that is wanted."
    )


def cuda_versions(packages: Mapping[str, str]) -> dict[str, int]:
    """Tell the CUDA that each package is built for, where its name says.

    Examples
    --------
    >>> cuda_versions({"cudf-cu12": "26.10.2", "cupy-cuda13x": "14.2.0", "numpy": "2.4.1"})
    {'cudf-cu12': 12, 'cupy-cuda13x': 13}
    """
    found = {name: re.search(r"-cu(?:da)?(\d\d)x?$", name) for name in packages}
    named = {name: int(match[1]) for name, match in found.items() if match}
    return named | ({"faiss-gpu": 12} if "faiss-gpu" in packages else {})


def _two_cudas(packages: Mapping[str, str]) -> str | None:
    by_cuda: dict[int, list[str]] = {}
    for name, cuda in cuda_versions(packages).items():
        by_cuda.setdefault(cuda, []).append(name)
    if len(by_cuda) < 2:
        return None
    parts = [f"CUDA {cuda} ({', '.join(sorted(by_cuda[cuda]))})" for cuda in sorted(by_cuda)]
    return f"packages for {' and '.join(parts)} are mixed in one environment; {_AGAIN}."


def _old_driver(packages: Mapping[str, str], driver: tuple[int, int] | None) -> str | None:
    wanted = max((c for c in cuda_versions(packages).values() if c in LEAST_DRIVER), default=None)
    if driver is None or wanted is None or driver >= LEAST_DRIVER[wanted]:
        return None
    enough = [cuda for cuda, least in LEAST_DRIVER.items() if driver >= least]
    instead = f", or run make gpu-install CUDA={max(enough)}" if enough else ""
    return (
        f"the NVIDIA driver is too old for CUDA {wanted}, which needs "
        f"{_written(LEAST_DRIVER[wanted])} or newer; update the driver{instead}."
    )


def _written(driver: tuple[int, int]) -> str:
    return f"{driver[0]}.{driver[1]:02}"


def _new_numpy(packages: Mapping[str, str]) -> str | None:
    numba, numpy = (_release(packages.get(name, "")) for name in ("numba", "numpy"))
    if numba is None or numpy is None or numba >= (0, 65) or numpy < (2, 5):
        return None
    return (
        f"numba {packages['numba']} does not work with NumPy {packages['numpy']}, so cuDF and "
        "cuML cannot be imported; pip install 'numpy<2.5'."
    )


def _two_releases(packages: Mapping[str, str]) -> str | None:
    releases: dict[tuple[int, int], list[str]] = {}
    for name, number in packages.items():
        release = _release(number)
        if release and re.sub(r"-cu\d\d$", "", name) in _RAPIDS:
            releases.setdefault(release, []).append(name)
    if len(releases) < 2:
        return None
    parts = [
        f"{year}.{month:02} ({', '.join(sorted(releases[year, month]))})"
        for year, month in sorted(releases)
    ]
    return f"RAPIDS packages of different releases are installed: {', '.join(parts)}; {_AGAIN}."


def _release(number: str) -> tuple[int, int] | None:
    found = re.match(r"(\d+)\.(\d+)", number)
    return (int(found[1]), int(found[2])) if found else None


def gpu_report() -> tuple[list[str], list[str]]:
    """Give the doctor's lines about the GPU, and the mismatches.

    Returns
    -------
    facts : list of str
    problems : list of str
    """
    number, supported, found = nvidia_driver(), driver_version(), packages()
    facts = [_driver_line(number, supported)]
    facts += [
        f"GPU {i}: {gpu.name}, {gpu.memory / 2**30:.0f} GiB, compute capability "
        f"{gpu.capability[0]}.{gpu.capability[1]}"
        for i, gpu in enumerate(gpus())
    ]
    gpu_packages = [name for name in found if name not in ("faiss-cpu", "numba", "numpy")]
    facts += [f"{name} {found[name]}" for name in gpu_packages]
    if not gpu_packages:
        facts.append("no GPU package is installed (make gpu-install)")
    return facts, mismatches(found, number or _at_least(supported))


def _at_least(supported: tuple[int, int] | None) -> tuple[int, int] | None:
    """Give the oldest driver that supports a CUDA: all that is known where the number is hidden."""
    if supported is None:
        return None
    return max((d for c, d in LEAST_DRIVER.items() if c <= supported[0]), default=(0, 0))


def _driver_line(number: tuple[int, int] | None, supported: tuple[int, int] | None) -> str:
    if number is None and supported is None:
        return "no NVIDIA driver was found"
    own = _written(number) if number else "of unknown version"
    cuda = f"CUDA up to {supported[0]}.{supported[1]}" if supported else "CUDA not answering"
    return f"NVIDIA driver {own}, {cuda}"
