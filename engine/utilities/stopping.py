"""Signals that end a command: held back where something would be half done, and told truly."""

from __future__ import annotations

import _thread
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

ENDING = tuple(
    signal.Signals[name]
    for name in (
        "SIGINT",
        "SIGTERM",
        "SIGHUP",
        "SIGBREAK",
    )  # Windows lacks the third, others the last
    if hasattr(signal, name)
)
_UNCHANGED = "earlier results are as they were"
_PANICS = "polars"
"""What aborts, with a report of a hundred lines, where Python that it calls ends by a signal."""
_SOON = 0.02
"""Seconds until a signal that came at such a moment is tried again."""


class Stopped(SystemExit):
    """A signal asked for the end. Its code is what shells give: 128 and the signal's number."""


@dataclass
class Command:
    """The command under way.

    Attributes
    ----------
    asked : int
        The first signal that asked for its end; 0 while none has.
    done : str
        What of it is done and stays, as a clause; empty while nothing is.
    output : Path or None
        The file that it writes in one step, where it writes one.
    before : tuple or None
        What that file was when the command began.
    over : bool
        It has ended; nothing is asked of it any more.
    """

    asked: int = 0
    done: str = ""
    output: Path | None = None
    before: tuple[int, ...] | None = None
    over: bool = False

    def outcome(self) -> str:
        """Say what is left of it, as a clause: what is done, or that nothing has changed."""
        if self.done:
            return self.done
        if self.output is not None and _identity(self.output) not in (None, self.before):
            return f"{self.output} is written"
        return _UNCHANGED


_command = Command()


@contextmanager
def listening(*, for_good: bool = False) -> Iterator[Command]:
    """Let signals end the block by :class:`Stopped`; those that are ignored stay ignored.

    Parameters
    ----------
    for_good : bool
        Leave signals ignored in the end, since the process has nothing left to do.
    """
    global _command
    _command = command = Command()
    before, unraisable = _heard(), sys.unraisablehook
    try:
        sys.unraisablehook = lambda told: (
            None if isinstance(told.exc_value, Stopped) else unraisable(told)
        )
        for number in before:
            signal.signal(number, _stop)
        yield command
    finally:
        command.over = True
        if not for_good:
            sys.unraisablehook = unraisable
            _put_back(before)


def _heard() -> dict[signal.Signals, Any]:
    """Give the signals that are not ignored, and what they do now."""
    return {n: h for n in ENDING if (h := signal.getsignal(n)) not in (signal.SIG_IGN, None)}


def deaf() -> None:
    """Ignore signals from now on: what is left is to say how it went."""
    for number in ENDING:
        if signal.getsignal(number) is not None:
            signal.signal(number, signal.SIG_IGN)


def _stop(number: int, frame: FrameType | None) -> None:
    command = _command
    command.asked = command.asked or number
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] == _PANICS:
            again = threading.Timer(_SOON, _again, (command, number))
            again.daemon = True
            again.start()
            return
        frame = frame.f_back
    raise Stopped(128 + number)


def _again(command: Command, number: int) -> None:
    if not command.over:
        interrupt(number)


def interrupt(number: int) -> None:
    """Let a signal come to the main thread, from another one."""
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, number)
    else:  # Windows
        _thread.interrupt_main(signal.Signals(number))


def check() -> None:
    """Stop here where a signal has asked for it, and code of others has swallowed its exception.

    Signals that are ignored are so from now on, whatever a library that was imported has set:
    Polars would end its work by an interrupt that the shell keeps from a job in the background.

    Raises
    ------
    Stopped
        It has.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in ENDING:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_IGN)
    if _command.asked and not _command.over:
        raise Stopped(128 + _command.asked)


def tell_done(clause: str) -> None:
    """Note what is done and stays, whatever comes now."""
    _command.done = clause


def writes(output: str | Path) -> None:
    """Note the file that the command writes in one step, to tell later whether it has."""
    _command.output = Path(output)
    _command.before = _identity(_command.output)


def _identity(file: Path) -> tuple[int, ...] | None:
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


@contextmanager
def whole() -> Iterator[None]:
    """Hold signals back until the block is done: it happens wholly, or not at all.

    For what takes moments. The first signal that came meanwhile has its effect after the block.
    Outside the main thread there is nothing to hold back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = _heard()
    actions = {number: _action(number) for number in before}
    try:
        for number in before:
            signal.signal(number, lambda number, _: came.append(number))
        yield
    finally:
        _put_back(before)
        for number, action in actions.items():
            if action is not None:
                _sigaction()(number, action, None)
        if came:
            signal.raise_signal(came[0])


def _action(number: signal.Signals) -> ctypes.Array[ctypes.c_char] | None:
    """Give what the system does at a signal, which Python does not know; None where none can.

    Polars has a handler of its own before Python's, by which an interrupt ends a long query; it
    would be lost in a notebook that goes on after a run.
    """
    if _sigaction() is None:
        return None
    action = ctypes.create_string_buffer(1024)  # more than any system's struct sigaction
    _sigaction()(number, None, action)
    return action


@cache
def _sigaction() -> Any:
    try:
        return ctypes.CDLL(None).sigaction
    except (AttributeError, OSError, TypeError):  # Windows
        return None


def _put_back(handlers: dict[signal.Signals, Any]) -> None:
    """Set all of them, also where one that is set already raises on the way."""
    raised: BaseException | None = None
    while True:
        try:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            break
        except BaseException as error:
            raised = error
    if raised is not None:
        raise raised
