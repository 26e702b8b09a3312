"""Which run is the latest: looked up once, and read under its own name from then on."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import sleep
from typing import TypeVar

from engine.errors import EngineError
from engine.storage.links import is_run_id, pointed

LATEST = "latest"
_MOMENT = 0.05
_LETTERS = 1 << 24
"""How many three random bytes there are."""

Read = TypeVar("Read")


def run_ids(root: Path) -> list[str]:
    """Complete runs under a root, oldest first."""
    if not root.is_dir():
        return []
    return sorted(p.name for p in root.iterdir() if p.is_dir() and is_run(p))


def new_run_id(root: Path) -> str:
    """Give an id that stands behind those of all runs under a root: UTC time and random letters.

    Letters of a second that a run there was begun in are drawn from behind those of that run;
    where none are left, the next second is waited for.
    """
    while True:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        begun = [run for run in run_ids(root) if run.startswith(stamp)]
        least = int(begun[-1].rpartition("-")[2], 16) + 1 if begun else 0
        if least < _LETTERS:
            return f"{stamp}-{least + secrets.randbelow(_LETTERS - least):06x}"
        sleep(_MOMENT)


def is_run(path: Path) -> bool:
    """Tell a run's folder by its name: UTC time and random letters."""
    return not path.is_symlink() and is_run_id(path.name)


def latest_run(root: Path) -> Path | None:
    """Give the folder of the run that a root's ``latest`` names now, None when there is none.

    The folder has the run's own name: what is read from it is of one run, whatever ``latest``
    comes to mean meanwhile.
    """
    link = root / LATEST
    while (text := pointed(link)) is not None:
        try:
            found = (link if link.is_symlink() else root / text).resolve(strict=True)
        except OSError:
            if pointed(link) == text:  # otherwise it has moved on between two looks
                return None
            continue
        return root / found.name if (root / found.name).is_dir() else found
    return None


def latest_id(root: Path) -> str | None:
    """Run id that a root's ``latest`` names, None when there is none."""
    found = latest_run(root)
    return found.name if found else None


def of_latest(root: Path, read: Callable[[Path], Read]) -> Read | None:
    """Read from the latest run, and from its successor where it was removed meanwhile.

    No lock is needed: a run that is not the latest any more may be removed (``output.keep``), and
    only then is it read again, so that every further try has a further publication behind it.

    Parameters
    ----------
    root : Path
        The folder of all runs of a name: of their models, or of their reports.
    read : callable
        Takes the run's folder.

    Returns
    -------
    found : what ``read`` gives, or None where there is no run

    Raises
    ------
    EngineError or OSError
        From ``read``, where the run is still the latest.

    Examples
    --------
    >>> of_latest(Path("nowhere"), Path.exists) is None
    True
    """
    while (run := latest_run(root)) is not None:
        try:
            return read(run)
        except (EngineError, OSError):
            if latest_id(root) == run.name:
                raise
    return None
