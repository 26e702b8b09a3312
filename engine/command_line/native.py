"""What native libraries write to standard error while a command runs, and how they abort."""

from __future__ import annotations

import ctypes
import io
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.errors import MemoryLimitError, memory_is_bounded

_TOLD_IN_A_SENTENCE = (
    b"panicked at", b"memory allocation of", b"background thread creation", b"pthread_create",
)  # fmt: skip
"""What such text says where a sentence says it to people."""

_WITHOUT_END = b"<jemalloc>"
"""What is written again and again, until the program ends, where memory is bounded too low."""

_MEMORY = (b"memory allocation of", b"bad_alloc", b"out of memory", b"Cannot allocate memory")
_NO_MEMORY = (
    b"engine: there is not enough memory for this step; earlier results are as they were. Set "
    b"compute.memory_limit to what is free, which keeps large tables on disk, name fewer columns "
    b"in features.include, or free memory.\n"
)
_STOPPED = (
    b"engine: a library stopped the program; earlier results are as they were. Run "
    b"`engine --debug ...` to see what it says, and please report it.\n"
)
_LOOK, _FEW = 1 << 16, 1 << 11
_RESERVE = 1 << 22
"""Bytes kept for saying that there are no more."""

_LEAST = 512 << 20
"""Bytes of addresses below which libraries do not even load."""


def check_room() -> None:
    """Refuse to begin where ``ulimit -v`` leaves no room for the libraries themselves.

    Raises
    ------
    MemoryLimitError
        Some of them crash there, without a word.
    """
    bound = resource.getrlimit(resource.RLIMIT_AS)[0]
    if memory_is_bounded() and bound < _LEAST:
        message = (
            f"ulimit -v allows this process {bound >> 20:,} MiB of addresses, and its libraries "
            f"alone take about {_LEAST >> 20:,}; raise it, and set compute.memory_limit instead."
        )
        raise MemoryLimitError(message)


@contextmanager
def libraries_silenced() -> Iterator[None]:
    """Keep what native libraries write to standard error from people, unless nobody else says it.

    The backtrace of a panic is left out, since the error itself becomes a sentence; what else was
    written is written in the end. A library that aborts the process, as those in Rust do where
    memory runs out, ends it with one sentence and exit code 1. Python's own standard error is
    what it was; without a file descriptor of its own, nothing is changed.
    """
    try:
        streams = sys.stderr, os.dup(sys.stderr.fileno())
    except (OSError, AttributeError, io.UnsupportedOperation):
        yield
        return
    before, kept = streams
    with tempfile.TemporaryFile() as sink, os.fdopen(kept, "wb", buffering=0) as shown:
        sys.stderr.flush()
        os.dup2(sink.fileno(), 2)
        sys.stderr = io.TextIOWrapper(
            shown, encoding=before.encoding, errors=before.errors, line_buffering=True,
            write_through=True,
        )  # fmt: skip
        try:
            with _aborting(sink.fileno(), shown.fileno()):
                yield
        finally:
            sys.stderr.flush()
            sys.stderr.detach()
            sys.stderr = before
            said = os.pread(sink.fileno(), _LOOK, 0)
            if _WITHOUT_END not in said:
                os.dup2(shown.fileno(), 2)
            if said and not any(words in said for words in _TOLD_IN_A_SENTENCE):
                os.write(2, said)


@contextmanager
def _aborting(sink: int, shown: int) -> Iterator[None]:
    """End an aborted process with a sentence, as far as its libraries let it."""
    reserve, bounded = [bytearray(_RESERVE)], memory_is_bounded()

    def end(_: int) -> None:
        reserve.clear()
        try:
            said = os.pread(sink, _FEW, 0)
            memory = bounded or any(words in said for words in _MEMORY)
        except MemoryError:
            memory = True
        os.write(shown, _NO_MEMORY if memory else _STOPPED)
        os._exit(1)

    # Python's own handlers run between its instructions, to which an abort does not return.
    handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(end)
    try:
        set_handler: Any = ctypes.CDLL(None).signal
    except (OSError, AttributeError, TypeError):
        yield
        return
    set_handler.argtypes, set_handler.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_void_p
    former = set_handler(signal.SIGABRT, ctypes.cast(handler, ctypes.c_void_p))
    try:
        yield
    finally:
        set_handler(signal.SIGABRT, former)
