"""What lies in a folder on disk, while others may write and remove there."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def bytes_in(folder: str | Path) -> int:
    """Add up the sizes of the files in a folder and in all below it.

    What is removed between two looks counts nothing, a file or a whole folder; links are not
    followed, and count nothing either.

    Parameters
    ----------
    folder : str or Path
        One that is not there has nothing in it.

    Returns
    -------
    total : int
        Bytes; O(files) calls of the system.
    """
    total = 0
    for here, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # gone between two looks
                file = Path(here, name)
                total += file.stat().st_size if file.is_file() and not file.is_symlink() else 0
    return total
