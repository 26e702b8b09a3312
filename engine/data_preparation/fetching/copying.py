"""Bytes from elsewhere into a file, block by block: all of them, or a sentence."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable
from io import BufferedWriter
from pathlib import Path

from engine.data_preparation.fetching.place import Place
from engine.errors import DiskFullError, EngineError, failed_write
from engine.utilities.permissions import create
from engine.utilities.stopping import check

BLOCK = 1 << 20
_NO_NAME = re.compile(r'[<>:"|?*\\/\x00-\x1f\x7f]')
_RESERVE = 64 << 20
"""Bytes of disk that are left free."""


class CutShortError(Exception):
    """Fewer bytes came than were announced."""


def copy(read: Callable[[int], bytes], file: Path, size: int | None, place: Place) -> str:
    """Write what is read to a file; a file that is there is written anew.

    Parameters
    ----------
    read : callable
        Gives the next bytes, at most so many; none at the end.
    file : Path
    size : int or None
        How many bytes were announced.
    place : Place

    Returns
    -------
    digest : str
        The SHA-256 of all bytes.

    Raises
    ------
    CutShortError
        It ended before that.
    EngineError
        There is no room on the disk.
    """
    check_room(file.parent, size or 0, place)
    try:
        create(file, "private")
    except OSError as error:
        raise _unwritten(file, place, error) from None
    digest, n = hashlib.sha256(), 0
    with file.open("wb") as target:
        while block := read(BLOCK):
            check()
            _write(block, target, file, place)
            digest.update(block)
            n += len(block)
    if size is not None and n != size:
        message = f"after {n:,} of {size:,} bytes"
        raise CutShortError(message)
    return digest.hexdigest()


def _write(block: bytes, target: BufferedWriter, file: Path, place: Place) -> None:
    """Write a block; what this machine's disk refuses is not taken for a place that is missing."""
    try:
        target.write(block)
        target.flush()
    except OSError as error:
        raise _unwritten(file, place, error) from None


def _unwritten(file: Path, place: Place, error: OSError) -> EngineError:
    why = error.strerror or type(error).__name__
    message = (
        f"what {place.shown} holds could not be written to {file.parent} ({why}); free space, or "
        "name another folder in output.processed (or TMPDIR)."
    )
    return failed_write(message, error, aside=True)


def own_name(key: str) -> str:
    r"""Give what others call a file a name that every system takes, within the folder it lies in.

    Examples
    --------
    >>> own_name("2026-01-01T00:00.csv"), own_name("..\\..\\x.csv")
    ('2026-01-01T00_00.csv', '.._.._x.csv')
    """
    return _NO_NAME.sub("_", key).rstrip(". ")


def check_room(folder: Path, size: int, place: Place) -> None:
    """Refuse what is larger than the room that a disk has.

    Raises
    ------
    DiskFullError
    """
    free = shutil.disk_usage(folder).free
    if size + _RESERVE > free:
        message = (
            f"{place.shown} holds {size >> 20:,} MB, and {free >> 20:,} MB are free in {folder}; "
            "free space, or name another folder in output.processed (or TMPDIR)."
        )
        raise DiskFullError(message)
