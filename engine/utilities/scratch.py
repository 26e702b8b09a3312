"""Folders for what lies between: gone in the end, and after a killed process with the next one."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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


class KeptFolder:
    """A scratch folder that lives as long as this object, and no longer than its process.

    A copy is the same object, so that the folder lives as long as any of them. What is pickled
    leaves it behind: there is None in its place.

    Parameters
    ----------
    name : str
        What the folder's name begins with.

    Attributes
    ----------
    folder : Path
    remove : callable
        Removes it now.

    Examples
    --------
    >>> kept = KeptFolder("example")
    >>> folder = kept.folder
    >>> there = folder.is_dir()
    >>> del kept
    >>> there, folder.exists()
    (True, False)
    """

    def __init__(self, name: str) -> None:
        stack = ExitStack()
        self.folder = stack.enter_context(scratch_folder(name))
        self.remove = weakref.finalize(self, stack.close)

    def __copy__(self) -> KeptFolder:
        """Give this."""
        return self

    def __deepcopy__(self, memo: object) -> KeptFolder:
        """Give this."""
        return self

    def __reduce__(self) -> tuple[object, ...]:
        """Leave the folder behind."""
        return _left_behind, ()


def _left_behind() -> None:
    """Stand for a folder that is of another process."""
