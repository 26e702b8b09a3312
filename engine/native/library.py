"""The shared library of kernels: which of its instruction sets run here, or why there is none.

It is compiled where the package is built (``CMakeLists.txt``) and not needed: what a kernel does,
NumPy does as well. ``ENGINE_NATIVE=off`` leaves it out; the name of an instruction set takes that.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

SWITCH = "ENGINE_NATIVE"
"""The environment variable: ``off``, or an instruction set that this machine runs."""

FILE = Path(__file__).with_name("kernels.native.so")


@dataclass(frozen=True)
class Library:
    """What was found.

    Attributes
    ----------
    instructions : str
        The instruction set in use, ``avx2`` say; empty where NumPy does the work.
    available : tuple of str
        Those that the library holds and this machine runs, best first.
    reason : str
        Why this one, or why none, in a clause.
    """

    instructions: str
    available: tuple[str, ...]
    reason: str
    handle: Any = None


@cache
def library() -> Library:
    """Load the library once, or tell why there is none; never raises."""
    asked = os.environ.get(SWITCH, "").strip().lower()
    if asked == "off":
        return Library("", (), f"{SWITCH} is off")
    if not FILE.is_file():
        return Library("", (), "the package was built where no C++ compiler worked")
    try:
        handle = ctypes.CDLL(str(FILE))
        for asks in (handle.engine_instructions, handle.engine_sources):
            asks.restype = ctypes.c_char_p
        available = tuple(handle.engine_instructions().decode("ascii").split())
        same = handle.engine_sources().decode("ascii") == sources_digest()
    except (OSError, AttributeError) as error:
        return Library("", (), f"{FILE.name} does not load ({error})")
    if not same:
        return Library("", (), f"{FILE.name} was compiled from other sources (build it anew: make)")
    if asked and asked not in available:
        reason = f"{SWITCH} is {asked}, but this machine runs {', '.join(available)}"
        return Library("", available, reason)
    named = f"{SWITCH} names it" if asked else "the best that this processor runs"
    return Library(asked or available[0], available, named, handle)


def unheeded() -> str | None:
    """Say what is done where ``ENGINE_NATIVE`` asks for what is not there; None where it is."""
    asked, found = os.environ.get(SWITCH, "").strip().lower(), library()
    if asked in ("", "off") or found.instructions:
        return None
    return f"NumPy computes, in several times the seconds: {found.reason}"


def sources_digest() -> str:
    """Give the digest of the sources: of those here in a checkout, of those it was built from."""
    here = FILE.parent / "src"
    if not here.is_dir():
        return FILE.with_suffix(".sha256").read_text("ascii").strip()
    names = sorted(p.name for p in here.iterdir() if p.suffix in (".cpp", ".hpp"))
    lines = (f"{n} {sha256((here / n).read_bytes()).hexdigest()}\n" for n in names)
    return sha256("".join(lines).encode()).hexdigest()


def told() -> str:
    """Say which kernels compute here, and why."""
    found = library()
    return f"{found.instructions or 'none, NumPy computes'} ({found.reason})"


@cache
def kernel(name: str, result: Any, *arguments: Any) -> Callable[..., Any] | None:
    """Give a function of the library for the instruction set in use; None where there is none.

    Parameters
    ----------
    name : str
        As in the sources, without the instruction set.
    result, *arguments
        Types of ``ctypes``.

    Notes
    -----
    A call costs some microseconds and lets other threads run meanwhile.
    """
    found = library()
    if found.handle is None:
        return None
    function: Callable[..., Any] = found.handle[f"{name}_{found.instructions}"]
    function.restype, function.argtypes = result, arguments  # type: ignore[attr-defined]
    return function
