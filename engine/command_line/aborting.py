"""What an abort of a library does while a command runs."""

from __future__ import annotations

import ctypes
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.command_line.last_words import LastWords
from engine.native.library import library


@contextmanager
def ended_at_abort(shown: int, last: LastWords) -> Iterator[None]:
    """Let a library that aborts wait for some seconds, in which whoever heard of it may end it.

    Where it keeps Python's lock meanwhile no thread of Python's goes on: the kernels' library, if
    it is there, then says why the program ends, and ends it.

    Parameters
    ----------
    shown : int
        Descriptor to which it is said.
    last : LastWords
        What is said, and the exit code.
    """
    # No handler of Python's runs then: the instructions that it waits for never end.
    handle = library().handle
    try:
        say_at, as_before = handle.engine_say_at_abort, handle.engine_abort_as_before
    except AttributeError:  # there is no such library, or it is Windows'
        with _slow_to_abort():
            yield
        return
    text = (ctypes.c_char_p, ctypes.c_size_t)
    say_at.argtypes, say_at.restype = (ctypes.c_int, *text, *text, ctypes.c_int), None
    as_before.restype = None
    sentence, answer = last.sentence, last.answer
    say_at(shown, sentence, len(sentence), answer, len(answer), last.code)
    try:
        yield
    finally:
        as_before()


@contextmanager
def _slow_to_abort() -> Iterator[None]:
    """Let a library that aborts wait."""
    # A handler is given the signal's number, 6, which is as well a number of seconds.
    try:
        c = ctypes.CDLL(None)
        set_handler: Any = c.signal
        wait = ctypes.cast(c.sleep, ctypes.c_void_p)
    except (OSError, AttributeError, TypeError):
        yield
        return
    set_handler.argtypes, set_handler.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_void_p
    former = set_handler(signal.SIGABRT, wait)
    try:
        yield
    finally:
        set_handler(signal.SIGABRT, former)
