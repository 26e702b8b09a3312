"""What ``latest`` is on disk: a link to a run's folder, or a small file that names the run.

Links are for everybody on Linux and macOS. Windows lets few users make them, and renames nothing
over a link to a folder: there, and on file systems without links, it is a file of one line.
"""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

from engine.utilities.targets import RUN

_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP}
_LONGEST = 200


def can_link(folder: Path) -> bool:
    """Tell whether links can be made in a folder, and replaced by a rename.

    Raises
    ------
    OSError
        Nothing can be written there at all.
    """
    if os.name == "nt":
        return False
    probe = folder / "probe"
    try:
        probe.symlink_to("nothing")
    except (NotImplementedError, AttributeError):  # a system without them
        return False
    except OSError as error:
        if error.errno in _NO_LINKS:
            return False
        raise
    probe.unlink()
    return True


def pointed(name: Path) -> str | None:
    """Give what a name points to, as seen from its folder; None for what is neither of the two."""
    with suppress(OSError, NotImplementedError, AttributeError):
        return str(name.readlink())
    try:
        if not name.is_file() or name.stat().st_size > _LONGEST:
            return None
        text = name.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None
    return text if is_run_id(text) else None


def is_run_id(text: str) -> bool:
    """Tell the id of a run: UTC time and random letters."""
    return RUN.fullmatch(text) is not None


def pointer(text: str) -> str:
    """Give what a file holds that stands in place of a link."""
    return f"{text}\n"


def point(name: Path, text: str, fresh: Path) -> None:
    """Let a name point to something beside it, by one rename of ``fresh``.

    Raises
    ------
    OSError
        Nothing can be written; the name is as it was.
    """
    fresh.unlink(missing_ok=True)
    try:
        if os.name == "nt":
            raise NotImplementedError
        fresh.symlink_to(text, target_is_directory=True)
    except (NotImplementedError, AttributeError):
        fresh.write_text(pointer(text), encoding="utf-8")
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        fresh.write_text(pointer(text), encoding="utf-8")
    fresh.replace(name)


def second_name(file: Path, other: Path) -> None:
    """Give a file another name, which keeps what it holds; a copy where that cannot be.

    Raises
    ------
    OSError
        Neither can be written.
    """
    try:
        os.link(file, other, follow_symlinks=True)
    except OSError:  # another file system, or one without hard links
        shutil.copy2(file, other)
