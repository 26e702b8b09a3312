"""Who may read what is written: files with customers in them are the user's alone."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Literal

from engine.errors import EngineError

Permissions = Literal["private", "group", "shared"]
"""``private``: the user alone (0600); ``group``: the user's group, too, and ``shared``: everybody,
each as far as the umask lets them."""

_FILES: dict[Permissions, int] = {"private": 0o600, "group": 0o660, "shared": 0o666}
_FOLDERS: dict[Permissions, int] = {"private": 0o700, "group": 0o770, "shared": 0o777}


def create(file: Path, permissions: Permissions = "shared") -> None:
    """Make an empty file that nobody else could read at any moment; one that is there stays.

    Parameters
    ----------
    file : Path
        What is written to it later, by whichever library, keeps these permissions.
    permissions : {"private", "group", "shared"}
        Of what holds no customers: ``shared``, which is as the umask says.
    """
    how = os.O_CREAT | os.O_WRONLY | getattr(os, "O_CLOEXEC", 0)
    os.close(os.open(file, how, _FILES[permissions]))


def make_folder(folder: Path, permissions: Permissions = "private") -> Path:
    """Make a folder for files with customers; those above it are made as the umask says.

    A folder that is there stays as it is.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        folder.mkdir(mode=_FOLDERS[permissions])
    return folder


def own_folder(folder: Path, prefix: str) -> Path:
    """Make a folder of a new name inside another, for those who may use that one.

    The umask of this process may take some of it, as of every folder.
    """
    made = folder / f"{prefix}-{secrets.token_hex(8)}"
    made.mkdir(mode=stat.S_IMODE(folder.stat().st_mode))
    return made


def check_readable(file: Path) -> None:
    """Refuse a file that is there and that this user may not read.

    Raises
    ------
    EngineError
        Naming it, and what lets others read it.
    """
    if os.path.exists(file) and not os.access(file, os.R_OK):
        message = (
            f"{file} may be read by its owner alone, as there are customers in it; ask them, or "
            "run the engine with output.permissions at group or shared."
        )
        raise EngineError(message)
