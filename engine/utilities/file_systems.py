"""What a folder's file system is of: files, or what the system says of itself."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

_OF_THE_SYSTEM = {
    "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "efivarfs",
    "fusectl", "mqueue", "nsfs", "proc", "pstore", "rpc_pipefs", "securityfs", "selinuxfs", "sysfs",
    "tracefs",
}  # fmt: skip
"""File systems of Linux that hold no files of users, though who is root may seem to write there."""


def of_the_system(folder: str | Path) -> str:
    """Name the file system of a folder where it can hold no file; empty where it may.

    Examples
    --------
    >>> of_the_system(".")
    ''
    """
    with suppress(OSError, ValueError, IndexError):  # no Linux, or nothing is said of it
        number = os.stat(folder).st_dev
        device = f"{os.major(number)}:{os.minor(number)}"
        for line in Path("/proc/self/mountinfo").read_text(errors="replace").splitlines():
            before, _, after = line.partition(" - ")
            if before.split()[2] == device:
                kind = after.split()[0]
                return kind if kind in _OF_THE_SYSTEM else ""
    return ""


def unwritable(file: Path) -> str:
    """Say in a clause why no file can be put there, without trying; empty where nothing is known.

    Parameters
    ----------
    file : Path
        Links followed.

    Examples
    --------
    >>> unwritable(Path("/dev/null/a.csv"))
    '/dev/null is no folder; give another place'
    """
    folder = file.parent
    if _too_long(file):
        return "its name is longer than names can be there; give a shorter one"
    if not os.path.isdir(folder):
        there = next((p for p in (folder, *folder.parents) if os.path.lexists(p)), folder)
        if os.path.exists(there) and not os.path.isdir(there):
            return f"{there} is no folder; give another place"
        return f"its folder does not exist; create {folder}"
    if os.path.isdir(file):
        return "a folder has this name; give another name"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"{folder} may not be written to; change its permissions, or give another place"
    if kind := of_the_system(folder):
        return (
            f"{folder} holds no files, but what the system says of itself ({kind}); give "
            "another place"
        )
    if len(os.fsencode(file.name)) > _longest(folder):
        return "its name is longer than names can be there; give a shorter one"
    return ""


def _too_long(file: Path) -> bool:
    """Tell a path that the system takes for none, as it or a part of it is too long."""
    try:
        os.lstat(file)
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    except ValueError:
        return False
    return False


def _longest(folder: Path) -> float:
    with suppress(OSError, ValueError, AttributeError):  # Windows, or nothing is said of it
        return os.pathconf(folder, "PC_NAME_MAX")
    return float("inf")
