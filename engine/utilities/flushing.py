"""Files put on the disk, so that no crash of the machine loses what a name shows already."""

from __future__ import annotations

import os
from pathlib import Path


def to_disk(path: Path) -> None:
    """Put a file, or what a folder names, on the disk.

    Raises
    ------
    OSError
        It cannot be: Windows and some file systems flush no folder.
    """
    # Windows flushes what is open for writing alone.
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
