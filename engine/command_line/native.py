"""What native libraries write to standard error while a command runs, and how they abort."""

from __future__ import annotations

import io
import os
import select
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Any, BinaryIO

import typer

from engine.command_line import stillness
from engine.command_line.aborting import ended_at_abort
from engine.command_line.last_words import LastWords
from engine.command_line.watching import beat, watched
from engine.errors import (
    MemoryLimitError,
    addresses,
    is_out_of_memory,
    memory_is_bounded,
)

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

_SAID = Lock()
"""Taken by whoever says why the program ends: that is said once."""

_STDOUT, _STDERR = 1, 2
_LOOK, _FEW = 1 << 16, 1 << 11
_END = b"\0end of what was said\0"
_PATIENCE = 2
"""Seconds that a thread is waited for."""

_OFTEN, _MOMENT = 5.0, 0.01
"""Seconds between two looks at whether anything goes on, where addresses are bounded."""

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
    last = LastWords.no_memory() if memory_is_bounded() else LastWords.stopped()
    with (
        kept, _in_place(sys.stderr, shown), ended_at_abort(shown.fileno(), last),
        watched(addresses()), _threads_end(),
    ):  # fmt: skip
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


class _Listener:
    """A thread that hears what libraries write, and ends the process where one is about to.

    It takes what it needs before memory runs out. Where addresses do run out, Polars may as well
    wait without end for a task of its own that ended, or complain without end: that, too, is
    ended here.
    """

    def __init__(self, shown: int) -> None:
        self._shown, self._bounded = shown, memory_is_bounded()
        self._buffer, self._filled = bytearray(_LOOK), 0
        self._mouth, self.ear = os.pipe()
        self._quiet, self._still = Event(), stillness.Stillness(addresses())
        self._heard_first = self._heard_last = 0.0
        self._no_memory, self._stopped = LastWords.no_memory(), LastWords.stopped()
        self._beat = beat()
        Thread(target=self._listen, daemon=True).start()

    def said(self) -> bytes:
        """Give what was written until now."""
        os.write(self.ear, _END)
        self._quiet.wait(_PATIENCE)
        return bytes(self._buffer[: self._filled]).replace(_END, b"")

    def _listen(self) -> None:
        start = 0
        while True:
            try:
                self._mind(start)
                start = self._filled if self._filled < _LOOK - _FEW else 0
                if not self._take(start):
                    return
            except MemoryError:  # what was read is looked at again
                sleep(_MOMENT)

    def _mind(self, start: int) -> None:
        """Look at what was read, the latest of it from ``start`` on."""
        if any(words in self._buffer for words in _LAST_WORDS):
            self._end(memory=self._bounded or any(words in self._buffer for words in _MEMORY))
        if _END in self._buffer:
            self._quiet.set()
        if self._bounded and self._buffer.find(_WITHOUT_END, start, self._filled) >= 0:
            now = monotonic()
            again, self._heard_last = now - self._heard_last < _OFTEN, now
            self._heard_first = self._heard_first if again else now
            if now - self._heard_first >= stillness.STILL:
                self._end(memory=True)

    def _take(self, start: int) -> int:
        while self._bounded and not self._heard():
            self._beat()
            if self._still.lasts():
                self._end(memory=True)
        self._beat()
        read = _read_into(self._mouth, memoryview(self._buffer)[start:])
        self._filled = start + read
        return read

    def _heard(self) -> bool:
        return bool(select.select([self._mouth], [], [], _OFTEN)[0])

    def _end(self, *, memory: bool) -> None:
        last = self._no_memory if memory else self._stopped
        if _SAID.acquire(blocking=False):
            os.write(self._shown, last.sentence)
            if last.answer:
                os.write(_STDOUT, last.answer)
        os._exit(last.code)


def _read_into(descriptor: int, room: memoryview) -> int:
    """Read what is there into memory that is there already, where the system can."""
    if hasattr(os, "readv"):
        return os.readv(descriptor, [room])
    read = os.read(descriptor, len(room))  # Windows
    room[: len(read)] = read
    return len(read)


@contextmanager
def _threads_end() -> Iterator[None]:
    """Let a thread that memory is too short for end in silence: the step it belongs to says so."""
    former = threading.excepthook

    def told(args: Any) -> None:
        if not is_out_of_memory(args.exc_value):
            former(args)

    threading.excepthook = told
    try:
        yield
    finally:
        threading.excepthook = former


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
