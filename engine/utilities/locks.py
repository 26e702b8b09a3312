"""Locks on files: held by one process at a time, and gone with it, however it ends."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

fcntl: Any = None
msvcrt: Any = None
try:
    import fcntl
except ImportError:  # Windows
    try:
        import msvcrt
    except ImportError:  # where there are no locks at all, nobody is kept out
        msvcrt = None

OPEN_FILES_GO = fcntl is not None
"""Whether the system removes a file that is open, as Unix does."""

_FAR = 1 << 30
"""Windows keeps others from reading what is locked: a byte that no file here reaches."""

_HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
_AGAIN = 0.05
"""Seconds until a lock that is held is tried again, where the system itself does not wait."""


def take(descriptor: int, *, wait: bool = True) -> None:
    """Take the lock of an open file; it is given back when the file is closed.

    Parameters
    ----------
    descriptor : int
    wait : bool
        Wait for another process that holds it.

    Raises
    ------
    BlockingIOError
        Another process holds it, and ``wait`` is False.
    """
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        return
    while msvcrt is not None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            return
        except OSError as error:
            if error.errno not in _HELD:
                raise
            if not wait:
                raise BlockingIOError(*error.args) from None
        time.sleep(_AGAIN)


def give_back(descriptor: int) -> None:
    """Give a lock back before its file is closed: Windows may take its time with closing."""
    if fcntl is None and msvcrt is not None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)


@contextmanager
def locked(file: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a file, which is made where it is not there yet and stays afterwards.

    Parameters
    ----------
    file : Path
    wait : bool
        Wait for another process that holds it.

    Raises
    ------
    BlockingIOError
        Another process holds it, and ``wait`` is False.
    """
    with file.open("a") as handle:
        take(handle.fileno(), wait=wait)
        try:
            yield
        finally:
            give_back(handle.fileno())


def is_locked(file: Path) -> bool:
    """Tell whether a process holds the lock of a file that is there."""
    with file.open() as handle:
        try:
            take(handle.fileno(), wait=False)
        except BlockingIOError:
            return True
        give_back(handle.fileno())
    return False


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Let one process at a time work in a folder; another one that comes waits for its end."""
    with locked(folder / ".lock"):
        yield
