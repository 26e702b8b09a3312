"""Bytes from elsewhere into a file, block by block: all of them, or a sentence."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from engine.data_preparation.fetching.place import Place
from engine.errors import DiskFullError
from engine.utilities.permissions import create
from engine.utilities.stopping import check

BLOCK = 1 << 20
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
    create(file, "private")
    digest, n = hashlib.sha256(), 0
    with file.open("wb") as target:
        while block := read(BLOCK):
            check()
            target.write(block)
            digest.update(block)
            n += len(block)
    if size is not None and n != size:
        message = f"after {n:,} of {size:,} bytes"
        raise CutShortError(message)
    return digest.hexdigest()


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
