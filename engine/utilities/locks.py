"""Locks on files: held by one process at a time, and gone with it, however it ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


def is_locked(file: Path) -> bool:
    """Tell whether a process holds the lock of a file that is there."""
    with file.open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Let one process at a time work in a folder; another one that comes waits for its end."""
    with locked(folder / ".lock"):
        yield
