"""CUDA C++ compiled to machine code by NVRTC, which needs no GPU and no driver, and what it takes.

The table of ``docs/gpu_kernels.md``: ``python -m tests.cuda_on_cpu.nvrtc``.
"""

from __future__ import annotations

import ctypes
import importlib.util
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from engine.cuda.module import OPTIONS, OWN_OPTIONS, SOURCES, source

ARCHITECTURES = ("sm_70", "sm_80", "sm_90", "sm_100")

_NAMES = ("SUMS", "WEIGHTED", "INERTIA")
_LLOYD = [
    (f"-DGROUP={group}", *(f"-D{name}={int(name in on)}" for name in _NAMES))
    for on in ((), _NAMES[:1], _NAMES[:2], ("SUMS", "INERTIA"), _NAMES)
    for group in (8, 16)
]
_TILED = [
    (f"-DSLICED={sliced}", f"-DWEIGHTED={weighted}", f"-DINERTIA={inertia}")
    for sliced, weighted, inertia in product((0, 1), repeat=3)
]
DEFINES: dict[str, list[tuple[str, ...]]] = {"lloyd.cu": _LLOYD, "lloyd_tiled.cu": _TILED}
"""What a source is compiled for, each by itself; others once, without."""

_REGISTERS, _FRAME = 0x2F, 0x11
"""Attributes of kernels in a cubin's ``.nv.info``: registers of a thread, bytes of its stack."""


class CompileError(RuntimeError):
    """NVRTC says what is wrong."""


@dataclass(frozen=True)
class Taken:
    """What a kernel takes.

    Attributes
    ----------
    kernel : str
    registers, stack : int
        Of a thread: the stack holds what registers do not.
    shared : int
        Bytes of a block that the source itself sets aside.
    threads : int
        Most of a block, as the source bounds them.
    """

    kernel: str
    registers: int
    stack: int
    shared: int
    threads: int


def library() -> Any:
    """Load NVRTC's wheel; None where it is not installed."""
    found = importlib.util.find_spec("nvidia.cuda_nvrtc") if _has("nvidia") else None
    if found is None:
        return None
    folders = [Path(f) / "lib" for f in found.submodule_search_locations or ()]
    files = [file for folder in folders for file in folder.glob("libnvrtc.so.*")]
    return ctypes.CDLL(str(files[0])) if files else None


def _has(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def compiled(text: str, architecture: str, defines: tuple[str, ...] = ()) -> bytes:
    """Give the machine code of a source.

    Raises
    ------
    CompileError
    """
    nvrtc, program = library(), ctypes.c_void_p()
    nvrtc.nvrtcCreateProgram(ctypes.byref(program), text.encode(), b"kernels.cu", 0, None, None)
    options = [f"--gpu-architecture={architecture}", *OPTIONS, *defines, *OWN_OPTIONS]
    given = (ctypes.c_char_p * len(options))(*(o.encode() for o in options))
    try:
        if nvrtc.nvrtcCompileProgram(program, len(options), given):
            raise CompileError(_got(nvrtc, program, "ProgramLog").decode())
        return _got(nvrtc, program, "CUBIN")
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(program))


def _got(nvrtc: Any, program: Any, what: str) -> bytes:
    size = ctypes.c_size_t()
    nvrtc[f"nvrtcGet{what}Size"](program, ctypes.byref(size))
    held = ctypes.create_string_buffer(size.value)
    nvrtc[f"nvrtcGet{what}"](program, held)
    return held.raw


def taken(cubin: bytes) -> list[Taken]:
    """Read what each kernel takes from a cubin, which is an ELF file of 64 bits."""
    sections = _sections(cubin)
    names = _symbols(sections)
    registers: dict[int, int] = {}
    frames: dict[int, int] = {}
    for attribute, value in _attributes(sections[".nv.info"]):
        if attribute in (_REGISTERS, _FRAME):
            symbol, number = struct.unpack_from("<II", value)
            (registers if attribute == _REGISTERS else frames)[symbol] = number
    found = []
    for symbol, number in registers.items():
        name = names[symbol]
        if f".text.{name}" not in sections or f".nv.info.{name}" not in sections:
            continue
        own = dict(_attributes(sections[f".nv.info.{name}"]))
        bound = struct.unpack_from("<III", own[0x05])[0] if 0x05 in own else 1024
        shared = len(sections.get(f".nv.shared.{name}", b""))
        found.append(Taken(name, number, frames.get(symbol, 0), shared, bound))
    return sorted(found, key=lambda t: t.kernel)


def _sections(cubin: bytes) -> dict[str, bytes]:
    assert cubin[:4] == b"\x7fELF"
    (start,) = struct.unpack_from("<Q", cubin, 0x28)
    size, count, names_at = struct.unpack_from("<HHH", cubin, 0x3A)
    rows = [struct.unpack_from("<IIQQQQ", cubin, start + i * size) for i in range(count)]
    names = cubin[rows[names_at][4] :]
    found = {}
    for name, kind, _, _, offset, length in rows:
        label = names[name : names.index(b"\0", name)].decode()
        # Of type NOBITS a section has a length and no content: shared memory.
        found[label] = bytes(length) if kind == 8 else cubin[offset : offset + length]
    return found


def _symbols(sections: dict[str, bytes]) -> list[str]:
    table, strings = sections[".symtab"], sections[".strtab"]
    starts = [struct.unpack_from("<I", table, at)[0] for at in range(0, len(table), 24)]
    return [strings[s : strings.index(b"\0", s)].decode() for s in starts]


def _attributes(info: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(info):
        form, attribute, size = struct.unpack_from("<BBH", info, at)
        at += 4
        if form == 4:  # followed by so many bytes; otherwise the size is the value
            yield attribute, info[at : at + size]
            at += size


@cache
def all_taken(file: str, architecture: str) -> list[tuple[str, Taken]]:
    """List what the kernels of a source take, for each of its ``DEFINES``."""
    found = []
    for defines in DEFINES.get(file, [()]):
        said = " ".join(d[2:].lower() for d in defines if not d.endswith("=0"))
        found += [(said, t) for t in taken(compiled(source(file), architecture, defines))]
    return found


def table() -> str:
    """Write the table: registers and bytes of stack by architecture."""
    lines = ["| source | kernel | threads | shared | " + " | ".join(ARCHITECTURES) + " |"]
    lines.append("|---" * (4 + len(ARCHITECTURES)) + "|")
    for file in sorted(f.name for f in SOURCES.glob("*.cu")):
        each = [all_taken(file, a) for a in ARCHITECTURES]
        for row in zip(*each, strict=True):
            said, first = row[0]
            name = f"`{first.kernel}`" + (f" {said}" if said else "")
            cells = [f"{t.registers}" + (f" + {t.stack} B" if t.stack else "") for _, t in row]
            head = [f"`{file}`", name, str(first.threads), str(first.shared)]
            lines.append("| " + " | ".join([*head, *cells]) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(print(table()))
