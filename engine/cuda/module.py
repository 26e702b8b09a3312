"""CUDA C++ sources compiled on the machine that runs them: once a process and device.

CuPy's ``RawModule`` hands a source to NVRTC, which comes with CuPy's own dependencies and compiles
for the GPU at hand in about a second; CuPy keeps what comes of it in the user's cache. Numba would
compile Python instead, at the price of a heavy dependency that pins NumPy, and of kernels that run
on a CPU in a simulator alone: a source of C++ is compiled by g++ as well, and tests execute it.

``xp`` is CuPy, handed in: nothing is imported here, so that all of it can be tried without a GPU.
"""

from __future__ import annotations

import re
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

SOURCES = Path(__file__).with_name("src")

OPTIONS = ("-std=c++17",)

OWN_OPTIONS = ("-ftz=true",)
"""What CuPy adds of its own, after ours: numbers of float32 below the least normal one are 0."""

STATIC_SHARED = 48 << 10
"""Bytes of shared memory that a kernel has without opting into more."""

NONE = np.uintp(0)
"""The address of an array that is not there. CuPy hands a scalar's eight bytes on as they are; of a
None some releases hand on no address of a parameter at all, which the launch reads as garbage."""

LEAST_MAJOR = 7
"""Least compute capability. Lanes of older warps cannot ballot by themselves: what they leave by
``continue`` is not defined for the lanes that go on."""

_INCLUDE = re.compile(r'^#include "([\w.]+)"\n', re.MULTILINE)


@cache
def source(name: str) -> str:
    """Give a source with what it includes in its place, each once.

    Parameters
    ----------
    name : str
        Of a file in ``src/``.
    """
    seen: set[str] = set()

    def included(file: str) -> str:
        if file in seen:
            return ""
        seen.add(file)
        text = (SOURCES / file).read_text("utf-8")
        return _INCLUDE.sub(lambda found: included(found[1]), text)

    return included(name)


def kernel(xp: Any, file: str, name: str, *defines: str) -> Any:
    """Give a kernel of a source for the current device; None where it cannot be had.

    Parameters
    ----------
    xp : module
        CuPy, or what stands in for it.
    file, name : str
        The source and the kernel's name in it.
    *defines : str
        ``-DNAME=VALUE`` for the compiler.

    Returns
    -------
    kernel : callable or None
        ``kernel(grid, block, args, shared_mem=bytes)``: arrays of the device, NumPy scalars of the
        parameters' types, :data:`NONE` in the place of an array. With what its source sets aside
        it may take the shared memory of :func:`shared_limit`. None where ``xp`` compiles nothing,
        the GPU is below sm_70, or it did not succeed, of which it is warned once.
    """
    if not compiles(xp):
        return None
    return _compiled(xp, _device(xp), file, name, defines)


def compiles(xp: Any) -> bool:
    """Whether ``xp`` is CuPy, or what stands in for it, with a GPU that kernels are written for."""
    try:
        found = xp.RawModule is not None
    except AttributeError:
        return False
    return found and _major(xp, _device(xp)) >= LEAST_MAJOR


def shared_limit(xp: Any) -> int:
    """Bytes of shared memory that a block may have on the current device."""
    return _limit(xp, _device(xp))


def _device(xp: Any) -> int:
    return int(xp.cuda.runtime.getDevice())


@cache
def _major(xp: Any, device: int) -> int:
    # CuPy tells it as text, "90" or "100"; among the attributes it has none of it.
    return int(xp.cuda.Device(device).compute_capability[:-1])


@cache
def _limit(xp: Any, device: int) -> int:
    return int(xp.cuda.Device(device).attributes["MaxSharedMemoryPerBlockOptin"])


@cache
def _module(xp: Any, device: int, file: str, defines: tuple[str, ...]) -> Any:
    return xp.RawModule(code=source(file), options=(*OPTIONS, *defines))


@cache
def _compiled(xp: Any, device: int, file: str, name: str, defines: tuple[str, ...]) -> Any:
    try:
        found = _module(xp, device, file, defines).get_function(name)
        # The limit is of what the source itself sets aside and of what a launch asks for together.
        found.max_dynamic_shared_size_bytes = _limit(xp, device) - found.shared_size_bytes
    except MemoryError:
        raise
    except Exception as error:
        # CuPy's errors of compiling, loading and finding have no common base.
        first = str(error).strip().partition("\n")[0][:200]
        note = f"the kernel {name} is not compiled, CuPy does its work more slowly ({first})"
        warnings.warn(note, RuntimeWarning, stacklevel=3)
        return None
    return found
