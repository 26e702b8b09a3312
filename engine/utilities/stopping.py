"""Signals that end a command: held back where something would be half done, and told truly."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_UNCHANGED = "earlier results are as they were"


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
    """

    asked: int = 0
    done: str = ""
    output: Path | None = None
    before: tuple[int, ...] | None = None

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
    before = {n: h for n in ENDING if (h := signal.getsignal(n)) not in (signal.SIG_IGN, None)}
    try:
        for number in before:
            signal.signal(number, _stop)
        yield command
    finally:
        if not for_good:
            _put_back(before)


def deaf() -> None:
    """Ignore signals from now on: what is left is to say how it went."""
    for number in ENDING:
        if signal.getsignal(number) is not None:
            signal.signal(number, signal.SIG_IGN)


def _stop(number: int, _: FrameType | None) -> None:
    _command.asked = _command.asked or number
    raise Stopped(128 + number)


def check() -> None:
    """Stop here where a signal has asked for it, and code of others has swallowed its exception.

    Raises
    ------
    Stopped
        It has.
    """
    if _command.asked and threading.current_thread() is threading.main_thread():
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
    before = {n: h for n in ENDING if (h := signal.getsignal(n)) not in (signal.SIG_IGN, None)}
    try:
        for number in before:
            signal.signal(number, lambda number, _: came.append(number))
        yield
    finally:
        _put_back(before)
        if came:
            signal.raise_signal(came[0])


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
