"""Folders for what lies between: gone in the end, and after a killed process with the next one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.utilities.leftovers import held_folder


@contextmanager
def scratch_folder(name: str) -> Iterator[Path]:
    """Give an empty folder among the system's temporary files, and remove it in the end.

    Only the user may look into it. Folders of the same name whose process is gone are removed
    first.

    Parameters
    ----------
    name : str
        What the folder's name begins with.

    Yields
    ------
    folder : Path
    """
    with held_folder(Path(tempfile.gettempdir()), f"{name}-") as outer:
        inner = outer / "files"
        inner.mkdir(mode=0o700)
        yield inner
