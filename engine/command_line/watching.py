"""A look from outside of Python at a process that may take no more addresses."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.command_line.stillness import NEARLY
from engine.native.library import library

_PATIENCE = 60
"""Seconds without a beat."""


def beat() -> Callable[[], None]:
    """Give what a thread of Python's calls every few seconds, to say that it still goes on."""
    try:
        found: Callable[[], None] = library().handle.engine_beat
    except AttributeError:  # there is no such library, or it is Windows'
        return _nothing
    return found


def _nothing() -> None:
    return


@contextmanager
def watched(bound: int | None, patience: int = _PATIENCE) -> Iterator[None]:
    """End a process whose threads of Python's have stood still, for a library never comes back.

    Some call for memory again and again where there is none, and keep Python's lock meanwhile:
    those threads cannot say so. What is said, and the exit code, are those of an abort
    (:mod:`engine.command_line.aborting`).

    Parameters
    ----------
    bound : int or None
        Bytes of addresses allowed; nothing is done without a bound.
    patience : int
        Seconds without a beat, in which the process worked all the same.
    """
    handle = library().handle
    if bound is None or not hasattr(handle, "engine_watch"):
        yield
        return
    handle.engine_watch.argtypes = (ctypes.c_longlong, ctypes.c_longlong, ctypes.c_long)
    handle.engine_watch.restype = handle.engine_watch_no_more.restype = None
    handle.engine_beat.restype = None
    handle.engine_watch(bound, int(NEARLY * bound), patience)
    try:
        yield
    finally:
        handle.engine_watch_no_more()
