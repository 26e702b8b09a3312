"""Files that are whole or absent: written beside their target, then given its name in one step."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.utilities.flushing import to_disk
from engine.utilities.leftovers import held_folder
from engine.utilities.permissions import Permissions, create

_PREFIX, _SUFFIX = ".engine-", ".partial"


@contextmanager
def replacing(
    target: Path, permissions: Permissions = "shared", *, flush: bool = False
) -> Iterator[Path]:
    """Give a file to write to, which takes the target's name when the block ends well.

    After an error the target is as it was, and nothing is left. A killed process leaves a hidden
    folder beside the target, which the next write into the same folder removes.

    Parameters
    ----------
    target : Path
        Its folder is there. No link, device or folder: see :mod:`engine.utilities.targets`.
    permissions : {"private", "group", "shared"}
        Who may read it, from its first byte on, whatever an older file let.
    flush : bool
        Put it on the disk before it takes the name, so that no crash of the machine loses both.

    Yields
    ------
    file : Path
        Empty and there; its suffix is the target's.

    Raises
    ------
    OSError
        It cannot be made or renamed.
    """
    # In a folder of its own, since a rename is atomic only within one file system, and nobody
    # else can look into it; the name is short, as the target's may be as long as names can be.
    with held_folder(target.parent, _PREFIX, _SUFFIX) as folder:
        file = folder / target.name
        create(file, permissions)
        yield file
        if flush:
            to_disk(file)
        os.replace(file, target)
        if flush:
            with suppress(OSError):  # some file systems cannot flush a folder; the file is complete
                to_disk(target.parent)
