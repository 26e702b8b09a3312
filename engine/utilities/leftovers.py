"""Hidden folders of what is not done yet: whoever comes next removes those of killed processes.

Everything that is written piece by piece lies in such a folder first. It holds a file whose lock
dies with its process, however that ends; what nobody holds any more is a leftover.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.utilities.locks import take

_ALIVE = ".alive"
_RANDOM = "[0-9a-f]{16}"
_TRIES = 100
_CLOEXEC, _NOFOLLOW = getattr(os, "O_CLOEXEC", 0), getattr(os, "O_NOFOLLOW", 0)


@contextmanager
def held_folder(parent: Path, prefix: str, suffix: str = "") -> Iterator[Path]:
    """Give a folder that only the user may look into, and remove it in the end.

    Leftovers of killed processes under the same prefix and suffix are removed first. A process
    that is forked off meanwhile removes nothing.

    Parameters
    ----------
    parent : Path
        Where it lies; must be there.
    prefix, suffix : str
        What its name begins and ends with.

    Yields
    ------
    folder : Path
        Empty, but for the hidden file that is locked.

    Raises
    ------
    OSError
        It cannot be made.
    """
    sweep(parent, prefix, suffix)
    (folder, lock), owner = _held(parent, prefix, suffix), os.getpid()
    try:
        yield folder
    finally:
        if os.getpid() == owner:
            _remove(folder, lock)


def sweep(parent: Path, prefix: str, suffix: str = "") -> None:
    """Remove what killed processes of this user left; nothing that a process holds.

    Parameters
    ----------
    parent : Path
    prefix, suffix : str
        As of :func:`held_folder`.

    Notes
    -----
    O(entries of the folder). Two that sweep at once get in each other's way nowhere.
    """
    strict = re.compile(re.escape(prefix) + _RANDOM + re.escape(suffix))
    with suppress(OSError), os.scandir(parent) as entries:
        for name in [e.name for e in entries if e.name.startswith(prefix)]:
            if name.endswith(suffix):
                with suppress(OSError):  # held, or gone meanwhile, or not ours to remove
                    _sweep(parent / name, ours=strict.fullmatch(name) is not None)


def _held(parent: Path, prefix: str, suffix: str) -> tuple[Path, int]:
    """Make a folder and lock it; another name where a sweeper came between the two."""
    while True:
        folder = parent / f"{prefix}{secrets.token_hex(8)}{suffix}"
        folder.mkdir(mode=0o700)
        with suppress(FileNotFoundError):
            lock = os.open(folder / _ALIVE, os.O_CREAT | os.O_RDWR | _CLOEXEC, 0o600)
            with suppress(OSError):  # where there are no locks, nobody takes it for a leftover
                take(lock)
            if _is(folder / _ALIVE, lock):
                return folder, lock
            os.close(lock)


def _is(file: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(file.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _sweep(folder: Path, *, ours: bool) -> None:
    """Remove a folder that nobody holds; ``ours`` says that its name is one that is made here."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or not _is_mine(found):
        return
    try:
        lock = os.open(folder / _ALIVE, os.O_RDWR | _NOFOLLOW | _CLOEXEC)
    except FileNotFoundError:
        if ours:  # its process ended between making it and locking it, or while removing it
            folder.rmdir()
        return
    try:
        take(lock, wait=False)
    except OSError:
        os.close(lock)
        raise
    _remove(folder, lock)


def _is_mine(found: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def _remove(folder: Path, lock: int) -> None:
    """Remove a folder whose lock is held, the lock last: killed meanwhile, it is a leftover yet."""
    for _ in range(_TRIES):
        if _emptied(folder):
            with suppress(OSError):
                (folder / _ALIVE).unlink(missing_ok=True)
            break
        time.sleep(0.01)
    os.close(lock)  # before the folder goes: network file systems keep open files in it
    with suppress(OSError):  # Windows removes no open file
        (folder / _ALIVE).unlink(missing_ok=True)
    for _ in range(_TRIES):
        with suppress(OSError):
            folder.rmdir()
        if not folder.exists():
            return
        time.sleep(0.01)  # Polars may create a file on another thread after it has failed
        _emptied(folder)


def _emptied(folder: Path) -> bool:
    """Remove all but the lock; tell whether that is all there is."""
    with suppress(OSError):
        for entry in [e for e in folder.iterdir() if e.name != _ALIVE]:
            _remove_entry(entry)
        return {e.name for e in folder.iterdir()} <= {_ALIVE}
    return not folder.exists()


def _remove_entry(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)
