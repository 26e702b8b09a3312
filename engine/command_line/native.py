"""What native libraries write to standard error while a command runs, and how they abort."""

from __future__ import annotations

import ctypes
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import sleep
from typing import Any, BinaryIO

import typer

from engine.command_line.answering import asked_for_json, one_line
from engine.errors import EngineError, MemoryLimitError, addresses, memory_is_bounded

_TOLD_IN_A_SENTENCE = (
    b"panicked at", b"memory allocation of", b"background thread creation", b"pthread_create",
)  # fmt: skip
"""What such text says where a sentence says it to people."""

_LAST_WORDS = (
    b"memory allocation of", b"terminate called", b"malloc():", b"free():", b"corrupted",
    b"Fatal Python error",
)  # fmt: skip
"""What is written right before a process is aborted."""

_MEMORY = (b"memory allocation of", b"bad_alloc")

_WITHOUT_END = b"<jemalloc>"
"""What is written again and again, until the program ends, where memory is bounded too low."""

_NO_MEMORY = (
    "there is not enough memory for this step; earlier results are as they were. Set "
    "compute.memory_limit to what is free, which keeps large tables on disk, name fewer columns "
    "in features.include, or free memory."
)
_STOPPED = (
    "a library stopped the program; earlier results are as they were. Run `engine --debug ...` to "
    "see what it says, and please report it."
)
_SAID = Lock()
"""Taken by whoever says why the program ends: that is said once."""

_STDOUT, _STDERR = 1, 2
_LOOK, _FEW = 1 << 16, 1 << 11
_END = b"\0end of what was said\0"
_PATIENCE = 2
"""Seconds that a thread is waited for."""

_LEAST = 640 << 20
"""Bytes of addresses below which libraries do not even load."""


def check_room() -> None:
    """Refuse to begin where ``ulimit -v`` leaves no room for the libraries themselves.

    Raises
    ------
    MemoryLimitError
        Some of them crash there, without a word.
    """
    bound = addresses()
    if bound is not None and bound < _LEAST:
        message = (
            f"ulimit -v allows this process {bound >> 20:,} MiB of addresses, and its libraries "
            f"alone take about {_LEAST >> 20:,}; raise it, and set compute.memory_limit instead."
        )
        raise MemoryLimitError(message)


def say(sentence: str) -> None:
    """Say why the program ends, unless that was said where a library aborted it."""
    if _SAID.acquire(blocking=False):
        typer.echo(f"engine: {sentence}", err=True)
    else:
        sleep(_PATIENCE)  # The process ends in the meantime.


@contextmanager
def libraries_silenced() -> Iterator[None]:
    """Keep what native libraries write to standard error from people, unless nobody else says it.

    The backtrace of a panic is left out, since the error itself becomes a sentence; what else was
    written is written in the end. A library that aborts the process, as those in Rust do where
    memory runs out, ends it with one sentence and exit code 7, or 1 for another reason. Python's
    own standard error is what it was; where that is no file of its own, nothing is changed.
    """
    kept = ExitStack()
    if _SAID.locked():
        _SAID.release()
    try:
        if sys.stderr.fileno() != _STDERR:
            raise io.UnsupportedOperation
        shown = kept.enter_context(os.fdopen(os.dup(_STDERR), "wb"))
        heard = _Listener(shown.fileno())
    except (OSError, AttributeError, ValueError, RuntimeError):
        kept.close()
        yield
        return
    with kept, _in_place(sys.stderr, shown), _slow_to_abort():
        os.dup2(heard.ear, _STDERR)
        try:
            yield
        finally:
            said = heard.said()
            if _WITHOUT_END not in said:
                os.dup2(shown.fileno(), _STDERR)
            os.close(heard.ear)
            if said and not any(words in said for words in _TOLD_IN_A_SENTENCE):
                os.write(shown.fileno(), said)


@dataclass(frozen=True)
class _LastWords:
    """What is said where a library aborts the process; written out before memory runs out."""

    sentence: bytes
    answer: bytes
    code: int

    @classmethod
    def of(cls, sentence: str, code: int) -> _LastWords:
        told = f"engine: {sentence}\n".encode()
        if not asked_for_json():
            return cls(told, b"", code)
        return cls(told, f"{one_line({'error': sentence, 'exit_code': code})}\n".encode(), code)


class _Listener:
    """A thread that hears what libraries write, and ends the process where one is about to.

    It takes what it needs before memory runs out.
    """

    def __init__(self, shown: int) -> None:
        self._shown, self._bounded = shown, memory_is_bounded()
        self._buffer, self._filled = bytearray(_LOOK), 0
        self._mouth, self.ear = os.pipe()
        self._quiet = Event()
        ends = ((_NO_MEMORY, MemoryLimitError.exit_code), (_STOPPED, EngineError.exit_code))
        self._no_memory, self._stopped = (_LastWords.of(*end) for end in ends)
        Thread(target=self._listen, daemon=True).start()

    def said(self) -> bytes:
        """Give what was written until now."""
        os.write(self.ear, _END)
        self._quiet.wait(_PATIENCE)
        return bytes(self._buffer[: self._filled]).replace(_END, b"")

    def _listen(self) -> None:
        view = memoryview(self._buffer)
        while True:
            start = self._filled if self._filled < _LOOK - _FEW else 0
            read = _read_into(self._mouth, view[start:])
            if not read:
                return
            self._filled = start + read
            if any(words in self._buffer for words in _LAST_WORDS):
                memory = self._bounded or any(words in self._buffer for words in _MEMORY)
                last = self._no_memory if memory else self._stopped
                if _SAID.acquire(blocking=False):
                    os.write(self._shown, last.sentence)
                    if last.answer:
                        os.write(_STDOUT, last.answer)
                os._exit(last.code)
            if _END in self._buffer:
                self._quiet.set()


def _read_into(descriptor: int, room: memoryview) -> int:
    """Read what is there into memory that is there already, where the system can."""
    if hasattr(os, "readv"):
        return os.readv(descriptor, [room])
    read = os.read(descriptor, len(room))  # Windows
    room[: len(read)] = read
    return len(read)


@contextmanager
def _slow_to_abort() -> Iterator[None]:
    """Let a library that aborts wait for some seconds, in which :class:`_Listener` ends it."""
    # No handler of Python's runs then: the instructions that it waits for never end. A handler is
    # given the signal's number, 6, which is as well a number of seconds.
    try:
        library = ctypes.CDLL(None)
        set_handler: Any = library.signal
        wait = ctypes.cast(library.sleep, ctypes.c_void_p)
    except (OSError, AttributeError, TypeError):
        yield
        return
    set_handler.argtypes, set_handler.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_void_p
    former = set_handler(signal.SIGABRT, wait)
    try:
        yield
    finally:
        set_handler(signal.SIGABRT, former)


@contextmanager
def _in_place(stream: Any, target: BinaryIO) -> Iterator[None]:
    """Let Python write its standard error elsewhere."""
    stream.flush()
    sys.stderr = io.TextIOWrapper(
        target, stream.encoding, stream.errors, line_buffering=True, write_through=True
    )
    try:
        yield
    finally:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        with suppress(OSError, ValueError):
            sys.stderr.detach()
        sys.stderr = stream
