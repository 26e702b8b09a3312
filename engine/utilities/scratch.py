"""Folders for what lies between: gone in the end, and after a killed process with the next one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.utilities.locks import locked

_ALIVE = ".alive"


@contextmanager
def scratch_folder(name: str) -> Iterator[Path]:
    """Give an empty folder among the system's temporary files, and remove it in the end.

    Folders of the same name whose process is gone are removed first. A process holds a lock in
    its folder, which dies with it.

    Parameters
    ----------
    name : str
        What the folder's name begins with.

    Yields
    ------
    folder : Path
    """
    _sweep(name)
    outer = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    try:
        with locked(outer / _ALIVE):
            inner = outer / "files"
            inner.mkdir()
            yield inner
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def _sweep(name: str) -> None:
    for lock in Path(tempfile.gettempdir()).glob(f"{name}-*/{_ALIVE}"):
        # Taken: a process is at work. Not ours to open: another user's.
        with suppress(OSError), locked(lock, wait=False):
            shutil.rmtree(lock.parent, ignore_errors=True)
