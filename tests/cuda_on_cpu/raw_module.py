"""A stand-in for CuPy's RawModule: the same CUDA C++ compiled by g++ and run on the CPU.

It takes and refuses what CuPy and CUDA do: options in a tuple, functions by name, scalars as they
are passed on (an ``int`` as int64, a ``float`` as float64), blocks of at most 1,024 threads, no
more shared memory than was opted into. What CUDA would read as other numbers, silently, is an
error here: an array or a scalar of another type than the parameter's.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

SHIM = Path(__file__).with_name("cuda_on_cpu.hpp")
OPTIONS = re.compile(r"-D\w+(=\S+)?|-std=c\+\+1[47]|--std=c\+\+1[47]")
FLAGS = ("-O2", "-std=c++17", "-fPIC", "-ffp-contract=off", "-fno-strict-aliasing",
         "-fno-gnu-unique", "-fsanitize=alignment", "-w")  # fmt: skip
DEFAULT_SHARED = 48 << 10
MOST_THREADS, MOST_GRID = (1024, 1024, 64), ((1 << 31) - 1, 65_535, 65_535)

SHARED_LIMIT = 227 << 10
"""Bytes that a kernel may opt into: of sm_90, unless a test says otherwise."""

MAJOR = 9
"""First number of the compute capability, likewise."""

ORDER = [False]
"""Whether blocks and threads begin from the last: tests turn it."""

LAUNCHED: list[str] = []
"""Names of the kernels that ran."""


class CompileError(RuntimeError):
    """The source is no CUDA C++ that is known here."""


class LaunchError(RuntimeError):
    """CUDA would refuse the launch, or it went wrong."""


def compiler() -> str | None:
    """Find g++; None where there is none."""
    return shutil.which("g++")


@cache
def _version(path: str) -> str:
    return subprocess.run(
        [path, "-v", "-march=native", "-E", "-x", "c++", "/dev/null"],
        capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip


class RawModule:
    """Kernels of one source.

    Parameters
    ----------
    code : str
    options : tuple of str
    name_expressions : sequence of str, optional
        Instances of templates.
    """

    def __init__(
        self,
        *,
        code: str,
        options: tuple[str, ...] = (),
        backend: str = "nvrtc",
        name_expressions: Sequence[str] | None = None,
    ) -> None:
        assert type(options) is tuple, "CuPy takes a tuple"
        assert backend == "nvrtc"
        self._given = code, options, tuple(name_expressions or ())
        self._library: tuple[Any, dict[str, Any]] | None = None

    def get_function(self, name: str) -> RawKernel:
        """Give a kernel; all are compiled at the first."""
        library, kernels = self._compiled()
        if name not in kernels:
            message = f"CUDA_ERROR_NOT_FOUND: named symbol not found: {name}"
            raise LaunchError(message)
        return RawKernel(name, library, *kernels[name])

    def _compiled(self) -> tuple[Any, dict[str, Any]]:
        if self._library is None:
            file = compiled(*self._given)
            kernels = json.loads(file.with_suffix(".json").read_text())
            self._library = ctypes.CDLL(str(file)), kernels
        return self._library


class RawKernel:
    """A kernel, launched as CuPy's is."""

    def __init__(self, name: str, library: Any, number: int, bound: int) -> None:
        self.name, self._bound = name, bound
        self._launch, described = library[f"launch_{number}"], library[f"signature_{number}"]
        self._launch.restype = described.restype = ctypes.c_char_p
        self._takes = described().decode().split()
        self._most_shared = DEFAULT_SHARED

    @property
    def shared_size_bytes(self) -> int:
        """Bytes that the source sets aside: not known here, where they come beside the limit."""
        return 0

    @property
    def max_dynamic_shared_size_bytes(self) -> int:
        return self._most_shared

    @max_dynamic_shared_size_bytes.setter
    def max_dynamic_shared_size_bytes(self, size: int) -> None:
        if size > SHARED_LIMIT:
            message = f"CUDA_ERROR_INVALID_VALUE: {size} bytes of shared memory"
            raise LaunchError(message)
        self._most_shared = size

    def __call__(
        self, grid: tuple[int, ...], block: tuple[int, ...], args: tuple[Any, ...],
        *, shared_mem: int = 0,
    ) -> None:  # fmt: skip
        grid, block = (max(1, n) for n in (*grid, 1, 1)[:3]), (*block, 1, 1)[:3]
        grid, block = tuple(grid), tuple(max(1, n) for n in block)
        self._check(grid, block, shared_mem)
        if len(args) != len(self._takes):
            message = f"{self.name} takes {len(self._takes)} arguments, not {len(args)}"
            raise LaunchError(message)
        held = [_passed(a, t) for a, t in zip(args, self._takes, strict=True)]
        pointers = (ctypes.c_void_p * len(held))(*(h.ctypes.data for h in held))
        said = self._launch(
            (ctypes.c_uint * 3)(*grid), (ctypes.c_uint * 3)(*block),
            ctypes.c_size_t(shared_mem), pointers, ctypes.c_int(ORDER[0]),
        )  # fmt: skip
        if said:
            message = f"{self.name}: {said.decode()}"
            raise LaunchError(message)
        LAUNCHED.append(self.name)

    def _check(self, grid: tuple[int, ...], block: tuple[int, ...], shared: int) -> None:
        threads = int(np.prod(block))
        wrong = (
            any(g > most for g, most in zip(grid, MOST_GRID, strict=True)),
            any(b > most for b, most in zip(block, MOST_THREADS, strict=True)),
            threads > min(1024, self._bound),
            shared > self._most_shared,
        )
        if any(wrong):
            message = (
                f"CUDA_ERROR_INVALID_VALUE: {self.name} of grid {grid}, block {block} (at most "
                f"{self._bound} threads), {shared} bytes of shared memory (of {self._most_shared})"
            )
            raise LaunchError(message)


def _passed(value: Any, takes: str) -> np.ndarray:
    """Give the bytes of an argument, as CuPy passes it on."""
    if value is None:
        message = "None is garbage where CuPy hands it on: an address of 0 is a scalar of uintp"
        raise TypeError(message)
    if hasattr(value, "held"):
        if not takes.startswith("p"):
            message = f"an array where the kernel takes {takes}"
            raise TypeError(message)
        array = value.held
        own, kind = f"{array.dtype.kind}{array.dtype.itemsize}", takes[1:]
        if own != kind and kind[0] != "v" and kind not in ("u1", "i1"):
            message = f"an array of {array.dtype} where the kernel takes {kind}"
            raise TypeError(message)
        return np.array([array.ctypes.data], np.uintp)
    if isinstance(value, bool | int | float) and not isinstance(value, np.generic):
        value = {bool: np.bool_, int: np.int64, float: np.float64}[type(value)](value)
    if not isinstance(value, np.generic):
        message = f"Unsupported type {type(value)}"
        raise TypeError(message)
    null = takes.startswith("p") and isinstance(value, np.uintp) and not value
    if not null and f"{value.dtype.kind}{value.dtype.itemsize}" != takes:
        message = f"a scalar of {value.dtype} where the kernel takes {takes}"
        raise TypeError(message)
    return np.array([value])


@cache
def compiled(code: str, options: tuple[str, ...], expressions: tuple[str, ...]) -> Path:
    """Compile a source into a shared library, or find it where it was compiled before."""
    path = compiler()
    assert path is not None, "no g++ here"
    if odd := [o for o in options if not OPTIONS.fullmatch(o)]:
        message = f"nvrtc: error: not known here: {odd}"
        raise CompileError(message)
    key = json.dumps([code, options, expressions, SHIM.read_text(), FLAGS, _version(path)])
    key += Path(__file__).read_text()
    folder = Path(tempfile.gettempdir()) / f"cuda-on-cpu-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    file = folder / f"{sha256(key.encode()).hexdigest()[:32]}.so"
    if not file.is_file():
        defines = [o for o in options if o.startswith("-D")]
        with tempfile.TemporaryDirectory(dir=folder) as work:
            _compile(path, code, defines, expressions, Path(work))
            os.replace(f"{work}/kernels.json", file.with_suffix(".json"))
            os.replace(f"{work}/kernels.so", file)
    return file


def _compile(
    path: str, code: str, defines: list[str], expressions: tuple[str, ...], work: Path
) -> None:
    (work / "kernels.cu").write_text(code)
    plain = _run([path, "-E", "-P", "-x", "c++", *defines, str(work / "kernels.cu")])
    kernels = {}
    for number, (name, bound) in enumerate([*_declared(plain), *((e, 1024) for e in expressions)]):
        kernels[name] = number, bound
    launchers = [
        f'extern "C" const char* launch_{n}(const unsigned* g, const unsigned* b, std::size_t s, '
        f"void** a, int o) {{ return on_cpu::launch(on_cpu::body_of<&{name}>, g, b, s, a, o); }}\n"
        f'extern "C" const char* signature_{n}() {{ static const std::string to = '
        f"on_cpu::signature(&{name}); return to.c_str(); }}"
        for name, (n, _) in kernels.items()
    ]
    text = ['#include "cuda_on_cpu.hpp"', '#line 1 "kernels.cu"', _translated(code), *launchers]
    (work / "kernels.cpp").write_text("\n".join(text))
    flags = [*FLAGS, *(["-march=native"] if os.uname().machine == "x86_64" else [])]
    # Linked without the sanitizer's library: what it would call is the shim's.
    _run([path, "-c", *flags, *defines, f"-I{SHIM.parent}", f"{work}/kernels.cpp",
          "-o", f"{work}/kernels.o"])  # fmt: skip
    _run([path, "-shared", f"{work}/kernels.o", "-o", f"{work}/kernels.so"])
    (work / "kernels.json").write_text(json.dumps(kernels))


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise CompileError(done.stderr[:4000])
    return done.stdout


_KERNEL = re.compile(
    r'extern\s*"C"\s*__global__\s+void\s+(?:__launch_bounds__\s*\(([^()]*(?:\([^()]*\))?[^()]*)\)\s*)?'
    r"(\w+)\s*\("
)


def _declared(plain: str) -> list[tuple[str, int]]:
    """List the kernels that have C's names, and how many threads they may be launched with."""
    found = []
    for bound, name in _KERNEL.findall(plain):
        first = bound.partition(",")[0].strip()
        found.append((name, int(first) if first.isdigit() else 1024))
    return found


_DYNAMIC = re.compile(r"extern\s+__shared__\s+(?:__align__\(\d+\)\s+)?([\w\s]+?)\s+(\w+)\[\]\s*;")
_STATIC = re.compile(
    r"__shared__\s+(?:__align__\(\d+\)\s+)?([\w:<>\s]+?)\s+(\w+)((?:\[[^\];]+\])*)\s*;"
)


def _translated(code: str) -> str:
    """Write where shared memory lies in words of C++."""
    code = _DYNAMIC.sub(r"\1* const \2 = static_cast<\1*>(on_cpu::dynamic_shared());", code)
    return _STATIC.sub(r"static on_cpu::Static<\1 \3> \2_held; auto& \2 = \2_held.here();", code)
